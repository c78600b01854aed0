//! OffsetCommit, versions 2 to 10. From version 9 (KIP-848) a group that is not there is GROUP_ID_NOT_FOUND; before, a
//! generation that is not there is ILLEGAL_GENERATION. Whoever names no generation commits for a simple group, which
//! the first commit creates.

use std::sync::Arc;

use jackdaw_base::Uuid;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::offset_commit_value::OffsetCommitValue;

use crate::group::classic;
use crate::group::record::GroupRecord;
use crate::group::request::{
    CommitPartition, CommitTopic, GroupAnswer, GroupError, OffsetCommit, PartitionErrors,
};
use crate::group::state::{Group, GroupState};
use crate::group::turn::Turn;
use crate::shard::Token;

/// The first version that says GROUP_ID_NOT_FOUND.
const GROUP_ERRORS_VERSION: i16 = 9;

/// Checks a commit with its group, writes it, and answers each partition.
pub fn commit(turn: &mut Turn<'_>, token: Token, request: &OffsetCommit) {
    if let Err(error) = check(turn.state, request) {
        return turn.answer(token, GroupAnswer::Committed(Err(error)));
    }
    // Members of the consumer protocol are kept alive by heartbeats only.
    if let Some(Group::Classic(_)) = turn.state.groups.get(&request.group).map(Arc::as_ref) {
        classic::on_commit(turn, request);
    }
    let metadata_bytes_max = turn.world.settings(&request.group).offset_metadata_bytes_max;
    let answers: PartitionErrors = request
        .topics
        .iter()
        .map(|topic| {
            let partitions = topic.partitions.iter();
            let partitions =
                partitions.map(|partition| match is_too_long(&partition.metadata, metadata_bytes_max) {
                    true => (partition.partition, Some(ErrorCode::OffsetMetadataTooLarge)),
                    false => {
                        write(turn, request, topic, partition);
                        (partition.partition, None)
                    }
                });
            (Arc::clone(&topic.topic), topic.id, partitions.collect())
        })
        .collect();
    turn.answer(token, GroupAnswer::Committed(Ok(answers)));
}

fn check(state: &GroupState, request: &OffsetCommit) -> Result<(), GroupError> {
    match state.groups.get(&request.group).map(Arc::as_ref) {
        Some(Group::Classic(group)) => group.check_commit(request),
        Some(Group::Consumer(group)) => group.check_commit(request),
        None if request.generation_or_epoch < 0 => Ok(()),
        None if request.api_version >= GROUP_ERRORS_VERSION => Err(GroupError::not_found(&request.group)),
        None => Err(ErrorCode::IllegalGeneration.into()),
    }
}

/// Kafka counts the units of a Java string.
fn is_too_long(metadata: &str, units_max: usize) -> bool {
    metadata.len() > units_max && metadata.encode_utf16().count() > units_max
}

fn write(turn: &mut Turn<'_>, request: &OffsetCommit, topic: &CommitTopic, partition: &CommitPartition) {
    let now = turn.now.wall;
    let value = OffsetCommitValue {
        offset: partition.offset,
        leader_epoch: partition.leader_epoch,
        metadata: partition.metadata.to_string().into(),
        commit_timestamp: now.0,
        expire_timestamp: request.retention_ms.map_or(-1, |retention_ms| now.0.saturating_add(retention_ms)),
        // The version with a time of expiry has no place for an id.
        topic_id: if request.retention_ms.is_some() { Uuid::ZERO } else { topic.id },
        ..OffsetCommitValue::default()
    };
    turn.write(GroupRecord::Offset {
        group: Arc::clone(&request.group),
        topic: Arc::clone(&topic.topic),
        partition: partition.partition,
        value: Some(value),
    });
}
