//! Kafka's error codes for what the floors below refuse. Which code one request turns into another is its handler's
//! business.

use jackdaw_partition::Unavailable;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_replica::EpochError;

use crate::quorum::QuorumFailure;

/// The wire's code for a partition that cannot serve.
pub fn error_of_unavailable(unavailable: &Unavailable) -> ErrorCode {
    match unavailable {
        Unavailable::NotLeader { .. } => ErrorCode::NotLeaderOrFollower,
        Unavailable::Epoch(EpochError::Fenced { .. }) => ErrorCode::FencedLeaderEpoch,
        Unavailable::Epoch(EpochError::Unknown { .. }) => ErrorCode::UnknownLeaderEpoch,
        Unavailable::Moving => ErrorCode::NotLeaderOrFollower,
        Unavailable::Storage => ErrorCode::KafkaStorageError,
        Unavailable::Deleted => ErrorCode::UnknownTopicOrPartition,
    }
}

/// The wire's code for a change of the metadata that was not made.
pub fn error_of_quorum(failure: QuorumFailure) -> ErrorCode {
    match failure {
        QuorumFailure::Overloaded => ErrorCode::RequestTimedOut,
        QuorumFailure::NotController | QuorumFailure::Stopping => ErrorCode::NotController,
        QuorumFailure::Storage => ErrorCode::KafkaStorageError,
        QuorumFailure::KRaftVersion => ErrorCode::InvalidUpdateVersion,
    }
}
