//! Rows: replicas, fetchers, in-sync sets, elections of leaders.

use crate::declare::{boolean, definitions, int, long, null};
use crate::value_type::ValueType;

definitions! { Broker;
    MIN_INSYNC_REPLICAS: i32 = "min.insync.replicas" => int("1").at_least(1).cluster_wide().high().active(),
        "How many in-sync replicas a write with acks=all needs.";
    UNCLEAN_LEADER_ELECTION_ENABLE: bool = "unclean.leader.election.enable" =>
        boolean("false").cluster_wide().high(),
        "Whether a replica that is not in sync may lead, at the price of records.";
    UNCLEAN_LEADER_ELECTION_INTERVAL_MS: i64 = "unclean.leader.election.interval.ms" =>
        long("300000").at_least(1).internal(),
        "How often the controller looks for partitions that need such a leader.";
    AUTO_LEADER_REBALANCE_ENABLE: bool = "auto.leader.rebalance.enable" => boolean("true").high(),
        "Whether leadership goes back to the preferred replicas by itself.";
    LEADER_IMBALANCE_CHECK_INTERVAL_SECONDS: i64 = "leader.imbalance.check.interval.seconds" =>
        long("300").at_least(1).high(),
        "How often that is checked.";
    CONTROLLER_SOCKET_TIMEOUT_MS: i32 = "controller.socket.timeout.ms" => int("30000"),
        "How long a request between controller and broker may take.";
    NUM_REPLICA_FETCHERS: i32 = "num.replica.fetchers" => int("1").at_least(1).cluster_wide().high(),
        "How many threads fetch from each other broker.";
    NUM_REPLICA_ALTER_LOG_DIRS_THREADS: Option<i32> = "num.replica.alter.log.dirs.threads" =>
        null(ValueType::Int).high(),
        "How many threads move replicas between directories.";
    REPLICA_LAG_TIME_MAX_MS: i64 = "replica.lag.time.max.ms" => long("30000").high(),
        "After how long behind the leader a replica leaves the in-sync set.";
    REPLICA_FETCH_MAX_BYTES: i32 = "replica.fetch.max.bytes" => int("1048576").at_least(0),
        "How many bytes per partition a follower asks for.";
    REPLICA_FETCH_RESPONSE_MAX_BYTES: i32 = "replica.fetch.response.max.bytes" => int("10485760").at_least(0),
        "How many bytes a follower asks for in all.";
    REPLICA_FETCH_MIN_BYTES: i32 = "replica.fetch.min.bytes" => int("1").high(),
        "How many bytes a follower waits for.";
    REPLICA_FETCH_WAIT_MAX_MS: i32 = "replica.fetch.wait.max.ms" => int("500").high(),
        "How long a follower waits for them.";
    REPLICA_FETCH_BACKOFF_MS: i32 = "replica.fetch.backoff.ms" => int("1000").at_least(0),
        "How long a follower rests after an error.";
    REPLICA_SOCKET_TIMEOUT_MS: i32 = "replica.socket.timeout.ms" => int("30000").high(),
        "How long a follower waits for an answer.";
    REPLICA_SOCKET_RECEIVE_BUFFER_BYTES: i32 = "replica.socket.receive.buffer.bytes" => int("65536").high(),
        "The receive buffer of a follower's connection.";
    REPLICA_HIGH_WATERMARK_CHECKPOINT_INTERVAL_MS: i64 = "replica.high.watermark.checkpoint.interval.ms" =>
        long("5000").high().active(),
        "How often the high watermarks are written down.";
    REPLICA_SELECTOR_CLASS: Option<String> = "replica.selector.class" => null(ValueType::String),
        "The class that picks the replica from which a consumer reads.";
    FOLLOWER_FETCH_LAST_TIERED_OFFSET_ENABLE: bool = "follower.fetch.last.tiered.offset.enable" =>
        boolean("false").cluster_wide(),
        "Whether a new follower starts where remote storage ends.";
}
