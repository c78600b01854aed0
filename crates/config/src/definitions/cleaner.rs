//! Rows: the compaction of logs.

use crate::declare::{boolean, definitions, double, int, long};
use crate::validator::Validator;

definitions! { Broker;
    LOG_CLEANER_ENABLE: bool = "log.cleaner.enable" => boolean("true"),
        "Whether logs with the policy `compact` are compacted.";
    LOG_CLEANER_THREADS: i32 = "log.cleaner.threads" => int("1").at_least(0).cluster_wide(),
        "How many threads compact.";
    LOG_CLEANER_IO_MAX_BYTES_PER_SECOND: f64 = "log.cleaner.io.max.bytes.per.second" =>
        double("1.7976931348623157E308").cluster_wide(),
        "How many bytes per second compaction reads and writes.";
    LOG_CLEANER_DEDUPE_BUFFER_SIZE: i64 = "log.cleaner.dedupe.buffer.size" =>
        long("134217728").cluster_wide(),
        "The memory of all compaction threads for their key maps.";
    LOG_CLEANER_IO_BUFFER_SIZE: i32 = "log.cleaner.io.buffer.size" =>
        int("524288").at_least(0).cluster_wide(),
        "The memory of all compaction threads for reading and writing.";
    LOG_CLEANER_IO_BUFFER_LOAD_FACTOR: f64 = "log.cleaner.io.buffer.load.factor" =>
        double("0.9").cluster_wide(),
        "How full a key map may get.";
    LOG_CLEANER_BACKOFF_MS: i64 = "log.cleaner.backoff.ms" => long("15000").at_least(0).cluster_wide(),
        "How long compaction rests when nothing is to be done.";
    LOG_CLEANER_MIN_CLEANABLE_RATIO: f64 = "log.cleaner.min.cleanable.ratio" =>
        double("0.5").within(Validator::Fraction { least: 0.0, most: 1.0 }).cluster_wide(),
        "The share of uncompacted bytes from which on a log is compacted.";
    LOG_CLEANER_DELETE_RETENTION_MS: i64 = "log.cleaner.delete.retention.ms" =>
        long("86400000").at_least(0).cluster_wide(),
        "How long tombstones stay after compaction.";
    LOG_CLEANER_MIN_COMPACTION_LAG_MS: i64 = "log.cleaner.min.compaction.lag.ms" =>
        long("0").at_least(0).cluster_wide(),
        "How long a record stays uncompacted at least.";
    LOG_CLEANER_MAX_COMPACTION_LAG_MS: i64 = "log.cleaner.max.compaction.lag.ms" =>
        long("9223372036854775807").at_least(1).cluster_wide(),
        "How long a record stays uncompacted at most.";
}
