//! JoinGroup, versions 0 to 9 (KIP-345 static members, KIP-394 known members, KIP-559 protocol types, KIP-800 reasons,
//! KIP-814 skipped assignments). The answer to a member that gets nothing yet may be kept back, until another request
//! arrives behind it.

use std::sync::Arc;

use jackdaw_coordinator::group::GroupRequest;
use jackdaw_coordinator::group::request::{GroupAnswer, JoinGroup, Joined};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::join_group_request::JoinGroupRequest;
use jackdaw_protocol::messages::join_group_response::{JoinGroupResponse, JoinGroupResponseMember};

use super::groups;
use crate::coordinators::{Answer, parking, unexpected};
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// The first version that has a rebalance timeout of its own.
const REBALANCE_TIMEOUT_VERSION: i16 = 1;
/// The first version in which a new member is given its id before it joins.
const KNOWN_MEMBER_VERSION: i16 = 4;
/// The first version whose protocol name may be absent.
const NULLABLE_PROTOCOL_VERSION: i16 = 7;
/// The first version that can tell a leader to skip the assignment.
const SKIP_ASSIGNMENT_VERSION: i16 = 9;

/// Executes a JoinGroup request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: JoinGroupRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    if request.group_id.is_empty() {
        return refused(context, ErrorCode::InvalidGroupId, &request.member_id).into();
    }
    let join = domain(context, &request);
    let call = node.groups.ask(&request.group_id, GroupRequest::Join(join));
    groups::reply_interruptibly(context, call, encode)
}

fn domain(context: &RequestContext, request: &JoinGroupRequest<'_>) -> JoinGroup {
    let version = context.api_version();
    let protocols = request.protocols.iter();
    JoinGroup {
        group: groups::text(&request.group_id),
        member: groups::text(&request.member_id),
        instance: groups::optional(request.group_instance_id.as_deref()),
        client: groups::client(context),
        session_timeout_ms: request.session_timeout_ms,
        rebalance_timeout_ms: match version >= REBALANCE_TIMEOUT_VERSION {
            true => request.rebalance_timeout_ms,
            false => request.session_timeout_ms,
        },
        protocol_type: groups::text(&request.protocol_type),
        protocols: protocols
            .map(|protocol| (groups::text(&protocol.name), Arc::from(&*protocol.metadata)))
            .collect(),
        reason: request.reason.as_deref().map(ToOwned::to_owned),
        requires_known_member_id: version >= KNOWN_MEMBER_VERSION,
        supports_skipping_assignment: version >= SKIP_ASSIGNMENT_VERSION,
        bears_waiting: parking::bears_waiting(context),
    }
}

fn encode(context: &RequestContext, answer: Answer) -> Result<Response, CloseReason> {
    let joined = match answer {
        Ok(GroupAnswer::Joined(joined)) => joined,
        Ok(other) => return refused(context, unexpected(&other).code(), ""),
        Err(refusal) => return refused(context, refusal.code(), ""),
    };
    Response::encode(context.head, &wire(context, &joined))
}

fn wire<'a>(context: &RequestContext, joined: &'a Joined) -> JoinGroupResponse<'a> {
    let members = joined.members.iter().map(|member| JoinGroupResponseMember {
        member_id: (&*member.member).into(),
        group_instance_id: member.instance.as_deref().map(Into::into),
        metadata: (&*member.metadata).into(),
        ..Default::default()
    });
    let protocol = joined.protocol.as_deref();
    JoinGroupResponse {
        error_code: groups::code_of(joined.error.as_ref()),
        generation_id: joined.generation,
        protocol_type: joined.protocol_type.as_deref().map(Into::into),
        protocol_name: match context.api_version() >= NULLABLE_PROTOCOL_VERSION {
            true => protocol.map(Into::into),
            false => Some(protocol.unwrap_or_default().into()),
        },
        leader: (&*joined.leader).into(),
        skip_assignment: joined.skip_assignment && context.api_version() >= SKIP_ASSIGNMENT_VERSION,
        member_id: (&*joined.member).into(),
        members: members.collect(),
        ..Default::default()
    }
}

fn refused(context: &RequestContext, error: ErrorCode, member: &str) -> Result<Response, CloseReason> {
    let protocol_name = match context.api_version() >= NULLABLE_PROTOCOL_VERSION {
        true => None,
        false => Some("".into()),
    };
    let response = JoinGroupResponse {
        error_code: error.code(),
        generation_id: -1,
        protocol_name,
        member_id: member.into(),
        ..Default::default()
    };
    Response::encode(context.head, &response)
}
