//! AlterConfigs (full replacement) and IncrementalAlterConfigs (KIP-339) of topics, brokers, groups and client
//! metrics. Log levels of a broker (BROKER_LOGGER) are never records; the broker answers for them.

mod edit;
mod error;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jackdaw_base::NodeId;
use jackdaw_config::alter::{AlterOp, Settings};
use jackdaw_protocol::messages::clear_elr_record::ClearElrRecord;
use jackdaw_protocol::messages::config_record::ConfigRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::context::Via;
use super::{Context, Decision, InvalidTopicName, Mode, TooManyRecords};
use crate::image::{ConfigEntries, ConfigResource, Image, ResourceKind};
use crate::rules::ConfigRules;
pub use edit::{ConfigEdit, ConfigOperation};
pub use error::ConfigChangeError;
pub(super) use values::MIN_INSYNC_REPLICAS;
use values::{Change, check_values, current};

/// Changes of configurations.
#[derive(Clone, Debug)]
pub struct AlterConfigs {
    /// What each resource shall have, in the request's order.
    pub resources: Vec<ResourceChange>,
    /// Whether it is done.
    pub mode: Mode,
}

/// What one resource shall have.
#[derive(Clone, Debug)]
pub struct ResourceChange {
    /// Whose configuration.
    pub resource: ConfigResource,
    /// What becomes of it.
    pub change: ChangeKind,
}

/// What becomes of a configuration.
#[derive(Clone, Debug)]
pub enum ChangeKind {
    /// These values and no others (AlterConfigs).
    Replace(Vec<(String, Option<String>)>),
    /// These changes one after the other (IncrementalAlterConfigs).
    Edit(Vec<ConfigEdit>),
}

/// The fate of each resource, in the request's order.
pub type AlterConfigsAnswer = Vec<(ConfigResource, Result<(), ConfigChangeError>)>;

/// Decides about changes of configurations.
pub fn alter_configs(
    image: &Image,
    request: &AlterConfigs,
    context: &Context<'_>,
) -> Result<Decision<AlterConfigsAnswer>, TooManyRecords> {
    let mut occurrences: BTreeMap<&ConfigResource, usize> = BTreeMap::new();
    for change in &request.resources {
        *occurrences.entry(&change.resource).or_default() += 1;
    }
    let mut records = Vec::new();
    let mut answer = Vec::new();
    for change in &request.resources {
        let result = match occurrences[&change.resource] {
            1 => alter_resource(image, change, context).map(|new| records.extend(new)),
            _ => Err(ConfigChangeError::DuplicateResource),
        };
        answer.push((change.resource.clone(), result));
    }
    let clear = clear_elr_records(image, &records);
    records.extend(clear);
    TooManyRecords::check(&records)?;
    Ok(Decision { records: request.mode.keep(records), answer })
}

fn alter_resource(
    image: &Image,
    change: &ResourceChange,
    context: &Context<'_>,
) -> Result<Vec<MetadataRecord<'static>>, ConfigChangeError> {
    let resource = &change.resource;
    check_request(change, context)?;
    let before = image.configs.get(resource);
    let (explicit, implied) = match &change.change {
        ChangeKind::Replace(values) => (replacements(values), removals(before, values)),
        ChangeKind::Edit(edits) => (values::edited(edits, before, resource)?, Vec::new()),
    };
    // A broker's values are written even if they are the same: writing them again reloads what they point at,
    // such as the certificates of a listener.
    let is_broker = resource.kind == ResourceKind::Broker;
    let is_new = |change: &Change| is_broker || current(before, &change.name) != change.value.as_deref();
    let explicit: Vec<Change> = explicit.into_iter().filter(is_new).collect();
    let all = || explicit.iter().chain(&implied);
    check_values(image, resource, before, all(), context)?;
    check_existence(image, resource)?;
    Ok(all().map(|change| config_record(resource, change)).collect())
}

