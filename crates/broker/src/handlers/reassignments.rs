//! AlterPartitionReassignments, versions 0 and 1, and ListPartitionReassignments, version 0 (KIP-455).

use std::sync::Arc;

use jackdaw_base::{NodeId, PartitionIndex};
use jackdaw_metadata::decide::Decision;
use jackdaw_metadata::decide::reassignments::{
    AlterReassignments, AlterReassignmentsAnswer, FactorChange, OngoingReassignment, alter_reassignments,
    list_reassignments,
};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::alter_partition_reassignments_request::AlterPartitionReassignmentsRequest;
use jackdaw_protocol::messages::alter_partition_reassignments_response::{
    AlterPartitionReassignmentsResponse, ReassignablePartitionResponse, ReassignableTopicResponse,
};
use jackdaw_protocol::messages::list_partition_reassignments_request::ListPartitionReassignmentsRequest;
use jackdaw_protocol::messages::list_partition_reassignments_response::{
    ListPartitionReassignmentsResponse, OngoingPartitionReassignment, OngoingTopicReassignment,
};

use crate::error_codes::error_of_quorum;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Later, Reply, Response};

/// The first version that can refuse a change of the replication factor.
const FACTOR_CHANGE_VERSION: i16 = 1;

type Refusal = (ErrorCode, String);

/// Executes an AlterPartitionReassignments request.
pub fn handle_alter(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request = match read_alter(context, frame) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let (node, context) = (Arc::clone(node), context.clone());
    Reply::Later(Later::new(async move {
        let is_allowed = request.factor_change == FactorChange::Allowed;
        let decided = node
            .quorum
            .submit(move |image, decision| match alter_reassignments(image, &request, decision) {
                Ok(Decision { records, answer }) => Decision { records, answer: Ok(answer) },
                Err(error) => Decision::only(Err((error.code(), error.to_string()))),
            })
            .await;
        let result = decided.unwrap_or_else(|failure| Err((error_of_quorum(failure), failure.to_string())));
        encode_alter(&context, is_allowed, result)
    }))
}

fn read_alter(context: &RequestContext, frame: &Frame<'_>) -> Result<AlterReassignments, CloseReason> {
    let request: AlterPartitionReassignmentsRequest<'_> = frame.decode(context.head)?;
    let topics = request.topics.iter().map(|topic| {
        let targets = topic.partitions.iter().map(|partition| {
            let replicas = partition.replicas.as_ref().map(|ids| ids.iter().map(|id| NodeId(*id)).collect());
            (PartitionIndex(partition.partition_index), replicas)
        });
        (topic.name.to_string(), targets.collect())
    });
    let may_change = context.api_version() < FACTOR_CHANGE_VERSION || request.allow_replication_factor_change;
    let factor_change = if may_change { FactorChange::Allowed } else { FactorChange::Refused };
    Ok(AlterReassignments { topics: topics.collect(), factor_change })
}

fn encode_alter(
    context: &RequestContext,
    allow_replication_factor_change: bool,
    result: Result<AlterReassignmentsAnswer, Refusal>,
) -> Result<Response, CloseReason> {
    let mut response = AlterPartitionReassignmentsResponse {
        allow_replication_factor_change,
        error_message: None,
        ..Default::default()
    };
    match result {
        Err((code, text)) => {
            response.error_code = code.code();
            response.error_message = Some(text.into());
        }
        Ok(answer) => {
            let topics = answer.into_iter().map(|(name, partitions)| ReassignableTopicResponse {
                name: name.into(),
                partitions: partitions
                    .into_iter()
                    .map(|(index, result)| ReassignablePartitionResponse {
                        partition_index: index.0,
                        error_code: result
                            .as_ref()
                            .err()
                            .map_or(ErrorCode::None, |error| error.code())
                            .code(),
                        error_message: result.err().map(|error| error.to_string().into()),
                        ..Default::default()
                    })
                    .collect(),
                ..Default::default()
            });
            response.responses = topics.collect();
        }
    }
    Response::encode(context.head, &response)
}

/// Executes a ListPartitionReassignments request.
pub fn handle_list(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    list(node, context, frame).into()
}

fn list(node: &Node, context: &RequestContext, frame: &Frame<'_>) -> Result<Response, CloseReason> {
    let request: ListPartitionReassignmentsRequest<'_> = frame.decode(context.head)?;
    let asked: Option<Vec<(String, Vec<PartitionIndex>)>> = request.topics.as_ref().map(|topics| {
        let topics = topics.iter();
        topics
            .map(|topic| {
                let indexes = topic.partition_indexes.iter().map(|index| PartitionIndex(*index));
                (topic.name.to_string(), indexes.collect())
            })
            .collect()
    });
    let ids = |ids: &[NodeId]| ids.iter().map(|id| id.0).collect::<Vec<i32>>();
    let ongoing = |partition: &OngoingReassignment| OngoingPartitionReassignment {
        partition_index: partition.index.0,
        replicas: ids(&partition.replicas),
        adding_replicas: ids(&partition.adding),
        removing_replicas: ids(&partition.removing),
        ..Default::default()
    };
    let topics = list_reassignments(&node.image(), asked.as_deref())
        .into_iter()
        .map(|(name, partitions)| OngoingTopicReassignment {
            name: name.into(),
            partitions: partitions.iter().map(ongoing).collect(),
            ..Default::default()
        })
        .collect();
    Response::encode(
        context.head,
        &ListPartitionReassignmentsResponse { error_message: None, topics, ..Default::default() },
    )
}
