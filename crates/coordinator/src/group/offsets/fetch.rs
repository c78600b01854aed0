//! OffsetFetch for one group, versions 1 to 10. A group that is not there has no offsets, and that is no error.

use std::sync::Arc;

use jackdaw_base::Uuid;
use jackdaw_protocol::error_code::ErrorCode;

use super::table::CommittedOffset;
use crate::group::request::{FetchedOffsets, FetchedPartition, GroupAnswer, GroupError, OffsetFetch};
use crate::group::state::GroupState;
use crate::group::turn::Turn;
use crate::shard::Token;

/// Answers the committed offsets that are asked for, or all of the group.
pub fn fetch(turn: &mut Turn<'_>, token: Token, request: &OffsetFetch) {
    let answer = decide(turn.state, request);
    turn.answer(token, GroupAnswer::Fetched(answer));
}

fn decide(state: &GroupState, request: &OffsetFetch) -> Result<FetchedOffsets, GroupError> {
    if let Some(group) = state.consumer(&request.group) {
        group.check_fetch(request)?;
    }
    let offsets = match &request.topics {
        None => all(state, request),
        Some(topics) => topics
            .iter()
            .map(|(topic, id, partitions)| {
                let partitions = partitions.iter().map(|partition| {
                    let committed = state.offsets.get(&request.group, topic, *partition);
                    let committed = committed.filter(|committed| is_of_topic(committed, *id));
                    answer(state, request, topic, *partition, committed)
                });
                (Arc::clone(topic), *id, partitions.collect())
            })
            .collect(),
    };
    Ok(offsets)
}

fn all(state: &GroupState, request: &OffsetFetch) -> FetchedOffsets {
    let mut topics = FetchedOffsets::new();
    for (topic, partition, committed) in state.offsets.of_group(&request.group) {
        if topics.last().is_none_or(|(last, _, _)| last != topic) {
            topics.push((Arc::clone(topic), committed.topic_id, Vec::new()));
        }
        if let Some((_, _, partitions)) = topics.last_mut() {
            partitions.push(answer(state, request, topic, partition, Some(committed)));
        }
    }
    topics
}

/// What was committed for a topic of the same name that was deleted is none of this one's.
fn is_of_topic(committed: &CommittedOffset, id: Uuid) -> bool {
    committed.topic_id == id || committed.topic_id == Uuid::ZERO || id == Uuid::ZERO
}

fn answer(
    state: &GroupState,
    request: &OffsetFetch,
    topic: &Arc<str>,
    partition: i32,
    committed: Option<&CommittedOffset>,
) -> FetchedPartition {
    let is_unstable = request.requires_stable && state.offsets.is_pending(&request.group, topic, partition);
    match committed.filter(|_| !is_unstable) {
        Some(committed) => FetchedPartition {
            partition,
            offset: committed.offset,
            leader_epoch: committed.leader_epoch,
            metadata: Arc::clone(&committed.metadata),
            error: None,
        },
        None => FetchedPartition {
            partition,
            offset: -1,
            leader_epoch: -1,
            metadata: Arc::from(""),
            error: is_unstable.then_some(ErrorCode::UnstableOffsetCommit),
        },
    }
}
