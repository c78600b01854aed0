//! OffsetDelete, version 0 (KIP-496): offsets of topics that no member subscribes to.

use std::collections::BTreeSet;
use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use crate::group::record::{GroupId, GroupRecord};
use crate::group::request::{GroupAnswer, GroupError};
use crate::group::state::{Group, GroupState};
use crate::group::turn::Turn;
use crate::shard::{Extent, Token};

/// The one protocol type whose subscriptions a coordinator can read.
const CONSUMER_PROTOCOL_TYPE: &str = "consumer";

/// Deletes committed offsets; an offset that is not there counts as deleted. What fills more than one batch goes in parts.
pub fn delete(turn: &mut Turn<'_>, token: Token, group: &GroupId, topics: &[(Arc<str>, Vec<i32>)]) -> Extent {
    let found = turn.state.groups.get(group).cloned();
    let found = found.ok_or_else(|| GroupError::not_found(group));
    let answer = match found.and_then(|found| check(&found).map(|()| found)) {
        Ok(found) => {
            let mut answers = Vec::with_capacity(topics.len());
            let mut tombstones = Vec::new();
            for (topic, partitions) in topics {
                let error = found.subscribes_to(topic).then_some(ErrorCode::GroupSubscribedToTopic);
                if error.is_none() {
                    tombstones.extend(tombstones_of(turn.state, group, topic, partitions));
                }
                let partitions = partitions.iter().map(|partition| (*partition, error));
                answers.push((Arc::clone(topic), partitions.collect()));
            }
            if turn.write_within(turn.out.batch_room_bytes, tombstones) == Extent::Part {
                return Extent::Part;
            }
            Ok(answers)
        }
        Err(error) => Err(error),
    };
    turn.answer(token, GroupAnswer::OffsetsDeleted(answer));
    Extent::Whole
}

/// Where members cannot be asked what they subscribe to, there must be none.
fn check(group: &Group) -> Result<(), GroupError> {
    match group {
        Group::Classic(classic)
            if !classic.is_empty() && classic.protocol_type().as_ref() != CONSUMER_PROTOCOL_TYPE =>
        {
            Err(ErrorCode::NonEmptyGroup.into())
        }
        Group::Classic(_) | Group::Consumer(_) => Ok(()),
    }
}

/// For partitions that have an offset, be it in an open transaction.
fn tombstones_of(
    state: &GroupState,
    group: &GroupId,
    topic: &Arc<str>,
    partitions: &[i32],
) -> Vec<GroupRecord> {
    let offsets = &state.offsets;
    let is_there = |partition: &&i32| {
        offsets.get(group, topic, **partition).is_some() || offsets.is_pending(group, topic, **partition)
    };
    // A partition may be named twice; it is deleted once.
    let there: BTreeSet<i32> = partitions.iter().filter(is_there).copied().collect();
    there.into_iter().map(|partition| GroupRecord::offset_tombstone(group, topic, partition)).collect()
}
