//! What `DescribeConfigs` answers about each kind of resource, row for row as Kafka does.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::definition::{Definition, Visibility};
use crate::definitions::find;
use crate::dynamic_config::is_quota_name;
use crate::resource_kind::ResourceKind;
use crate::source::ConfigSource;
use crate::synonyms::{broker_name_of_group, broker_name_of_topic, broker_names, without_listener};
use crate::value::Value;
use crate::value_type::ValueType;
use crate::values::Values;

/// One setting of a resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Described {
    /// Its name.
    pub name: String,
    /// Its value; `None` for null and for secrets.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether it cannot be changed while the node runs.
    pub read_only: bool,
    /// Whether the value is hidden.
    pub sensitive: bool,
    /// All values that it could have, the strongest first; the first one holds.
    pub synonyms: Vec<DescribedSynonym>,
    /// The type of the value; `None` where nobody knows the name.
    pub value_type: Option<ValueType>,
    /// One sentence on it.
    pub documentation: Option<&'static str>,
}

impl Described {
    /// Whether nobody set it.
    pub fn is_default(&self) -> bool {
        self.source == ConfigSource::Default
    }

    /// The code of the value's type in `DescribeConfigs`.
    pub fn type_code(&self) -> i8 {
        self.value_type.map_or(0, ValueType::code)
    }
}

/// One value that a setting could have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DescribedSynonym {
    /// The name under which it is set.
    pub name: String,
    /// The value, as it was set; `None` for secrets.
    pub value: Option<String>,
    /// Where it is set.
    pub source: ConfigSource,
}

