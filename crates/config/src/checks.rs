//! What must fit between the settings of a broker, other than listeners (see `listeners`).

use crate::definitions::{cleaner, groups, log, network, quorum, server, share, tiered};
use crate::error::{ConfigError, Conflict, Relation};
use crate::listener::parse_connection_overrides;
use crate::setting::Warning;
use crate::value::Value;
use crate::values::Values;

/// Numbers that must stand to each other in a certain way.
const ORDERS: &[(&str, Relation, &str)] = &[
    ("replica.fetch.wait.max.ms", Relation::AtMost, "replica.socket.timeout.ms"),
    ("replica.fetch.wait.max.ms", Relation::AtMost, "replica.lag.time.max.ms"),
    ("log.cleaner.min.compaction.lag.ms", Relation::AtMost, "log.cleaner.max.compaction.lag.ms"),
    (
        "group.consumer.max.heartbeat.interval.ms",
        Relation::AtLeast,
        "group.consumer.min.heartbeat.interval.ms",
    ),
    ("group.consumer.heartbeat.interval.ms", Relation::AtLeast, "group.consumer.min.heartbeat.interval.ms"),
    ("group.consumer.heartbeat.interval.ms", Relation::AtMost, "group.consumer.max.heartbeat.interval.ms"),
    ("group.consumer.max.session.timeout.ms", Relation::AtLeast, "group.consumer.min.session.timeout.ms"),
    ("group.consumer.session.timeout.ms", Relation::AtLeast, "group.consumer.min.session.timeout.ms"),
    ("group.consumer.session.timeout.ms", Relation::AtMost, "group.consumer.max.session.timeout.ms"),
    ("group.consumer.heartbeat.interval.ms", Relation::Less, "group.consumer.session.timeout.ms"),
    (
        "group.consumer.max.assignment.interval.ms",
        Relation::AtLeast,
        "group.consumer.min.assignment.interval.ms",
    ),
    ("group.consumer.assignment.interval.ms", Relation::AtLeast, "group.consumer.min.assignment.interval.ms"),
    ("group.consumer.assignment.interval.ms", Relation::AtMost, "group.consumer.max.assignment.interval.ms"),
    ("group.share.max.heartbeat.interval.ms", Relation::AtLeast, "group.share.min.heartbeat.interval.ms"),
    ("group.share.heartbeat.interval.ms", Relation::AtLeast, "group.share.min.heartbeat.interval.ms"),
    ("group.share.heartbeat.interval.ms", Relation::AtMost, "group.share.max.heartbeat.interval.ms"),
    ("group.share.max.session.timeout.ms", Relation::AtLeast, "group.share.min.session.timeout.ms"),
    ("group.share.session.timeout.ms", Relation::AtLeast, "group.share.min.session.timeout.ms"),
    ("group.share.session.timeout.ms", Relation::AtMost, "group.share.max.session.timeout.ms"),
    ("group.share.heartbeat.interval.ms", Relation::Less, "group.share.session.timeout.ms"),
    ("group.share.max.assignment.interval.ms", Relation::AtLeast, "group.share.min.assignment.interval.ms"),
    ("group.share.assignment.interval.ms", Relation::AtLeast, "group.share.min.assignment.interval.ms"),
    ("group.share.assignment.interval.ms", Relation::AtMost, "group.share.max.assignment.interval.ms"),
    ("group.share.max.delivery.count.limit", Relation::AtLeast, "group.share.delivery.count.limit"),
    ("group.share.delivery.count.limit", Relation::AtLeast, "group.share.min.delivery.count.limit"),
    (
        "group.share.max.partition.max.record.locks",
        Relation::AtLeast,
        "group.share.partition.max.record.locks",
    ),
    (
        "group.share.partition.max.record.locks",
        Relation::AtLeast,
        "group.share.min.partition.max.record.locks",
    ),
    ("group.share.record.lock.duration.ms", Relation::AtLeast, "group.share.min.record.lock.duration.ms"),
    ("group.share.max.record.lock.duration.ms", Relation::AtLeast, "group.share.record.lock.duration.ms"),
    ("group.share.max.share.sessions", Relation::AtLeast, "group.share.max.size"),
    ("group.streams.max.heartbeat.interval.ms", Relation::AtLeast, "group.streams.min.heartbeat.interval.ms"),
    ("group.streams.heartbeat.interval.ms", Relation::AtLeast, "group.streams.min.heartbeat.interval.ms"),
    ("group.streams.heartbeat.interval.ms", Relation::AtMost, "group.streams.max.heartbeat.interval.ms"),
    ("group.streams.max.session.timeout.ms", Relation::AtLeast, "group.streams.min.session.timeout.ms"),
    ("group.streams.session.timeout.ms", Relation::AtLeast, "group.streams.min.session.timeout.ms"),
    ("group.streams.session.timeout.ms", Relation::AtMost, "group.streams.max.session.timeout.ms"),
    ("group.streams.heartbeat.interval.ms", Relation::Less, "group.streams.session.timeout.ms"),
    (
        "group.streams.max.assignment.interval.ms",
        Relation::AtLeast,
        "group.streams.min.assignment.interval.ms",
    ),
    ("group.streams.assignment.interval.ms", Relation::AtLeast, "group.streams.min.assignment.interval.ms"),
    ("group.streams.assignment.interval.ms", Relation::AtMost, "group.streams.max.assignment.interval.ms"),
    ("group.streams.num.standby.replicas", Relation::AtMost, "group.streams.max.standby.replicas"),
];

