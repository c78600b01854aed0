//! The answer to an OffsetFetch request: one group in old versions, many in new ones.

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
    let response = match context.api_version() < GROUPS_VERSION {
        true => one_group(context, asked, &results),
        false => many_groups(node, context, asked, &results),
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

fn one_group<'a>(
    context: &RequestContext,
    asked: &'a [Asked],
    results: &'a [Result<FetchedOffsets, GroupError>],
) -> OffsetFetchResponse<'a> {
    match results.first() {
        Some(Ok(fetched)) => {
            let topics = fetched.iter().map(|(name, _, partitions)| OffsetFetchResponseTopic {
                name: (&**name).into(),
                partitions: partitions.iter().map(old_partition).collect(),
                ..Default::default()
            });
            OffsetFetchResponse { topics: topics.collect(), ..Default::default() }
        }
        Some(Err(error)) if context.api_version() >= GROUP_ERROR_VERSION => {
            OffsetFetchResponse { error_code: error.code.code(), ..Default::default() }
        }
        // Where there is no place for the group's error, each partition has it.
        Some(Err(error)) => {
            let wanted = asked.first().and_then(|asked| asked.wanted.as_ref());
            let topics = wanted.into_iter().flatten().map(|(name, _, partitions)| OffsetFetchResponseTopic {
                name: (&**name).into(),
                partitions: partitions.iter().map(|index| old_failed(*index, error.code)).collect(),
                ..Default::default()
            });
            OffsetFetchResponse { topics: topics.collect(), ..Default::default() }
        }
        None => OffsetFetchResponse::default(),
    }
}

fn old_partition(fetched: &FetchedPartition) -> OffsetFetchResponsePartition<'_> {
    OffsetFetchResponsePartition {
        partition_index: fetched.partition,
        committed_offset: fetched.offset,
        committed_leader_epoch: fetched.leader_epoch,
        metadata: Some((&*fetched.metadata).into()),
        error_code: groups::partition_code(fetched.error),
        ..Default::default()
    }
}

fn old_failed<'a>(partition_index: i32, error: ErrorCode) -> OffsetFetchResponsePartition<'a> {
    OffsetFetchResponsePartition {
        partition_index,
        committed_offset: -1,
        committed_leader_epoch: -1,
        metadata: Some("".into()),
        error_code: error.code(),
        ..Default::default()
    }
}

fn many_groups<'a>(
    node: &Node,
    context: &RequestContext,
    asked: &'a [Asked],
    results: &'a [Result<FetchedOffsets, GroupError>],
) -> OffsetFetchResponse<'a> {
    let by_id = context.api_version() >= TOPIC_ID_VERSION;
    let groups = asked.iter().zip(results).map(|(asked, result)| match result {
        Ok(fetched) => OffsetFetchResponseGroup {
            group_id: (&*asked.group).into(),
            topics: topics(node, by_id, asked, fetched),
            ..Default::default()
        },
        Err(error) => OffsetFetchResponseGroup {
            group_id: (&*asked.group).into(),
            error_code: error.code.code(),
            ..Default::default()
        },
    });
    OffsetFetchResponse { groups: groups.collect(), ..Default::default() }
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
        partitions: partitions.iter().map(|index| failed(*index, ErrorCode::UnknownTopicId)).collect(),
        ..Default::default()
    });
    found.chain(unknown).collect()
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

fn failed<'a>(partition_index: i32, error: ErrorCode) -> OffsetFetchResponsePartitions<'a> {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: -1,
        committed_leader_epoch: -1,
        metadata: Some("".into()),
        error_code: error.code(),
        ..Default::default()
    }
}
