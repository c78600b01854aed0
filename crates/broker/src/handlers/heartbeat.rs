//! Heartbeat, versions 0 to 4 (KIP-345 static members). The answer may be kept back while there is nothing to say, for
//! clients that bear it: so they hear of a rebalance when it begins.

use std::sync::Arc;

use jackdaw_coordinator::group::GroupRequest;
use jackdaw_coordinator::group::request::{GroupAnswer, Heartbeat};
use jackdaw_coordinator::runtime::Refusal;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::heartbeat_request::HeartbeatRequest;
use jackdaw_protocol::messages::heartbeat_response::HeartbeatResponse;

use super::groups;
use crate::coordinators::{Answer, parking, unexpected};
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// Executes a Heartbeat request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: HeartbeatRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    if request.group_id.is_empty() {
        return answered(context, ErrorCode::InvalidGroupId).into();
    }
    let heartbeat = Heartbeat {
        group: groups::text(&request.group_id),
        member: groups::text(&request.member_id),
        instance: groups::optional(request.group_instance_id.as_deref()),
        generation: request.generation_id,
        park_until: parking::classic(context, &node.config()),
    };
    let call = node.groups.ask(&request.group_id, GroupRequest::Heartbeat(heartbeat));
    groups::reply_interruptibly(context, call, encode)
}

fn encode(context: &RequestContext, answer: Answer) -> Result<Response, CloseReason> {
    let error = match answer {
        Ok(GroupAnswer::Heartbeat(Ok(()))) => ErrorCode::None,
        Ok(GroupAnswer::Heartbeat(Err(error))) => error.code,
        Ok(other) => unexpected(&other).code(),
        // Nobody is thrown out because the coordinator is still reading.
        Err(Refusal::Loading) => ErrorCode::None,
        Err(refusal) => refusal.code(),
    };
    answered(context, error)
}

fn answered(context: &RequestContext, error: ErrorCode) -> Result<Response, CloseReason> {
    Response::encode(context.head, &HeartbeatResponse { error_code: error.code(), ..Default::default() })
}
