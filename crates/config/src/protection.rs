//! What a node must not start with, and what it should say when it starts: settings that would protect somebody
//! and are not enforced yet, and settings that have no effect yet.

use std::fmt;

use crate::config::Config;
use crate::definition::{Definition, Effect};
use crate::definitions::find;
use crate::listener::SecurityProtocol;
use crate::resource_kind::ResourceKind;
use crate::setting::Origin;
use crate::synonyms::without_listener;

/// Something that somebody relies on, and that this version does not enforce.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Protection {
    /// A setting.
    Setting {
        /// Its name, with the listener it is for.
        name: String,
        /// Where it stands; `None` for what was changed while brokers ran.
        origin: Option<Origin>,
    },
    /// A listener that is to be encrypted or authenticated.
    Listener {
        /// Its name.
        name: String,
        /// How it should speak.
        protocol: SecurityProtocol,
    },
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting { name, origin } => {
                if let Some(origin) = origin {
                    write!(f, "{origin}: ")?;
                }
                write!(f, "{name} is set, and this version does not enforce it yet")
            }
            Self::Listener { name, protocol } => {
                write!(f, "listener {name} speaks {protocol}, and this version speaks only PLAINTEXT")
            }
        }
    }
}

impl Config {
    /// What somebody relies on and is not enforced: the node refuses to start with any of it.
    pub fn protective_settings(&self) -> Vec<Protection> {
        let listeners = self.listeners().opened.iter();
        let secure = listeners.filter(|listener| listener.protocol != SecurityProtocol::Plaintext);
        let mut protections: Vec<Protection> = secure
            .map(|listener| Protection::Listener {
                name: listener.endpoint.name.clone(),
                protocol: listener.protocol,
            })
            .collect();
        protections.extend(self.changed_with(Effect::Protects).into_iter().map(|name| {
            let origin = self.statics().origin(&name).cloned();
            Protection::Setting { name, origin }
        }));
        protections
    }

    /// The names that are set, to something other than their default, and have no effect yet.
    pub fn not_yet_effective(&self) -> Vec<String> {
        self.changed_with(Effect::NotYet)
    }

    /// The names with this effect that are set to something other than their default.
    fn changed_with(&self, effect: Effect) -> Vec<String> {
        let dynamic = self.dynamic();
        let statics =
            self.statics().given().filter_map(|name| Some((name, self.statics().set().get(name)?.as_str())));
        let layers = dynamic.cluster_default.iter().chain(&dynamic.per_broker);
        let all = statics.chain(layers.map(|(name, text)| (name.as_str(), text.as_str())));
        let mut names: Vec<String> = all
            .filter(|(name, text)| {
                let definition = find(ResourceKind::Broker, without_listener(name).unwrap_or(name));
                definition.is_some_and(|definition| definition.effect == effect && differs(definition, text))
            })
            .map(|(name, _)| name.to_owned())
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Whether a text means something other than the default.
fn differs(definition: &Definition, text: &str) -> bool {
    let value = definition.parse(text).ok();
    let default = definition.default_text().and_then(|text| definition.parse(text).ok());
    match (definition.default_text(), default) {
        // Null: an empty text names no class and no secret.
        (None, _) => !text.trim().is_empty(),
        (Some(_), default) => value != default,
    }
}

#[cfg(test)]
mod tests;
