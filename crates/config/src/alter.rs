//! Whether a change of configuration is allowed, and what comes of it (KIP-226, KIP-339). Pure: the metadata
//! decider asks here before it writes `ConfigRecord`s.

use std::collections::BTreeMap;
use std::fmt;

use crate::config::Config;
use crate::definitions::{definitions, find, tiered, topic};
use crate::dynamic_config::{DynamicConfig, Scope, check_change};
use crate::error::{ConfigError, Conflict, Relation};
use crate::group_config::{check_group, group_values};
use crate::listener::SecurityProtocol;
use crate::nearest::nearest;
use crate::protection::Protection;
use crate::resource_kind::ResourceKind;
use crate::topic_config::topic_values;
use crate::value::Value;
use crate::value_type::ValueType;
use crate::values::Values;

/// The longest value that is stored: Kafka's records hold no longer one.
pub const VALUE_LENGTH_MAX: usize = 32_767;

/// What `IncrementalAlterConfigs` does with a setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AlterOp {
    /// The value is set.
    Set,
    /// The value is removed.
    Delete,
    /// Entries are added to a list.
    Append,
    /// Entries are taken from a list.
    Subtract,
}

impl AlterOp {
    /// The operation of a code on the wire.
    pub const fn from_code(code: i8) -> Option<Self> {
        match code {
            0 => Some(Self::Set),
            1 => Some(Self::Delete),
            2 => Some(Self::Append),
            3 => Some(Self::Subtract),
            _ => None,
        }
    }

    /// The code on the wire.
    pub const fn code(self) -> i8 {
        match self {
            Self::Set => 0,
            Self::Delete => 1,
            Self::Append => 2,
            Self::Subtract => 3,
        }
    }

    /// Kafka's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Set => "SET",
            Self::Delete => "DELETE",
            Self::Append => "APPEND",
            Self::Subtract => "SUBTRACT",
        }
    }
}

/// Why a change is refused.
#[derive(Clone, PartialEq, Debug)]
pub enum AlterError {
    /// A list's operation on what is no list.
    NotAList {
        /// The operation.
        op: AlterOp,
        /// The setting.
        name: String,
    },
    /// No value where one is needed.
    NullValue {
        /// The setting.
        name: String,
    },
    /// A value that is too long to be stored.
    TooLong {
        /// The setting.
        name: String,
        /// The length in bytes.
        length_bytes: usize,
    },
    /// A resource without a name, where it needs one.
    NoResourceName(ResourceKind),
    /// `min.insync.replicas` for one broker, while eligible leader replicas are on (KIP-966).
    BrokerMinInsyncReplicas,
    /// `min.insync.replicas` of the cluster removed, while eligible leader replicas are on (KIP-966).
    ClusterMinInsyncReplicas,
    /// A pool of threads that would grow or shrink too fast.
    Threads {
        /// The setting.
        name: &'static str,
        /// What it is now.
        current: i32,
        /// What it should become.
        wanted: i32,
    },
    /// A listener that is open would speak another protocol.
    ListenerProtocol {
        /// The listener.
        listener: String,
    },
    /// A listener that promises a protection which there is not yet.
    ListenerNotProtected {
        /// The listener.
        listener: String,
        /// What it promises.
        protocol: SecurityProtocol,
    },
    /// A setting that would protect somebody, and is not enforced yet: the next start would be refused for it.
    NotEnforced(Protection),
    /// The settings themselves.
    Config {
        /// What is changed.
        resource: ResourceKind,
        /// What is wrong.
        error: ConfigError,
    },
}

/// The error codes that Kafka answers refused changes with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AlterErrorCode {
    /// `INVALID_CONFIG`.
    InvalidConfig,
    /// `INVALID_REQUEST`.
    InvalidRequest,
}

impl AlterError {
    /// The code of the answer.
    pub fn code(&self) -> AlterErrorCode {
        match self {
            Self::NullValue { .. }
            | Self::NoResourceName(_)
            | Self::Threads { .. }
            | Self::ListenerProtocol { .. }
            | Self::ListenerNotProtected { .. }
            | Self::NotEnforced(_) => AlterErrorCode::InvalidRequest,
            Self::Config { resource: ResourceKind::Broker, .. } => AlterErrorCode::InvalidRequest,
            Self::Config {
                resource: ResourceKind::ClientMetrics,
                error: ConfigError::UnknownName { .. },
            } => AlterErrorCode::InvalidRequest,
            Self::Config { resource: ResourceKind::ClientMetrics, error: ConfigError::Value(invalid) }
                if invalid.name == "interval.ms" && invalid.problem.is_range() =>
            {
                AlterErrorCode::InvalidRequest
            }
            _ => AlterErrorCode::InvalidConfig,
        }
    }
}

