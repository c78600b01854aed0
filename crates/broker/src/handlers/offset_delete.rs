//! OffsetDelete, version 0 (KIP-496).

use std::sync::Arc;

use jackdaw_base::PartitionIndex;
use jackdaw_coordinator::group::GroupRequest;
use jackdaw_coordinator::group::request::GroupAnswer;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::offset_delete_request::OffsetDeleteRequest;
use jackdaw_protocol::messages::offset_delete_response::{
    OffsetDeleteResponse, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};

use super::groups;
use crate::coordinators::{Answer, unexpected};
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// Topics with partitions and what became of each.
type Errors = Vec<(Arc<str>, Vec<(i32, Option<ErrorCode>)>)>;

/// Executes an OffsetDelete request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: OffsetDeleteRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let image = node.image();
    let (mut topics, mut refused) = (Vec::new(), Errors::new());
    for topic in &request.topics {
        let name = groups::text(&topic.name);
        let known = image.topics.by_name(&name);
        let is_there =
            |index: &i32| known.is_some_and(|known| known.partition(PartitionIndex(*index)).is_some());
        let all = topic.partitions.iter().map(|one| one.partition_index);
        let (there, not_there): (Vec<i32>, Vec<i32>) = all.partition(is_there);
        if !not_there.is_empty() {
            let error = Some(ErrorCode::UnknownTopicOrPartition);
            refused.push((Arc::clone(&name), not_there.into_iter().map(|index| (index, error)).collect()));
        }
        if !there.is_empty() {
            topics.push((name, there));
        }
    }
    if topics.is_empty() && !request.topics.is_empty() {
        return encode(context, ErrorCode::None, &refused).into();
    }
    if request.group_id.is_empty() {
        return encode(context, ErrorCode::InvalidGroupId, &Errors::new()).into();
    }
    let delete = GroupRequest::OffsetDelete { group: groups::text(&request.group_id), topics };
    let call = node.groups.ask(&request.group_id, delete);
    groups::reply(context, call, move |context, answer| decided(context, refused, answer))
}

fn decided(context: &RequestContext, mut refused: Errors, answer: Answer) -> Result<Response, CloseReason> {
    let deleted = match answer {
        Ok(GroupAnswer::OffsetsDeleted(Ok(deleted))) => deleted,
        Ok(GroupAnswer::OffsetsDeleted(Err(error))) => return encode(context, error.code, &Errors::new()),
        Ok(other) => return encode(context, unexpected(&other).code(), &Errors::new()),
        Err(refusal) => return encode(context, refusal.code(), &Errors::new()),
    };
    for (topic, partitions) in deleted {
        match refused.iter_mut().find(|(other, _)| *other == topic) {
            Some((_, known)) => known.extend(partitions),
            None => refused.push((topic, partitions)),
        }
    }
    encode(context, ErrorCode::None, &refused)
}

fn encode(context: &RequestContext, error: ErrorCode, errors: &Errors) -> Result<Response, CloseReason> {
    let topics = errors.iter().map(|(name, partitions)| OffsetDeleteResponseTopic {
        name: (&**name).into(),
        partitions: partitions
            .iter()
            .map(|(partition_index, error)| OffsetDeleteResponsePartition {
                partition_index: *partition_index,
                error_code: groups::partition_code(*error),
                ..Default::default()
            })
            .collect(),
    });
    let response =
        OffsetDeleteResponse { error_code: error.code(), topics: topics.collect(), ..Default::default() };
    Response::encode(context.head, &response)
}
