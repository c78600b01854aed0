//! All settings of one group as a plain struct: its own overrides over the broker's settings, kept within the
//! limits that the broker sets.

use std::collections::BTreeMap;

use crate::checks::{check_order, whole};
use crate::config::Config;
use crate::definitions::group;
use crate::error::{Conflict, InvalidValue, Relation};
use crate::offset_reset::ShareOffsetReset;
use crate::resource_kind::ResourceKind;
use crate::synonyms::group_to_broker;
use crate::value::Value;
use crate::values::Values;

/// Which records a share group sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IsolationLevel {
    /// All.
    ReadUncommitted,
    /// Those of finished transactions, and those without one.
    ReadCommitted,
}

/// The settings of one group. Names, units and special values are Kafka's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupConfig {
    /// `consumer.session.timeout.ms`.
    pub consumer_session_timeout_ms: i32,
    /// `consumer.heartbeat.interval.ms`.
    pub consumer_heartbeat_interval_ms: i32,
    /// `consumer.assignment.interval.ms`.
    pub consumer_assignment_interval_ms: i32,
    /// `share.session.timeout.ms`.
    pub share_session_timeout_ms: i32,
    /// `share.heartbeat.interval.ms`.
    pub share_heartbeat_interval_ms: i32,
    /// `share.assignment.interval.ms`.
    pub share_assignment_interval_ms: i32,
    /// `share.record.lock.duration.ms`.
    pub share_record_lock_duration_ms: i32,
    /// `share.delivery.count.limit`.
    pub share_delivery_count_max: i32,
    /// `share.partition.max.record.locks`.
    pub share_partition_record_locks_max: i32,
    /// `share.auto.offset.reset`.
    pub share_offset_reset: ShareOffsetReset,
    /// `share.isolation.level`.
    pub share_isolation_level: IsolationLevel,
    /// `share.renew.acknowledge.enable`.
    pub share_renew_acknowledge_enable: bool,
    /// `streams.session.timeout.ms`.
    pub streams_session_timeout_ms: i32,
    /// `streams.heartbeat.interval.ms`.
    pub streams_heartbeat_interval_ms: i32,
    /// `streams.assignment.interval.ms`.
    pub streams_assignment_interval_ms: i32,
    /// `streams.initial.rebalance.delay.ms`.
    pub streams_initial_rebalance_delay_ms: i32,
    /// `streams.num.standby.replicas`.
    pub streams_standby_replicas: i32,
}

impl GroupConfig {
    /// The settings of a group with these overrides on a broker with this configuration. An override beyond the
    /// broker's limits counts as the limit: the limits may have changed since it was set.
    pub fn new(broker: &Config, overrides: &BTreeMap<String, String>) -> Self {
        let (mut values, _) = group_values(broker, overrides);
        for limit in LIMITS {
            clamp(&mut values, broker, limit);
        }
        Self {
            consumer_session_timeout_ms: values.get(group::CONSUMER_SESSION_TIMEOUT_MS),
            consumer_heartbeat_interval_ms: values.get(group::CONSUMER_HEARTBEAT_INTERVAL_MS),
            consumer_assignment_interval_ms: values.get(group::CONSUMER_ASSIGNMENT_INTERVAL_MS),
            share_session_timeout_ms: values.get(group::SHARE_SESSION_TIMEOUT_MS),
            share_heartbeat_interval_ms: values.get(group::SHARE_HEARTBEAT_INTERVAL_MS),
            share_assignment_interval_ms: values.get(group::SHARE_ASSIGNMENT_INTERVAL_MS),
            share_record_lock_duration_ms: values.get(group::SHARE_RECORD_LOCK_DURATION_MS),
            share_delivery_count_max: values.get(group::SHARE_DELIVERY_COUNT_LIMIT),
            share_partition_record_locks_max: values.get(group::SHARE_PARTITION_MAX_RECORD_LOCKS),
            share_offset_reset: ShareOffsetReset::parse(&values.get(group::SHARE_AUTO_OFFSET_RESET))
                .unwrap_or(ShareOffsetReset::Latest),
            share_isolation_level: match values.get(group::SHARE_ISOLATION_LEVEL).as_str() {
                "read_committed" => IsolationLevel::ReadCommitted,
                _ => IsolationLevel::ReadUncommitted,
            },
            share_renew_acknowledge_enable: values.get(group::SHARE_RENEW_ACKNOWLEDGE_ENABLE),
            streams_session_timeout_ms: values.get(group::STREAMS_SESSION_TIMEOUT_MS),
            streams_heartbeat_interval_ms: values.get(group::STREAMS_HEARTBEAT_INTERVAL_MS),
            streams_assignment_interval_ms: values.get(group::STREAMS_ASSIGNMENT_INTERVAL_MS),
            streams_initial_rebalance_delay_ms: values.get(group::STREAMS_INITIAL_REBALANCE_DELAY_MS),
            streams_standby_replicas: values.get(group::STREAMS_NUM_STANDBY_REPLICAS),
        }
    }
}

