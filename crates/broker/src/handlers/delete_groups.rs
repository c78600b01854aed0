//! DeleteGroups, versions 0 to 2 (KIP-229).

use std::sync::Arc;

use jackdaw_coordinator::group::GroupRequest;
use jackdaw_coordinator::group::request::GroupAnswer;
use jackdaw_protocol::messages::delete_groups_request::DeleteGroupsRequest;
use jackdaw_protocol::messages::delete_groups_response::{DeletableGroupResult, DeleteGroupsResponse};

use super::groups;
use crate::coordinators::{Answer, Call, unexpected};
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// Executes a DeleteGroups request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: DeleteGroupsRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let mut names: Vec<Arc<str>> = Vec::with_capacity(request.groups_names.len());
    for name in &request.groups_names {
        // A name that comes twice is one group; the answer has it once.
        if !names.iter().any(|known| **known == **name) {
            names.push(groups::text(name));
        }
    }
    let ask =
        |group: &Arc<str>| node.groups.ask(group, GroupRequest::DeleteGroup { group: Arc::clone(group) });
    let calls: Vec<Call> = names.iter().map(ask).collect();
    groups::reply_to_all(context, calls, move |context, answers| encode(context, &names, answers))
}

fn encode(
    context: &RequestContext,
    names: &[Arc<str>],
    answers: Vec<Answer>,
) -> Result<Response, CloseReason> {
    let results = names.iter().zip(answers).map(|(name, answer)| {
        let error_code = match answer {
            Ok(GroupAnswer::Deleted(result)) => groups::code_of(result.err().as_ref()),
            Ok(other) => unexpected(&other).code().code(),
            Err(refusal) => refusal.code().code(),
        };
        DeletableGroupResult { group_id: (&**name).into(), error_code, ..Default::default() }
    });
    Response::encode(context.head, &DeleteGroupsResponse { results: results.collect(), ..Default::default() })
}
