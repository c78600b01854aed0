//! What the features of Kafka 4.3 are: their levels, the names of the metadata versions, and which level needs which other.

use std::fmt::Write;

use crate::failure::Failure;

/// The name of the feature that the others go by.
pub const METADATA_VERSION: &str = "metadata.version";
/// The lowest level of `metadata.version` that Kafka 4 works with.
const METADATA_LEVEL_MIN: i16 = 7;

/// The names of the levels of `metadata.version`, from the lowest on.
const METADATA_NAMES: [&str; 24] = [
    "3.3-IV3", "3.4-IV0", "3.5-IV0", "3.5-IV1", "3.5-IV2", "3.6-IV0", "3.6-IV1", "3.6-IV2", "3.7-IV0",
    "3.7-IV1", "3.7-IV2", "3.7-IV3", "3.7-IV4", "3.8-IV0", "3.9-IV0", "4.0-IV0", "4.0-IV1", "4.0-IV2",
    "4.0-IV3", "4.1-IV0", "4.1-IV1", "4.2-IV0", "4.2-IV1", "4.3-IV0",
];

/// A feature beside `metadata.version`: for each level from 1 on, the level of `metadata.version` from which on a new
/// cluster gets it.
struct Feature {
    name: &'static str,
    default_from: &'static [i16],
}

/// In the order in which Kafka lists them.
const FEATURES: [Feature; 6] = [
    Feature { name: "kraft.version", default_from: &[21] },
    Feature { name: "transaction.version", default_from: &[24, 24] },
    Feature { name: "group.version", default_from: &[22] },
    Feature { name: "eligible.leader.replicas.version", default_from: &[26] },
    Feature { name: "share.version", default_from: &[28] },
    Feature { name: "streams.version", default_from: &[29] },
];

/// The name of a level of `metadata.version`, such as `4.3-IV0`.
pub fn metadata_name(level: i16) -> Option<&'static str> {
    METADATA_NAMES.get(usize::try_from(level.checked_sub(METADATA_LEVEL_MIN)?).ok()?).copied()
}

/// The level of `metadata.version` of a name, or of a release, which means its last.
pub fn metadata_level(name: &str) -> Option<i16> {
    let of_release = |level: &&str| level.split_once("-IV").is_some_and(|(release, _)| release == name);
    let exact = METADATA_NAMES.iter().position(|level| *level == name);
    let index = exact.or_else(|| METADATA_NAMES.iter().rposition(of_release))?;
    Some(METADATA_LEVEL_MIN + index as i16)
}

/// The newest level of `metadata.version`.
pub fn metadata_level_max() -> i16 {
    METADATA_LEVEL_MIN + METADATA_NAMES.len() as i16 - 1
}

/// The features that a new cluster of a release has, one a line.
///
/// # Errors
/// A release that is not known.
pub fn version_mapping(release: Option<&str>) -> Result<String, Failure> {
    let newest = METADATA_NAMES[METADATA_NAMES.len() - 1];
    let name = release.unwrap_or(newest);
    let level = metadata_level(name).ok_or_else(|| {
        Failure::message(format!(
            "Unknown release version '{name}'. Supported versions are: {} to {newest}",
            METADATA_NAMES[0]
        ))
    })?;
    let mut text = format!("{METADATA_VERSION}={level} ({name})\n");
    for feature in &FEATURES {
        let default = feature.default_from.iter().filter(|from| **from <= level).count();
        let _infallible = writeln!(text, "{}={default}", feature.name);
    }
    Ok(text)
}

/// What each of these levels (`transaction.version=2`) needs.
///
/// # Errors
/// A feature or a level that is not known.
pub fn dependencies(features: &[String]) -> Result<String, Failure> {
    let mut text = String::new();
    for feature in features {
        let (name, level) = parse_level(feature)?;
        if name == METADATA_VERSION {
            let known = metadata_name(level);
            let known = known.ok_or_else(|| Failure::message(format!("Unknown metadata.version {level}")))?;
            let _infallible = writeln!(text, "metadata.version={level} ({known}) has no dependencies.");
            continue;
        }
        let known = FEATURES.iter().find(|feature| feature.name == name);
        let Some(known) = known else {
            return Err(Failure::message(format!("Unknown feature: {name}")));
        };
        if !(0..=known.default_from.len() as i16).contains(&level) {
            return Err(Failure::message(format!("Feature level {level} is not defined for {name}")));
        }
        let _infallible = match (name, level) {
            ("eligible.leader.replicas.version", 1) => {
                writeln!(text, "{name}={level} requires:\n    metadata.version=23 (4.0-IV1)")
            }
            _ => writeln!(text, "{name}={level} has no dependencies."),
        };
    }
    Ok(text)
}

/// `name=level`.
pub fn parse_level(text: &str) -> Result<(&str, i16), Failure> {
    let (name, level) = text.split_once('=').ok_or_else(|| {
        Failure::message(format!("Can't parse feature=level string {text}: equals sign not found."))
    })?;
    let level = level.trim().parse().map_err(|_| {
        Failure::message(format!(
            "Can't parse feature=level string {text}: unable to parse {level} as a short."
        ))
    })?;
    Ok((name.trim(), level))
}

#[cfg(test)]
mod tests;
