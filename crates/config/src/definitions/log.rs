//! Rows: the logs of partitions: directories, segments, flushing, retention, timestamps.

use crate::declare::{boolean, definitions, int, list, long, null, string};
use crate::value_type::ValueType;

definitions! { Broker;
    LOG_DIRS: Option<Vec<String>> = "log.dirs" => null(ValueType::List).not_empty().high().active(),
        "The directories that hold partitions, several for several disks.";
    LOG_DIR: Vec<String> = "log.dir" => list("./jackdaw-data").not_empty().high().active(),
        "The one directory that holds partitions, where `log.dirs` is unset.";
    CORDONED_LOG_DIRS: Vec<String> = "cordoned.log.dirs" => list("").per_broker(),
        "Directories that get no new partitions; `*` means all.";
    LOG_SEGMENT_BYTES: i32 = "log.segment.bytes" =>
        int("1073741824").at_least(1_048_576).cluster_wide().high().active(),
        "The size at which a log starts a new segment.";
    LOG_ROLL_MS: Option<i64> = "log.roll.ms" => null(ValueType::Long).cluster_wide().high().active(),
        "The age at which a log starts a new segment.";
    LOG_ROLL_HOURS: i32 = "log.roll.hours" => int("168").at_least(1).high().active(),
        "The age at which a log starts a new segment, in hours; `log.roll.ms` counts more.";
    LOG_ROLL_JITTER_MS: Option<i64> = "log.roll.jitter.ms" =>
        null(ValueType::Long).cluster_wide().high().active(),
        "By how much the age may be shortened at random, so that segments do not roll together.";
    LOG_ROLL_JITTER_HOURS: i32 = "log.roll.jitter.hours" => int("0").at_least(0).high().active(),
        "The same in hours; `log.roll.jitter.ms` counts more.";
    LOG_RETENTION_MS: Option<i64> = "log.retention.ms" =>
        null(ValueType::Long).cluster_wide().high().active(),
        "How long records are kept; -1 keeps them for ever.";
    LOG_RETENTION_MINUTES: Option<i32> = "log.retention.minutes" => null(ValueType::Int).high().active(),
        "How long records are kept, in minutes; `log.retention.ms` counts more.";
    LOG_RETENTION_HOURS: i32 = "log.retention.hours" => int("168").high().active(),
        "How long records are kept, in hours; minutes and milliseconds count more.";
    LOG_RETENTION_BYTES: i64 = "log.retention.bytes" => long("-1").cluster_wide().high().active(),
        "How many bytes each partition keeps; -1 sets no limit.";
    LOG_RETENTION_CHECK_INTERVAL_MS: i64 = "log.retention.check.interval.ms" =>
        long("300000").at_least(1).active(),
        "How often logs are searched for segments to delete.";
    LOG_SEGMENT_DELETE_DELAY_MS: i64 = "log.segment.delete.delay.ms" =>
        long("60000").at_least(0).cluster_wide().high().active(),
        "How long a file stays on disk after it was marked for deletion.";
    LOG_INDEX_SIZE_MAX_BYTES: i32 = "log.index.size.max.bytes" =>
        int("10485760").at_least(4).cluster_wide().active(),
        "The size of an index at which a log starts a new segment.";
    LOG_INDEX_INTERVAL_BYTES: i32 = "log.index.interval.bytes" =>
        int("4096").at_least(0).cluster_wide().active(),
        "After how many bytes of records an index entry is made.";
    LOG_FLUSH_INTERVAL_MESSAGES: i64 = "log.flush.interval.messages" =>
        long("1").at_least(1).cluster_wide().high().active(),
        "After how many records a log is synced; 1 syncs before every acknowledgement.";
    LOG_FLUSH_INTERVAL_MS: Option<i64> = "log.flush.interval.ms" =>
        null(ValueType::Long).cluster_wide().high().active(),
        "After how long a record that came in is synced at the latest.";
    LOG_FLUSH_SCHEDULER_INTERVAL_MS: i64 = "log.flush.scheduler.interval.ms" =>
        long("9223372036854775807").high().active(),
        "How often logs are searched for records that are due to be synced.";
    LOG_FLUSH_OFFSET_CHECKPOINT_INTERVAL_MS: i32 = "log.flush.offset.checkpoint.interval.ms" =>
        int("60000").at_least(0).high().active(),
        "How often the recovery points are written down.";
    LOG_FLUSH_START_OFFSET_CHECKPOINT_INTERVAL_MS: i32 = "log.flush.start.offset.checkpoint.interval.ms" =>
        int("60000").at_least(0).high().active(),
        "How often the log start offsets are written down.";
    LOG_PREALLOCATE: bool = "log.preallocate" => boolean("false").cluster_wide(),
        "Whether a segment's file gets its full size at once.";
    LOG_INITIAL_TASK_DELAY_MS: i64 = "log.initial.task.delay.ms" =>
        long("30000").at_least(0).low().internal().active(),
        "How long after the start the background work on logs begins.";
    LOG_DIR_FAILURE_TIMEOUT_MS: i64 = "log.dir.failure.timeout.ms" => long("30000").at_least(1).low(),
        "How long a broker tries to report a failed directory before it stops.";
    LOG_MESSAGE_TIMESTAMP_TYPE: String = "log.message.timestamp.type" =>
        string("CreateTime").one_of(&["CreateTime", "LogAppendTime"]).cluster_wide().active(),
        "Whether records keep the producer's time or get the broker's.";
    LOG_MESSAGE_TIMESTAMP_BEFORE_MAX_MS: i64 = "log.message.timestamp.before.max.ms" =>
        long("9223372036854775807").at_least(0).cluster_wide().active(),
        "How far in the past a record's time may lie.";
    LOG_MESSAGE_TIMESTAMP_AFTER_MAX_MS: i64 = "log.message.timestamp.after.max.ms" =>
        long("3600000").at_least(0).cluster_wide().active(),
        "How far in the future a record's time may lie.";
    LOG_CLEANUP_POLICY: Vec<String> = "log.cleanup.policy" =>
        list("delete").list_of(&["compact", "delete"]).cluster_wide().active(),
        "What happens to old records: `delete`, `compact`, both or nothing.";
    NUM_RECOVERY_THREADS_PER_DATA_DIR: i32 = "num.recovery.threads.per.data.dir" =>
        int("2").at_least(1).cluster_wide().high().active(),
        "How many logs of a directory are recovered at once.";
    PRODUCER_ID_EXPIRATION_MS: i32 = "producer.id.expiration.ms" =>
        int("86400000").at_least(1).cluster_wide().low().active(),
        "How long an idle producer id is remembered.";
    PRODUCER_ID_EXPIRATION_CHECK_INTERVAL_MS: i32 = "producer.id.expiration.check.interval.ms" =>
        int("600000").at_least(1).low().internal().active(),
        "How often idle producer ids are looked for.";
}
