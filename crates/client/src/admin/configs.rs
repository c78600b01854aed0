//! Configurations of topics, brokers, loggers, groups and client metrics (KIP-133, 226, 339, 412, 714, 848, 1142).

use std::collections::BTreeMap;
use std::fmt;
use std::future::ready;

use jackdaw_protocol::messages::create_topics_response::CreatableTopicConfigs;
use jackdaw_protocol::messages::describe_configs_request::{DescribeConfigsRequest, DescribeConfigsResource};
use jackdaw_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};
use jackdaw_protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use jackdaw_protocol::messages::list_config_resources_request::ListConfigResourcesRequest;

use super::routing::{Routes, Subject, Target, refusal, refusal_of};
use super::{Admin, Apply, Results};
use crate::error::Error;

/// What has configurations.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ConfigResourceType {
    /// A topic, by name.
    Topic,
    /// A broker by its id, or the defaults of all with an empty name.
    Broker,
    /// The log levels of a broker, by its id.
    BrokerLogger,
    /// A subscription to clients' metrics (KIP-714), by name.
    ClientMetrics,
    /// A group, by id.
    Group,
}

impl ConfigResourceType {
    /// The number on the wire.
    pub fn id(self) -> i8 {
        match self {
            Self::Topic => 2,
            Self::Broker => 4,
            Self::BrokerLogger => 8,
            Self::ClientMetrics => 16,
            Self::Group => 32,
        }
    }

    /// The type with this number.
    pub fn from_id(id: i8) -> Option<Self> {
        [Self::Topic, Self::Broker, Self::BrokerLogger, Self::ClientMetrics, Self::Group]
            .into_iter()
            .find(|kind| kind.id() == id)
    }
}

impl fmt::Display for ConfigResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Topic => "topic",
            Self::Broker => "broker",
            Self::BrokerLogger => "broker-logger",
            Self::ClientMetrics => "client-metrics",
            Self::Group => "group",
        })
    }
}

/// One thing that has configurations.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConfigResource {
    /// What it is.
    pub kind: ConfigResourceType,
    /// Its name or id.
    pub name: String,
}

impl ConfigResource {
    /// A thing of this kind.
    pub fn new(kind: ConfigResourceType, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }

    /// A topic.
    pub fn topic(name: impl Into<String>) -> Self {
        Self::new(ConfigResourceType::Topic, name)
    }

    /// A broker.
    pub fn broker(id: i32) -> Self {
        Self::new(ConfigResourceType::Broker, id.to_string())
    }

    /// The defaults of all brokers.
    pub fn all_brokers() -> Self {
        Self::new(ConfigResourceType::Broker, "")
    }

    /// A group.
    pub fn group(id: impl Into<String>) -> Self {
        Self::new(ConfigResourceType::Group, id)
    }

    /// The node that alone can answer, for what a node keeps to itself.
    fn node(&self) -> Option<i32> {
        match self.kind {
            ConfigResourceType::Broker | ConfigResourceType::BrokerLogger => self.name.parse().ok(),
            _ => None,
        }
    }
}

impl fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, if self.name.is_empty() { "<default>" } else { &self.name })
    }
}

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ConfigSource {
    /// Set on the topic.
    Topic,
    /// Set on this broker while it ran.
    DynamicBroker,
    /// Set on all brokers while they ran.
    DynamicDefaultBroker,
    /// From the broker's file.
    StaticBroker,
    /// Kafka's own default.
    Default,
    /// A log level set while the broker ran.
    DynamicBrokerLogger,
    /// Set on the client metrics' subscription.
    ClientMetrics,
    /// Set on the group.
    Group,
    /// Of a later release.
    Unknown(i8),
}

impl ConfigSource {
    fn from_id(id: i8) -> Self {
        match id {
            1 => Self::Topic,
            2 => Self::DynamicBroker,
            3 => Self::DynamicDefaultBroker,
            4 => Self::StaticBroker,
            5 => Self::Default,
            6 => Self::DynamicBrokerLogger,
            7 => Self::ClientMetrics,
            8 => Self::Group,
            other => Self::Unknown(other),
        }
    }

    /// Its name in Kafka.
    pub fn name(self) -> &'static str {
        match self {
            Self::Topic => "DYNAMIC_TOPIC_CONFIG",
            Self::DynamicBroker => "DYNAMIC_BROKER_CONFIG",
            Self::DynamicDefaultBroker => "DYNAMIC_DEFAULT_BROKER_CONFIG",
            Self::StaticBroker => "STATIC_BROKER_CONFIG",
            Self::Default => "DEFAULT_CONFIG",
            Self::DynamicBrokerLogger => "DYNAMIC_BROKER_LOGGER_CONFIG",
            Self::ClientMetrics => "DYNAMIC_CLIENT_METRICS_CONFIG",
            Self::Group => "DYNAMIC_GROUP_CONFIG",
            Self::Unknown(_) => "UNKNOWN",
        }
    }
}