/// The broker's limits of a group's setting.
struct Limit {
    name: &'static str,
    least: Option<&'static str>,
    most: &'static str,
}

macro_rules! limits {
    ($($name:literal: $least:literal .. $most:literal),+ $(,)?) => {
        &[$(Limit { name: $name, least: Some($least), most: $most },)+
          Limit { name: "streams.num.standby.replicas", least: None, most: "group.streams.max.standby.replicas" }]
    };
}

const LIMITS: &[Limit] = limits! {
    "consumer.heartbeat.interval.ms":
        "group.consumer.min.heartbeat.interval.ms" .. "group.consumer.max.heartbeat.interval.ms",
    "consumer.session.timeout.ms": "group.consumer.min.session.timeout.ms" .. "group.consumer.max.session.timeout.ms",
    "consumer.assignment.interval.ms":
        "group.consumer.min.assignment.interval.ms" .. "group.consumer.max.assignment.interval.ms",
    "share.heartbeat.interval.ms": "group.share.min.heartbeat.interval.ms" .. "group.share.max.heartbeat.interval.ms",
    "share.session.timeout.ms": "group.share.min.session.timeout.ms" .. "group.share.max.session.timeout.ms",
    "share.record.lock.duration.ms":
        "group.share.min.record.lock.duration.ms" .. "group.share.max.record.lock.duration.ms",
    "share.delivery.count.limit": "group.share.min.delivery.count.limit" .. "group.share.max.delivery.count.limit",
    "share.partition.max.record.locks":
        "group.share.min.partition.max.record.locks" .. "group.share.max.partition.max.record.locks",
    "share.assignment.interval.ms":
        "group.share.min.assignment.interval.ms" .. "group.share.max.assignment.interval.ms",
    "streams.heartbeat.interval.ms":
        "group.streams.min.heartbeat.interval.ms" .. "group.streams.max.heartbeat.interval.ms",
    "streams.session.timeout.ms": "group.streams.min.session.timeout.ms" .. "group.streams.max.session.timeout.ms",
    "streams.assignment.interval.ms":
        "group.streams.min.assignment.interval.ms" .. "group.streams.max.assignment.interval.ms",
};

/// A session has to outlast a heartbeat.
const SESSIONS: [(&str, &str); 3] = [
    ("consumer.heartbeat.interval.ms", "consumer.session.timeout.ms"),
    ("share.heartbeat.interval.ms", "share.session.timeout.ms"),
    ("streams.heartbeat.interval.ms", "streams.session.timeout.ms"),
];

/// The values of a group with these overrides, and the overrides that are not allowed.
pub(crate) fn group_values(
    broker: &Config,
    overrides: &BTreeMap<String, String>,
) -> (Values, Vec<InvalidValue>) {
    let mut values = Values::defaults(ResourceKind::Group);
    for (name, synonyms) in group_to_broker() {
        if let Some(value) = broker.synonym_value(synonyms) {
            values.set(name, value);
        }
    }
    let problems = values.overlay(overrides);
    (values, problems)
}

/// The contradictions between a group's settings and the broker's limits, and among themselves.
pub(crate) fn check_group(broker: &Config, values: &Values) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    for Limit { name, least, most } in LIMITS {
        let limits = [(Relation::AtLeast, *least), (Relation::AtMost, Some(*most))];
        for (relation, right) in limits {
            let Some(right) = right else { continue };
            let numbers = (whole(values, name), whole(broker.values(), right));
            let (Some(left_value), Some(right_value)) = numbers else { continue };
            if !relation.holds(left_value, right_value) {
                conflicts.push(Conflict::Order { left: name, left_value, relation, right, right_value });
            }
        }
    }
    conflicts.extend(
        SESSIONS
            .iter()
            .filter_map(|(heartbeat, session)| check_order(values, heartbeat, Relation::Less, session)),
    );
    conflicts
}

fn clamp(values: &mut Values, broker: &Config, limit: &Limit) {
    let bound = |name| match broker.value(name) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    };
    let (least, most) =
        (limit.least.and_then(bound).unwrap_or(i32::MIN), bound(limit.most).unwrap_or(i32::MAX));
    if let Some(Value::Int(number)) = values.find(limit.name) {
        // Not `clamp`, which panics where a broker's limits contradict each other.
        let number = (*number).min(most).max(least);
        values.set(limit.name, Value::Int(number));
    }
}

#[cfg(test)]
mod tests;
