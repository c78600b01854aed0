//! CreatePartitions, versions 0 to 3 (KIP-195). When it is answered, the new partitions take records.

use std::sync::Arc;

use jackdaw_base::NodeId;
use jackdaw_metadata::decide::Mode;
use jackdaw_metadata::decide::create_partitions::{
    CreatePartitions, CreatePartitionsError, MorePartitions, create_partitions,
};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::create_partitions_request::CreatePartitionsRequest;
use jackdaw_protocol::messages::create_partitions_response::{
    CreatePartitionsResponse, CreatePartitionsTopicResult,
};

use super::refusal::decided;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Later, Reply, Response};

/// Executes a CreatePartitions request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request = match read(context, frame) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let (node, context) = (Arc::clone(node), context.clone());
    Reply::Later(Later::new(async move {
        let names: Vec<String> = request.topics.iter().map(|topic| topic.name.clone()).collect();
        let answer = decided(&node, move |image, context| create_partitions(image, &request, context)).await;
        let results = match answer {
            Ok(answer) => answer.into_iter().map(|(name, result)| one(name, &result)).collect(),
            Err(refusal) => {
                names.into_iter().map(|name| failed(name, refusal.error, refusal.text.clone())).collect()
            }
        };
        Response::encode(context.head, &CreatePartitionsResponse { results, ..Default::default() })
    }))
}

fn read(context: &RequestContext, frame: &Frame<'_>) -> Result<CreatePartitions, CloseReason> {
    let request: CreatePartitionsRequest<'_> = frame.decode(context.head)?;
    let topics = request.topics.iter().map(|topic| MorePartitions {
        name: topic.name.to_string(),
        count: topic.count,
        assignments: topic.assignments.as_ref().map(|assignments| {
            let replicas =
                assignments.iter().map(|replicas| replicas.broker_ids.iter().copied().map(NodeId).collect());
            replicas.collect()
        }),
    });
    let mode = if request.validate_only { Mode::ValidateOnly } else { Mode::Apply };
    Ok(CreatePartitions { topics: topics.collect(), mode })
}

fn one<'a>(name: String, result: &Result<(), CreatePartitionsError>) -> CreatePartitionsTopicResult<'a> {
    match result {
        Ok(()) => CreatePartitionsTopicResult { name: name.into(), ..Default::default() },
        Err(error) => failed(name, error.code(), error.to_string()),
    }
}

fn failed<'a>(name: String, error: ErrorCode, text: String) -> CreatePartitionsTopicResult<'a> {
    CreatePartitionsTopicResult {
        name: name.into(),
        error_code: error.code(),
        error_message: Some(text.into()),
        ..Default::default()
    }
}
