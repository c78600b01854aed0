//! Values before and after a change, and what is allowed of them beyond what `config` says of each.

use std::sync::Arc;

use jackdaw_config::alter::{AlterError, AlterOp, Settings, apply_incremental};

use super::edit::{ConfigEdit, ConfigOperation};
use super::error::{ConfigChangeError, VALUE_BYTES_MAX};
use crate::decide::Context;
use crate::decide::context::Via;
use crate::image::{ConfigEntries, ConfigResource, Image, ResourceKind};
use crate::rules::{ConfigRefusal, check_min_isr, settings};

/// `min.insync.replicas`, whose changes end what eligible leader replicas were collected under the old value.
pub(in crate::decide) const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";

const CORDONED_LOG_DIRS: &str = "cordoned.log.dirs";

/// A value that is set, or removed (`None`).
pub(super) struct Change {
    pub(super) name: Arc<str>,
    pub(super) value: Option<String>,
}

/// The value of a name now.
pub(super) fn current<'e>(entries: Option<&'e ConfigEntries>, name: &str) -> Option<&'e str> {
    entries?.get(name).map(AsRef::as_ref)
}

/// What the edits make of the values.
pub(super) fn edited(
    edits: &[ConfigEdit],
    before: Option<&ConfigEntries>,
    resource: &ConfigResource,
) -> Result<Vec<Change>, ConfigChangeError> {
    let kind = resource.kind.known().ok_or(ConfigChangeError::UnknownResource(resource.kind.code()))?;
    edits
        .iter()
        .map(|edit| {
            let operation = match edit.operation {
                ConfigOperation::Known(operation) => operation,
                ConfigOperation::Unknown(code) => return Err(ConfigChangeError::UnknownOperation(code)),
            };
            let is_list_operation = matches!(operation, AlterOp::Append | AlterOp::Subtract);
            if is_list_operation && !matches!(resource.kind, ResourceKind::Topic | ResourceKind::Broker) {
                // Kafka knows the types of topics' and brokers' values only.
                let error = AlterError::NotAList { op: operation, name: edit.name.clone() };
                return Err(ConfigChangeError::Refused(ConfigRefusal(error)));
            }
            let now = current(before, &edit.name);
            let value = apply_incremental(kind, &edit.name, now, operation, edit.value.as_deref());
            let value = value.map_err(|error| ConfigChangeError::Refused(ConfigRefusal(error)))?;
            Ok(Change { name: Arc::from(edit.name.as_str()), value })
        })
        .collect()
}

/// Checks the values that a resource would have.
pub(super) fn check_values<'c>(
    image: &Image,
    resource: &ConfigResource,
    before: Option<&ConfigEntries>,
    changes: impl Iterator<Item = &'c Change>,
    context: &Context<'_>,
) -> Result<(), ConfigChangeError> {
    let mut after: Settings = settings(before);
    for change in changes {
        if resource.kind == ResourceKind::Broker {
            check_broker_value(image, resource, before, change, context.via)?;
        }
        match &change.value {
            Some(value) if value.len() > VALUE_BYTES_MAX => return Err(ConfigChangeError::ValueTooLong),
            Some(value) => drop(after.insert(change.name.to_string(), value.clone())),
            None => drop(after.remove(change.name.as_ref())),
        }
    }
    context.configs.check(resource, before, &after).map_err(ConfigChangeError::Refused)
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
            check_min_isr(resource, &change.name, change.value.as_deref()).map_err(ConfigChangeError::Refused)
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
