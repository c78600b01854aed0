//! Rows: what one group may set for itself.

use crate::declare::{boolean, definitions, int, string};
use crate::validator::Validator;

definitions! { Group;
    CONSUMER_SESSION_TIMEOUT_MS: i32 = "consumer.session.timeout.ms" => int("45000").at_least(1).active(),
        "After how long without a heartbeat a member leaves the consumer group.";
    CONSUMER_HEARTBEAT_INTERVAL_MS: i32 = "consumer.heartbeat.interval.ms" => int("5000").at_least(1).active(),
        "How often members of the consumer group report.";
    CONSUMER_ASSIGNMENT_INTERVAL_MS: i32 = "consumer.assignment.interval.ms" => int("0").at_least(0).active(),
        "How long the consumer group keeps an assignment at least.";
    SHARE_SESSION_TIMEOUT_MS: i32 = "share.session.timeout.ms" => int("45000").at_least(1),
        "After how long without a heartbeat a member leaves the share group.";
    SHARE_HEARTBEAT_INTERVAL_MS: i32 = "share.heartbeat.interval.ms" => int("5000").at_least(1),
        "How often members of the share group report.";
    SHARE_ASSIGNMENT_INTERVAL_MS: i32 = "share.assignment.interval.ms" => int("1000").at_least(0),
        "How long the share group keeps an assignment at least.";
    SHARE_RECORD_LOCK_DURATION_MS: i32 = "share.record.lock.duration.ms" => int("30000").at_least(1000),
        "How long a consumer has an acquired record for itself.";
    SHARE_DELIVERY_COUNT_LIMIT: i32 = "share.delivery.count.limit" => int("5").at_least(2),
        "How often a record is delivered before it is given up.";
    SHARE_PARTITION_MAX_RECORD_LOCKS: i32 = "share.partition.max.record.locks" => int("2000").at_least(100),
        "How many records of a partition may be acquired at once.";
    SHARE_AUTO_OFFSET_RESET: String = "share.auto.offset.reset" =>
        string("latest").within(Validator::OffsetReset),
        "Where a share partition starts: `latest`, `earliest` or `by_duration:` and an ISO 8601 duration.";
    SHARE_ISOLATION_LEVEL: String = "share.isolation.level" =>
        string("read_uncommitted").one_of(&["read_committed", "read_uncommitted"]),
        "Whether the group sees records of open transactions.";
    SHARE_RENEW_ACKNOWLEDGE_ENABLE: bool = "share.renew.acknowledge.enable" => boolean("true"),
        "Whether consumers may extend their time with a record.";
    STREAMS_SESSION_TIMEOUT_MS: i32 = "streams.session.timeout.ms" => int("45000").at_least(1),
        "After how long without a heartbeat a member leaves the streams group.";
    STREAMS_HEARTBEAT_INTERVAL_MS: i32 = "streams.heartbeat.interval.ms" => int("5000").at_least(1),
        "How often members of the streams group report.";
    STREAMS_ASSIGNMENT_INTERVAL_MS: i32 = "streams.assignment.interval.ms" => int("1000").at_least(0),
        "How long the streams group keeps an assignment at least.";
    STREAMS_INITIAL_REBALANCE_DELAY_MS: i32 = "streams.initial.rebalance.delay.ms" => int("3000").at_least(0),
        "How long the new streams group waits for more members.";
    STREAMS_NUM_STANDBY_REPLICAS: i32 = "streams.num.standby.replicas" => int("0").at_least(0),
        "How many standby copies of a task's state are kept.";
}
