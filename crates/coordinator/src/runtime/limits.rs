//! What a runtime refuses, and the limits it keeps.

use jackdaw_protocol::error_code::ErrorCode;

/// Named limits of a runtime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuntimeLimits {
    /// At most so many bytes of records in one batch, its header included (the topic's `max.message.bytes`).
    pub batch_bytes_max: usize,
    /// So long a turn waits for more records before its batch is appended (`group.coordinator.append.linger.ms`). With 0
    /// a batch holds what has met while the one before it was written, and nobody waits on an idle node.
    pub linger_ms: u64,
    /// At most so many steps in one turn.
    pub turn_steps_max: usize,
    /// At most so many callers wait at once.
    pub requests_max: usize,
    /// So long an answer waits for its records to be committed (`offsets.commit.timeout.ms`).
    pub commit_timeout_ms: u64,
    /// So long after a failed append deadlines and work are tried again.
    pub retry_ms: u64,
}

impl Default for RuntimeLimits {
    fn default() -> Self {
        Self {
            batch_bytes_max: 1_048_588,
            linger_ms: 0,
            turn_steps_max: 1000,
            requests_max: 100_000,
            commit_timeout_ms: 5000,
            retry_ms: 500,
        }
    }
}

/// Why a request was not decided, or its decision is void.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The log is still being read.
    #[error("the coordinator is loading")]
    Loading,
    /// Another node leads the partition.
    #[error("not the coordinator")]
    NotCoordinator,
    /// Too many callers wait already.
    #[error("too many requests wait")]
    Busy,
    /// Its records do not fit into one batch, and may not be spread over several.
    #[error("the records of one request do not fit into a batch")]
    TooLarge,
    /// Its records could not be appended.
    #[error("the records could not be appended: {}", .0.name())]
    NotAppended(ErrorCode),
    /// Its records are in the log, and were not committed in time.
    #[error("the records were not committed in time")]
    NotCommittedInTime,
}

impl Refusal {
    /// The code on the wire, as Kafka's coordinators translate what their log says.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Loading => ErrorCode::CoordinatorLoadInProgress,
            Self::NotCoordinator => ErrorCode::NotCoordinator,
            Self::Busy | Self::NotCommittedInTime => ErrorCode::CoordinatorNotAvailable,
            Self::TooLarge => ErrorCode::UnknownServerError,
            Self::NotAppended(code) => match code {
                ErrorCode::UnknownTopicOrPartition
                | ErrorCode::NotEnoughReplicas
                | ErrorCode::NotEnoughReplicasAfterAppend
                | ErrorCode::RequestTimedOut => ErrorCode::CoordinatorNotAvailable,
                ErrorCode::NotLeaderOrFollower | ErrorCode::KafkaStorageError => ErrorCode::NotCoordinator,
                ErrorCode::MessageTooLarge | ErrorCode::RecordListTooLarge | ErrorCode::InvalidFetchSize => {
                    ErrorCode::UnknownServerError
                }
                other => other,
            },
        }
    }
}