impl Config {
    /// Describes this broker.
    pub fn describe_broker(&self) -> Vec<Described> {
        let layers = [self.statics().set(), &self.dynamic().cluster_default, &self.dynamic().per_broker];
        let mut texts: BTreeMap<&str, &str> = BTreeMap::new();
        for layer in layers {
            texts.extend(layer.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        }
        let public =
            self.values().iter().filter(|(definition, _)| definition.visibility == Visibility::Public);
        let mut rows: Vec<Described> = Vec::new();
        for (definition, value) in public {
            texts.remove(definition.name);
            rows.push(self.broker_row(definition.name, value.to_text()));
        }
        rows.extend(texts.into_iter().map(|(name, text)| self.broker_row(name, Some(text.to_owned()))));
        rows
    }

    /// Describes what is set for all brokers at once.
    pub fn describe_cluster_default(&self) -> Vec<Described> {
        let rows = self.dynamic().cluster_default.iter().map(|(name, text)| {
            let mut row = self.broker_row(name, Some(text.clone()));
            row.synonyms.retain(|synonym| synonym.source == ConfigSource::DynamicDefaultBroker);
            row.source = row.synonyms.first().map_or(ConfigSource::Default, |synonym| synonym.source);
            row
        });
        rows.collect()
    }

    /// Describes a topic with these overrides.
    pub fn describe_topic(&self, overrides: &BTreeMap<String, String>) -> Vec<Described> {
        let (values, _) = crate::topic_config::topic_values(self, overrides);
        describe_overlaid(&values, overrides, ConfigSource::Topic, |definition| {
            let names = broker_name_of_topic(definition.name);
            names.map_or_else(Vec::new, |name| self.synonyms(name, definition.is_sensitive()))
        })
    }

    /// Describes a group with these overrides.
    pub fn describe_group(&self, overrides: &BTreeMap<String, String>) -> Vec<Described> {
        let (values, _) = crate::group_config::group_values(self, overrides);
        describe_overlaid(&values, overrides, ConfigSource::Group, |definition| {
            match broker_name_of_group(definition.name) {
                Some(name) => self.synonyms(name, definition.is_sensitive()),
                None => default_synonym(definition).into_iter().collect(),
            }
        })
    }

    fn broker_row(&self, name: &str, value: Option<String>) -> Described {
        let exact = find(ResourceKind::Broker, name);
        let definition = exact.or_else(|| find(ResourceKind::Broker, without_listener(name)?));
        let value_type = match definition {
            Some(definition) => Some(definition.value_type),
            None if is_quota_name(name) => Some(ValueType::Long),
            None => None,
        };
        // Who knows what stands in a setting that nobody knows.
        let sensitive = matches!(value_type, None | Some(ValueType::Password));
        let synonyms = self.synonyms(name, sensitive);
        Described {
            name: name.to_owned(),
            value: value.filter(|_| !sensitive),
            source: synonyms.first().map_or(ConfigSource::Default, |synonym| synonym.source),
            read_only: !is_quota_name(name) && !exact.is_some_and(Definition::is_dynamic),
            sensitive,
            synonyms,
            value_type,
            documentation: exact.map(|definition| definition.documentation),
        }
    }

    /// All values that a broker's setting could have. Those before the first one under its own name are left
    /// out, so that a listener's own value does not show up under the general name.
    fn synonyms(&self, name: &str, sensitive: bool) -> Vec<DescribedSynonym> {
        let names = broker_names(name);
        let layers = [
            (&self.dynamic().per_broker, ConfigSource::DynamicBroker),
            (&self.dynamic().cluster_default, ConfigSource::DynamicDefaultBroker),
            (self.statics().set(), ConfigSource::StaticBroker),
        ];
        let mut synonyms = Vec::new();
        for (layer, source) in layers {
            for name in &names {
                if let Some(text) = layer.get(*name) {
                    let value = (!sensitive).then(|| text.clone());
                    synonyms.push(DescribedSynonym { name: (*name).to_owned(), value, source });
                }
            }
        }
        let rows = names.iter().filter_map(|name| find(ResourceKind::Broker, name));
        synonyms.extend(rows.filter_map(default_synonym));
        let own = synonyms.iter().position(|synonym| synonym.name == name).unwrap_or(synonyms.len());
        synonyms.split_off(own)
    }
}

impl Definition {
    fn is_dynamic(&self) -> bool {
        self.dynamic_mode != crate::definition::DynamicMode::ReadOnly
    }
}

/// Describes a subscription to client metrics with these overrides.
pub fn describe_client_metrics(overrides: &BTreeMap<String, String>) -> Vec<Described> {
    let mut values = Values::defaults(ResourceKind::ClientMetrics);
    values.overlay(overrides);
    describe_overlaid(&values, overrides, ConfigSource::ClientMetrics, |_| Vec::new())
}

fn default_synonym(definition: &Definition) -> Option<DescribedSynonym> {
    let text = definition.default_text()?;
    let value =
        Value::parse(definition.value_type, text).ok()?.to_text().filter(|_| !definition.is_sensitive());
    Some(DescribedSynonym { name: definition.name.to_owned(), value, source: ConfigSource::Default })
}

/// Describes a resource whose own settings lie over those of the broker.
fn describe_overlaid(
    values: &Values,
    overrides: &BTreeMap<String, String>,
    own: ConfigSource,
    behind: impl Fn(&'static Definition) -> Vec<DescribedSynonym>,
) -> Vec<Described> {
    let mut rows = Vec::new();
    for (definition, value) in values.iter() {
        let is_own = overrides.get(definition.name).is_some_and(|text| definition.parse(text).is_ok());
        if definition.visibility == Visibility::Internal && !is_own {
            continue;
        }
        let text = value.to_text().filter(|_| !definition.is_sensitive());
        let mut synonyms = behind(definition);
        if is_own {
            let name = definition.name.to_owned();
            synonyms.insert(0, DescribedSynonym { name, value: text.clone(), source: own });
        }
        rows.push(Described {
            name: definition.name.to_owned(),
            value: text,
            source: synonyms.first().map_or(ConfigSource::Default, |synonym| synonym.source),
            read_only: false,
            sensitive: definition.is_sensitive(),
            synonyms,
            value_type: Some(definition.value_type),
            documentation: Some(definition.documentation),
        });
    }
    rows
}

#[cfg(test)]
mod tests;
