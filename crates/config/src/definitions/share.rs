//! Rows: share groups, the share coordinator and its topic.

use crate::declare::{definitions, int, list, short, string};
use crate::validator::Validator;

/// The assignor by its short and its long name. Java classes of other people cannot be loaded.
const SHARE_ASSIGNORS: &[&str] = &["simple", "org.apache.kafka.coordinator.group.assignor.SimpleAssignor"];

definitions! { Broker;
    GROUP_SHARE_SESSION_TIMEOUT_MS: i32 = "group.share.session.timeout.ms" => int("45000").at_least(1),
        "After how long without a heartbeat a member leaves its share group.";
    GROUP_SHARE_MIN_SESSION_TIMEOUT_MS: i32 = "group.share.min.session.timeout.ms" =>
        int("45000").at_least(1),
        "The shortest session timeout a share group may set.";
    GROUP_SHARE_MAX_SESSION_TIMEOUT_MS: i32 = "group.share.max.session.timeout.ms" =>
        int("60000").at_least(1),
        "The longest session timeout a share group may set.";
    GROUP_SHARE_HEARTBEAT_INTERVAL_MS: i32 = "group.share.heartbeat.interval.ms" => int("5000").at_least(1),
        "How often members of share groups report.";
    GROUP_SHARE_MIN_HEARTBEAT_INTERVAL_MS: i32 = "group.share.min.heartbeat.interval.ms" =>
        int("5000").at_least(1),
        "The shortest heartbeat interval a share group may set.";
    GROUP_SHARE_MAX_HEARTBEAT_INTERVAL_MS: i32 = "group.share.max.heartbeat.interval.ms" =>
        int("15000").at_least(1),
        "The longest heartbeat interval a share group may set.";
    GROUP_SHARE_ASSIGNMENT_INTERVAL_MS: i32 = "group.share.assignment.interval.ms" =>
        int("1000").at_least(0).cluster_wide(),
        "How long a share group keeps an assignment at least.";
    GROUP_SHARE_MIN_ASSIGNMENT_INTERVAL_MS: i32 = "group.share.min.assignment.interval.ms" =>
        int("0").at_least(0),
        "The shortest assignment interval a share group may set.";
    GROUP_SHARE_MAX_ASSIGNMENT_INTERVAL_MS: i32 = "group.share.max.assignment.interval.ms" =>
        int("15000").at_least(0),
        "The longest assignment interval a share group may set.";
    GROUP_SHARE_ASSIGNORS: Vec<String> = "group.share.assignors" =>
        list("simple").list_of(SHARE_ASSIGNORS).not_empty(),
        "The assignor of share groups.";
    GROUP_SHARE_MAX_SIZE: i32 = "group.share.max.size" => int("200").between(1, 1000),
        "How many members a share group may have.";
    GROUP_SHARE_MAX_SHARE_SESSIONS: i32 = "group.share.max.share.sessions" => int("2000").at_least(1),
        "How many share sessions a broker remembers.";
    GROUP_SHARE_DELIVERY_COUNT_LIMIT: i32 = "group.share.delivery.count.limit" => int("5").between(2, 10),
        "How often a record is delivered before it is given up.";
    GROUP_SHARE_MIN_DELIVERY_COUNT_LIMIT: i32 = "group.share.min.delivery.count.limit" =>
        int("2").between(2, 5),
        "The lowest delivery limit a share group may set.";
    GROUP_SHARE_MAX_DELIVERY_COUNT_LIMIT: i32 = "group.share.max.delivery.count.limit" =>
        int("10").between(5, 25),
        "The highest delivery limit a share group may set.";
    GROUP_SHARE_RECORD_LOCK_DURATION_MS: i32 = "group.share.record.lock.duration.ms" =>
        int("30000").between(1000, 3_600_000),
        "How long a consumer has an acquired record for itself.";
    GROUP_SHARE_MIN_RECORD_LOCK_DURATION_MS: i32 = "group.share.min.record.lock.duration.ms" =>
        int("15000").between(1000, 30_000),
        "The shortest such time a share group may set.";
    GROUP_SHARE_MAX_RECORD_LOCK_DURATION_MS: i32 = "group.share.max.record.lock.duration.ms" =>
        int("60000").between(30_000, 3_600_000),
        "The longest such time a share group may set.";
    GROUP_SHARE_PARTITION_MAX_RECORD_LOCKS: i32 = "group.share.partition.max.record.locks" =>
        int("2000").between(100, 10_000),
        "How many records of a partition may be acquired at once.";
    GROUP_SHARE_MIN_PARTITION_MAX_RECORD_LOCKS: i32 = "group.share.min.partition.max.record.locks" =>
        int("100").between(100, 2000),
        "The lowest such number a share group may set.";
    GROUP_SHARE_MAX_PARTITION_MAX_RECORD_LOCKS: i32 = "group.share.max.partition.max.record.locks" =>
        int("4000").between(2000, 10_000),
        "The highest such number a share group may set.";
    GROUP_SHARE_INITIALIZE_RETRY_INTERVAL_MS: i32 = "group.share.initialize.retry.interval.ms" =>
        int("30000").at_least(1).low().internal(),
        "How long the initialisation of a share partition rests after a failure.";
    GROUP_SHARE_PERSISTER_CLASS_NAME: String = "group.share.persister.class.name" =>
        string("org.apache.kafka.server.share.persister.DefaultStatePersister").internal(),
        "The class that stores the state of share groups.";
    SHARE_FETCH_PURGATORY_PURGE_INTERVAL_REQUESTS: i32 = "share.fetch.purgatory.purge.interval.requests" =>
        int("1000"),
        "After how many finished requests Kafka clears its list of waiting share fetches.";
    SHARE_COORDINATOR_THREADS: i32 = "share.coordinator.threads" => int("1").at_least(1),
        "How many threads serve share group state.";
    SHARE_COORDINATOR_APPEND_LINGER_MS: i32 = "share.coordinator.append.linger.ms" => int("-1").at_least(-1),
        "How long the share coordinator gathers records into one batch; -1 adapts by itself.";
    SHARE_COORDINATOR_CACHED_BUFFER_MAX_BYTES: i32 = "share.coordinator.cached.buffer.max.bytes" =>
        int("1048588").at_least(524_288).cluster_wide(),
        "How large a buffer may be that the share coordinator keeps for reuse.";
    SHARE_COORDINATOR_LOAD_BUFFER_SIZE: i32 = "share.coordinator.load.buffer.size" =>
        int("5242880").at_least(1).high(),
        "How many bytes are read at once while share state is loaded.";
    SHARE_COORDINATOR_WRITE_TIMEOUT_MS: i32 = "share.coordinator.write.timeout.ms" =>
        int("5000").at_least(1).high(),
        "How long a write of share state waits for its replicas.";
    SHARE_COORDINATOR_SNAPSHOT_UPDATE_RECORDS_PER_SNAPSHOT: i32 = "share.coordinator.snapshot.update.records.per.snapshot" =>
        int("500").between(0, 500),
        "How many updates of share state follow on a snapshot before the next one.";
    SHARE_COORDINATOR_COLD_PARTITION_SNAPSHOT_INTERVAL_MS: i32 = "share.coordinator.cold.partition.snapshot.interval.ms" =>
        int("300000").at_least(1).low().internal(),
        "How often share partitions without traffic get a snapshot.";
    SHARE_COORDINATOR_STATE_TOPIC_NUM_PARTITIONS: i32 = "share.coordinator.state.topic.num.partitions" =>
        int("50").at_least(1).high(),
        "How many partitions `__share_group_state` gets.";
    SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: i16 = "share.coordinator.state.topic.replication.factor" =>
        short("3").at_least(1).high(),
        "How many replicas `__share_group_state` gets.";
    SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: i16 = "share.coordinator.state.topic.min.isr" =>
        short("2").at_least(1).high(),
        "How many in-sync replicas a write to `__share_group_state` needs.";
    SHARE_COORDINATOR_STATE_TOPIC_SEGMENT_BYTES: i32 = "share.coordinator.state.topic.segment.bytes" =>
        int("104857600").at_least(1).high(),
        "The segment size of `__share_group_state`.";
    SHARE_COORDINATOR_STATE_TOPIC_COMPRESSION_CODEC: i32 = "share.coordinator.state.topic.compression.codec" =>
        int("0").within(Validator::Codec).high(),
        "The codec of `__share_group_state`: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.";
    SHARE_COORDINATOR_STATE_TOPIC_PRUNE_INTERVAL_MS: i32 = "share.coordinator.state.topic.prune.interval.ms" =>
        int("300000").at_least(1).low().internal(),
        "How often superseded share state is deleted.";
}
