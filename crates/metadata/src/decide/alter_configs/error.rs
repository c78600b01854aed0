//! Why a configuration is not changed.

use jackdaw_base::NodeId;
use jackdaw_protocol::error_code::ErrorCode;

use crate::decide::InvalidTopicName;
use crate::metadata_version::MetadataVersion;
use crate::rules::ConfigRefusal;

/// The longest value, in bytes.
pub const VALUE_BYTES_MAX: usize = i16::MAX as usize;

/// Why a resource's configuration is not changed.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ConfigChangeError {
    /// The request names the resource twice.
    #[error("Each resource must appear at most once.")]
    DuplicateResource,
    /// The request names a value twice.
    #[error("Error due to duplicate config keys")]
    DuplicateNames,
    /// Values without content.
    #[error("Null value not supported for : {0}")]
    NullValues(String),
    /// Values without content for a new topic.
    #[error("Null value not supported for topic configs: {0}")]
    NullTopicValues(String),
    /// A kind of resource that has no stored configuration.
    #[error("Unknown resource type {0}")]
    UnknownResource(i8),
    /// An operation that nobody knows.
    #[error("Unknown operations type {0}")]
    UnknownOperation(i8),
    /// A broker is asked for the configuration of another one.
    #[error("Unexpected broker id, expected {expected}, but received {given}")]
    OtherBroker {
        /// The broker that was asked.
        expected: NodeId,
        /// The one it was asked about.
        given: String,
    },
    /// The name of a broker that is no number.
    #[error("Node id must be an integer, but it is: {0}")]
    NotANode(String),
    /// The same, asked of a controller.
    #[error("Invalid broker name {0}")]
    InvalidBrokerName(String),
    /// Nobody has this id.
    #[error("No node with id {0} found.")]
    UnknownNode(NodeId),
    /// No legal name.
    #[error(transparent)]
    InvalidTopicName(#[from] InvalidTopicName),
    /// No such topic.
    #[error("The topic '{0}' does not exist.")]
    UnknownTopic(String),
    /// A value that does not fit.
    #[error(
        "The configuration value cannot be added because it exceeds the maximum value size of {VALUE_BYTES_MAX} bytes."
    )]
    ValueTooLong,
    /// Directories cannot be cordoned yet.
    #[error(
        "The cordoned.log.dirs configuration value cannot be set because it requires metadata.version >= {}",
        MetadataVersion::NEWEST
    )]
    CordonedLogDirsNotSupported,
    /// A controller cannot know whether a path is a directory of the broker.
    #[error(
        "When updating cordoned.log.dirs via controllers, the new value must be a subset of the current configuration value."
    )]
    CordonedLogDirsViaController,
    /// A value that the resource may not have.
    #[error(transparent)]
    Refused(ConfigRefusal),
}

impl ConfigChangeError {
    /// The wire's code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::DuplicateResource
            | Self::DuplicateNames
            | Self::NullValues(_)
            | Self::UnknownResource(_)
            | Self::UnknownOperation(_)
            | Self::OtherBroker { .. }
            | Self::NotANode(_)
            | Self::InvalidBrokerName(_) => ErrorCode::InvalidRequest,
            Self::UnknownNode(_) => ErrorCode::BrokerIdNotRegistered,
            Self::InvalidTopicName(_) => ErrorCode::InvalidTopicException,
            Self::UnknownTopic(_) => ErrorCode::UnknownTopicOrPartition,
            Self::NullTopicValues(_)
            | Self::ValueTooLong
            | Self::CordonedLogDirsNotSupported
            | Self::CordonedLogDirsViaController => ErrorCode::InvalidConfig,
            Self::Refused(refusal) => refusal.code(),
        }
    }
}
