//! The first records of a new cluster: features at their levels and the cluster's `min.insync.replicas`, within a
//! transaction, so that half of them never count (KIP-778, KIP-868).

use jackdaw_base::Offset;
use jackdaw_protocol::messages::abort_transaction_record::AbortTransactionRecord;
use jackdaw_protocol::messages::begin_transaction_record::BeginTransactionRecord;
use jackdaw_protocol::messages::config_record::ConfigRecord;
use jackdaw_protocol::messages::end_transaction_record::EndTransactionRecord;
use jackdaw_protocol::messages::feature_level_record::FeatureLevelRecord;
use jackdaw_protocol::messages::no_op_record::NoOpRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::alter_configs::MIN_INSYNC_REPLICAS;
use crate::feature::{self, FEATURES};
use crate::image::{Image, ResourceKind};
use crate::metadata_version::MetadataVersion;

/// The levels of a new cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bootstrap {
    /// Its `metadata.version`.
    pub metadata_version: MetadataVersion,
    /// Levels that differ from the defaults of that version, by feature name.
    pub levels: Vec<(String, i16)>,
    /// The `min.insync.replicas` of the whole cluster; it is written if eligible leader replicas are on.
    pub min_insync_replicas: i32,
}

impl Bootstrap {
    /// A cluster of today.
    pub fn newest(min_insync_replicas: i32) -> Self {
        Self { metadata_version: MetadataVersion::NEWEST, levels: Vec::new(), min_insync_replicas }
    }

    fn level(&self, feature: &feature::Feature) -> i16 {
        let chosen = self.levels.iter().find(|(name, _)| name == feature.name).map(|(_, level)| *level);
        chosen.unwrap_or_else(|| feature.default_level(self.metadata_version))
    }

    /// The feature levels alone, `metadata.version` first: what `bootstrap.checkpoint` holds.
    pub fn feature_records(&self) -> Vec<MetadataRecord<'static>> {
        let record = |name: &'static str, feature_level: i16| {
            MetadataRecord::FeatureLevel(FeatureLevelRecord {
                name: name.into(),
                feature_level,
                ..Default::default()
            })
        };
        let others = FEATURES
            .iter()
            .filter(|feature| {
                feature.name != MetadataVersion::FEATURE && feature.name != feature::KRAFT_VERSION
            })
            .map(|feature| (feature.name, self.level(feature)))
            .filter(|(_, level)| *level > 0);
        std::iter::once((MetadataVersion::FEATURE, self.metadata_version.level()))
            .chain(others)
            .map(|(name, level)| record(name, level))
            .collect()
    }
}

/// What a controller appends when it becomes active and the image is empty.
pub fn first_records(image: &Image, bootstrap: &Bootstrap) -> Vec<MetadataRecord<'static>> {
    let mut records = Vec::new();
    records.extend(image.open_transaction().map(|_: Offset| abort("Controller failover")));
    let in_transaction = bootstrap.metadata_version.allows_transactions();
    if in_transaction {
        let name = Some("Bootstrap records".into());
        records.push(MetadataRecord::BeginTransaction(BeginTransactionRecord { name, ..Default::default() }));
    }
    let features = bootstrap.feature_records();
    let elr = features.iter().any(|record| {
        matches!(record, MetadataRecord::FeatureLevel(level) if level.name == feature::ELIGIBLE_LEADER_REPLICAS)
    });
    records.extend(features);
    if elr {
        records.push(MetadataRecord::Config(ConfigRecord {
            resource_type: ResourceKind::Broker.code(),
            name: MIN_INSYNC_REPLICAS.into(),
            value: Some(bootstrap.min_insync_replicas.to_string().into()),
            ..Default::default()
        }));
    }
    if in_transaction {
        records.push(MetadataRecord::EndTransaction(EndTransactionRecord::default()));
    }
    records
}

/// What a controller appends when it becomes active over an image that is not empty: the end of a transaction
/// that its predecessor could not finish.
pub fn takeover_records(image: &Image) -> Vec<MetadataRecord<'static>> {
    image.open_transaction().map(|_: Offset| abort("Controller failover")).into_iter().collect()
}

/// A record that changes nothing: it moves the end of the log, so that lag can be seen (KIP-835).
pub fn no_op_record() -> MetadataRecord<'static> {
    MetadataRecord::NoOp(NoOpRecord::default())
}

fn abort(reason: &'static str) -> MetadataRecord<'static> {
    MetadataRecord::AbortTransaction(AbortTransactionRecord {
        reason: Some(reason.into()),
        ..Default::default()
    })
}

#[cfg(test)]
mod tests;
