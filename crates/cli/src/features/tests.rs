use super::*;

/// What Kafka 4.3.1 prints for these releases: the levels of its six other features.
const MAPPINGS: [(&str, [i16; 6]); 6] = [
    ("3.3", [0, 0, 0, 0, 0, 0]),
    ("3.9-IV0", [1, 0, 0, 0, 0, 0]),
    ("4.0-IV1", [1, 0, 1, 0, 0, 0]),
    ("4.0", [1, 2, 1, 0, 0, 0]),
    ("4.1-IV1", [1, 2, 1, 1, 0, 0]),
    ("4.3-IV0", [1, 2, 1, 1, 1, 1]),
];

#[test]
fn the_features_of_releases_are_kafkas() {
    for (release, levels) in MAPPINGS {
        let text = version_mapping(Some(release)).expect(release);
        let found: Vec<i16> = text
            .lines()
            .skip(1)
            .map(|line| line.split_once('=').and_then(|(_, level)| level.parse().ok()).expect(line))
            .collect();
        assert_eq!(found, levels, "{release}");
    }
    assert!(version_mapping(None).expect("newest").starts_with("metadata.version=30 (4.3-IV0)\n"));
    assert!(version_mapping(Some("9")).is_err());
}

#[test]
fn names_and_levels_of_metadata_versions_go_both_ways() {
    for level in METADATA_LEVEL_MIN..=metadata_level_max() {
        assert_eq!(metadata_level(metadata_name(level).expect("known")), Some(level));
    }
    assert_eq!(metadata_level("3.7"), Some(19));
    assert_eq!((metadata_name(6), metadata_name(31), metadata_level("2.8")), (None, None, None));
}

#[test]
fn what_levels_need() {
    let check = |features: &[&str], expected: Result<&str, &str>| {
        let features: Vec<String> = features.iter().map(|feature| (*feature).to_owned()).collect();
        let found = dependencies(&features).map_err(|failure| failure.message);
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{features:?}");
    };
    check(&["kraft.version=1"], Ok("kraft.version=1 has no dependencies.\n"));
    check(
        &["eligible.leader.replicas.version=1"],
        Ok("eligible.leader.replicas.version=1 requires:\n    metadata.version=23 (4.0-IV1)\n"),
    );
    check(&["group.version=9"], Err("Feature level 9 is not defined for group.version"));
    check(&["nothing=1"], Err("Unknown feature: nothing"));
}
