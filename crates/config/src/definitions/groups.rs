//! Rows: the group coordinator: classic, consumer and streams groups, committed offsets.

use crate::declare::{definitions, int, list, long, short, string};
use crate::validator::Validator;

/// Assignors by the names that Kafka gives them, short and long. Java classes of other people cannot be loaded.
const CONSUMER_ASSIGNORS: &[&str] = &[
    "uniform",
    "range",
    "org.apache.kafka.coordinator.group.assignor.UniformAssignor",
    "org.apache.kafka.coordinator.group.assignor.RangeAssignor",
];

definitions! { Broker;
    GROUP_COORDINATOR_REBALANCE_PROTOCOLS: Vec<String> = "group.coordinator.rebalance.protocols" =>
        list("classic,consumer,streams").list_of(&["consumer", "classic", "share", "streams"]).not_empty().active(),
        "Which kinds of groups are served.";
    GROUP_COORDINATOR_THREADS: i32 = "group.coordinator.threads" => int("4").at_least(1).high().nothing_to_tune(),
        "How many threads serve groups; here whoever serves a connection serves its groups.";
    GROUP_COORDINATOR_BACKGROUND_THREADS: i32 = "group.coordinator.background.threads" =>
        int("2").at_least(1).high().nothing_to_tune(),
        "How many threads match patterns and compute assignments; here nothing waits for another thread.";
    GROUP_COORDINATOR_APPEND_LINGER_MS: i32 = "group.coordinator.append.linger.ms" => int("-1").at_least(-1).active(),
        "How long a batch of group records waits for more; with -1 or 0 it holds what has met, and nobody waits.";
    GROUP_COORDINATOR_CACHED_BUFFER_MAX_BYTES: i32 = "group.coordinator.cached.buffer.max.bytes" =>
        int("1048588").at_least(524_288).cluster_wide().nothing_to_tune(),
        "How large a buffer may be that the coordinator keeps for reuse; here it keeps none.";
    GROUP_INITIAL_REBALANCE_DELAY_MS: i32 = "group.initial.rebalance.delay.ms" => int("3000").active(),
        "How long a new classic group waits for more members.";
    GROUP_MIN_SESSION_TIMEOUT_MS: i32 = "group.min.session.timeout.ms" => int("6000").active(),
        "The shortest session timeout a member of a classic group may ask for.";
    GROUP_MAX_SESSION_TIMEOUT_MS: i32 = "group.max.session.timeout.ms" => int("1800000").active(),
        "The longest session timeout a member of a classic group may ask for.";
    GROUP_MAX_SIZE: i32 = "group.max.size" => int("2147483647").at_least(1).active(),
        "How many members a classic group may have.";
    GROUP_CONSUMER_SESSION_TIMEOUT_MS: i32 = "group.consumer.session.timeout.ms" => int("45000").at_least(1).active(),
        "After how long without a heartbeat a member leaves its consumer group.";
    GROUP_CONSUMER_MIN_SESSION_TIMEOUT_MS: i32 = "group.consumer.min.session.timeout.ms" =>
        int("45000").at_least(1).active(),
        "The shortest session timeout a consumer group may set.";
    GROUP_CONSUMER_MAX_SESSION_TIMEOUT_MS: i32 = "group.consumer.max.session.timeout.ms" =>
        int("60000").at_least(1).active(),
        "The longest session timeout a consumer group may set.";
    GROUP_CONSUMER_HEARTBEAT_INTERVAL_MS: i32 = "group.consumer.heartbeat.interval.ms" =>
        int("5000").at_least(1).active(),
        "How often members of consumer groups report.";
    GROUP_CONSUMER_MIN_HEARTBEAT_INTERVAL_MS: i32 = "group.consumer.min.heartbeat.interval.ms" =>
        int("5000").at_least(1).active(),
        "The shortest heartbeat interval a consumer group may set.";
    GROUP_CONSUMER_MAX_HEARTBEAT_INTERVAL_MS: i32 = "group.consumer.max.heartbeat.interval.ms" =>
        int("15000").at_least(1).active(),
        "The longest heartbeat interval a consumer group may set.";
    GROUP_CONSUMER_ASSIGNMENT_INTERVAL_MS: i32 = "group.consumer.assignment.interval.ms" =>
        int("0").at_least(0).cluster_wide().active(),
        "How long a consumer group keeps an assignment at least.";
    GROUP_CONSUMER_MIN_ASSIGNMENT_INTERVAL_MS: i32 = "group.consumer.min.assignment.interval.ms" =>
        int("0").at_least(0).active(),
        "The shortest assignment interval a consumer group may set.";
    GROUP_CONSUMER_MAX_ASSIGNMENT_INTERVAL_MS: i32 = "group.consumer.max.assignment.interval.ms" =>
        int("15000").at_least(0).active(),
        "The longest assignment interval a consumer group may set.";
    GROUP_CONSUMER_MAX_SIZE: i32 = "group.consumer.max.size" => int("2147483647").at_least(1).active(),
        "How many members a consumer group may have.";
    GROUP_CONSUMER_ASSIGNORS: Vec<String> = "group.consumer.assignors" =>
        list("uniform,range").list_of(CONSUMER_ASSIGNORS).not_empty().active(),
        "The assignors of consumer groups; the first one is the default.";
    GROUP_CONSUMER_MIGRATION_POLICY: String = "group.consumer.migration.policy" =>
        string("bidirectional").within(Validator::OneOfAnyCase(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"])).active(),
        "Whether classic groups become consumer groups and back while they run.";
    GROUP_CONSUMER_REGEX_REFRESH_INTERVAL_MS: i32 = "group.consumer.regex.refresh.interval.ms" =>
        int("600000").at_least(10_000).internal().active(),
        "How often subscriptions by pattern are matched again.";
    GROUP_STREAMS_SESSION_TIMEOUT_MS: i32 = "group.streams.session.timeout.ms" => int("45000").at_least(1),
        "After how long without a heartbeat a member leaves its streams group.";
    GROUP_STREAMS_MIN_SESSION_TIMEOUT_MS: i32 = "group.streams.min.session.timeout.ms" =>
        int("45000").at_least(1),
        "The shortest session timeout a streams group may set.";
    GROUP_STREAMS_MAX_SESSION_TIMEOUT_MS: i32 = "group.streams.max.session.timeout.ms" =>
        int("60000").at_least(1),
        "The longest session timeout a streams group may set.";
    GROUP_STREAMS_HEARTBEAT_INTERVAL_MS: i32 = "group.streams.heartbeat.interval.ms" =>
        int("5000").at_least(1),
        "How often members of streams groups report.";
    GROUP_STREAMS_MIN_HEARTBEAT_INTERVAL_MS: i32 = "group.streams.min.heartbeat.interval.ms" =>
        int("5000").at_least(1),
        "The shortest heartbeat interval a streams group may set.";
    GROUP_STREAMS_MAX_HEARTBEAT_INTERVAL_MS: i32 = "group.streams.max.heartbeat.interval.ms" =>
        int("15000").at_least(1),
        "The longest heartbeat interval a streams group may set.";
    GROUP_STREAMS_ASSIGNMENT_INTERVAL_MS: i32 = "group.streams.assignment.interval.ms" =>
        int("1000").at_least(0).cluster_wide(),
        "How long a streams group keeps an assignment at least.";
    GROUP_STREAMS_MIN_ASSIGNMENT_INTERVAL_MS: i32 = "group.streams.min.assignment.interval.ms" =>
        int("0").at_least(0),
        "The shortest assignment interval a streams group may set.";
    GROUP_STREAMS_MAX_ASSIGNMENT_INTERVAL_MS: i32 = "group.streams.max.assignment.interval.ms" =>
        int("15000").at_least(0),
        "The longest assignment interval a streams group may set.";
    GROUP_STREAMS_INITIAL_REBALANCE_DELAY_MS: i32 = "group.streams.initial.rebalance.delay.ms" =>
        int("3000").at_least(0),
        "How long a new streams group waits for more members.";
    GROUP_STREAMS_MAX_SIZE: i32 = "group.streams.max.size" => int("2147483647").at_least(1),
        "How many members a streams group may have.";
    GROUP_STREAMS_NUM_STANDBY_REPLICAS: i32 = "group.streams.num.standby.replicas" => int("0").at_least(0),
        "How many standby copies of a task's state are kept.";
    GROUP_STREAMS_MAX_STANDBY_REPLICAS: i32 = "group.streams.max.standby.replicas" => int("2").at_least(0),
        "The most standby copies a streams group may set.";
    OFFSET_METADATA_MAX_BYTES: i32 = "offset.metadata.max.bytes" => int("4096").high().active(),
        "How long the note may be that a client stores with an offset.";
    OFFSETS_COMMIT_TIMEOUT_MS: i32 = "offsets.commit.timeout.ms" => int("5000").at_least(1).high().active(),
        "How long a commit of offsets waits for its replicas.";
    OFFSETS_LOAD_BUFFER_SIZE: i32 = "offsets.load.buffer.size" => int("5242880").at_least(1).high().active(),
        "How many bytes are read at once while offsets are loaded.";
    OFFSETS_RETENTION_MINUTES: i32 = "offsets.retention.minutes" => int("10080").at_least(1).high().active(),
        "How long the offsets of an empty group are kept.";
    OFFSETS_RETENTION_CHECK_INTERVAL_MS: i64 = "offsets.retention.check.interval.ms" =>
        long("600000").at_least(1).high().active(),
        "How often expired offsets are looked for.";
    OFFSETS_TOPIC_COMPRESSION_CODEC: i32 = "offsets.topic.compression.codec" =>
        int("0").within(Validator::Codec).high().active(),
        "The codec of `__consumer_offsets`: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.";
    OFFSETS_TOPIC_NUM_PARTITIONS: i32 = "offsets.topic.num.partitions" => int("50").at_least(1).high().active(),
        "How many partitions `__consumer_offsets` gets.";
    OFFSETS_TOPIC_REPLICATION_FACTOR: i16 = "offsets.topic.replication.factor" =>
        short("3").at_least(1).high().active(),
        "How many replicas `__consumer_offsets` gets.";
    OFFSETS_TOPIC_SEGMENT_BYTES: i32 = "offsets.topic.segment.bytes" => int("104857600").at_least(1).high().active(),
        "The segment size of `__consumer_offsets`.";
}
