//! The answer to an OffsetFetch request: many groups; old versions say the same of one, in structs of their own.

use std::sync::Arc;

use jackdaw_base::TopicId;
use jackdaw_coordinator::group::GroupError;
use jackdaw_coordinator::group::request::{FetchedOffsets, FetchedPartition, GroupAnswer};
use jackdaw_coordinator::runtime::Refusal;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::offset_fetch_response::{
    OffsetFetchResponse, OffsetFetchResponseGroup, OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions, OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};

use super::{GROUPS_VERSION, TOPIC_ID_VERSION, Wanted};
use crate::coordinators::{Answer, unexpected};
use crate::handlers::groups;
use crate::node::Node;
use crate::request::RequestContext;
use crate::response::{CloseReason, Response};

/// The first version that has an error of the whole group.
const GROUP_ERROR_VERSION: i16 = 2;

/// What a client asked of one group.
pub(super) struct Asked {
    pub(super) group: Arc<str>,
    /// Topic ids that nobody has.
    pub(super) unknown: Vec<(TopicId, Vec<i32>)>,
    pub(super) wanted: Wanted,
}

pub(super) fn encode(
    node: &Node,
    context: &RequestContext,
    asked: &[Asked],
    answers: Vec<Answer>,
) -> Result<Response, CloseReason> {
    let results: Vec<Result<FetchedOffsets, GroupError>> = answers.into_iter().map(result).collect();
    let groups = asked.iter().zip(&results).map(|(asked, result)| group(node, context, asked, result));
    let response = match context.api_version() < GROUPS_VERSION {
        true => groups.map(as_only_one).next().unwrap_or_default(),
        false => OffsetFetchResponse { groups: groups.collect(), ..Default::default() },
    };
    Response::encode(context.head, &response)
}

fn result(answer: Answer) -> Result<FetchedOffsets, GroupError> {
    match answer {
        Ok(GroupAnswer::Fetched(result)) => result,
        Ok(other) => Err(groups::error_of(unexpected(&other))),
        // Consumers before 3.9 neither know nor retry what stands for these otherwise.
        Err(Refusal::Busy | Refusal::NotCommittedInTime) => Err(ErrorCode::NotCoordinator.into()),
        Err(refusal) => Err(groups::error_of(refusal)),
    }
}

fn group<'a>(
    node: &Node,
    context: &RequestContext,
    asked: &'a Asked,
    result: &'a Result<FetchedOffsets, GroupError>,
) -> OffsetFetchResponseGroup<'a> {
    let version = context.api_version();
    let (error_code, topics) = match result {
        Ok(fetched) => (0, topics(node, version >= TOPIC_ID_VERSION, asked, fetched)),
        Err(error) if version >= GROUP_ERROR_VERSION => (error.code.code(), Vec::new()),
        // Where there is no place for the group's error, each partition has it.
        Err(error) => (0, all_failed(asked, error.code)),
    };
    OffsetFetchResponseGroup { group_id: (&*asked.group).into(), error_code, topics, ..Default::default() }
}

fn topics<'a>(
    node: &Node,
    by_id: bool,
    asked: &'a Asked,
    fetched: &'a FetchedOffsets,
) -> Vec<OffsetFetchResponseTopics<'a>> {
    let image = node.image();
    let found = fetched.iter().filter_map(|(name, id, partitions)| {
        // Offsets of a topic that is gone have no id to be told under.
        let topic_id = match by_id && id.is_zero() {
            true => image.topics.id_of(name)?,
            false => *id,
        };
        Some(OffsetFetchResponseTopics {
            name: (&**name).into(),
            topic_id,
            partitions: partitions.iter().map(partition).collect(),
            ..Default::default()
        })
    });
    let unknown = asked.unknown.iter().map(|(id, partitions)| OffsetFetchResponseTopics {
        topic_id: *id,
        partitions: failed(partitions, ErrorCode::UnknownTopicId),
        ..Default::default()
    });
    found.chain(unknown).collect()
}

fn all_failed(asked: &Asked, error: ErrorCode) -> Vec<OffsetFetchResponseTopics<'_>> {
    let wanted = asked.wanted.iter().flatten();
    let topics = wanted.map(|(name, _, partitions)| OffsetFetchResponseTopics {
        name: (&**name).into(),
        partitions: failed(partitions, error),
        ..Default::default()
    });
    topics.collect()
}

fn partition(fetched: &FetchedPartition) -> OffsetFetchResponsePartitions<'_> {
    OffsetFetchResponsePartitions {
        partition_index: fetched.partition,
        committed_offset: fetched.offset,
        committed_leader_epoch: fetched.leader_epoch,
        metadata: Some((&*fetched.metadata).into()),
        error_code: groups::partition_code(fetched.error),
        ..Default::default()
    }
}

fn failed<'a>(partitions: &[i32], error: ErrorCode) -> Vec<OffsetFetchResponsePartitions<'a>> {
    let partitions = partitions.iter().map(|partition_index| OffsetFetchResponsePartitions {
        partition_index: *partition_index,
        committed_offset: -1,
        committed_leader_epoch: -1,
        metadata: Some("".into()),
        error_code: error.code(),
        ..Default::default()
    });
    partitions.collect()
}

/// What is said of a group, in the structs of the versions that know one only.
fn as_only_one(group: OffsetFetchResponseGroup<'_>) -> OffsetFetchResponse<'_> {
    let topics = group.topics.into_iter().map(|topic| OffsetFetchResponseTopic {
        name: topic.name,
        partitions: topic.partitions.into_iter().map(as_old_partition).collect(),
        ..Default::default()
    });
    OffsetFetchResponse { topics: topics.collect(), error_code: group.error_code, ..Default::default() }
}

fn as_old_partition(told: OffsetFetchResponsePartitions<'_>) -> OffsetFetchResponsePartition<'_> {
    OffsetFetchResponsePartition {
        partition_index: told.partition_index,
        committed_offset: told.committed_offset,
        committed_leader_epoch: told.committed_leader_epoch,
        metadata: told.metadata,
        error_code: told.error_code,
        ..Default::default()
    }
}
