//! The features that this software knows: names, ranges, levels of a new cluster and what each level needs.
//! Which levels a cluster has finalized is in `image::Features`.

use crate::image::VersionRange;
use crate::metadata_version::MetadataVersion;

/// Eligible leader replicas (KIP-966).
pub const ELIGIBLE_LEADER_REPLICAS: &str = "eligible.leader.replicas.version";
/// The consumer group protocol (KIP-848).
pub const GROUP_VERSION: &str = "group.version";
/// The quorum's own format (KIP-853). It is never written as a metadata record.
pub const KRAFT_VERSION: &str = "kraft.version";
/// Share groups (KIP-932).
pub const SHARE_VERSION: &str = "share.version";
/// The streams group protocol (KIP-1071).
pub const STREAMS_VERSION: &str = "streams.version";
/// Transactions (KIP-890).
pub const TRANSACTION_VERSION: &str = "transaction.version";

/// A feature that we know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// The levels that this software supports.
    pub supported: VersionRange,
    /// The first `metadata.version` whose new clusters have level n, at index n - 1.
    default_since: &'static [&'static str],
    /// The `metadata.version` without which level n may not be on, at index n - 1.
    needs: &'static [&'static str],
}

/// All features, by name.
pub const FEATURES: [Feature; 7] = [
    Feature {
        name: ELIGIBLE_LEADER_REPLICAS,
        supported: VersionRange { min: 0, max: 1 },
        default_since: &["4.1-IV0"],
        needs: &["4.0-IV1"],
    },
    Feature {
        name: GROUP_VERSION,
        supported: VersionRange { min: 0, max: 1 },
        default_since: &["4.0-IV0"],
        needs: &[],
    },
    // The default of kraft.version depends on how the quorum was formatted, not on the metadata version.
    Feature {
        name: KRAFT_VERSION,
        supported: VersionRange { min: 0, max: 1 },
        default_since: &[],
        needs: &[],
    },
    Feature {
        name: MetadataVersion::FEATURE,
        supported: VersionRange { min: MetadataVersion::OLDEST_LEVEL, max: MetadataVersion::NEWEST_LEVEL },
        default_since: &[],
        needs: &[],
    },
    Feature {
        name: SHARE_VERSION,
        supported: VersionRange { min: 0, max: 1 },
        default_since: &["4.2-IV0"],
        needs: &[],
    },
    Feature {
        name: STREAMS_VERSION,
        supported: VersionRange { min: 0, max: 1 },
        default_since: &["4.2-IV1"],
        needs: &[],
    },
    Feature {
        name: TRANSACTION_VERSION,
        supported: VersionRange { min: 0, max: 2 },
        default_since: &["4.0-IV2", "4.0-IV2"],
        needs: &[],
    },
];

impl Feature {
    /// A feature by its name.
    pub fn named(name: &str) -> Option<&'static Feature> {
        FEATURES.iter().find(|feature| feature.name == name)
    }

    /// The level that a cluster gets which starts at `version`, 0 for off.
    pub fn default_level(&self, version: MetadataVersion) -> i16 {
        let reached = |since: &&&str| MetadataVersion::from_name(since).is_some_and(|first| first <= version);
        self.default_since.iter().take_while(reached).count() as i16
    }

    /// The `metadata.version` that `level` needs, if it needs one.
    pub fn needed_metadata_version(&self, level: i16) -> Option<MetadataVersion> {
        let index = usize::try_from(level).ok()?.checked_sub(1)?;
        MetadataVersion::from_name(self.needs.get(index)?)
    }
}

#[cfg(test)]
mod tests;
