//! All settings of one topic as a plain struct: its own overrides over the broker's layers over the defaults.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::definitions::topic;
use crate::error::InvalidValue;
use crate::synonyms::topic_to_broker;
use crate::throttled_replicas::ThrottledReplicas;
use crate::value::Value;
use crate::values::Values;

/// What happens to old records. Both may be set, and neither.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CleanupPolicy {
    /// Whole segments go when they are too old or too many.
    pub delete: bool,
    /// The newest record of each key stays.
    pub compact: bool,
}

/// How batches are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CompressionType {
    /// As the producer sent them.
    Producer,
    /// Not compressed.
    Uncompressed,
    /// With gzip; -1 is its own default level.
    Gzip {
        /// 1 to 9, or -1.
        level: i32,
    },
    /// With snappy.
    Snappy,
    /// With lz4.
    Lz4 {
        /// 1 to 17.
        level: i32,
    },
    /// With zstd.
    Zstd {
        /// -131072 to 22.
        level: i32,
    },
}

/// Whose time records carry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimestampType {
    /// The producer's.
    CreateTime,
    /// The broker's.
    LogAppendTime,
}

/// The settings of one topic. Names, units and special values are Kafka's.
#[derive(Clone, PartialEq, Debug)]
pub struct TopicConfig {
    /// `cleanup.policy`.
    pub cleanup_policy: CleanupPolicy,
    /// `compression.type` with the level that belongs to it.
    pub compression: CompressionType,
    /// `delete.retention.ms`.
    pub delete_retention_ms: i64,
    /// `file.delete.delay.ms`.
    pub file_delete_delay_ms: i64,
    /// `flush.messages`: 1 means that an acknowledged record is on disk.
    pub flush_messages: i64,
    /// `flush.ms`.
    pub flush_ms: i64,
    /// `follower.replication.throttled.replicas`.
    pub follower_replication_throttled: ThrottledReplicas,
    /// `index.interval.bytes`.
    pub index_interval_bytes: i32,
    /// `leader.replication.throttled.replicas`.
    pub leader_replication_throttled: ThrottledReplicas,
    /// `local.retention.bytes`, and `retention.bytes` where that is -2.
    pub local_retention_bytes: i64,
    /// `local.retention.ms`, and `retention.ms` where that is -2.
    pub local_retention_ms: i64,
    /// `max.compaction.lag.ms`.
    pub max_compaction_lag_ms: i64,
    /// `max.message.bytes`: the largest batch.
    pub max_message_bytes: i32,
    /// `message.timestamp.after.max.ms`.
    pub message_timestamp_after_max_ms: i64,
    /// `message.timestamp.before.max.ms`.
    pub message_timestamp_before_max_ms: i64,
    /// `message.timestamp.type`.
    pub message_timestamp_type: TimestampType,
    /// `min.cleanable.dirty.ratio`.
    pub min_cleanable_dirty_ratio: f64,
    /// `min.compaction.lag.ms`.
    pub min_compaction_lag_ms: i64,
    /// `min.insync.replicas`.
    pub min_insync_replicas: i32,
    /// `preallocate`.
    pub preallocate: bool,
    /// `remote.log.copy.disable`.
    pub remote_log_copy_disable: bool,
    /// `remote.log.delete.on.disable`.
    pub remote_log_delete_on_disable: bool,
    /// `remote.storage.enable`.
    pub remote_storage_enable: bool,
    /// `retention.bytes`; -1 for no limit.
    pub retention_bytes: i64,
    /// `retention.ms`; -1 for ever.
    pub retention_ms: i64,
    /// `segment.bytes`, and `internal.segment.bytes` where a test sets that.
    pub segment_bytes: i32,
    /// `segment.index.bytes`.
    pub segment_index_bytes: i32,
    /// `segment.jitter.ms`.
    pub segment_jitter_ms: i64,
    /// `segment.ms`.
    pub segment_ms: i64,
    /// `unclean.leader.election.enable`.
    pub unclean_leader_election_enable: bool,
}

impl TopicConfig {
    /// The settings of a topic with these overrides on a broker with this configuration. Overrides that are
    /// unknown or not allowed have no effect; [`ignored_overrides`] names them.
    pub fn new(broker: &Config, overrides: &BTreeMap<String, String>) -> Self {
        Self::from_values(&topic_values(broker, overrides).0)
    }

    /// The age at which a log starts a new segment: a compacted one early enough for `max.compaction.lag.ms`.
    pub fn segment_age_ms_max(&self) -> i64 {
        match self.cleanup_policy.compact && self.max_compaction_lag_ms > 0 {
            true => self.max_compaction_lag_ms.min(self.segment_ms),
            false => self.segment_ms,
        }
    }

