//! What a node was started with: the settings of its file and its command line, read, checked and completed.
//! It does not change while the node runs; what changes is in `config`.

use std::collections::BTreeMap;

use crate::checks;
use crate::definitions::{definitions, find};
use crate::error::{ConfigError, InvalidValue};
use crate::implied::IMPLIED;
use crate::key::{ConfigValue, Key};
use crate::listeners::Listeners;
use crate::nearest::nearest;
use crate::quorum_config::QuorumConfig;
use crate::resource_kind::ResourceKind;
use crate::roles::Roles;
use crate::setting::{Origin, Setting, SettingError, Warning};
use crate::synonyms::without_listener;
use crate::values::Values;

/// The static layer of a broker's configuration.
#[derive(Clone, PartialEq, Debug)]
pub struct BrokerConfig {
    /// All that is set, implied settings included, under the names under which it was given.
    set: BTreeMap<String, String>,
    given: BTreeMap<String, Origin>,
    pub(crate) values: Values,
    roles: Roles,
    listeners: Listeners,
    quorum: QuorumConfig,
}

/// A configuration that can be used, with what should be said about it.
#[derive(Clone, PartialEq, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: BrokerConfig,
    /// What should be said.
    pub warnings: Vec<Warning>,
}

impl BrokerConfig {
    /// Reads the settings in the order in which they were given; a later one of the same name counts. Either all
    /// of them are right, or all problems are named.
    pub fn load(settings: impl IntoIterator<Item = Setting>) -> Result<Loaded, Vec<SettingError>> {
        let mut warnings = Vec::new();
        let mut set = BTreeMap::new();
        let mut given: BTreeMap<String, Origin> = BTreeMap::new();
        for Setting { name, value, origin } in settings {
            // A command line that overrules a file is what it is for.
            match given.insert(name.clone(), origin.clone()) {
                Some(earlier @ Origin::File { .. }) if origin != Origin::CommandLine => {
                    warnings.push(Warning::Repeated { name: name.clone(), origin: earlier });
                }
                _ => {}
            }
            set.insert(name, value);
        }
        warnings.extend(given.iter().filter(|(name, _)| !is_known(name)).map(|(name, origin)| {
            let known = definitions(ResourceKind::Broker).iter().map(|definition| definition.name);
            Warning::UnknownName { name: name.clone(), origin: origin.clone(), nearest: nearest(name, known) }
        }));
        complete(&mut set);
        match Self::check(set, &given) {
            Ok(config) => {
                warnings.extend(checks::warnings(&config.values));
                Ok(Loaded { config: Self { given, ..config }, warnings })
            }
            Err(errors) => Err(errors.into_iter().map(|error| locate(error, &given)).collect()),
        }
    }

    /// The configuration of a node that is started with nothing.
    pub fn defaults() -> Self {
        match Self::load([]) {
            Ok(loaded) => loaded.config,
            Err(errors) => unreachable!("the defaults fit together; a test loads them: {errors:?}"),
        }
    }

    fn check(
        set: BTreeMap<String, String>,
        given: &BTreeMap<String, Origin>,
    ) -> Result<Self, Vec<ConfigError>> {
        let mut values = Values::defaults(ResourceKind::Broker);
        let mut errors: Vec<ConfigError> = values.overlay(&set).into_iter().map(ConfigError::Value).collect();
        errors.extend(listener_problems(&set).into_iter().map(ConfigError::Value));
        if !errors.is_empty() {
            return Err(errors);
        }
        let is_given = |name: &str| given.contains_key(name);
        let roles = Roles::of(&values);
        let quorum = QuorumConfig::of(&values);
        errors.extend(checks::check_broker(&values, is_given));
        match Listeners::resolve(&values, roles, &quorum, is_given) {
            Ok(listeners) if errors.is_empty() => {
                Ok(Self { set, given: BTreeMap::new(), values, roles, listeners, quorum })
            }
            Ok(_) => Err(errors),
            Err(conflicts) => {
                errors.extend(conflicts.into_iter().map(ConfigError::from));
                Err(errors)
            }
        }
    }

    /// The value of a key, without what was changed since the start.
    pub fn get<T: ConfigValue>(&self, key: Key<T>) -> T {
        self.values.get(key)
    }

    /// Whether somebody set this name.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// Where somebody set this name.
    pub fn origin(&self, name: &str) -> Option<&Origin> {
        self.given.get(name)
    }

    /// All that is set, by name, with what we implied.
    pub fn set(&self) -> &BTreeMap<String, String> {
        &self.set
    }

    /// The names that somebody set.
    pub fn given(&self) -> impl Iterator<Item = &str> {
        self.given.keys().map(String::as_str)
    }

    /// What this node is.
    pub fn roles(&self) -> Roles {
        self.roles
    }

    /// Where it listens, and what it tells others.
    pub fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// Where the controllers are.
    pub fn quorum(&self) -> &QuorumConfig {
        &self.quorum
    }
}

/// Fills in what Kafka wants to be set; `node.id` and `broker.id` stand for each other.
fn complete(set: &mut BTreeMap<String, String>) {
    if let (Some(id), false) = (set.get("broker.id").cloned(), set.contains_key("node.id")) {
        set.insert("node.id".to_owned(), id);
    }
    for (name, text) in IMPLIED {
        set.entry(name.to_owned()).or_insert_with(|| text.to_owned());
    }
    if let (Some(id), false) = (set.get("node.id").cloned(), set.contains_key("broker.id")) {
        set.insert("broker.id".to_owned(), id);
    }
}

/// Values of settings for one listener that are not allowed.
fn listener_problems(set: &BTreeMap<String, String>) -> Vec<InvalidValue> {
    let problems = set.iter().filter_map(|(name, text)| {
        let definition = find(ResourceKind::Broker, without_listener(name)?)?;
        definition.parse_as(name, text).err()
    });
    problems.collect()
}

/// Names that have no row, and that belong to something which Kafka loads by name: its authorizer, its
/// tiered storage, its metrics, its quotas, its providers of values.
const FOREIGN_NAMES: [&str; 2] = ["super.users", "allow.everyone.if.no.acl.found"];
const FOREIGN_PREFIXES: [&str; 5] =
    ["rlmm.config.", "rsm.config.", "config.providers.", "client.quota.callback.", "metrics.jmx."];

/// Whether a name means something to the broker or to what it loads.
pub fn is_known(name: &str) -> bool {
    if let Some(base) = without_listener(name) {
        return find(ResourceKind::Broker, base).is_some();
    }
    find(ResourceKind::Broker, name).is_some()
        || FOREIGN_NAMES.contains(&name)
        || FOREIGN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || crate::dynamic_config::is_quota_name(name)
}

/// Looks for the setting that a problem starts from.
fn locate(error: ConfigError, given: &BTreeMap<String, Origin>) -> SettingError {
    let names: Vec<&str> = match &error {
        ConfigError::Value(invalid) => vec![&invalid.name],
        ConfigError::Conflict(conflict) => conflict.names(),
        ConfigError::UnknownName { name, .. }
        | ConfigError::ReadOnly { name }
        | ConfigError::NeedsBroker { name }
        | ConfigError::NeedsListener { name } => vec![name],
    };
    let origin = names.into_iter().find_map(|name| given.get(name)).cloned();
    SettingError { origin, error }
}

#[cfg(test)]
mod tests;
