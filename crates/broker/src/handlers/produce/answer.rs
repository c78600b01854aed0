//! The answer to a Produce request: one exhaustive mapping from what happened to error codes.

use std::sync::Arc;

use jackdaw_base::{LeaderEpoch, NodeId, Offset};
use jackdaw_log::client_batch::ClientBatchError;
use jackdaw_log::producer_state::ProducerError;
use jackdaw_partition::{AckStatus, AppendError, Appended, Partition, RequiredAcks, Unavailable};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::produce_response::{
    BatchIndexAndErrorMessage, LeaderIdAndEpoch, PartitionProduceResponse, ProduceResponse,
    TopicProduceResponse,
};

use super::target::Targets;
use crate::error_codes::error_of_unavailable;
use crate::node::Node;
use crate::request::RequestContext;
use crate::response::{CloseReason, Reply, Response};

/// What became of one partition's batch.
pub(super) enum Outcome {
    /// In the log; acknowledged once the producer's condition holds.
    Appended { partition: Arc<Partition>, appended: Appended },
    /// Refused before the partition was asked.
    Refused(ErrorCode),
    /// Refused by the partition, whose log starts at `log_start`.
    Failed { error: AppendError, log_start: Offset },
}

/// One partition's part of the answer.
pub(super) struct PartitionAnswer {
    pub(super) outcome: Outcome,
    pub(super) size_bytes: u64,
    pub(super) records: u64,
}

impl PartitionAnswer {
    pub(super) fn is_pending(&self, acks: RequiredAcks) -> bool {
        match &self.outcome {
            Outcome::Appended { partition, appended } => {
                partition.ack_status(appended, acks) == AckStatus::Pending
            }
            Outcome::Refused(_) | Outcome::Failed { .. } => false,
        }
    }
}

impl Outcome {
    pub(super) fn error(&self) -> ErrorCode {
        match self {
            Self::Appended { .. } => ErrorCode::None,
            Self::Refused(error) => *error,
            Self::Failed { error, .. } => error_of(error),
        }
    }
}

/// Kafka names the log start beside errors of the records, not beside those of the partition or of the batch's frame.
fn tells_log_start(error: &AppendError) -> bool {
    match error {
        AppendError::Producer(_) => true,
        AppendError::Batch(error) => !matches!(
            error,
            ClientBatchError::TooLarge { .. }
                | ClientBatchError::BadCrc { .. }
                | ClientBatchError::InvalidLength { .. }
                | ClientBatchError::NoBatch
                | ClientBatchError::MoreThanOneBatch
                | ClientBatchError::UnsupportedMagic { .. }
        ),
        AppendError::Unavailable(_) | AppendError::NotEnoughReplicas(_) => false,
    }
}

fn error_of(error: &AppendError) -> ErrorCode {
    match error {
        AppendError::Unavailable(unavailable) => error_of_unavailable(unavailable),
        AppendError::Batch(error) => error_of_batch(error),
        AppendError::Producer(error) => error_of_producer(error),
        AppendError::NotEnoughReplicas(_) => ErrorCode::NotEnoughReplicas,
    }
}

/// Every partition gets the same error.
pub(super) fn refuse_all(context: &RequestContext, targets: &Targets, error: ErrorCode) -> Reply {
    let refused = |index| PartitionProduceResponse {
        index,
        error_code: error.code(),
        base_offset: -1,
        log_append_time_ms: -1,
        log_start_offset: -1,
        ..Default::default()
    };
    let partitions: Vec<_> = targets.partitions.iter().map(|target| refused(target.index)).collect();
    let response = group(targets, partitions);
    Response::encode(context.head, &response).into()
}

/// The answer as things stand now: what is still pending has run out of time.
pub(super) fn encode(
    node: &Node,
    context: &RequestContext,
    targets: &Targets,
    answers: &[PartitionAnswer],
    acks: RequiredAcks,
) -> Result<Response, CloseReason> {
    let mut hints = LeaderHints { any: false, is_known: context.api_version() >= LEADER_HINT_VERSION };
    let partitions: Vec<_> = targets
        .partitions
        .iter()
        .zip(answers)
        .map(|(target, answer)| partition_response(target.index, answer, acks, &mut hints))
        .collect();
    let mut response = group(targets, partitions);
    if hints.any {
        response.node_endpoints = node.produce_endpoints(&context.connection.listener_name);
    }
    Response::encode(context.head, &response)
}

/// The first version that names another leader (KIP-951).
const LEADER_HINT_VERSION: i16 = 10;

/// Whether any partition names another leader, and whether the client would understand it.
struct LeaderHints {
    any: bool,
    is_known: bool,
}

impl LeaderHints {
    fn hint<'a>(&mut self, leader: Option<NodeId>, leader_epoch: LeaderEpoch) -> LeaderIdAndEpoch<'a> {
        if !self.is_known {
            return LeaderIdAndEpoch::default();
        }
        self.any = true;
        let leader_id = leader.map_or(-1, |id| id.0);
        LeaderIdAndEpoch { leader_id, leader_epoch: leader_epoch.0, ..Default::default() }
    }
}

