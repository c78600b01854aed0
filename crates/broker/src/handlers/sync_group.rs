//! SyncGroup, versions 0 to 5 (KIP-345 static members, KIP-559 protocol types). An answer that the next rebalance is about
//! to replace may be kept back, until another request arrives behind it.

use std::sync::Arc;

use jackdaw_coordinator::group::GroupRequest;
use jackdaw_coordinator::group::request::{GroupAnswer, SyncGroup, Synced};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::sync_group_request::SyncGroupRequest;
use jackdaw_protocol::messages::sync_group_response::SyncGroupResponse;

use super::groups;
use crate::coordinators::{Answer, unexpected};
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// From this version on members say which protocol they believe in.
const PROTOCOL_VERSION: i16 = 5;

/// Executes a SyncGroup request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: SyncGroupRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let has_protocol = request.protocol_type.is_some() && request.protocol_name.is_some();
    if context.api_version() >= PROTOCOL_VERSION && !has_protocol {
        return refused(context, ErrorCode::InconsistentGroupProtocol).into();
    }
    if request.group_id.is_empty() {
        return refused(context, ErrorCode::InvalidGroupId).into();
    }
    let assignments = request.assignments.iter();
    let sync = SyncGroup {
        group: groups::text(&request.group_id),
        member: groups::text(&request.member_id),
        instance: groups::optional(request.group_instance_id.as_deref()),
        generation: request.generation_id,
        protocol_type: groups::optional(request.protocol_type.as_deref()),
        protocol: groups::optional(request.protocol_name.as_deref()),
        assignments: assignments
            .map(|one| (groups::text(&one.member_id), Arc::from(&*one.assignment)))
            .collect(),
    };
    let call = node.groups.ask(&request.group_id, GroupRequest::Sync(sync));
    groups::reply_interruptibly(context, call, encode)
}

fn encode(context: &RequestContext, answer: Answer) -> Result<Response, CloseReason> {
    match answer {
        Ok(GroupAnswer::Synced(synced)) => Response::encode(context.head, &wire(&synced)),
        Ok(other) => refused(context, unexpected(&other).code()),
        Err(refusal) => refused(context, refusal.code()),
    }
}

fn wire(synced: &Synced) -> SyncGroupResponse<'_> {
    SyncGroupResponse {
        error_code: groups::code_of(synced.error.as_ref()),
        protocol_type: synced.protocol_type.as_deref().map(Into::into),
        protocol_name: synced.protocol.as_deref().map(Into::into),
        assignment: (&*synced.assignment).into(),
        ..Default::default()
    }
}

fn refused(context: &RequestContext, error: ErrorCode) -> Result<Response, CloseReason> {
    Response::encode(context.head, &SyncGroupResponse { error_code: error.code(), ..Default::default() })
}
