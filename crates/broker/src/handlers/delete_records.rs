//! DeleteRecords, versions 0 to 2 (KIP-107). The new log start is on the disk before it is answered.

use std::sync::Arc;

use jackdaw_base::{Offset, PartitionIndex};
use jackdaw_partition::DeleteRecordsError;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::delete_records_request::DeleteRecordsRequest;
use jackdaw_protocol::messages::delete_records_response::{
    DeleteRecordsPartitionResult, DeleteRecordsResponse, DeleteRecordsTopicResult,
};

use super::blocking;
use crate::error_codes::error_of_unavailable;
use crate::internal_topics::is_internal;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// Executes a DeleteRecords request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: DeleteRecordsRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let request = request.into_owned();
    blocking(node, context, move |node, context| answer(node, context, &request))
}

fn answer(
    node: &Node,
    context: &RequestContext,
    request: &DeleteRecordsRequest<'_>,
) -> Result<Response, CloseReason> {
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in &request.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for asked in &topic.partitions {
            let result = delete(node, &topic.name, asked.partition_index, Offset(asked.offset));
            partitions.push(DeleteRecordsPartitionResult {
                partition_index: asked.partition_index,
                low_watermark: result.map_or(-1, |log_start| log_start.0),
                error_code: result.err().unwrap_or(ErrorCode::None).code(),
                ..Default::default()
            });
        }
        topics.push(DeleteRecordsTopicResult {
            name: (&*topic.name).into(),
            partitions,
            ..Default::default()
        });
    }
    if let Err(error) = node.storage.write_log_starts() {
        tracing::error!(%error, "the new log starts are not on the disk");
        let results = topics.iter_mut().flat_map(|topic| &mut topic.partitions);
        results.filter(|result| result.error_code == 0).for_each(|result| {
            result.error_code = ErrorCode::KafkaStorageError.code();
            result.low_watermark = -1;
        });
    }
    Response::encode(context.head, &DeleteRecordsResponse { topics, ..Default::default() })
}

fn delete(node: &Node, topic: &str, index: i32, offset: Offset) -> Result<Offset, ErrorCode> {
    if is_internal(topic) {
        return Err(ErrorCode::InvalidTopicException);
    }
    let known = node.partitions.by_name(topic).ok_or(ErrorCode::UnknownTopicOrPartition)?;
    let partition = known.get(PartitionIndex(index)).ok_or(ErrorCode::UnknownTopicOrPartition)?;
    partition.delete_records(offset).map_err(|error| match error {
        DeleteRecordsError::Unavailable(unavailable) => error_of_unavailable(&unavailable),
        DeleteRecordsError::OffsetOutOfRange { .. } => ErrorCode::OffsetOutOfRange,
        DeleteRecordsError::PolicyViolation => ErrorCode::PolicyViolation,
    })
}