/// What a value looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are Kafka's types")]
pub enum ConfigType {
    Boolean,
    String,
    Int,
    Short,
    Long,
    Double,
    List,
    Class,
    Password,
    /// Not said, or of a later release.
    Unknown,
}

impl ConfigType {
    fn from_id(id: i8) -> Self {
        match id {
            1 => Self::Boolean,
            2 => Self::String,
            3 => Self::Int,
            4 => Self::Short,
            5 => Self::Long,
            6 => Self::Double,
            7 => Self::List,
            8 => Self::Class,
            9 => Self::Password,
            _ => Self::Unknown,
        }
    }
}

/// A value that would hold if the ones in front of it were not there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigSynonym {
    /// Its name, which may be another one: `log.retention.ms` for a topic's `retention.ms`.
    pub name: String,
    /// The value; `None` if it is secret or unset.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: ConfigSource,
}

/// One configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigEntry {
    /// Its name.
    pub name: String,
    /// Its value; `None` if it is secret or unset.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether it cannot be changed while the broker runs.
    pub is_read_only: bool,
    /// Whether its value is secret.
    pub is_sensitive: bool,
    /// All values that were said, the one that holds first; empty unless asked for.
    pub synonyms: Vec<ConfigSynonym>,
    /// What it looks like.
    pub kind: ConfigType,
    /// The broker's description of it, if asked for.
    pub documentation: Option<String>,
}

impl ConfigEntry {
    /// Whether nobody has set it.
    pub fn is_default(&self) -> bool {
        self.source == ConfigSource::Default
    }

    fn of(entry: DescribeConfigsResourceResult<'_>) -> Self {
        Self {
            name: entry.name.into_owned(),
            value: entry.value.map(|value| value.into_owned()),
            source: ConfigSource::from_id(entry.config_source),
            is_read_only: entry.read_only,
            is_sensitive: entry.is_sensitive,
            synonyms: entry
                .synonyms
                .into_iter()
                .map(|synonym| ConfigSynonym {
                    name: synonym.name.into_owned(),
                    value: synonym.value.map(|value| value.into_owned()),
                    source: ConfigSource::from_id(synonym.source),
                })
                .collect(),
            kind: ConfigType::from_id(entry.config_type),
            documentation: entry.documentation.map(|text| text.into_owned()),
        }
    }

    pub(super) fn of_new_topic(entry: CreatableTopicConfigs<'_>) -> Self {
        Self {
            name: entry.name.into_owned(),
            value: entry.value.map(|value| value.into_owned()),
            source: ConfigSource::from_id(entry.config_source),
            is_read_only: entry.read_only,
            is_sensitive: entry.is_sensitive,
            synonyms: Vec::new(),
            kind: ConfigType::Unknown,
            documentation: None,
        }
    }
}

/// How much is said of each configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DescribeConfigsOptions {
    /// All values that were said, not only the one that holds.
    pub with_synonyms: bool,
    /// The broker's descriptions.
    pub with_documentation: bool,
}

/// What is done to one configuration (KIP-339).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConfigOperation {
    /// This value holds from now on.
    Set(String),
    /// The default holds again.
    Delete,
    /// These values are added to a list.
    Append(String),
    /// These values are taken out of a list.
    Subtract(String),
}

/// A change to one configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigAlteration {
    /// Its name.
    pub name: String,
    /// What is done to it.
    pub operation: ConfigOperation,
}

impl ConfigAlteration {
    /// Sets a value.
    pub fn set(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), operation: ConfigOperation::Set(value.into()) }
    }

    /// Goes back to the default.
    pub fn delete(name: impl Into<String>) -> Self {
        Self { name: name.into(), operation: ConfigOperation::Delete }
    }

    fn to_wire(&self) -> AlterableConfig<'static> {
        let (config_operation, value) = match &self.operation {
            ConfigOperation::Set(value) => (0, Some(value.clone().into())),
            ConfigOperation::Delete => (1, None),
            ConfigOperation::Append(value) => (2, Some(value.clone().into())),
            ConfigOperation::Subtract(value) => (3, Some(value.clone().into())),
        };
        AlterableConfig { name: self.name.clone().into(), config_operation, value, ..Default::default() }
    }
}