/// Its default is ours, and lies below Kafka's.
const ASSIGNMENT_INTERVAL: &str = "group.consumer.assignment.interval.ms";

/// All contradictions between the settings of a broker.
pub(crate) fn check_broker(values: &Values, is_given: impl Fn(&str) -> bool) -> Vec<ConfigError> {
    let mut conflicts: Vec<Conflict> = ORDERS
        .iter()
        // Our own default counts as the lowest that is allowed, whatever that is; only who sets a value is refused.
        .filter(|(left, ..)| *left != ASSIGNMENT_INTERVAL || is_given(left))
        .filter_map(|&(left, relation, right)| check_order(values, left, relation, right))
        .collect();
    conflicts.extend(check_identity(values, is_given));
    conflicts.extend(check_connections(values));
    conflicts.extend(check_log(values));
    conflicts.extend(check_groups(values));
    conflicts.into_iter().map(ConfigError::from).collect()
}

/// What should be said about settings that are allowed.
pub(crate) fn warnings(values: &Values) -> Option<Warning> {
    let interval_ms = values.get(quorum::BROKER_HEARTBEAT_INTERVAL_MS);
    let timeout_ms = values.get(quorum::BROKER_SESSION_TIMEOUT_MS);
    let is_rare = i64::from(interval_ms) * 2 > i64::from(timeout_ms);
    is_rare.then_some(Warning::RareHeartbeats { interval_ms, timeout_ms })
}

/// A contradiction between two numbers.
pub(crate) fn check_order(
    values: &Values,
    left: &'static str,
    relation: Relation,
    right: &'static str,
) -> Option<Conflict> {
    let (left_value, right_value) = (whole(values, left)?, whole(values, right)?);
    let conflict = Conflict::Order { left, left_value, relation, right, right_value };
    (!relation.holds(left_value, right_value)).then_some(conflict)
}

pub(crate) fn whole(values: &Values, name: &str) -> Option<i64> {
    match values.find(name)? {
        Value::Short(number) => Some(i64::from(*number)),
        Value::Int(number) => Some(i64::from(*number)),
        Value::Long(number) => Some(*number),
        _ => None,
    }
}

fn check_identity(values: &Values, is_given: impl Fn(&str) -> bool) -> Option<Conflict> {
    let differ = values.get(server::NODE_ID) != values.get(server::BROKER_ID);
    (differ && is_given("node.id") && is_given("broker.id")).then_some(Conflict::NodeIds)
}