impl fmt::Display for AlterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAList { op, name } => {
                write!(f, "Can't {} to key {name} because its type is not LIST.", op.name())
            }
            Self::NullValue { name } => write!(f, "Null value not supported for : {name}"),
            Self::TooLong { name, length_bytes } => write!(
                f,
                "The value of {name} has {length_bytes} bytes and exceeds the maximum value size of {VALUE_LENGTH_MAX} bytes."
            ),
            Self::NoResourceName(ResourceKind::ClientMetrics) => {
                f.write_str("Subscription name can't be empty")
            }
            Self::NoResourceName(resource) => {
                write!(f, "Default {} resources are not allowed.", resource.name())
            }
            Self::BrokerMinInsyncReplicas => {
                f.write_str("Broker-level min.insync.replicas cannot be altered while ELR is enabled.")
            }
            Self::ClusterMinInsyncReplicas => {
                f.write_str("Cluster-level min.insync.replicas cannot be removed while ELR is enabled.")
            }
            Self::Threads { name, current, wanted } => write!(
                f,
                "Dynamic thread count update validation failed for {name}={wanted}: the value must lie between half and \
                 double the current value {current}"
            ),
            Self::ListenerProtocol { listener } => {
                write!(f, "Security protocol cannot be updated for existing listener {listener}")
            }
            Self::ListenerNotProtected { listener, protocol } => write!(
                f,
                "listener {listener} would speak {protocol}, which this version does not serve yet: it would protect nobody"
            ),
            Self::NotEnforced(protection) => write!(f, "{protection}: it would protect nobody"),
            Self::Config { error, .. } => error.fmt(f),
        }
    }
}

impl std::error::Error for AlterError {}

/// The texts of one resource's own settings.
pub type Settings = BTreeMap<String, String>;

/// What one operation makes of a setting whose own value is `current`; `None` is no own value. Lists that have
/// none start from their default.
pub fn apply_incremental(
    resource: ResourceKind,
    name: &str,
    current: Option<&str>,
    op: AlterOp,
    value: Option<&str>,
) -> Result<Option<String>, AlterError> {
    let needed = || value.ok_or_else(|| AlterError::NullValue { name: name.to_owned() });
    match op {
        AlterOp::Delete => Ok(None),
        AlterOp::Set => needed().map(|value| Some(value.to_owned())),
        AlterOp::Append | AlterOp::Subtract => {
            let definition =
                find(resource, name).filter(|definition| definition.value_type == ValueType::List);
            let definition = definition.ok_or_else(|| AlterError::NotAList { op, name: name.to_owned() })?;
            let entries = |text: &str| -> Vec<String> {
                let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
                entries.map(str::to_owned).collect()
            };
            let mut result = entries(current.or(definition.default_text()).unwrap_or_default());
            for entry in entries(needed()?) {
                match (op, result.iter().position(|other| *other == entry)) {
                    (AlterOp::Append, None) => result.push(entry),
                    (AlterOp::Subtract, Some(position)) => drop(result.remove(position)),
                    _ => {}
                }
            }
            Ok(Some(result.join(",")))
        }
    }
}

/// Whether a topic may have these settings; `old` are those that it has now, none for a new topic.
pub fn validate_topic(broker: &Config, name: &str, new: &Settings, old: &Settings) -> Result<(), AlterError> {
    check_names(ResourceKind::Topic, name, new)?;
    let (values, problems) = topic_values(broker, new);
    let conflict = problems.into_iter().next().map(ConfigError::Value);
    match conflict.or_else(|| topic_conflict(broker, &values, old).map(ConfigError::Conflict)) {
        Some(error) => Err(AlterError::Config { resource: ResourceKind::Topic, error }),
        None => Ok(()),
    }
}

/// Whether the brokers may have these dynamic settings: all that the layer of this scope holds from now on.
pub fn validate_broker(broker: &Config, scope: Scope, new: &Settings) -> Result<(), AlterError> {
    let refused = |error| AlterError::Config { resource: ResourceKind::Broker, error };
    check_lengths(new)?;
    for (name, text) in new {
        check_change(scope, name, text).map_err(refused)?;
    }
    let mut dynamic: DynamicConfig = broker.dynamic().clone();
    match scope {
        Scope::Cluster => dynamic.cluster_default = new.clone(),
        Scope::Broker => dynamic.per_broker = new.clone(),
    }
    let (changed, problems) = broker.with_dynamic(dynamic);
    match problems.into_iter().next() {
        Some(error) => Err(refused(error)),
        None => check_threads(broker, &changed)
            .and_then(|()| check_listeners(broker, &changed))
            .and_then(|()| check_enforced(broker, &changed)),
    }
}

/// Nobody is promised what is not kept, while a broker runs as little as when it starts.
fn check_enforced(current: &Config, changed: &Config) -> Result<(), AlterError> {
    let known = current.protective_settings();
    match changed.protective_settings().into_iter().find(|protection| !known.contains(protection)) {
        Some(protection) => Err(AlterError::NotEnforced(protection)),
        None => Ok(()),
    }
}

/// Listeners come and go while a broker runs, but none changes what it speaks, and none promises what it does not keep.
fn check_listeners(current: &Config, changed: &Config) -> Result<(), AlterError> {
    for listener in &changed.listeners().opened {
        let name = || listener.endpoint.name.clone();
        let known = current.listeners().find(&listener.endpoint.name);
        if known.is_some_and(|known| known.protocol != listener.protocol) {
            return Err(AlterError::ListenerProtocol { listener: name() });
        }
        if known.is_none() && listener.protocol != SecurityProtocol::Plaintext {
            let protocol = listener.protocol;
            return Err(AlterError::ListenerNotProtected { listener: name(), protocol });
        }
    }
    Ok(())
}

