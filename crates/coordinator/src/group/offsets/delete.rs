//! OffsetDelete, version 0 (KIP-496): offsets of topics that no member subscribes to.

use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use crate::group::record::{GroupId, GroupRecord};
use crate::group::request::{GroupAnswer, GroupError};
use crate::group::state::Group;
use crate::group::turn::Turn;
use crate::shard::Token;

/// The one protocol type whose subscriptions a coordinator can read.
const CONSUMER_PROTOCOL_TYPE: &str = "consumer";

/// Deletes committed offsets; an offset that is not there counts as deleted.
pub fn delete(turn: &mut Turn<'_>, token: Token, group: &GroupId, topics: &[(Arc<str>, Vec<i32>)]) {
    let Some(found) = turn.state.groups.get(group).cloned() else {
        let error = GroupError::not_found(group);
        return turn.answer(token, GroupAnswer::OffsetsDeleted(Err(error)));
    };
    if let Err(error) = check(&found) {
        return turn.answer(token, GroupAnswer::OffsetsDeleted(Err(error)));
    }
    let mut answers = Vec::with_capacity(topics.len());
    for (topic, partitions) in topics {
        let error = found.subscribes_to(topic).then_some(ErrorCode::GroupSubscribedToTopic);
        if error.is_none() {
            delete_partitions(turn, group, topic, partitions);
        }
        answers.push((Arc::clone(topic), partitions.iter().map(|partition| (*partition, error)).collect()));
    }
    turn.answer(token, GroupAnswer::OffsetsDeleted(Ok(answers)));
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

fn delete_partitions(turn: &mut Turn<'_>, group: &GroupId, topic: &Arc<str>, partitions: &[i32]) {
    for partition in partitions {
        let offsets = &turn.state.offsets;
        if offsets.get(group, topic, *partition).is_some() || offsets.is_pending(group, topic, *partition) {
            turn.write(GroupRecord::offset_tombstone(group, topic, *partition));
        }
    }
}
