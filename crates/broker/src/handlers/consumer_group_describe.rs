//! ConsumerGroupDescribe, versions 0 and 1 (KIP-848, KIP-1099 member types).

use std::sync::Arc;

use jackdaw_coordinator::group::request::{
    DescribedConsumerGroup, DescribedConsumerMember, GroupAnswer, NamedPartitions,
};
use jackdaw_coordinator::group::{GroupError, GroupRequest};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::consumer_group_describe_request::ConsumerGroupDescribeRequest;
use jackdaw_protocol::messages::consumer_group_describe_response::{
    Assignment, ConsumerGroupDescribeResponse, DescribedGroup, Member, TopicPartitions,
};

use super::{authorized, groups};
use crate::coordinators::{Answer, Call, unexpected};
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// Executes a ConsumerGroupDescribe request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: ConsumerGroupDescribeRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let names: Vec<Arc<str>> = request.group_ids.iter().map(|group| groups::text(group)).collect();
    let is_supported = node.groups.has_consumer_protocol();
    let ask = |group: &Arc<str>| match is_supported && !group.is_empty() {
        true => Some(node.groups.ask(group, GroupRequest::DescribeConsumer { group: Arc::clone(group) })),
        false => None,
    };
    let calls: Vec<Call> = names.iter().filter_map(ask).collect();
    let wants_operations = request.include_authorized_operations;
    groups::reply_to_all(context, calls, move |context, answers| {
        let mut answers = answers.into_iter().map(result);
        let results = names.iter().map(|name| match is_supported {
            false => Err(GroupError::from(ErrorCode::UnsupportedVersion)),
            true if name.is_empty() => Err(GroupError::from(ErrorCode::InvalidGroupId)),
            true => answers.next().unwrap_or_else(|| Err(ErrorCode::UnknownServerError.into())),
        });
        let results: Vec<_> = results.collect();
        encode(context, &names, &results, wants_operations)
    })
}

type Described = Result<DescribedConsumerGroup, GroupError>;

fn result(answer: Answer) -> Described {
    match answer {
        Ok(GroupAnswer::DescribedConsumer(described)) => described,
        Ok(other) => Err(groups::error_of(unexpected(&other))),
        Err(refusal) => Err(groups::error_of(refusal)),
    }
}

fn encode(
    context: &RequestContext,
    names: &[Arc<str>],
    results: &[Described],
    wants_operations: bool,
) -> Result<Response, CloseReason> {
    let groups = names.iter().zip(results).map(|(name, result)| {
        let group = match result {
            Ok(described) => DescribedGroup {
                authorized_operations: authorized::on_group(wants_operations),
                ..wire(described)
            },
            Err(error) => DescribedGroup {
                error_code: error.code.code(),
                error_message: error.message.as_deref().map(Into::into),
                authorized_operations: authorized::NOT_ASKED,
                ..Default::default()
            },
        };
        DescribedGroup { group_id: (&**name).into(), ..group }
    });
    let response = ConsumerGroupDescribeResponse { groups: groups.collect(), ..Default::default() };
    Response::encode(context.head, &response)
}

fn wire(described: &DescribedConsumerGroup) -> DescribedGroup<'_> {
    DescribedGroup {
        group_state: described.state.into(),
        group_epoch: described.epoch,
        assignment_epoch: described.assignment_epoch,
        assignor_name: (&*described.assignor).into(),
        members: described.members.iter().map(member).collect(),
        ..Default::default()
    }
}

fn member(member: &DescribedConsumerMember) -> Member<'_> {
    Member {
        member_id: (&*member.member).into(),
        instance_id: member.instance.as_deref().map(Into::into),
        rack_id: member.rack.as_deref().map(Into::into),
        member_epoch: member.member_epoch,
        client_id: (&*member.client.id).into(),
        client_host: (&*member.client.host).into(),
        subscribed_topic_names: member.topics.iter().map(|topic| (&**topic).into()).collect(),
        subscribed_topic_regex: member.regex.as_deref().map(Into::into),
        assignment: assignment(&member.assignment),
        target_assignment: assignment(&member.target),
        member_type: member.member_type,
        ..Default::default()
    }
}

fn assignment(partitions: &NamedPartitions) -> Assignment<'_> {
    let topics = partitions.iter().map(|(topic_id, name, partitions)| TopicPartitions {
        topic_id: *topic_id,
        topic_name: (&**name).into(),
        partitions: partitions.clone(),
        ..Default::default()
    });
    Assignment { topic_partitions: topics.collect(), ..Default::default() }
}