/// What holds for `min.insync.replicas` of brokers while eligible leader replicas are on (KIP-966).
pub fn check_min_insync_replicas(scope: Scope, name: &str, new: Option<&str>) -> Result<(), AlterError> {
    match (name, scope, new) {
        ("min.insync.replicas", Scope::Broker, _) => Err(AlterError::BrokerMinInsyncReplicas),
        ("min.insync.replicas", Scope::Cluster, None) => Err(AlterError::ClusterMinInsyncReplicas),
        _ => Ok(()),
    }
}

/// Whether a group may have these settings.
pub fn validate_group(broker: &Config, name: &str, new: &Settings) -> Result<(), AlterError> {
    check_names(ResourceKind::Group, name, new)?;
    let (values, problems) = group_values(broker, new);
    let conflict = problems.into_iter().next().map(ConfigError::Value);
    let conflict =
        conflict.or_else(|| check_group(broker, &values).into_iter().next().map(ConfigError::Conflict));
    match conflict {
        Some(error) => Err(AlterError::Config { resource: ResourceKind::Group, error }),
        None => Ok(()),
    }
}

/// Whether a subscription to client metrics may have these settings.
pub fn validate_client_metrics(name: &str, new: &Settings) -> Result<(), AlterError> {
    check_names(ResourceKind::ClientMetrics, name, new)?;
    match Values::defaults(ResourceKind::ClientMetrics).overlay(new).into_iter().next() {
        Some(error) => Err(AlterError::Config {
            resource: ResourceKind::ClientMetrics,
            error: ConfigError::Value(error),
        }),
        None => Ok(()),
    }
}

fn check_names(resource: ResourceKind, resource_name: &str, new: &Settings) -> Result<(), AlterError> {
    if resource_name.is_empty() {
        return Err(AlterError::NoResourceName(resource));
    }
    match new.keys().find(|name| find(resource, name).is_none()) {
        Some(name) => {
            let known = definitions(resource).iter().map(|definition| definition.name);
            let error =
                ConfigError::UnknownName { resource, name: name.clone(), nearest: nearest(name, known) };
            Err(AlterError::Config { resource, error })
        }
        None => check_lengths(new),
    }
}

fn check_lengths(new: &Settings) -> Result<(), AlterError> {
    match new.iter().find(|(_, text)| text.len() > VALUE_LENGTH_MAX) {
        Some((name, text)) => Err(AlterError::TooLong { name: name.clone(), length_bytes: text.len() }),
        None => Ok(()),
    }
}

fn topic_conflict(broker: &Config, values: &Values, old: &Settings) -> Option<Conflict> {
    use crate::checks::{check_local_retention, check_order};
    let lag = check_order(values, "min.compaction.lag.ms", Relation::AtMost, "max.compaction.lag.ms");
    if lag.is_some() {
        return lag;
    }
    let was_remote =
        old.get("remote.storage.enable").is_some_and(|text| text.trim().eq_ignore_ascii_case("true"));
    if !values.get(topic::REMOTE_STORAGE_ENABLE) {
        let is_left = was_remote && !values.get(topic::REMOTE_LOG_DELETE_ON_DISABLE);
        return is_left.then_some(Conflict::RemoteStorageLeftBehind);
    }
    if !broker.get(tiered::REMOTE_LOG_STORAGE_SYSTEM_ENABLE) {
        return Some(Conflict::RemoteStorageDisabled);
    }
    let policy = values.get(topic::CLEANUP_POLICY);
    if policy.iter().any(|entry| entry != "delete") {
        return Some(Conflict::RemoteStoragePolicy);
    }
    let pairs = [("local.retention.bytes", "retention.bytes"), ("local.retention.ms", "retention.ms")];
    pairs.into_iter().find_map(|(local, total)| {
        let conflict = check_local_retention(values, local, total);
        let is_frozen = values.get(topic::REMOTE_LOG_COPY_DISABLE);
        let differs =
            values.find(local) != Some(&Value::Long(-2)) && values.find(local) != values.find(total);
        conflict.or((is_frozen && differs).then_some(Conflict::LocalRetentionWithoutCopy { local, total }))
    })
}

/// Pools of threads that Kafka lets grow to the double and shrink to the half at once.
const THREAD_POOLS: [&str; 6] = [
    "background.threads",
    "log.cleaner.threads",
    "num.io.threads",
    "num.network.threads",
    "num.recovery.threads.per.data.dir",
    "num.replica.fetchers",
];

fn check_threads(current: &Config, changed: &Config) -> Result<(), AlterError> {
    for name in THREAD_POOLS {
        if let (Some(Value::Int(current)), Some(Value::Int(wanted))) =
            (current.value(name), changed.value(name))
        {
            let double = current.saturating_mul(2);
            if *wanted > double || *wanted < current / 2 {
                return Err(AlterError::Threads { name, current: *current, wanted: *wanted });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
