//! From a topic's configuration to the plain numbers that its partitions use.

use jackdaw_config::definitions::{log, replication};
use jackdaw_config::topic_config::{CompressionType, TimestampType as ConfiguredTimestampType};
use jackdaw_config::{Config, TopicConfig};
use jackdaw_log::client_batch::{ClientBatchRules, RecordKeys, TopicCompression, TransactionalBatches};
use jackdaw_log::producer_state::ProducerRules;
use jackdaw_log::retention::{Cleanup, RetentionRules};
use jackdaw_log::segment::SegmentRules;
use jackdaw_partition::PartitionSettings;
use jackdaw_protocol::compression::{Compression, CompressionLevel};
use jackdaw_protocol::records::{RecordLimits, TimestampType};
use jackdaw_replica::ReplicationLimits;

/// The settings of a topic's partitions.
pub fn partition_settings(topic: &TopicConfig, config: &Config) -> PartitionSettings {
    let policy = topic.cleanup_policy;
    PartitionSettings {
        segment: segment_rules(topic),
        client_batch: ClientBatchRules {
            batch_bytes_max: usize::try_from(topic.max_message_bytes).unwrap_or(0),
            compression: compression(topic.compression),
            timestamp_type: match topic.message_timestamp_type {
                ConfiguredTimestampType::CreateTime => TimestampType::CreateTime,
                ConfiguredTimestampType::LogAppendTime => TimestampType::LogAppendTime,
            },
            timestamp_before_ms_max: topic.message_timestamp_before_max_ms,
            timestamp_after_ms_max: topic.message_timestamp_after_max_ms,
            keys: if policy.compact { RecordKeys::Required } else { RecordKeys::Optional },
            // Transactions come with the transaction coordinator; until then nobody could end one.
            transactional: TransactionalBatches::Refused,
            limits: RecordLimits::default(),
        },
        retention: RetentionRules {
            cleanup: if policy.delete { Cleanup::Delete } else { Cleanup::Keep },
            retention_ms_max: (topic.retention_ms >= 0).then_some(topic.retention_ms),
            retention_bytes_max: u64::try_from(topic.retention_bytes).ok(),
        },
        replication: ReplicationLimits {
            min_insync_replicas: usize::try_from(topic.min_insync_replicas).unwrap_or(1).max(1),
            lag_ms_max: u64::try_from(config.get(replication::REPLICA_LAG_TIME_MAX_MS)).unwrap_or(0),
        },
        flush_messages: topic.flush_messages,
        flush_ms_max: u64::try_from(topic.flush_ms).ok().filter(|ms| *ms < i64::MAX as u64),
        allows_delete_records: policy.delete || !policy.compact,
        file_delete_delay_ms: u64::try_from(topic.file_delete_delay_ms).unwrap_or(0),
    }
}

/// When segments roll.
pub fn segment_rules(topic: &TopicConfig) -> SegmentRules {
    SegmentRules {
        segment_bytes_max: u64::try_from(topic.segment_bytes).unwrap_or(0),
        segment_age_ms_max: topic.segment_age_ms_max(),
        segment_jitter_ms_max: topic.segment_jitter_ms,
        index_bytes_max: u64::try_from(topic.segment_index_bytes).unwrap_or(0),
        index_interval_bytes: u64::try_from(topic.index_interval_bytes).unwrap_or(0),
    }
}

/// How long producers are remembered.
pub fn producer_rules(config: &Config) -> ProducerRules {
    ProducerRules { producer_id_expiration_ms: i64::from(config.get(log::PRODUCER_ID_EXPIRATION_MS)) }
}

fn compression(configured: CompressionType) -> TopicCompression {
    let level =
        |level: i32| if level == -1 { CompressionLevel::Default } else { CompressionLevel::Level(level) };
    match configured {
        CompressionType::Producer => TopicCompression::Producer,
        CompressionType::Uncompressed => {
            TopicCompression::Codec(Compression::None, CompressionLevel::Default)
        }
        CompressionType::Gzip { level: chosen } => TopicCompression::Codec(Compression::Gzip, level(chosen)),
        CompressionType::Snappy => TopicCompression::Codec(Compression::Snappy, CompressionLevel::Default),
        CompressionType::Lz4 { level: chosen } => TopicCompression::Codec(Compression::Lz4, level(chosen)),
        CompressionType::Zstd { level: chosen } => {
            TopicCompression::Codec(Compression::Zstd, CompressionLevel::Level(chosen))
        }
    }
}
