//! OffsetCommit, versions 2 to 10 (KIP-320 epochs, KIP-345 static members, KIP-848 member epochs, topic ids). What names
//! no partition that exists is refused here; everything else is decided by the group's coordinator.

use std::sync::Arc;

use jackdaw_base::{PartitionIndex, TopicId};
use jackdaw_coordinator::group::GroupRequest;
use jackdaw_coordinator::group::request::{
    CommitPartition, CommitTopic, GroupAnswer, OffsetCommit, PartitionErrors, TopicErrors,
};
use jackdaw_metadata::Image;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::offset_commit_request::{OffsetCommitRequest, OffsetCommitRequestTopic};
use jackdaw_protocol::messages::offset_commit_response::{
    OffsetCommitResponse, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};

use super::groups;
use crate::coordinators::{Answer, unexpected};
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// The first version that names topics by id.
const TOPIC_ID_VERSION: i16 = 10;

/// Executes an OffsetCommit request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: OffsetCommitRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let image = node.image();
    let (mut topics, mut refused) = (Vec::with_capacity(request.topics.len()), PartitionErrors::new());
    for topic in &request.topics {
        sort_out(&image, topic, context.api_version(), &mut topics, &mut refused);
    }
    if topics.is_empty() {
        return encode(context, refused).into();
    }
    let asked: PartitionErrors = topics.iter().map(asked_of).collect();
    let commit = OffsetCommit {
        group: groups::text(&request.group_id),
        member: groups::text(&request.member_id),
        instance: groups::optional(request.group_instance_id.as_deref()),
        generation_or_epoch: request.generation_id_or_member_epoch,
        api_version: context.api_version(),
        retention_ms: (request.retention_time_ms >= 0).then_some(request.retention_time_ms),
        topics,
    };
    let call = node.groups.ask(&request.group_id, GroupRequest::OffsetCommit(commit));
    groups::reply(context, call, move |context, answer| encode(context, merge(refused, asked, answer)))
}

/// Splits a topic into what the coordinator may decide about and what does not exist.
fn sort_out(
    image: &Image,
    topic: &OffsetCommitRequestTopic<'_>,
    version: i16,
    topics: &mut Vec<CommitTopic>,
    refused: &mut PartitionErrors,
) {
    let by_id = version >= TOPIC_ID_VERSION;
    let known = if by_id { image.topics.get(topic.topic_id) } else { image.topics.by_name(&topic.name) };
    let Some(known) = known else {
        let error = if by_id { ErrorCode::UnknownTopicId } else { ErrorCode::UnknownTopicOrPartition };
        let partitions = topic.partitions.iter().map(|one| (one.partition_index, Some(error)));
        let id = if by_id { topic.topic_id } else { TopicId::ZERO };
        return refused.push((groups::text(&topic.name), id, partitions.collect()));
    };
    let (there, not_there): (Vec<_>, Vec<_>) = topic
        .partitions
        .iter()
        .partition(|one| known.partition(PartitionIndex(one.partition_index)).is_some());
    if !not_there.is_empty() {
        let error = Some(ErrorCode::UnknownTopicOrPartition);
        let partitions = not_there.iter().map(|one| (one.partition_index, error)).collect();
        refused.push((Arc::clone(&known.name), known.id, partitions));
    }
    if there.is_empty() {
        return;
    }
    let partitions = there.iter().map(|one| CommitPartition {
        partition: one.partition_index,
        offset: one.committed_offset,
        leader_epoch: one.committed_leader_epoch,
        metadata: groups::text(one.committed_metadata.as_deref().unwrap_or_default()),
    });
    topics.push(CommitTopic {
        topic: Arc::clone(&known.name),
        id: known.id,
        partitions: partitions.collect(),
    });
}

fn asked_of(topic: &CommitTopic) -> TopicErrors {
    let partitions = topic.partitions.iter().map(|one| (one.partition, None)).collect();
    (Arc::clone(&topic.topic), topic.id, partitions)
}

/// What was refused here, and behind it what the coordinator says: partitions of one topic stand together.
fn merge(mut refused: PartitionErrors, mut asked: PartitionErrors, answer: Answer) -> PartitionErrors {
    let decided = match answer {
        Ok(GroupAnswer::Committed(Ok(decided))) => decided,
        other => {
            let error = match other {
                Ok(GroupAnswer::Committed(Err(error))) => error.code,
                Ok(other) => unexpected(&other).code(),
                Err(refusal) => refusal.code(),
            };
            for (.., partitions) in &mut asked {
                partitions.iter_mut().for_each(|(_, of_one)| *of_one = Some(error));
            }
            asked
        }
    };
    if refused.is_empty() {
        return decided;
    }
    for (topic, id, partitions) in decided {
        match refused.iter_mut().find(|(other, ..)| *other == topic) {
            Some((.., known)) => known.extend(partitions),
            None => refused.push((topic, id, partitions)),
        }
    }
    refused
}

fn encode(context: &RequestContext, errors: PartitionErrors) -> Result<Response, CloseReason> {
    let topics = errors.iter().map(|(topic, id, partitions)| OffsetCommitResponseTopic {
        name: (&**topic).into(),
        topic_id: *id,
        partitions: partitions
            .iter()
            .map(|(partition_index, error)| OffsetCommitResponsePartition {
                partition_index: *partition_index,
                error_code: groups::partition_code(*error),
                ..Default::default()
            })
            .collect(),
        ..Default::default()
    });
    Response::encode(context.head, &OffsetCommitResponse { topics: topics.collect(), ..Default::default() })
}