fn partition_response<'a>(
    index: i32,
    answer: &PartitionAnswer,
    acks: RequiredAcks,
    hints: &mut LeaderHints,
) -> PartitionProduceResponse<'a> {
    let mut response = PartitionProduceResponse {
        index,
        base_offset: -1,
        log_append_time_ms: -1,
        log_start_offset: -1,
        ..Default::default()
    };
    match &answer.outcome {
        Outcome::Appended { partition, appended } => {
            let error = match partition.ack_status(appended, acks) {
                AckStatus::Done => ErrorCode::None,
                AckStatus::Pending => ErrorCode::RequestTimedOut,
                AckStatus::NotEnoughReplicasAfterAppend => ErrorCode::NotEnoughReplicasAfterAppend,
                AckStatus::NotLeader { leader, leader_epoch } => {
                    response.current_leader = hints.hint(leader, leader_epoch);
                    ErrorCode::NotLeaderOrFollower
                }
                AckStatus::Storage => ErrorCode::KafkaStorageError,
            };
            response.error_code = error.code();
            if error == ErrorCode::None {
                response.base_offset = appended.base_offset.0;
                response.log_append_time_ms = appended.log_append_time.map_or(-1, |time| time.0);
                response.log_start_offset = appended.log_start.0;
            }
        }
        Outcome::Refused(error) => {
            response.error_code = error.code();
            if *error == ErrorCode::InvalidTopicException {
                response.error_message = Some("clients cannot write to an internal topic".into());
            }
        }
        Outcome::Failed { error, log_start } => {
            response.error_code = error_of(error).code();
            if tells_log_start(error) {
                response.log_start_offset = log_start.0;
            }
            if let AppendError::Unavailable(Unavailable::NotLeader { leader, leader_epoch }) = error {
                response.current_leader = hints.hint(*leader, *leader_epoch);
            }
            if let AppendError::Batch(batch_error) = error {
                response.record_errors = record_errors(batch_error);
            }
            response.error_message = Some(error.to_string().into());
        }
    }
    response
}

/// Puts the partitions back under their topics.
fn group<'a>(targets: &'a Targets, partitions: Vec<PartitionProduceResponse<'a>>) -> ProduceResponse<'a> {
    let mut partitions = partitions.into_iter();
    let responses = targets
        .topics
        .iter()
        .map(|topic| TopicProduceResponse {
            name: (&*topic.name).into(),
            topic_id: topic.id,
            partition_responses: partitions.by_ref().take(topic.count).collect(),
            ..Default::default()
        })
        .collect();
    ProduceResponse { responses, ..Default::default() }
}

fn record_errors<'a>(error: &ClientBatchError) -> Vec<BatchIndexAndErrorMessage<'a>> {
    let ClientBatchError::RecordIssues(issues) = error else { return Vec::new() };
    let wire = |issue: &jackdaw_log::client_batch::RecordIssue| BatchIndexAndErrorMessage {
        batch_index: issue.index,
        batch_index_error_message: Some(issue.to_string().into()),
        ..Default::default()
    };
    issues.issues.iter().map(wire).collect()
}

fn error_of_batch(error: &ClientBatchError) -> ErrorCode {
    match error {
        // The formats of old are known and refused, others are no batches.
        ClientBatchError::UnsupportedMagic { magic: 0 | 1 } => ErrorCode::InvalidRecord,
        ClientBatchError::UnsupportedMagic { .. } => ErrorCode::CorruptMessage,
        ClientBatchError::NoBatch
        | ClientBatchError::MoreThanOneBatch
        | ClientBatchError::BaseOffsetNotZero { .. }
        | ClientBatchError::ControlBatch
        | ClientBatchError::InvalidSequence { .. }
        | ClientBatchError::Record(_) => ErrorCode::InvalidRecord,
        ClientBatchError::RecordIssues(issues) if issues.has_timestamp_issue => ErrorCode::InvalidTimestamp,
        ClientBatchError::RecordIssues(_) => ErrorCode::InvalidRecord,
        ClientBatchError::InvalidLength { .. } | ClientBatchError::BadCrc { .. } => ErrorCode::CorruptMessage,
        ClientBatchError::TooLarge { .. } => ErrorCode::MessageTooLarge,
        ClientBatchError::TransactionalRefused => ErrorCode::InvalidTxnState,
        ClientBatchError::UnknownCompression { .. } => ErrorCode::UnsupportedCompressionType,
        ClientBatchError::Repack(_) => ErrorCode::UnknownServerError,
    }
}

fn error_of_producer(error: &ProducerError) -> ErrorCode {
    match error {
        ProducerError::OutOfOrderSequence { .. } | ProducerError::InvalidSequenceForNewEpoch { .. } => {
            ErrorCode::OutOfOrderSequenceNumber
        }
        ProducerError::InvalidProducerEpoch { .. } => ErrorCode::InvalidProducerEpoch,
        ProducerError::TransactionIsOpen { .. } => ErrorCode::InvalidTxnState,
        ProducerError::CoordinatorFenced { .. } => ErrorCode::TransactionCoordinatorFenced,
    }
}