impl Admin {
    /// The configurations of `resources`, sorted by name. Those of a broker are asked of that broker.
    pub async fn describe_configs(
        &self,
        resources: impl IntoIterator<Item = ConfigResource>,
        options: DescribeConfigsOptions,
    ) -> Results<ConfigResource, Vec<ConfigEntry>> {
        let call = move |target, resources: Vec<ConfigResource>, _| async move {
            let request = DescribeConfigsRequest {
                resources: resources
                    .iter()
                    .map(|resource| DescribeConfigsResource {
                        resource_type: resource.kind.id(),
                        resource_name: resource.name.clone().into(),
                        configuration_keys: None,
                        ..Default::default()
                    })
                    .collect(),
                include_synonyms: options.with_synonyms,
                include_documentation: options.with_documentation,
                ..Default::default()
            };
            let answer = self.send(target, request).await?;
            Ok(answer.results.into_iter().filter_map(described).collect())
        };
        self.each(resources, |resources| ready(by_node(resources, Target::Any)), call).await
    }

    /// Changes configurations; what is not named stays as it is. Those of a broker's logger are changed by that broker,
    /// everything else by the controller.
    pub async fn alter_configs(
        &self,
        alterations: impl IntoIterator<Item = (ConfigResource, Vec<ConfigAlteration>)>,
        apply: Apply,
    ) -> Results<ConfigResource, ()> {
        let alterations: BTreeMap<ConfigResource, Vec<ConfigAlteration>> = alterations.into_iter().collect();
        let alterations = &alterations;
        let call = move |target, resources: Vec<ConfigResource>, _| async move {
            let request = IncrementalAlterConfigsRequest {
                resources: resources
                    .iter()
                    .map(|resource| AlterConfigsResource {
                        resource_type: resource.kind.id(),
                        resource_name: resource.name.clone().into(),
                        configs: alterations[resource].iter().map(ConfigAlteration::to_wire).collect(),
                        ..Default::default()
                    })
                    .collect(),
                validate_only: apply == Apply::ValidateOnly,
                ..Default::default()
            };
            let answer = self.send(target, request).await?;
            let results = answer.responses.into_iter().filter_map(|response| {
                let kind = ConfigResourceType::from_id(response.resource_type)?;
                let resource = ConfigResource::new(kind, response.resource_name.into_owned());
                let subject = resource.to_string();
                let result = refusal(
                    response.error_code,
                    &response.error_message,
                    Subject::Named("configuration of", &subject),
                );
                Some((resource, result))
            });
            Ok(results.collect())
        };
        let route = |resources| ready(by_node(resources, Target::Controller));
        self.each(alterations.keys().cloned(), route, call).await
    }

    /// Everything that has configurations of its own, of these kinds (all kinds if there are none).
    ///
    /// # Errors
    /// No broker answers in time, or refuses; brokers before 4.1 list client metrics alone.
    pub async fn list_config_resources(
        &self,
        kinds: impl IntoIterator<Item = ConfigResourceType>,
    ) -> Result<Vec<ConfigResource>, Error> {
        let resource_types: &Vec<i8> = &kinds.into_iter().map(ConfigResourceType::id).collect();
        let answer = self
            .retry(move |_| async move {
                let request = ListConfigResourcesRequest {
                    resource_types: resource_types.clone(),
                    ..Default::default()
                };
                let answer = self.send(Target::Any, request).await?;
                refusal_of(answer.error_code, Subject::Nothing)?;
                Ok(answer)
            })
            .await?;
        let mut resources: Vec<ConfigResource> = answer
            .config_resources
            .into_iter()
            .filter_map(|resource| {
                let kind = ConfigResourceType::from_id(resource.resource_type)?;
                Some(ConfigResource::new(kind, resource.resource_name.into_owned()))
            })
            .collect();
        resources.sort();
        Ok(resources)
    }
}

fn by_node(resources: Vec<ConfigResource>, otherwise: Target) -> Result<Routes<ConfigResource>, Error> {
    let mut routes: BTreeMap<Target, Vec<ConfigResource>> = BTreeMap::new();
    for resource in resources {
        let target = resource.node().map_or(otherwise, Target::Node);
        routes.entry(target).or_default().push(resource);
    }
    Ok((routes, BTreeMap::new()))
}

fn described(result: DescribeConfigsResult<'_>) -> Option<(ConfigResource, Result<Vec<ConfigEntry>, Error>)> {
    let kind = ConfigResourceType::from_id(result.resource_type)?;
    let resource = ConfigResource::new(kind, result.resource_name.into_owned());
    let subject = Subject::Named("configuration of", &resource.to_string());
    let entries = refusal(result.error_code, &result.error_message, subject).map(|()| {
        let mut entries: Vec<_> = result.configs.into_iter().map(ConfigEntry::of).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    });
    Some((resource, entries))
}
