//! Rows: what one topic may set for itself.

use crate::declare::{boolean, definitions, double, int, list, long, null, string};
use crate::validator::Validator;
use crate::value_type::ValueType;

definitions! { Topic;
    CLEANUP_POLICY: Vec<String> = "cleanup.policy" => list("delete").list_of(&["compact", "delete"]).active(),
        "What happens to the topic's old records: `delete`, `compact`, both or nothing.";
    COMPRESSION_TYPE: String = "compression.type" =>
        string("producer").one_of(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]).active(),
        "How the topic's batches are stored: `producer` keeps them as they came.";
    COMPRESSION_GZIP_LEVEL: i32 = "compression.gzip.level" => int("-1").within(Validator::GzipLevel).active(),
        "How hard gzip works where the broker compresses itself.";
    COMPRESSION_LZ4_LEVEL: i32 = "compression.lz4.level" => int("9").between(1, 17).active(),
        "How hard lz4 works where the broker compresses itself.";
    COMPRESSION_ZSTD_LEVEL: i32 = "compression.zstd.level" => int("3").between(-131_072, 22).active(),
        "How hard zstd works where the broker compresses itself.";
    DELETE_RETENTION_MS: i64 = "delete.retention.ms" => long("86400000").at_least(0),
        "How long tombstones stay after compaction.";
    FILE_DELETE_DELAY_MS: i64 = "file.delete.delay.ms" => long("60000").at_least(0).active(),
        "How long a file stays on disk after it was marked for deletion.";
    FLUSH_MESSAGES: i64 = "flush.messages" => long("1").at_least(1).active(),
        "After how many records the topic's logs are synced; 1 syncs before every acknowledgement.";
    FLUSH_MS: i64 = "flush.ms" => long("9223372036854775807").at_least(0).active(),
        "After how long a record that came in is synced at the latest.";
    FOLLOWER_REPLICATION_THROTTLED_REPLICAS: Vec<String> = "follower.replication.throttled.replicas" =>
        list("").within(Validator::ThrottledReplicas),
        "The replicas whose fetching is throttled, as `partition:broker` entries, or `*`.";
    LEADER_REPLICATION_THROTTLED_REPLICAS: Vec<String> = "leader.replication.throttled.replicas" =>
        list("").within(Validator::ThrottledReplicas),
        "The replicas whose serving is throttled, as `partition:broker` entries, or `*`.";
    INDEX_INTERVAL_BYTES: i32 = "index.interval.bytes" => int("4096").at_least(0).active(),
        "After how many bytes of records an index entry is made.";
    INTERNAL_SEGMENT_BYTES: Option<i32> = "internal.segment.bytes" =>
        null(ValueType::Int).internal().active(),
        "For tests: a segment size below the allowed one.";
    LOCAL_RETENTION_BYTES: i64 = "local.retention.bytes" => long("-2").at_least(-2),
        "How many bytes stay local after they were copied; -2 means as many as `retention.bytes`.";
    LOCAL_RETENTION_MS: i64 = "local.retention.ms" => long("-2").at_least(-2),
        "How long segments stay local after they were copied; -2 means as long as `retention.ms`.";
    MAX_COMPACTION_LAG_MS: i64 = "max.compaction.lag.ms" => long("9223372036854775807").at_least(1),
        "How long a record stays uncompacted at most.";
    MIN_COMPACTION_LAG_MS: i64 = "min.compaction.lag.ms" => long("0").at_least(0),
        "How long a record stays uncompacted at least.";
    MAX_MESSAGE_BYTES: i32 = "max.message.bytes" => int("1048588").at_least(0).active(),
        "The largest record batch that the topic takes.";
    MESSAGE_TIMESTAMP_AFTER_MAX_MS: i64 = "message.timestamp.after.max.ms" =>
        long("3600000").at_least(0).active(),
        "How far in the future a record's time may lie.";
    MESSAGE_TIMESTAMP_BEFORE_MAX_MS: i64 = "message.timestamp.before.max.ms" =>
        long("9223372036854775807").at_least(0).active(),
        "How far in the past a record's time may lie.";
    MESSAGE_TIMESTAMP_TYPE: String = "message.timestamp.type" =>
        string("CreateTime").one_of(&["CreateTime", "LogAppendTime"]).active(),
        "Whether records keep the producer's time or get the broker's.";
    MIN_CLEANABLE_DIRTY_RATIO: f64 = "min.cleanable.dirty.ratio" =>
        double("0.5").within(Validator::Fraction { least: 0.0, most: 1.0 }),
        "The share of uncompacted bytes from which on a log is compacted.";
    MIN_INSYNC_REPLICAS: i32 = "min.insync.replicas" => int("1").at_least(1).active(),
        "How many in-sync replicas a write with acks=all needs.";
    PREALLOCATE: bool = "preallocate" => boolean("false"),
        "Whether a segment's file gets its full size at once.";
    REMOTE_STORAGE_ENABLE: bool = "remote.storage.enable" => boolean("false"),
        "Whether the topic keeps old segments in remote storage.";
    REMOTE_LOG_COPY_DISABLE: bool = "remote.log.copy.disable" => boolean("false"),
        "Whether nothing more is copied to remote storage while what is there is still read.";
    REMOTE_LOG_DELETE_ON_DISABLE: bool = "remote.log.delete.on.disable" => boolean("false"),
        "Whether the remote segments are deleted when remote storage is switched off.";
    RETENTION_BYTES: i64 = "retention.bytes" => long("-1").active(),
        "How many bytes each partition keeps; -1 sets no limit.";
    RETENTION_MS: i64 = "retention.ms" => long("604800000").at_least(-1).active(),
        "How long records are kept; -1 keeps them for ever.";
    SEGMENT_BYTES: i32 = "segment.bytes" => int("1073741824").at_least(1_048_576).active(),
        "The size at which a log starts a new segment.";
    SEGMENT_INDEX_BYTES: i32 = "segment.index.bytes" => int("10485760").at_least(4).active(),
        "The size of an index at which a log starts a new segment.";
    SEGMENT_JITTER_MS: i64 = "segment.jitter.ms" => long("0").at_least(0).active(),
        "By how much a segment's age may be shortened at random.";
    SEGMENT_MS: i64 = "segment.ms" => long("604800000").at_least(1).active(),
        "The age at which a log starts a new segment.";
    UNCLEAN_LEADER_ELECTION_ENABLE: bool = "unclean.leader.election.enable" => boolean("false"),
        "Whether a replica that is not in sync may lead, at the price of records.";
}