/// What can be said without the cluster's state.
fn check_request(change: &ResourceChange, context: &Context<'_>) -> Result<(), ConfigChangeError> {
    let resource = &change.resource;
    let (names, nulls): (Vec<&str>, Vec<&str>) = match &change.change {
        ChangeKind::Replace(values) => (
            values.iter().map(|(name, _)| name.as_str()).collect(),
            values.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name.as_str()).collect(),
        ),
        ChangeKind::Edit(edits) => {
            let is_null = |edit: &&ConfigEdit| {
                edit.operation != ConfigOperation::Known(AlterOp::Delete) && edit.value.is_none()
            };
            (
                edits.iter().map(|edit| edit.name.as_str()).collect(),
                edits.iter().filter(is_null).map(|edit| edit.name.as_str()).collect(),
            )
        }
    };
    if names.iter().collect::<BTreeSet<_>>().len() != names.len() {
        return Err(ConfigChangeError::DuplicateNames);
    }
    if !nulls.is_empty() {
        return Err(ConfigChangeError::NullValues(nulls.join(", ")));
    }
    match (resource.kind, context.via) {
        (ResourceKind::Topic, _) if !resource.name.is_empty() => Ok(InvalidTopicName::check(&resource.name)?),
        (ResourceKind::Topic | ResourceKind::ClientMetrics | ResourceKind::Group, _) => Ok(()),
        (ResourceKind::Broker, Via::Broker(node)) if !resource.name.is_empty() => {
            match resource.name.parse::<i32>() {
                Ok(id) if NodeId(id) == node => Ok(()),
                Ok(_) => {
                    Err(ConfigChangeError::OtherBroker { expected: node, given: resource.name.to_string() })
                }
                Err(_) => Err(ConfigChangeError::NotANode(resource.name.to_string())),
            }
        }
        (ResourceKind::Broker, _) => Ok(()),
        (ResourceKind::BrokerLogger | ResourceKind::Other(_), _) => {
            Err(ConfigChangeError::UnknownResource(resource.kind.code()))
        }
    }
}

fn check_existence(image: &Image, resource: &ConfigResource) -> Result<(), ConfigChangeError> {
    match resource.kind {
        ResourceKind::Topic if image.topics.id_of(&resource.name).is_none() => {
            Err(ConfigChangeError::UnknownTopic(resource.name.to_string()))
        }
        ResourceKind::Broker if !resource.name.is_empty() => {
            let invalid = || ConfigChangeError::InvalidBrokerName(resource.name.to_string());
            let node = NodeId(resource.name.parse().map_err(|_| invalid())?);
            let is_known =
                image.cluster.broker(node).is_some() || image.cluster.controllers.contains_key(&node);
            if is_known { Ok(()) } else { Err(ConfigChangeError::UnknownNode(node)) }
        }
        _ => Ok(()),
    }
}

/// The values and records of a topic that does not exist yet.
pub(super) fn new_topic_records(
    image: &Image,
    topic: &str,
    wanted: &[(String, Option<String>)],
    configs: &ConfigRules,
) -> Result<(Settings, Vec<MetadataRecord<'static>>), ConfigChangeError> {
    let nulls: Vec<&str> =
        wanted.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name.as_str()).collect();
    if !nulls.is_empty() {
        return Err(ConfigChangeError::NullTopicValues(nulls.join(",")));
    }
    let resource = ConfigResource::topic(topic);
    // Of a name that is there twice the last value counts.
    let values: Settings =
        wanted.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect();
    if values.is_empty() {
        return Ok((values, Vec::new()));
    }
    configs.check(&resource, None, &values).map_err(ConfigChangeError::Refused)?;
    let change = |(name, value): (&String, &String)| Change {
        name: Arc::from(name.as_str()),
        value: Some(value.clone()),
    };
    let mut records: Vec<_> = values.iter().map(|value| config_record(&resource, &change(value))).collect();
    records.extend(clear_elr_records(image, &records));
    Ok((values, records))
}

fn replacements(values: &[(String, Option<String>)]) -> Vec<Change> {
    values
        .iter()
        .map(|(name, value)| Change { name: Arc::from(name.as_str()), value: value.clone() })
        .collect()
}

fn removals(before: Option<&ConfigEntries>, values: &[(String, Option<String>)]) -> Vec<Change> {
    let stays = |name: &str| values.iter().any(|(new, _)| new == name);
    let names = before.into_iter().flat_map(|entries| entries.keys());
    names.filter(|name| !stays(name)).map(|name| Change { name: Arc::clone(name), value: None }).collect()
}

/// With eligible leader replicas, another `min.insync.replicas` voids what was collected under the old one.
fn clear_elr_records(image: &Image, records: &[MetadataRecord<'static>]) -> Vec<MetadataRecord<'static>> {
    if !image.features.eligible_leader_replicas_enabled() {
        return Vec::new();
    }
    let of_min_isr = records.iter().filter_map(|record| match record {
        MetadataRecord::Config(config) if config.name == MIN_INSYNC_REPLICAS => Some(config),
        _ => None,
    });
    of_min_isr
        .map(|config| {
            let topic_name = match ResourceKind::from_code(config.resource_type) {
                ResourceKind::Topic => config.resource_name.clone(),
                _ => "".into(),
            };
            MetadataRecord::ClearElr(ClearElrRecord { topic_name, ..Default::default() })
        })
        .collect()
}

fn config_record(resource: &ConfigResource, change: &Change) -> MetadataRecord<'static> {
    MetadataRecord::Config(ConfigRecord {
        resource_type: resource.kind.code(),
        resource_name: resource.name.to_string().into(),
        name: change.name.to_string().into(),
        value: change.value.clone().map(Into::into),
        ..Default::default()
    })
}

#[cfg(test)]
mod tests;
