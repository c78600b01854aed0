//! What was changed while brokers run (KIP-226): for all of them, and for one. These are the texts that the
//! metadata log carries; `config` lays them over what the broker was started with.

use std::collections::BTreeMap;

use crate::definition::{Definition, DynamicMode};
use crate::definitions::find;
use crate::error::{ConfigError, InvalidValue, Number, Problem};
use crate::resource_kind::ResourceKind;
use crate::synonyms::without_listener;
use crate::value::Value;
use crate::value_type::ValueType;

/// The dynamic layers of one broker.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DynamicConfig {
    /// For all brokers: the resource "broker" without a name.
    pub cluster_default: BTreeMap<String, String>,
    /// For this broker: it wins over the other.
    pub per_broker: BTreeMap<String, String>,
}

/// Settings that exist only dynamically: how fast replicas are copied. All are bytes per second.
pub const QUOTA_NAMES: [&str; 3] = [
    "follower.replication.throttled.rate",
    "leader.replication.throttled.rate",
    "replica.alter.log.dirs.io.max.bytes.per.second",
];

/// Settings of TLS that Kafka changes only for one listener at a time.
const ONLY_BY_LISTENER: [&str; 10] = [
    "ssl.key.password",
    "ssl.keystore.certificate.chain",
    "ssl.keystore.key",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.keystore.type",
    "ssl.truststore.certificates",
    "ssl.truststore.location",
    "ssl.truststore.password",
    "ssl.truststore.type",
];

/// Settings of a listener that may be changed for all brokers at once.
const CLUSTER_WIDE_BY_LISTENER: [&str; 3] =
    ["max.connections", "max.connection.creation.rate", "num.network.threads"];

pub(crate) fn is_quota_name(name: &str) -> bool {
    QUOTA_NAMES.contains(&name)
}

/// Whether a setting can only be changed for one listener at a time.
pub fn is_only_by_listener(name: &str) -> bool {
    ONLY_BY_LISTENER.contains(&name)
}

/// How a name can be changed; `None` if nobody knows it.
pub fn dynamic_mode(name: &str) -> Option<DynamicMode> {
    if is_quota_name(name) {
        return Some(DynamicMode::ClusterWide);
    }
    if let Some(base) = without_listener(name) {
        return Some(match CLUSTER_WIDE_BY_LISTENER.contains(&base) {
            true => DynamicMode::ClusterWide,
            false => DynamicMode::PerBroker,
        });
    }
    find(ResourceKind::Broker, name).map(|definition| definition.dynamic_mode)
}

/// The row by which a dynamic value is read: that of the name without its listener.
pub(crate) fn definition_of(name: &str) -> Option<&'static Definition> {
    find(ResourceKind::Broker, without_listener(name).unwrap_or(name))
}

/// For whom a change is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// For all brokers.
    Cluster,
    /// For one broker.
    Broker,
}

/// Whether one change may be made. A name that nobody knows may: Kafka lets it pass, for what it loads.
pub fn check_change(scope: Scope, name: &str, text: &str) -> Result<(), ConfigError> {
    let name_of = || name.to_owned();
    match dynamic_mode(name) {
        Some(DynamicMode::ReadOnly) => return Err(ConfigError::ReadOnly { name: name_of() }),
        _ if is_only_by_listener(name) => return Err(ConfigError::NeedsListener { name: name_of() }),
        _ => {}
    }
    match definition_of(name) {
        _ if is_quota_name(name) => {
            check_quota(name, text)?;
        }
        Some(definition) => {
            definition.parse_as(name, text)?;
        }
        None => {}
    }
    match dynamic_mode(name) {
        Some(DynamicMode::PerBroker) if scope == Scope::Cluster => {
            Err(ConfigError::NeedsBroker { name: name_of() })
        }
        _ => Ok(()),
    }
}

fn check_quota(name: &str, text: &str) -> Result<i64, InvalidValue> {
    let refused = |problem| InvalidValue { name: name.to_owned(), value: Some(text.to_owned()), problem };
    match Value::parse(ValueType::Long, text) {
        Ok(Value::Long(rate)) if rate >= 0 => Ok(rate),
        Ok(_) => Err(refused(Problem::Below(Number::Whole(0)))),
        Err(problem) => Err(refused(problem)),
    }
}

/// A rate that exists only dynamically.
pub(crate) fn parse_quota(text: &str) -> Option<i64> {
    check_quota(QUOTA_NAMES[0], text).ok()
}

#[cfg(test)]
mod tests;
