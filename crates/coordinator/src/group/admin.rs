//! Questions about groups: lists, descriptions, lag; and their deletion.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::record::{GroupId, GroupRecord};
use super::request::{CommittedPosition, GroupAnswer, GroupError, ListGroups, ListedGroup};
use super::state::{Group, GroupState};
use super::turn::{Turn, records_within_max};
use super::world::Topics;
use crate::shard::{Extent, Token};

/// ListGroups, versions 0 to 5: states (KIP-518) and types (KIP-848) are filters.
pub fn list(turn: &mut Turn<'_>, token: Token, request: &ListGroups) {
    let groups = turn.state.groups.entries().iter();
    let listed = groups
        .map(|(id, group)| listed(id, group))
        .filter(|listed| admits(&request.states, listed.state) && admits(&request.types, listed.kind));
    let listed = listed.collect();
    turn.answer(token, GroupAnswer::Listed(listed));
}

fn listed(id: &GroupId, group: &Group) -> ListedGroup {
    let (protocol_type, kind) = match group {
        Group::Classic(classic) => (classic.protocol_type(), "classic"),
        Group::Consumer(_) => (Arc::from("consumer"), "consumer"),
    };
    ListedGroup { group: GroupId::clone(id), protocol_type, state: group.state_name(), kind }
}

fn admits(filter: &[String], name: &str) -> bool {
    filter.is_empty() || filter.iter().any(|wanted| wanted.trim().eq_ignore_ascii_case(name))
}

/// DescribeGroups for one group; groups of other protocols are not found.
pub fn describe(turn: &mut Turn<'_>, token: Token, group: &GroupId) {
    let answer = match turn.state.groups.get(group).map(Arc::as_ref) {
        Some(Group::Classic(classic)) => Ok(classic.describe()),
        Some(Group::Consumer(_)) => Err(GroupError::wrong_type(group, "classic")),
        None => Err(GroupError::not_found(group)),
    };
    turn.answer(token, GroupAnswer::Described(answer));
}

/// ConsumerGroupDescribe for one group; groups of other protocols are not found.
pub fn describe_consumer(turn: &mut Turn<'_>, token: Token, group: &GroupId) {
    let answer = match turn.state.groups.get(group).map(Arc::as_ref) {
        Some(Group::Consumer(consumer)) => Ok(consumer.describe(turn.world)),
        Some(Group::Classic(_)) => Err(GroupError::wrong_type(group, "consumer")),
        None => Err(GroupError::not_found(group)),
    };
    turn.answer(token, GroupAnswer::DescribedConsumer(answer));
}

/// DeleteGroups for one group: only an empty one goes, with all its offsets. Those that fill more than one batch go in
/// parts, the group itself in the last one: whatever happens in between, it can be deleted again.
pub fn delete(turn: &mut Turn<'_>, token: Token, group: &GroupId) -> Extent {
    let found = turn.state.groups.get(group).cloned();
    let checked = found.ok_or_else(|| GroupError::not_found(group)).and_then(|found| {
        match found.as_ref() {
            Group::Classic(classic) => classic.check_delete(),
            Group::Consumer(consumer) => consumer.check_delete(),
        }?;
        Ok(found)
    });
    let answer = match checked {
        Ok(found) => {
            let room_bytes = turn.out.batch_room_bytes;
            let enough = records_within_max(room_bytes) + 1;
            let offsets = turn.state.offsets.everything_of_group(group, enough).into_iter();
            let offsets = offsets.map(|(topic, at)| GroupRecord::offset_tombstone(group, &topic, at));
            if turn.write_within(room_bytes, offsets.chain(found.tombstones())) == Extent::Part {
                return Extent::Part;
            }
            Ok(())
        }
        Err(error) => Err(error),
    };
    turn.answer(token, GroupAnswer::Deleted(answer));
    Extent::Whole
}

/// Every committed offset with whoever reads its partition now.
pub fn lag(turn: &mut Turn<'_>, token: Token) {
    let positions = positions(turn.state, turn.world.topics());
    turn.answer(token, GroupAnswer::Lag(positions));
}

fn positions(state: &GroupState, topics: &dyn Topics) -> Vec<CommittedPosition> {
    let mut positions = Vec::new();
    for (id, group) in state.groups.entries() {
        let owners = group.owners();
        for (topic, partition, offset) in state.offsets.of_group(id) {
            positions.push(CommittedPosition {
                group: GroupId::clone(id),
                topic: Arc::clone(topic),
                partition,
                offset: offset.offset,
                commit_timestamp_ms: offset.committed.0,
                owner: owners.of(topics, topic, partition),
            });
        }
    }
    positions
}
