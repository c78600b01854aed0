//! Rows: the metadata quorum, its log and snapshots, and the registration of brokers.

use crate::declare::{boolean, definitions, int, list, long, null};
use crate::validator::Validator;
use crate::value_type::ValueType;

definitions! { Broker;
    CONTROLLER_QUORUM_VOTERS: Vec<String> = "controller.quorum.voters" =>
        list("").within(Validator::Voters).high().active(),
        "The voters of a fixed quorum, as `id@host:port` entries.";
    CONTROLLER_QUORUM_BOOTSTRAP_SERVERS: Vec<String> = "controller.quorum.bootstrap.servers" =>
        list("").within(Validator::Addresses).high().active(),
        "Where to find the controllers of a quorum whose members may change.";
    CONTROLLER_QUORUM_AUTO_JOIN_ENABLE: bool = "controller.quorum.auto.join.enable" => boolean("false").low(),
        "Whether a controller joins the quorum by itself.";
    CONTROLLER_QUORUM_ELECTION_TIMEOUT_MS: i32 = "controller.quorum.election.timeout.ms" =>
        int("1000").at_least(0).high(),
        "How long a candidate waits for votes.";
    CONTROLLER_QUORUM_ELECTION_BACKOFF_MAX_MS: i32 = "controller.quorum.election.backoff.max.ms" =>
        int("1000").at_least(0).high(),
        "How long a candidate rests at most before it tries again.";
    CONTROLLER_QUORUM_FETCH_TIMEOUT_MS: i32 = "controller.quorum.fetch.timeout.ms" =>
        int("2000").at_least(0).high(),
        "How long a follower goes without the leader before it calls an election.";
    CONTROLLER_QUORUM_FETCH_MAX_BYTES: i32 = "controller.quorum.fetch.max.bytes" =>
        int("1048576").at_least(1).low(),
        "How many bytes of metadata one fetch carries.";
    CONTROLLER_QUORUM_FETCH_SNAPSHOT_MAX_BYTES: i32 = "controller.quorum.fetch.snapshot.max.bytes" =>
        int("1048576").at_least(1).low(),
        "How many bytes of a snapshot one fetch carries.";
    CONTROLLER_QUORUM_APPEND_LINGER_MS: i32 = "controller.quorum.append.linger.ms" => int("25").at_least(0),
        "How long the leader gathers records into one batch.";
    CONTROLLER_QUORUM_REQUEST_TIMEOUT_MS: i32 = "controller.quorum.request.timeout.ms" =>
        int("2000").at_least(0),
        "How long a request within the quorum may take.";
    CONTROLLER_QUORUM_RETRY_BACKOFF_MS: i32 = "controller.quorum.retry.backoff.ms" =>
        int("20").at_least(0).low(),
        "How long a failed request within the quorum rests.";
    METADATA_LOG_DIR: Option<String> = "metadata.log.dir" => null(ValueType::String).high().active(),
        "The directory of the metadata log; the first log directory if unset.";
    METADATA_LOG_SEGMENT_BYTES: i32 = "metadata.log.segment.bytes" =>
        int("1073741824").at_least(8_388_608).high().active(),
        "The size at which the metadata log starts a new segment.";
    METADATA_LOG_SEGMENT_MS: i64 = "metadata.log.segment.ms" => long("604800000").high().active(),
        "The age at which the metadata log starts a new segment.";
    METADATA_LOG_MAX_RECORD_BYTES_BETWEEN_SNAPSHOTS: i64 = "metadata.log.max.record.bytes.between.snapshots" =>
        long("20971520").at_least(1).high().active(),
        "After how many bytes of records a snapshot is written.";
    METADATA_LOG_MAX_SNAPSHOT_INTERVAL_MS: i64 = "metadata.log.max.snapshot.interval.ms" =>
        long("3600000").at_least(0).high().active(),
        "After how long a snapshot is written, if anything is new; 0 means never.";
    METADATA_MAX_RETENTION_BYTES: i64 = "metadata.max.retention.bytes" => long("104857600").high().active(),
        "How many bytes of metadata log and snapshots are kept.";
    METADATA_MAX_RETENTION_MS: i64 = "metadata.max.retention.ms" => long("604800000").high().active(),
        "How long old metadata log and snapshots are kept.";
    METADATA_MAX_IDLE_INTERVAL_MS: i32 = "metadata.max.idle.interval.ms" => int("500").at_least(0).low(),
        "How often the active controller writes a record though nothing happens; 0 means never.";
    INITIAL_BROKER_REGISTRATION_TIMEOUT_MS: i32 = "initial.broker.registration.timeout.ms" => int("60000"),
        "How long a starting broker tries to register.";
    BROKER_HEARTBEAT_INTERVAL_MS: i32 = "broker.heartbeat.interval.ms" => int("2000"),
        "How often a broker reports to the controller.";
    BROKER_SESSION_TIMEOUT_MS: i32 = "broker.session.timeout.ms" => int("9000"),
        "After how long without a report a broker is fenced.";
    SERVER_MAX_STARTUP_TIME_MS: i64 = "server.max.startup.time.ms" =>
        long("9223372036854775807").at_least(0).internal(),
        "How long the start may take.";
    CONTROLLER_PERFORMANCE_SAMPLE_PERIOD_MS: i64 = "controller.performance.sample.period.ms" =>
        long("60000").at_least(100).internal(),
        "Over which time the controller reports how long its events take.";
    CONTROLLER_PERFORMANCE_ALWAYS_LOG_THRESHOLD_MS: i64 = "controller.performance.always.log.threshold.ms" =>
        long("2000").at_least(0).internal(),
        "From which duration on an event of the controller is always logged.";
    INTERNAL_METADATA_LOG_SEGMENT_BYTES: Option<i32> = "internal.metadata.log.segment.bytes" =>
        null(ValueType::Int).low().internal(),
        "For tests: a segment size of the metadata log below the allowed one.";
    INTERNAL_METADATA_MAX_BATCH_SIZE_IN_BYTES: i32 = "internal.metadata.max.batch.size.in.bytes" =>
        int("8388608").low().internal(),
        "For tests: the largest batch of the metadata log.";
    INTERNAL_METADATA_DELETE_DELAY_MILLIS: i64 = "internal.metadata.delete.delay.millis" =>
        long("60000").low().internal(),
        "For tests: how long deleted files of the metadata log stay.";
}
