//! Log levels of this node (KIP-412): checked all together, then changed.

use std::collections::BTreeSet;

use jackdaw_base::NodeId;
use jackdaw_config::alter::AlterOp;
use jackdaw_metadata::decide::Mode;
use jackdaw_metadata::decide::alter_configs::{ConfigEdit, ConfigOperation};
use jackdaw_protocol::error_code::ErrorCode;

use crate::handlers::refusal::Refusal;
use crate::log_levels::{LogLevel, LogLevelChange, LogLevels, ROOT_LOGGER};

/// Why levels are not changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum LoggerError {
    #[error("Error due to duplicate config keys")]
    DuplicateNames,
    #[error("Null value not supported for : {0}")]
    NullValues(String),
    #[error("Node id must be an integer, but it is: {0}")]
    NotANode(String),
    #[error("Unexpected node id. Expected {expected}, but received {given}")]
    OtherNode { expected: NodeId, given: String },
    #[error("Logger {0} does not exist!")]
    UnknownLogger(String),
    #[error(
        "Cannot set the log level of {logger} to {level} as it is not a supported log level. Valid log levels are {}",
        LogLevel::SETTABLE.map(LogLevel::name).join(", ")
    )]
    UnknownLevel { logger: String, level: String },
    #[error("Removing the log level of the {ROOT_LOGGER} logger is not allowed")]
    RootInherits,
    #[error("{} operation is not allowed for the BROKER_LOGGER resource", .0.name())]
    ListOperation(AlterOp),
    #[error("Unknown operation type {0} is not allowed for the BROKER_LOGGER resource")]
    UnknownOperation(i8),
}

impl LoggerError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownLogger(_) | Self::UnknownLevel { .. } => ErrorCode::InvalidConfig,
            Self::DuplicateNames
            | Self::NullValues(_)
            | Self::NotANode(_)
            | Self::OtherNode { .. }
            | Self::RootInherits
            | Self::ListOperation(_)
            | Self::UnknownOperation(_) => ErrorCode::InvalidRequest,
        }
    }
}

impl From<LoggerError> for Refusal {
    fn from(error: LoggerError) -> Self {
        Self { error: error.code(), text: error.to_string() }
    }
}

/// Changes the levels of the loggers of the node `name`, if that is this node.
pub(super) fn change(
    levels: &dyn LogLevels,
    node: NodeId,
    name: &str,
    edits: &[ConfigEdit],
    mode: Mode,
) -> Result<(), Refusal> {
    check_request(node, name, edits)?;
    let changes: Vec<(&str, LogLevelChange)> =
        edits.iter().map(|edit| check_edit(levels, edit)).collect::<Result<_, _>>()?;
    if mode == Mode::ValidateOnly {
        return Ok(());
    }
    for (logger, change) in changes {
        levels.change(logger, change);
        tracing::warn!(logger, ?change, "a log level was changed");
    }
    Ok(())
}

fn check_request(node: NodeId, name: &str, edits: &[ConfigEdit]) -> Result<(), LoggerError> {
    let names: BTreeSet<&str> = edits.iter().map(|edit| edit.name.as_str()).collect();
    if names.len() != edits.len() {
        return Err(LoggerError::DuplicateNames);
    }
    let is_null = |edit: &&ConfigEdit| {
        edit.operation != ConfigOperation::Known(AlterOp::Delete) && edit.value.is_none()
    };
    let nulls: Vec<&str> = edits.iter().filter(is_null).map(|edit| edit.name.as_str()).collect();
    if !nulls.is_empty() {
        return Err(LoggerError::NullValues(nulls.join(", ")));
    }
    match name.parse::<i32>() {
        Ok(id) if NodeId(id) == node => Ok(()),
        Ok(_) => Err(LoggerError::OtherNode { expected: node, given: name.to_owned() }),
        Err(_) => Err(LoggerError::NotANode(name.to_owned())),
    }
}

fn check_edit<'e>(
    levels: &dyn LogLevels,
    edit: &'e ConfigEdit,
) -> Result<(&'e str, LogLevelChange), LoggerError> {
    let logger = edit.name.as_str();
    let change = match edit.operation {
        ConfigOperation::Unknown(code) => return Err(LoggerError::UnknownOperation(code)),
        ConfigOperation::Known(list @ (AlterOp::Append | AlterOp::Subtract)) => {
            return Err(LoggerError::ListOperation(list));
        }
        _ if !levels.exists(logger) => return Err(LoggerError::UnknownLogger(logger.to_owned())),
        ConfigOperation::Known(AlterOp::Set) => {
            let level = edit.value.as_deref().unwrap_or_default();
            let unknown = || LoggerError::UnknownLevel { logger: logger.to_owned(), level: level.to_owned() };
            LogLevelChange::Set(LogLevel::settable(level).ok_or_else(unknown)?)
        }
        ConfigOperation::Known(AlterOp::Delete) if logger == ROOT_LOGGER => {
            return Err(LoggerError::RootInherits);
        }
        ConfigOperation::Known(AlterOp::Delete) => LogLevelChange::Inherit,
    };
    Ok((logger, change))
}

#[cfg(test)]
mod tests;
