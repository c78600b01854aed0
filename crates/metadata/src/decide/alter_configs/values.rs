//! Values before and after a change, and what is allowed of them beyond what `config` says of each.

use std::sync::Arc;

use super::error::VALUE_BYTES_MAX;
use super::{ConfigChangeError, ConfigEdit, ConfigOperation, MIN_INSYNC_REPLICAS, current};
use crate::decide::Context;
use crate::decide::context::Via;
use crate::image::{ConfigEntries, ConfigResource, Image, ResourceKind};
use crate::rules::{ConfigRules, ConfigValues};

const CORDONED_LOG_DIRS: &str = "cordoned.log.dirs";

/// A value that is set, or removed (`None`).
pub(super) struct Change {
    pub(super) name: Arc<str>,
    pub(super) value: Option<String>,
}

/// What the edits make of the values.
pub(super) fn edited(
    edits: &[ConfigEdit],
    before: Option<&ConfigEntries>,
    resource: &ConfigResource,
    configs: &dyn ConfigRules,
) -> Result<Vec<Change>, ConfigChangeError> {
    edits
        .iter()
        .map(|edit| {
            let operand = edit.value.as_deref().unwrap_or_default();
            let value = match edit.operation {
                ConfigOperation::Set => edit.value.clone(),
                ConfigOperation::Delete => None,
                ConfigOperation::Append => {
                    let mut entries = list_entries(edit, before, resource, configs, "APPEND")?;
                    for entry in operand.split(',') {
                        if !entries.iter().any(|old| old == entry) {
                            entries.push(entry.to_owned());
                        }
                    }
                    Some(entries.join(","))
                }
                ConfigOperation::Subtract => {
                    let mut entries = list_entries(edit, before, resource, configs, "SUBTRACT")?;
                    entries.retain(|entry| !operand.split(',').any(|gone| gone == entry));
                    Some(entries.join(","))
                }
                ConfigOperation::Unknown(code) => return Err(ConfigChangeError::UnknownOperation(code)),
            };
            Ok(Change { name: Arc::from(edit.name.as_str()), value })
        })
        .collect()
}

fn list_entries(
    edit: &ConfigEdit,
    before: Option<&ConfigEntries>,
    resource: &ConfigResource,
    configs: &dyn ConfigRules,
    operation: &'static str,
) -> Result<Vec<String>, ConfigChangeError> {
    if !configs.is_list(resource.kind, &edit.name) {
        return Err(ConfigChangeError::NotAList { operation, name: edit.name.clone() });
    }
    let text = current(before, &edit.name).map(str::to_owned);
    let text = text.or_else(|| configs.default_value(resource.kind, &edit.name)).unwrap_or_default();
    Ok(text.split(',').filter(|entry| !entry.is_empty()).map(str::to_owned).collect())
}

/// Checks the values that a resource would have.
pub(super) fn check_values<'c>(
    image: &Image,
    resource: &ConfigResource,
    before: Option<&ConfigEntries>,
    changes: impl Iterator<Item = &'c Change>,
    context: &Context<'_>,
) -> Result<(), ConfigChangeError> {
    let mut after: ConfigValues = before
        .into_iter()
        .flat_map(|entries| entries.iter())
        .map(|(name, value)| (Arc::clone(name), value.to_string()))
        .collect();
    for change in changes {
        if resource.kind == ResourceKind::Broker {
            check_broker_value(image, resource, before, change, context.via)?;
        }
        match &change.value {
            Some(value) => {
                check_lengths(std::iter::once(value))?;
                after.insert(Arc::clone(&change.name), value.clone());
            }
            None => {
                after.remove(&change.name);
            }
        }
    }
    context.configs.check(image, resource, before, &after).map_err(ConfigChangeError::Refused)
}

pub(super) fn check_lengths<'v>(
    mut values: impl Iterator<Item = &'v String>,
) -> Result<(), ConfigChangeError> {
    match values.any(|value| value.len() > VALUE_BYTES_MAX) {
        true => Err(ConfigChangeError::ValueTooLong),
        false => Ok(()),
    }
}

fn check_broker_value(
    image: &Image,
    resource: &ConfigResource,
    before: Option<&ConfigEntries>,
    change: &Change,
    via: Via,
) -> Result<(), ConfigChangeError> {
    match change.name.as_ref() {
        MIN_INSYNC_REPLICAS if image.features.eligible_leader_replicas_enabled() => {
            match (resource.name.is_empty(), &change.value) {
                (false, _) => Err(ConfigChangeError::BrokerMinIsr),
                (true, None) => Err(ConfigChangeError::ClusterMinIsrRemoval),
                (true, Some(_)) => Ok(()),
            }
        }
        CORDONED_LOG_DIRS => {
            let version = image.features.metadata_version();
            if !version.is_some_and(|version| version.allows_cordoned_log_dirs()) {
                return Err(ConfigChangeError::CordonedLogDirsNotSupported);
            }
            let new = entries(change.value.as_deref());
            let old = entries(current(before, CORDONED_LOG_DIRS));
            match via == Via::Controller && new.iter().any(|dir| !old.contains(dir)) {
                true => Err(ConfigChangeError::CordonedLogDirsViaController),
                false => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn entries(list: Option<&str>) -> Vec<&str> {
    list.unwrap_or_default().split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect()
}
