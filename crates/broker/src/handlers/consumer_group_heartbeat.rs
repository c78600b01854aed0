//! ConsumerGroupHeartbeat, versions 0 and 1 (KIP-848; KIP-1082 member ids of the client's making). As with the classic
//! protocol, the answer may be kept back while there is nothing to say.

use std::sync::Arc;

use jackdaw_coordinator::group::GroupRequest;
use jackdaw_coordinator::group::request::{ConsumerHeartbeat, ConsumerHeartbeatAnswer, GroupAnswer};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::consumer_group_heartbeat_request::ConsumerGroupHeartbeatRequest;
use jackdaw_protocol::messages::consumer_group_heartbeat_response::{
    Assignment, ConsumerGroupHeartbeatResponse, TopicPartitions,
};

use super::groups;
use crate::coordinators::parking::ConsumerPace;
use crate::coordinators::{Answer, parking, unexpected};
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// Executes a ConsumerGroupHeartbeat request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: ConsumerGroupHeartbeatRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    if !node.groups.has_consumer_protocol() {
        return refused(context, ErrorCode::UnsupportedVersion).into();
    }
    let (group, member) = (&*request.group_id, &*request.member_id);
    if is_said_anew(&request) {
        node.groups.note_anew(group, member, context.arrived);
    }
    let times_given_up = node.groups.times_given_up(group, member, context.arrived);
    let interval = node.groups.heartbeat_interval(group);
    let pace = parking::consumer(context, &node.config(), interval, times_given_up);
    let heartbeat = ConsumerHeartbeat { park_until: pace.park_until, ..domain(context, &request) };
    let call = node.groups.ask(&request.group_id, GroupRequest::ConsumerHeartbeat(heartbeat));
    groups::reply_interruptibly(context, call, move |context, answer| encode(context, answer, pace))
}

/// Whether a member says everything anew, as it does when an answer did not come.
fn is_said_anew(request: &ConsumerGroupHeartbeatRequest<'_>) -> bool {
    request.member_epoch > 0 && request.rebalance_timeout_ms != -1
}

fn domain(context: &RequestContext, request: &ConsumerGroupHeartbeatRequest<'_>) -> ConsumerHeartbeat {
    let topics = request.subscribed_topic_names.as_ref();
    let owned = request.topic_partitions.as_ref();
    ConsumerHeartbeat {
        group: groups::text(&request.group_id),
        member: groups::text(&request.member_id),
        member_epoch: request.member_epoch,
        instance: groups::optional(request.instance_id.as_deref()),
        rack: groups::optional(request.rack_id.as_deref()),
        rebalance_timeout_ms: request.rebalance_timeout_ms,
        topics: topics.map(|topics| topics.iter().map(|topic| groups::text(topic)).collect()),
        regex: groups::optional(request.subscribed_topic_regex.as_deref()),
        assignor: groups::optional(request.server_assignor.as_deref()),
        owned: owned.map(|owned| owned.iter().map(|one| (one.topic_id, one.partitions.clone())).collect()),
        client: groups::client(context),
        api_version: context.api_version(),
        park_until: None,
    }
}

fn encode(context: &RequestContext, answer: Answer, pace: ConsumerPace) -> Result<Response, CloseReason> {
    match answer {
        Ok(GroupAnswer::ConsumerHeartbeat(mut answer)) => {
            // An answer without an interval, with an error or to a farewell, keeps its 0.
            answer.heartbeat_interval_ms = answer.heartbeat_interval_ms.min(pace.interval_ms);
            Response::encode(context.head, &wire(&answer))
        }
        Ok(other) => refused(context, unexpected(&other).code()),
        Err(refusal) => refused(context, refusal.code()),
    }
}

fn wire(answer: &ConsumerHeartbeatAnswer) -> ConsumerGroupHeartbeatResponse<'_> {
    let assignment = answer.assignment.as_ref().map(|assignment| Assignment {
        topic_partitions: assignment
            .iter()
            .map(|(topic_id, partitions)| TopicPartitions {
                topic_id: *topic_id,
                partitions: partitions.clone(),
                ..Default::default()
            })
            .collect(),
        ..Default::default()
    });
    ConsumerGroupHeartbeatResponse {
        error_code: groups::code_of(answer.error.as_ref()),
        error_message: answer.error.as_ref().and_then(|error| error.message.as_deref()).map(Into::into),
        member_id: answer.member.as_deref().map(Into::into),
        member_epoch: answer.member_epoch,
        heartbeat_interval_ms: answer.heartbeat_interval_ms,
        assignment,
        ..Default::default()
    }
}

fn refused(context: &RequestContext, error: ErrorCode) -> Result<Response, CloseReason> {
    let response = ConsumerGroupHeartbeatResponse { error_code: error.code(), ..Default::default() };
    Response::encode(context.head, &response)
}
