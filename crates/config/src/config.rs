//! The configuration that holds now: what the broker was started with, under what was changed since.
//!
//! ```text
//! for this broker (dynamic) > for all brokers (dynamic) > file and command line > default
//! ```
//!
//! A value of this type never changes: whoever learns of a change makes a new one.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::broker_config::BrokerConfig;
use crate::checks;
use crate::definitions::{log, network, quorum, server};
use crate::dynamic_config::{DynamicConfig, Scope, check_change, definition_of, parse_quota};
use crate::error::ConfigError;
use crate::key::{ConfigValue, Key};
use crate::listeners::Listeners;
use crate::synonyms::{Synonym, broker_names, without_listener};
use crate::value::Value;
use crate::values::Values;

/// The effective configuration of one broker.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    statics: Arc<BrokerConfig>,
    dynamic: DynamicConfig,
    values: Values,
    listeners: Listeners,
}

impl Config {
    /// What holds as long as nothing was changed.
    pub fn new(statics: Arc<BrokerConfig>) -> Self {
        let (values, listeners) = (statics.values.clone(), statics.listeners().clone());
        Self { statics, dynamic: DynamicConfig::default(), values, listeners }
    }

    /// What holds with these changes. A change that is unknown, cannot be made while brokers run, or is not
    /// allowed, has no effect and is reported: the metadata log may come from a newer version.
    pub fn with_dynamic(&self, dynamic: DynamicConfig) -> (Self, Vec<ConfigError>) {
        let mut problems = Vec::new();
        let mut kept = DynamicConfig::default();
        for (layer, texts, scope) in [
            (&mut kept.cluster_default, dynamic.cluster_default, Scope::Cluster),
            (&mut kept.per_broker, dynamic.per_broker, Scope::Broker),
        ] {
            for (name, text) in texts {
                match check_change(scope, &name, &text) {
                    Ok(()) => drop(layer.insert(name, text)),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        let mut values = self.statics.values.clone();
        for layer in [&kept.cluster_default, &kept.per_broker] {
            // A time in milliseconds overrules one in hours below it, and the other way round.
            for other in layer
                .keys()
                .filter(|name| without_listener(name).is_none())
                .flat_map(|name| broker_names(name))
            {
                values.reset(other);
            }
            problems.extend(values.overlay(layer).into_iter().map(ConfigError::Value));
        }
        let is_given = |name: &str| self.statics.is_given(name) || kept.per_broker.contains_key(name);
        let conflicts = checks::check_broker(&values, is_given);
        let listeners = Listeners::resolve(&values, self.statics.roles(), self.statics.quorum(), is_given);
        match (conflicts.is_empty(), listeners) {
            (true, Ok(listeners)) => {
                (Self { statics: Arc::clone(&self.statics), dynamic: kept, values, listeners }, problems)
            }
            (_, listeners) => {
                problems.extend(conflicts);
                problems.extend(listeners.err().into_iter().flatten().map(ConfigError::from));
                (self.clone(), problems)
            }
        }
    }

    /// The value of a key.
    pub fn get<T: ConfigValue>(&self, key: Key<T>) -> T {
        self.values.get(key)
    }

    /// The value of a key for one listener: `listener.name.<listener>.<key>` wins over `<key>`.
    pub fn get_for_listener<T: ConfigValue>(&self, listener: &str, key: Key<T>) -> T {
        let name = format!("listener.name.{}.{}", listener.to_lowercase(), key.name());
        let layers = [&self.dynamic.per_broker, &self.dynamic.cluster_default, self.statics.set()];
        let text = layers.into_iter().find_map(|layer| layer.get(&name));
        let value = text.and_then(|text| definition_of(key.name())?.parse(text).ok());
        value.as_ref().and_then(T::of).unwrap_or_else(|| self.get(key))
    }

    /// The value of a name; `None` if it has no row.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.find(name)
    }

    pub(crate) fn values(&self) -> &Values {
        &self.values
    }

    /// What the broker was started with.
    pub fn statics(&self) -> &BrokerConfig {
        &self.statics
    }

    /// What was changed since, as far as it has an effect.
    pub fn dynamic(&self) -> &DynamicConfig {
        &self.dynamic
    }

    /// Where the node listens, and what it tells others.
    pub fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// A rate in bytes per second that exists only dynamically ([`crate::dynamic_config::QUOTA_NAMES`]).
    pub fn replication_quota(&self, name: &str) -> Option<i64> {
        let layers = [&self.dynamic.per_broker, &self.dynamic.cluster_default];
        layers.into_iter().find_map(|layer| parse_quota(layer.get(name)?))
    }

    /// `node.id`.
    pub fn node_id(&self) -> i32 {
        self.get(server::NODE_ID)
    }

    /// The directories that hold partitions: `log.dirs`, or `log.dir`.
    pub fn log_dirs(&self) -> Vec<String> {
        self.get(log::LOG_DIRS).unwrap_or_else(|| self.get(log::LOG_DIR))
    }

    /// The directory of the metadata log.
    pub fn metadata_log_dir(&self) -> String {
        let first = || self.log_dirs().into_iter().next();
        // The lists are never empty: their rows say so.
        self.get(quorum::METADATA_LOG_DIR).or_else(first).unwrap_or_default()
    }

    /// How many connections each host may have that has a limit of its own.
    pub fn connection_overrides(&self) -> BTreeMap<String, i32> {
        let text = self.get(network::MAX_CONNECTIONS_PER_IP_OVERRIDES);
        // It parses: `Validator::ConnectionOverrides` lets no other text in, in the file and when it is altered.
        crate::listener::parse_connection_overrides(&text).unwrap_or_default()
    }

    /// A time that can be given in several units, such as `retention.ms` of topics, in milliseconds.
    pub(crate) fn synonym_value(&self, synonyms: &[Synonym]) -> Option<Value> {
        synonyms.iter().find_map(|synonym| synonym.applied(self.value(synonym.name)?))
    }
}

#[cfg(test)]
mod tests;
