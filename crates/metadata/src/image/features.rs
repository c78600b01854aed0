//! The finalized levels of features. What nodes could support is in their registrations.

use std::sync::Arc;

use jackdaw_protocol::messages::feature_level_record::FeatureLevelRecord;
use rpds::RedBlackTreeMapSync;

use super::ReplayError;
use crate::delta::Delta;
use crate::feature;
use crate::metadata_version::MetadataVersion;

/// Finalized features. `kraft.version` is none of them: it lives in the quorum's control records.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Features {
    metadata_version: Option<MetadataVersion>,
    levels: RedBlackTreeMapSync<Arc<str>, i16>,
}

impl Features {
    /// The finalized `metadata.version`; `None` only before the bootstrap records.
    pub fn metadata_version(&self) -> Option<MetadataVersion> {
        self.metadata_version
    }

    /// The finalized level of any feature, 0 where it is off.
    pub fn level(&self, name: &str) -> i16 {
        match name {
            MetadataVersion::FEATURE => self.metadata_version.map_or(0, MetadataVersion::level),
            _ => self.levels.get(name).copied().unwrap_or(0),
        }
    }

    /// The features other than `metadata.version` that are on, by name.
    pub fn levels(&self) -> impl Iterator<Item = (&str, i16)> {
        self.levels.iter().map(|(name, level)| (name.as_ref(), *level))
    }

    /// Everything that is on, `metadata.version` among it, by name: what ApiVersions reports.
    pub fn finalized(&self) -> Vec<(&str, i16)> {
        let metadata_version = self.metadata_version.map(|v| (MetadataVersion::FEATURE, v.level()));
        let mut all: Vec<_> = metadata_version.into_iter().chain(self.levels()).collect();
        all.sort_unstable();
        all
    }

    /// Whether eligible leader replicas are in use (KIP-966).
    pub fn eligible_leader_replicas_enabled(&self) -> bool {
        self.level(feature::ELIGIBLE_LEADER_REPLICAS) >= 1
    }

    pub(super) fn replay(
        &mut self,
        record: &FeatureLevelRecord<'_>,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        let level = record.feature_level;
        match record.name.as_ref() {
            MetadataVersion::FEATURE => {
                let version = MetadataVersion::from_level(level)
                    .ok_or(ReplayError::UnknownMetadataVersion { level })?;
                self.metadata_version = Some(version);
            }
            feature::KRAFT_VERSION => return Ok(()),
            name if level == 0 => {
                self.levels.remove_mut(name);
            }
            name => self.levels.insert_mut(Arc::from(name), level),
        }
        delta.feature_changed(&record.name);
        Ok(())
    }
}
