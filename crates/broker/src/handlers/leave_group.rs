//! LeaveGroup, versions 0 to 5 (KIP-345 many members at once, KIP-800 reasons).

use std::sync::Arc;

use jackdaw_coordinator::group::GroupRequest;
use jackdaw_coordinator::group::request::{GroupAnswer, LeaveGroup, Leaving, Left};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::leave_group_request::LeaveGroupRequest;
use jackdaw_protocol::messages::leave_group_response::{LeaveGroupResponse, MemberResponse};

use super::groups;
use crate::coordinators::{Answer, unexpected};
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// The first version in which many members leave at once.
const MEMBERS_VERSION: i16 = 3;

/// Executes a LeaveGroup request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: LeaveGroupRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    if request.group_id.is_empty() {
        return refused(context, ErrorCode::InvalidGroupId).into();
    }
    let is_single = context.api_version() < MEMBERS_VERSION;
    let members = match is_single {
        true => vec![Leaving { member: groups::text(&request.member_id), instance: None, reason: None }],
        false => {
            let members = request.members.iter().map(|member| Leaving {
                member: groups::text(&member.member_id),
                instance: groups::optional(member.group_instance_id.as_deref()),
                reason: member.reason.as_deref().map(ToOwned::to_owned),
            });
            members.collect()
        }
    };
    let leave = LeaveGroup { group: groups::text(&request.group_id), members, is_single };
    let call = node.groups.ask(&request.group_id, GroupRequest::Leave(leave));
    groups::reply(context, call, encode)
}

fn encode(context: &RequestContext, answer: Answer) -> Result<Response, CloseReason> {
    match answer {
        Ok(GroupAnswer::Left(left)) => Response::encode(context.head, &wire(context, &left)),
        Ok(other) => refused(context, unexpected(&other).code()),
        Err(refusal) => refused(context, refusal.code()),
    }
}

fn wire<'a>(context: &RequestContext, left: &'a Left) -> LeaveGroupResponse<'a> {
    let error_code = groups::code_of(left.error.as_ref());
    if context.api_version() < MEMBERS_VERSION {
        // The one member's error is the answer's.
        let of_member = left.members.first().map_or(0, |(_, error)| groups::partition_code(*error));
        let error_code = if error_code == 0 { of_member } else { error_code };
        return LeaveGroupResponse { error_code, ..Default::default() };
    }
    let members = left.members.iter().map(|(leaving, error)| MemberResponse {
        member_id: (&*leaving.member).into(),
        group_instance_id: leaving.instance.as_deref().map(Into::into),
        error_code: groups::partition_code(*error),
        ..Default::default()
    });
    LeaveGroupResponse { error_code, members: members.collect(), ..Default::default() }
}

fn refused(context: &RequestContext, error: ErrorCode) -> Result<Response, CloseReason> {
    Response::encode(context.head, &LeaveGroupResponse { error_code: error.code(), ..Default::default() })
}
