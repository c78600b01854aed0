//! ListGroups, versions 0 to 5 (KIP-518 states, KIP-848 types).

use std::sync::Arc;

use jackdaw_coordinator::group::GroupRequest;
use jackdaw_coordinator::group::request::{GroupAnswer, ListGroups, ListedGroup as Listed};
use jackdaw_coordinator::runtime::Refusal;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::list_groups_request::ListGroupsRequest;
use jackdaw_protocol::messages::list_groups_response::{ListGroupsResponse, ListedGroup};

use super::groups;
use crate::coordinators::{Answer, unexpected};
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// Executes a ListGroups request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: ListGroupsRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let list = ListGroups {
        states: request.states_filter.iter().map(ToString::to_string).collect(),
        types: request.types_filter.iter().map(ToString::to_string).collect(),
    };
    let calls = node.groups.ask_all(|| GroupRequest::List(list.clone()));
    groups::reply_to_all(context, calls, encode)
}

fn encode(context: &RequestContext, answers: Vec<Answer>) -> Result<Response, CloseReason> {
    let mut all: Vec<Listed> = Vec::new();
    let mut error = ErrorCode::None;
    for answer in answers {
        match answer {
            Ok(GroupAnswer::Listed(listed)) => all.extend(listed),
            Ok(other) => error = unexpected(&other).code(),
            // Those of another node are listed there.
            Err(Refusal::NotCoordinator) => {}
            Err(refusal) => error = refusal.code(),
        }
    }
    if error != ErrorCode::None {
        let response = ListGroupsResponse { error_code: error.code(), ..Default::default() };
        return Response::encode(context.head, &response);
    }
    let groups = all.iter().map(|group| ListedGroup {
        group_id: (&*group.group).into(),
        protocol_type: (&*group.protocol_type).into(),
        group_state: group.state.into(),
        group_type: group.kind.into(),
        ..Default::default()
    });
    Response::encode(context.head, &ListGroupsResponse { groups: groups.collect(), ..Default::default() })
}
