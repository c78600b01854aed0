//! FindCoordinator, versions 0 to 6 (KIP-699 many keys at once). The first question for a group makes the topic of
//! committed offsets.

use std::sync::Arc;

use jackdaw_base::PartitionIndex;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::find_coordinator_request::FindCoordinatorRequest;
use jackdaw_protocol::messages::find_coordinator_response::{Coordinator, FindCoordinatorResponse};

use crate::coordinators::{offsets_topic, partition_of};
use crate::internal_topics::GROUP_METADATA;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Later, Reply, Response};

/// The first version with many keys.
const BATCH_VERSION: i16 = 4;
const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;
const SHARE: i8 = 2;

/// What is looked for.
struct Query {
    key_type: i8,
    keys: Vec<String>,
}

/// Executes a FindCoordinator request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: FindCoordinatorRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let keys = match context.api_version() >= BATCH_VERSION {
        true => request.coordinator_keys.iter().map(ToString::to_string).collect(),
        false => vec![request.key.to_string()],
    };
    let query = Query { key_type: request.key_type, keys };
    if query.key_type != GROUP || node.image().topics.by_name(GROUP_METADATA).is_some() {
        return answer(node, context, &query).into();
    }
    let (node, context) = (Arc::clone(node), context.clone());
    Reply::Later(Later::new(async move {
        offsets_topic::ensure(&node).await;
        answer(&node, &context, &query)
    }))
}

/// A node that coordinates, or why there is none.
type Found = Result<(i32, String, i32), (ErrorCode, &'static str)>;

fn find(node: &Node, context: &RequestContext, key_type: i8, key: &str) -> Found {
    match key_type {
        GROUP => {}
        TRANSACTION => return Err((ErrorCode::InvalidRequest, "this version has no transactions yet")),
        SHARE => return Err((ErrorCode::InvalidRequest, "this version has no share groups yet")),
        _ => return Err((ErrorCode::InvalidRequest, "there is no such type of coordinator")),
    }
    let not_available = (ErrorCode::CoordinatorNotAvailable, "The coordinator is not available.");
    let image = node.image();
    let topic = image.topics.by_name(GROUP_METADATA).ok_or(not_available)?;
    let index = partition_of(key, topic.partition_count()).ok_or(not_available)?;
    let leader = topic.partition(PartitionIndex(index)).and_then(|one| one.leader).ok_or(not_available)?;
    let endpoints = node.broker_endpoints(&context.connection.listener_name);
    let endpoint = endpoints.into_iter().find(|(id, ..)| *id == leader.0).ok_or(not_available)?;
    Ok((endpoint.0, endpoint.1, endpoint.2))
}

fn answer(node: &Node, context: &RequestContext, query: &Query) -> Result<Response, CloseReason> {
    let found = query.keys.iter().map(|key| (key, find(node, context, query.key_type, key)));
    let mut coordinators: Vec<Coordinator<'_>> = found.map(|(key, found)| coordinator(key, found)).collect();
    if context.api_version() >= BATCH_VERSION {
        return Response::encode(
            context.head,
            &FindCoordinatorResponse { coordinators, ..Default::default() },
        );
    }
    let one = coordinators.pop().unwrap_or_default();
    let response = FindCoordinatorResponse {
        error_code: one.error_code,
        error_message: match one.error_code {
            // Kafka's old answers say so in words.
            0 => Some("NONE".into()),
            _ => one.error_message,
        },
        node_id: one.node_id,
        host: one.host,
        port: one.port,
        ..Default::default()
    };
    Response::encode(context.head, &response)
}

fn coordinator(key: &str, found: Found) -> Coordinator<'_> {
    match found {
        Ok((node_id, host, port)) => {
            Coordinator { key: key.into(), node_id, host: host.into(), port, ..Default::default() }
        }
        Err((error, text)) => Coordinator {
            key: key.into(),
            node_id: -1,
            port: -1,
            error_code: error.code(),
            error_message: Some(text.into()),
            ..Default::default()
        },
    }
}
