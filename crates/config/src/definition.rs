//! What is known about one configuration before anybody sets it: type, default, limits, who may change it
//! while the node runs. Values are not here (see `value`), nor where they come from (see `config`).

use std::collections::BTreeSet;

use crate::error::InvalidValue;
use crate::resource_kind::ResourceKind;
use crate::validator::Validator;
use crate::value::Value;
use crate::value_type::ValueType;

/// The value of a configuration that nobody set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DefaultValue {
    /// There is none: Kafka's `null`.
    Null,
    /// This one, in the form in which it would stand in a file.
    Text(&'static str),
    /// Kafka wants it set; we fill it in as if it had been set ([`crate::implied::IMPLIED`]).
    Implied,
}

/// How a broker's configuration can change while the broker runs (KIP-226).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DynamicMode {
    /// Not at all.
    ReadOnly,
    /// For each broker by itself.
    PerBroker,
    /// For all brokers, or for each by itself.
    ClusterWide,
}

impl DynamicMode {
    /// The word that Kafka's documentation uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::PerBroker => "per-broker",
            Self::ClusterWide => "cluster-wide",
        }
    }
}

/// How much a configuration matters to most people.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Importance {
    /// Look at it.
    High,
    /// Know that it is there.
    Medium,
    /// Leave it.
    Low,
}

/// Whether a configuration is shown to clients.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visibility {
    /// In every description.
    Public,
    /// Only where somebody set it.
    Internal,
}

/// What setting a configuration does in this version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It is honoured.
    Active,
    /// It is known and checked, and nothing follows from it yet; the node says so when it starts.
    NotYet,
    /// It is known and checked, and tunes a part of Kafka that is not there in Jackdaw: every value is as good.
    NothingToTune,
    /// It would protect somebody and is not enforced yet: the node refuses to start with it.
    Protects,
}

/// One configuration.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The name in files and requests.
    pub name: &'static str,
    /// What it configures.
    pub resource: ResourceKind,
    /// The type of its value.
    pub value_type: ValueType,
    /// The value where nobody set one.
    pub default: DefaultValue,
    /// Which values are allowed.
    pub validator: Validator,
    /// How it can change while a broker runs; topics, groups and subscriptions always can.
    pub dynamic_mode: DynamicMode,
    /// How much it matters.
    pub importance: Importance,
    /// Whether it is shown.
    pub visibility: Visibility,
    /// What it does here.
    pub effect: Effect,
    /// One sentence on it.
    pub documentation: &'static str,
}

impl Definition {
    /// Whether the value is masked wherever it would be shown.
    pub const fn is_sensitive(&self) -> bool {
        matches!(self.value_type, ValueType::Password)
    }

    /// Whether the value can be absent.
    pub const fn is_nullable(&self) -> bool {
        matches!(self.default, DefaultValue::Null)
    }

    /// The default in the form in which it would stand in a file.
    pub const fn default_text(&self) -> Option<&'static str> {
        match self.default {
            DefaultValue::Text(text) => Some(text),
            DefaultValue::Null | DefaultValue::Implied => None,
        }
    }

    /// Reads and checks a value for this configuration.
    pub fn parse(&self, text: &str) -> Result<Value, InvalidValue> {
        self.parse_as(self.name, text)
    }

    /// The same under another name, such as that of one listener.
    pub fn parse_as(&self, name: &str, text: &str) -> Result<Value, InvalidValue> {
        let parsed = Value::parse(self.value_type, text).and_then(|value| {
            let value = match self.validator {
                Validator::List { .. } | Validator::Listeners | Validator::ClientMatch => {
                    without_repetitions(value)
                }
                _ => value,
            };
            self.validator.check(&value)?;
            Ok(value)
        });
        parsed.map_err(|problem| InvalidValue {
            name: name.to_owned(),
            value: (!self.is_sensitive()).then(|| text.to_owned()),
            problem,
        })
    }
}

/// Removes the entries that are there before, as Kafka 4 does.
fn without_repetitions(value: Value) -> Value {
    match value {
        Value::List(mut entries) => {
            let mut seen = BTreeSet::new();
            entries.retain(|entry| seen.insert(entry.clone()));
            Value::List(entries)
        }
        value => value,
    }
}
