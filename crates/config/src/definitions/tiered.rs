//! Rows: tiered storage.

use crate::declare::{boolean, definitions, double, int, long, null, string};
use crate::validator::Validator;
use crate::value_type::ValueType;

definitions! { Broker;
    REMOTE_LOG_STORAGE_SYSTEM_ENABLE: bool = "remote.log.storage.system.enable" => boolean("false"),
        "Whether topics may keep old segments in remote storage.";
    REMOTE_LOG_STORAGE_MANAGER_CLASS_NAME: Option<String> = "remote.log.storage.manager.class.name" =>
        null(ValueType::String).not_empty(),
        "The class that stores segments remotely.";
    REMOTE_LOG_STORAGE_MANAGER_CLASS_PATH: Option<String> = "remote.log.storage.manager.class.path" =>
        null(ValueType::String),
        "Where that class is loaded from.";
    REMOTE_LOG_STORAGE_MANAGER_IMPL_PREFIX: String = "remote.log.storage.manager.impl.prefix" =>
        string("rsm.config.").not_empty(),
        "The prefix of the settings that are handed to that class.";
    REMOTE_LOG_METADATA_MANAGER_CLASS_NAME: String = "remote.log.metadata.manager.class.name" =>
        string("org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager").not_empty(),
        "The class that remembers which segments are remote.";
    REMOTE_LOG_METADATA_MANAGER_CLASS_PATH: Option<String> = "remote.log.metadata.manager.class.path" =>
        null(ValueType::String),
        "Where that class is loaded from.";
    REMOTE_LOG_METADATA_MANAGER_IMPL_PREFIX: String = "remote.log.metadata.manager.impl.prefix" =>
        string("rlmm.config.").not_empty(),
        "The prefix of the settings that are handed to that class.";
    REMOTE_LOG_METADATA_MANAGER_LISTENER_NAME: Option<String> = "remote.log.metadata.manager.listener.name" =>
        null(ValueType::String).not_empty(),
        "The listener by which that class reaches the brokers.";
    REMOTE_LOG_METADATA_CUSTOM_METADATA_MAX_BYTES: i32 = "remote.log.metadata.custom.metadata.max.bytes" =>
        int("128").at_least(0).low(),
        "How many bytes of its own a storage class may attach to a segment.";
    REMOTE_LOG_INDEX_FILE_CACHE_TOTAL_SIZE_BYTES: i64 = "remote.log.index.file.cache.total.size.bytes" =>
        long("1073741824").at_least(1).cluster_wide().low(),
        "How many bytes of remote indexes are cached locally.";
    REMOTE_LOG_INDEX_FILE_CACHE_TTL_MS: i64 = "remote.log.index.file.cache.ttl.ms" =>
        long("900000").at_least(-1).low().internal(),
        "For tests: how long a cached remote index lives.";
    REMOTE_LOG_MANAGER_THREAD_POOL_SIZE: i32 = "remote.log.manager.thread.pool.size" => int("2").at_least(1),
        "How many threads Kafka gives to its remote log tasks.";
    REMOTE_LOG_MANAGER_COPIER_THREAD_POOL_SIZE: i32 = "remote.log.manager.copier.thread.pool.size" =>
        int("10").at_least(1).cluster_wide(),
        "How many threads copy segments away.";
    REMOTE_LOG_MANAGER_EXPIRATION_THREAD_POOL_SIZE: i32 = "remote.log.manager.expiration.thread.pool.size" =>
        int("10").at_least(1).cluster_wide(),
        "How many threads delete expired remote segments.";
    REMOTE_LOG_MANAGER_FOLLOWER_THREAD_POOL_SIZE: i32 = "remote.log.manager.follower.thread.pool.size" =>
        int("2").at_least(1).cluster_wide(),
        "How many threads follow what the leaders copied.";
    REMOTE_LOG_MANAGER_TASK_INTERVAL_MS: i64 = "remote.log.manager.task.interval.ms" =>
        long("30000").at_least(1).low(),
        "How often a partition is searched for segments to copy or delete.";
    REMOTE_LOG_MANAGER_TASK_RETRY_BACKOFF_MS: i64 = "remote.log.manager.task.retry.backoff.ms" =>
        long("500").at_least(1).low().internal(),
        "For tests: how long a failed task rests at first.";
    REMOTE_LOG_MANAGER_TASK_RETRY_BACKOFF_MAX_MS: i64 = "remote.log.manager.task.retry.backoff.max.ms" =>
        long("30000").at_least(1).low().internal(),
        "For tests: how long a failed task rests at most.";
    REMOTE_LOG_MANAGER_TASK_RETRY_JITTER: f64 = "remote.log.manager.task.retry.jitter" =>
        double("0.2").within(Validator::Fraction { least: 0.0, most: 0.5 }).low().internal(),
        "For tests: by which share that rest varies.";
    REMOTE_LOG_MANAGER_COPY_MAX_BYTES_PER_SECOND: i64 = "remote.log.manager.copy.max.bytes.per.second" =>
        long("9223372036854775807").at_least(1).cluster_wide(),
        "How many bytes per second are copied away.";
    REMOTE_LOG_MANAGER_COPY_QUOTA_WINDOW_NUM: i32 = "remote.log.manager.copy.quota.window.num" =>
        int("11").at_least(1),
        "Over how many windows that is measured.";
    REMOTE_LOG_MANAGER_COPY_QUOTA_WINDOW_SIZE_SECONDS: i32 = "remote.log.manager.copy.quota.window.size.seconds" =>
        int("1").at_least(1),
        "How long such a window lasts.";
    REMOTE_LOG_MANAGER_FETCH_MAX_BYTES_PER_SECOND: i64 = "remote.log.manager.fetch.max.bytes.per.second" =>
        long("9223372036854775807").at_least(1).cluster_wide(),
        "How many bytes per second are read from remote storage.";
    REMOTE_LOG_MANAGER_FETCH_QUOTA_WINDOW_NUM: i32 = "remote.log.manager.fetch.quota.window.num" =>
        int("11").at_least(1),
        "Over how many windows that is measured.";
    REMOTE_LOG_MANAGER_FETCH_QUOTA_WINDOW_SIZE_SECONDS: i32 = "remote.log.manager.fetch.quota.window.size.seconds" =>
        int("1").at_least(1),
        "How long such a window lasts.";
    REMOTE_LOG_READER_THREADS: i32 = "remote.log.reader.threads" => int("10").at_least(1).cluster_wide(),
        "How many threads read from remote storage.";
    REMOTE_LOG_READER_MAX_PENDING_TASKS: i32 = "remote.log.reader.max.pending.tasks" =>
        int("100").at_least(1),
        "How many reads may wait for such a thread.";
    REMOTE_FETCH_MAX_WAIT_MS: i32 = "remote.fetch.max.wait.ms" => int("500").at_least(1).cluster_wide(),
        "How long a fetch waits for remote storage.";
    REMOTE_LIST_OFFSETS_REQUEST_TIMEOUT_MS: i64 = "remote.list.offsets.request.timeout.ms" =>
        long("30000").at_least(1).cluster_wide(),
        "How long a search for an offset waits for remote storage.";
    LOG_LOCAL_RETENTION_MS: i64 = "log.local.retention.ms" => long("-2").at_least(-2).cluster_wide(),
        "How long segments stay local after they were copied; -2 means as long as `log.retention.ms`.";
    LOG_LOCAL_RETENTION_BYTES: i64 = "log.local.retention.bytes" => long("-2").at_least(-2).cluster_wide(),
        "How many bytes stay local after they were copied; -2 means as many as `log.retention.bytes`.";
}