    pub(crate) fn from_values(values: &Values) -> Self {
        let retention_bytes = values.get(topic::RETENTION_BYTES);
        let retention_ms = values.get(topic::RETENTION_MS);
        Self {
            cleanup_policy: cleanup_policy(values),
            compression: compression(values),
            delete_retention_ms: values.get(topic::DELETE_RETENTION_MS),
            file_delete_delay_ms: values.get(topic::FILE_DELETE_DELAY_MS),
            flush_messages: values.get(topic::FLUSH_MESSAGES),
            flush_ms: values.get(topic::FLUSH_MS),
            follower_replication_throttled: throttled(
                values.get(topic::FOLLOWER_REPLICATION_THROTTLED_REPLICAS),
            ),
            index_interval_bytes: values.get(topic::INDEX_INTERVAL_BYTES),
            leader_replication_throttled: throttled(values.get(topic::LEADER_REPLICATION_THROTTLED_REPLICAS)),
            local_retention_bytes: local(values.get(topic::LOCAL_RETENTION_BYTES), retention_bytes),
            local_retention_ms: local(values.get(topic::LOCAL_RETENTION_MS), retention_ms),
            max_compaction_lag_ms: values.get(topic::MAX_COMPACTION_LAG_MS),
            max_message_bytes: values.get(topic::MAX_MESSAGE_BYTES),
            message_timestamp_after_max_ms: values.get(topic::MESSAGE_TIMESTAMP_AFTER_MAX_MS),
            message_timestamp_before_max_ms: values.get(topic::MESSAGE_TIMESTAMP_BEFORE_MAX_MS),
            message_timestamp_type: match values.get(topic::MESSAGE_TIMESTAMP_TYPE).as_str() {
                "LogAppendTime" => TimestampType::LogAppendTime,
                _ => TimestampType::CreateTime,
            },
            min_cleanable_dirty_ratio: values.get(topic::MIN_CLEANABLE_DIRTY_RATIO),
            min_compaction_lag_ms: values.get(topic::MIN_COMPACTION_LAG_MS),
            min_insync_replicas: values.get(topic::MIN_INSYNC_REPLICAS),
            preallocate: values.get(topic::PREALLOCATE),
            remote_log_copy_disable: values.get(topic::REMOTE_LOG_COPY_DISABLE),
            remote_log_delete_on_disable: values.get(topic::REMOTE_LOG_DELETE_ON_DISABLE),
            remote_storage_enable: values.get(topic::REMOTE_STORAGE_ENABLE),
            retention_bytes,
            retention_ms,
            segment_bytes: values
                .get(topic::INTERNAL_SEGMENT_BYTES)
                .unwrap_or_else(|| values.get(topic::SEGMENT_BYTES)),
            segment_index_bytes: values.get(topic::SEGMENT_INDEX_BYTES),
            segment_jitter_ms: values.get(topic::SEGMENT_JITTER_MS),
            segment_ms: values.get(topic::SEGMENT_MS),
            unclean_leader_election_enable: values.get(topic::UNCLEAN_LEADER_ELECTION_ENABLE),
        }
    }
}

impl Default for TopicConfig {
    /// What holds where neither topic nor broker set anything.
    fn default() -> Self {
        Self::from_values(&Values::defaults(crate::resource_kind::ResourceKind::Topic))
    }
}

/// The overrides that have no effect because their value is not allowed, for the log of whoever applies them.
pub fn ignored_overrides(overrides: &BTreeMap<String, String>) -> Vec<InvalidValue> {
    Values::defaults(crate::resource_kind::ResourceKind::Topic).overlay(overrides)
}

/// The values of a topic with these overrides, and the overrides that are not allowed.
pub(crate) fn topic_values(
    broker: &Config,
    overrides: &BTreeMap<String, String>,
) -> (Values, Vec<InvalidValue>) {
    let mut values = Values::defaults(crate::resource_kind::ResourceKind::Topic);
    for (name, synonyms) in topic_to_broker() {
        let value = match (*name, broker.synonym_value(synonyms).unwrap_or(Value::Null)) {
            ("retention.ms", Value::Long(..0)) => Value::Long(-1),
            (_, value) => value,
        };
        values.set(name, value);
    }
    let problems = values.overlay(overrides);
    (values, problems)
}

fn cleanup_policy(values: &Values) -> CleanupPolicy {
    let policies = values.get(topic::CLEANUP_POLICY);
    let contains = |policy: &str| policies.iter().any(|entry| entry == policy);
    CleanupPolicy { delete: contains("delete"), compact: contains("compact") }
}

fn compression(values: &Values) -> CompressionType {
    match values.get(topic::COMPRESSION_TYPE).as_str() {
        "uncompressed" => CompressionType::Uncompressed,
        "gzip" => CompressionType::Gzip { level: values.get(topic::COMPRESSION_GZIP_LEVEL) },
        "snappy" => CompressionType::Snappy,
        "lz4" => CompressionType::Lz4 { level: values.get(topic::COMPRESSION_LZ4_LEVEL) },
        "zstd" => CompressionType::Zstd { level: values.get(topic::COMPRESSION_ZSTD_LEVEL) },
        _ => CompressionType::Producer,
    }
}

fn throttled(entries: Vec<String>) -> ThrottledReplicas {
    ThrottledReplicas::parse(&entries).unwrap_or_default()
}

fn local(local: i64, total: i64) -> i64 {
    if local == -2 { total } else { local }
}

#[cfg(test)]
mod tests;
