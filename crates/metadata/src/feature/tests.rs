//! Tests of `feature`.

use super::*;

/// The last part of Kafka's own table of versions: name, oldest, newest, level of a new cluster.
const KAFKA_4_3: [(&str, i16, i16, i16); 5] = [
    ("eligible.leader.replicas.version", 0, 1, 1),
    ("group.version", 0, 1, 1),
    ("share.version", 0, 1, 1),
    ("streams.version", 0, 1, 1),
    ("transaction.version", 0, 2, 2),
];

#[test]
fn features_are_those_of_kafka() {
    for (name, min, max, level) in KAFKA_4_3 {
        let feature = Feature::named(name).expect(name);
        assert_eq!(feature.supported, VersionRange { min, max }, "{name}");
        assert_eq!(feature.default_level(MetadataVersion::NEWEST), level, "{name}");
    }
    let metadata = Feature::named("metadata.version").expect("known");
    assert_eq!(metadata.supported, VersionRange { min: 7, max: 30 });
    assert!(FEATURES.is_sorted_by_key(|feature| feature.name));
}

#[test]
fn an_older_cluster_starts_with_less() {
    let levels = |name: &str| {
        let version = MetadataVersion::from_name(name).expect(name);
        KAFKA_4_3.map(|(feature, ..)| Feature::named(feature).expect(feature).default_level(version))
    };
    assert_eq!(levels("3.9"), [0, 0, 0, 0, 0]);
    assert_eq!(levels("4.0"), [0, 1, 0, 0, 2]);
    assert_eq!(levels("4.1"), [1, 1, 0, 0, 2]);
    assert_eq!(levels("4.2-IV0"), [1, 1, 1, 0, 2]);
}

#[test]
fn eligible_leader_replicas_need_a_metadata_version() {
    let feature = Feature::named(ELIGIBLE_LEADER_REPLICAS).expect("known");
    assert_eq!(feature.needed_metadata_version(0), None);
    assert_eq!(feature.needed_metadata_version(1).map(MetadataVersion::name), Some("4.0-IV1"));
}
