//! DescribeGroups, versions 0 to 6 (KIP-430 operations, KIP-1043 errors): groups of the classic protocol.

use std::sync::Arc;

use jackdaw_coordinator::group::request::{DescribedGroup as Described, GroupAnswer};
use jackdaw_coordinator::group::{GroupError, GroupRequest};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::describe_groups_request::DescribeGroupsRequest;
use jackdaw_protocol::messages::describe_groups_response::{
    DescribeGroupsResponse, DescribedGroup, DescribedGroupMember,
};

use super::{authorized, groups};
use crate::coordinators::{Answer, Call, unexpected};
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// The first version that says of a group that it does not exist; before, it is dead.
const NOT_FOUND_VERSION: i16 = 6;
/// The state of groups that do not exist.
const DEAD: &str = "Dead";

/// Executes a DescribeGroups request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: DescribeGroupsRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let names: Vec<Arc<str>> = request.groups.iter().map(|group| groups::text(group)).collect();
    let ask = |group: &Arc<str>| node.groups.ask(group, GroupRequest::Describe { group: Arc::clone(group) });
    let calls: Vec<Call> = names.iter().map(ask).collect();
    let wants_operations = request.include_authorized_operations;
    groups::reply_to_all(context, calls, move |context, answers| {
        encode(context, &names, answers, wants_operations)
    })
}

fn encode(
    context: &RequestContext,
    names: &[Arc<str>],
    answers: Vec<Answer>,
    wants_operations: bool,
) -> Result<Response, CloseReason> {
    let described: Vec<Result<Described, GroupError>> = answers
        .into_iter()
        .map(|answer| match answer {
            Ok(GroupAnswer::Described(described)) => described,
            Ok(other) => Err(groups::error_of(unexpected(&other))),
            Err(refusal) => Err(groups::error_of(refusal)),
        })
        .collect();
    let groups = names.iter().zip(&described).map(|(name, described)| {
        let group = match described {
            Ok(described) => wire(described),
            Err(error) => failed(error, context.api_version()),
        };
        let is_told = wants_operations && group.error_code == 0;
        let authorized_operations = authorized::on_group(is_told);
        DescribedGroup { group_id: (&**name).into(), authorized_operations, ..group }
    });
    Response::encode(context.head, &DescribeGroupsResponse { groups: groups.collect(), ..Default::default() })
}

fn wire(described: &Described) -> DescribedGroup<'_> {
    let members = described.members.iter().map(|member| DescribedGroupMember {
        member_id: (&*member.member).into(),
        group_instance_id: member.instance.as_deref().map(Into::into),
        client_id: (&*member.client.id).into(),
        client_host: (&*member.client.host).into(),
        member_metadata: (&*member.metadata).into(),
        member_assignment: (&*member.assignment).into(),
        ..Default::default()
    });
    DescribedGroup {
        group_state: described.state.into(),
        protocol_type: (&*described.protocol_type).into(),
        protocol_data: (&*described.protocol).into(),
        members: members.collect(),
        ..Default::default()
    }
}

fn failed(error: &GroupError, version: i16) -> DescribedGroup<'_> {
    if error.code != ErrorCode::GroupIdNotFound {
        return DescribedGroup { error_code: error.code.code(), ..Default::default() };
    }
    let dead = DescribedGroup { group_state: DEAD.into(), ..Default::default() };
    if version < NOT_FOUND_VERSION {
        return dead;
    }
    let error_message = error.message.as_deref().map(Into::into);
    DescribedGroup { error_code: error.code.code(), error_message, ..dead }
}