fn check_connections(values: &Values) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    if whole(values, "queued.max.request.bytes").is_some_and(|bytes| bytes > 0) {
        let queued = "queued.max.request.bytes";
        conflicts.extend(check_order(values, queued, Relation::AtLeast, "socket.request.max.bytes"));
    }
    let overrides = parse_connection_overrides(&values.get(network::MAX_CONNECTIONS_PER_IP_OVERRIDES));
    if values.get(network::MAX_CONNECTIONS_PER_IP) == 0
        && overrides.is_ok_and(|overrides| overrides.is_empty())
    {
        conflicts.push(Conflict::NoConnections);
    }
    if values.get(network::CONNECTIONS_MAX_IDLE_MS) >= 0 {
        let delay = "connection.failed.authentication.delay.ms";
        conflicts.extend(check_order(values, delay, Relation::Less, "connections.max.idle.ms"));
    }
    conflicts
}

fn check_log(values: &Values) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    let roll_ms = values.get(log::LOG_ROLL_MS);
    conflicts.extend(roll_ms.filter(|ms| *ms < 1).map(Conflict::RollTime));
    let jitter_ms = values.get(log::LOG_ROLL_JITTER_MS);
    conflicts.extend(jitter_ms.filter(|ms| *ms < 0).map(Conflict::RollJitter));
    let minutes = values.get(log::LOG_RETENTION_MINUTES).map(i64::from);
    let hours = i64::from(values.get(log::LOG_RETENTION_HOURS));
    let retention = values.get(log::LOG_RETENTION_MS).or(minutes).unwrap_or(hours);
    if retention == 0 {
        conflicts.push(Conflict::RetentionTime(retention));
    }
    let (bytes, threads) =
        (values.get(cleaner::LOG_CLEANER_DEDUPE_BUFFER_SIZE), values.get(cleaner::LOG_CLEANER_THREADS));
    if threads < 1 || bytes / i64::from(threads) <= 1024 * 1024 {
        conflicts.push(Conflict::DedupeBuffer { bytes, threads });
    }
    let directories = values.get(log::LOG_DIRS).unwrap_or_else(|| values.get(log::LOG_DIR));
    let cordoned = values.get(log::CORDONED_LOG_DIRS);
    let is_all = matches!(cordoned.as_slice(), [all] if all == "*");
    let unknown = cordoned.into_iter().find(|directory| !is_all && !directories.contains(directory));
    conflicts.extend(unknown.map(Conflict::CordonedDirectory));
    if values.get(tiered::REMOTE_LOG_STORAGE_SYSTEM_ENABLE) {
        conflicts.extend(check_local_retention(values, "log.local.retention.bytes", "log.retention.bytes"));
        if values.get(log::LOG_RETENTION_MS).is_some() {
            conflicts.extend(check_local_retention(values, "log.local.retention.ms", "log.retention.ms"));
        }
    }
    conflicts
}

/// What is kept locally must not be more than what is kept in all; -2 locally means "the same", -1 in all "everything".
pub(crate) fn check_local_retention(
    values: &Values,
    local: &'static str,
    total: &'static str,
) -> Option<Conflict> {
    let (local_value, total_value) = (whole(values, local)?, whole(values, total)?);
    let is_wrong = total_value >= 0 && local_value != -2 && (local_value == -1 || local_value > total_value);
    is_wrong.then_some(Conflict::LocalRetention { local, local_value, total, total_value })
}

fn check_groups(values: &Values) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    let protocols = values.get(groups::GROUP_COORDINATOR_REBALANCE_PROTOCOLS);
    if !protocols.iter().any(|protocol| protocol == "classic") {
        conflicts.push(Conflict::NoClassicProtocol);
    }
    let assignors = values.get(share::GROUP_SHARE_ASSIGNORS).len();
    if assignors != 1 {
        conflicts.push(Conflict::ShareAssignors(assignors));
    }
    conflicts
}

#[cfg(test)]
mod tests;
