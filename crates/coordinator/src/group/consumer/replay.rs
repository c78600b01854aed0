//! The fold of a consumer group's records (C1). Tolerant of what compaction leaves: a tombstone of what is not there
//! changes nothing, a value creates what it needs.

use std::sync::Arc;

use jackdaw_protocol::messages::consumer_group_current_member_assignment_value::ConsumerGroupCurrentMemberAssignmentValue;
use jackdaw_protocol::messages::consumer_group_member_metadata_value::ConsumerGroupMemberMetadataValue;
use jackdaw_protocol::messages::consumer_group_metadata_value::ConsumerGroupMetadataValue;
use jackdaw_protocol::messages::consumer_group_regular_expression_value::ConsumerGroupRegularExpressionValue;
use jackdaw_protocol::messages::consumer_group_target_assignment_member_value::ConsumerGroupTargetAssignmentMemberValue;
use jackdaw_protocol::messages::consumer_group_target_assignment_metadata_value::ConsumerGroupTargetAssignmentMetadataValue;

use super::group::{ConsumerGroup, ResolvedRegex};
use super::member::{Current, LEAVING_EPOCH, Subscription};
use crate::group::assignor::Partitions;
use crate::group::record::{GroupId, MemberId};
use crate::group::state::{Group, GroupState};

/// The group that a value belongs to. A classic group of that name has been left behind by the log.
fn group_mut<'a>(state: &'a mut GroupState, group: &GroupId) -> Option<&'a mut ConsumerGroup> {
    if state.consumer(group).is_none() {
        let new = Group::Consumer(ConsumerGroup::new(group));
        state.groups.insert(Arc::clone(group), Arc::new(new));
    }
    state.consumer_mut(group)
}

/// The group that a tombstone belongs to, if it has the member.
fn group_with_member<'a>(
    state: &'a mut GroupState,
    group: &GroupId,
    member: &MemberId,
) -> Option<&'a mut ConsumerGroup> {
    state.consumer(group)?.members.get(member)?;
    state.consumer_mut(group)
}

/// Folds a record with key version 3.
pub fn replay_group(
    state: &mut GroupState,
    group: &GroupId,
    value: Option<&ConsumerGroupMetadataValue<'static>>,
) {
    match value {
        Some(value) => {
            if let Some(consumer) = group_mut(state, group) {
                consumer.epoch = value.epoch;
                consumer.metadata_hash = value.metadata_hash;
            }
        }
        None if state.consumer(group).is_some() => {
            state.groups.remove(group);
        }
        None => {}
    }
}

/// Folds a record with key version 5.
pub fn replay_member(
    state: &mut GroupState,
    group: &GroupId,
    member: &MemberId,
    value: Option<&ConsumerGroupMemberMetadataValue<'static>>,
) {
    match value {
        Some(value) => {
            if let Some(consumer) = group_mut(state, group) {
                consumer.set_subscription(member, Subscription::from_value(value));
            }
        }
        None => {
            if let Some(consumer) = group_with_member(state, group, member) {
                consumer.remove_member(member);
            }
        }
    }
}

/// Folds a record with key version 6.
pub fn replay_target_metadata(
    state: &mut GroupState,
    group: &GroupId,
    value: Option<&ConsumerGroupTargetAssignmentMetadataValue<'static>>,
) {
    match value {
        Some(value) => {
            if let Some(consumer) = group_mut(state, group) {
                consumer.target_epoch = value.assignment_epoch;
                consumer.target_timestamp_ms = value.assignment_timestamp;
            }
        }
        None if state.consumer(group).is_some() => {
            if let Some(consumer) = state.consumer_mut(group) {
                consumer.target_epoch = -1;
                consumer.target_timestamp_ms = 0;
            }
        }
        None => {}
    }
}

/// Folds a record with key version 7.
pub fn replay_target_member(
    state: &mut GroupState,
    group: &GroupId,
    member: &MemberId,
    value: Option<&ConsumerGroupTargetAssignmentMemberValue<'static>>,
) {
    match value {
        Some(value) => {
            let mut partitions = Partitions::new();
            for topic in &value.topic_partitions {
                partitions.entry(topic.topic_id).or_default().extend(&topic.partitions);
            }
            for of_topic in partitions.values_mut() {
                of_topic.sort_unstable();
                of_topic.dedup();
            }
            if let Some(consumer) = group_mut(state, group) {
                consumer.targets.insert(MemberId::clone(member), Arc::new(partitions));
            }
        }
        None if state.consumer(group).is_some_and(|group| group.targets.contains_key(member)) => {
            if let Some(consumer) = state.consumer_mut(group) {
                consumer.targets.remove(member);
            }
        }
        None => {}
    }
}

/// Folds a record with key version 8.
pub fn replay_current_assignment(
    state: &mut GroupState,
    group: &GroupId,
    member: &MemberId,
    value: Option<&ConsumerGroupCurrentMemberAssignmentValue<'static>>,
) {
    match value {
        Some(value) => {
            if let Some(consumer) = group_mut(state, group) {
                consumer.set_current(member, Current::from_value(value));
            }
        }
        None => {
            if let Some(consumer) = group_with_member(state, group, member) {
                let gone =
                    Current { epoch: LEAVING_EPOCH, previous_epoch: LEAVING_EPOCH, ..Current::default() };
                consumer.set_current(member, gone);
            }
        }
    }
}

/// Folds a record with key version 16.
pub fn replay_regular_expression(
    state: &mut GroupState,
    group: &GroupId,
    regex: &str,
    value: Option<&ConsumerGroupRegularExpressionValue<'static>>,
) {
    match value {
        Some(value) => {
            let resolved = ResolvedRegex {
                topics: value.topics.iter().map(|topic| Arc::from(&**topic)).collect(),
                version: value.version,
                timestamp_ms: value.timestamp,
            };
            if let Some(consumer) = group_mut(state, group) {
                consumer.regexes.insert(Arc::from(regex), Arc::new(resolved));
            }
        }
        None if state.consumer(group).is_some_and(|group| group.regexes.contains_key(regex)) => {
            if let Some(consumer) = state.consumer_mut(group) {
                consumer.regexes.remove(regex);
            }
        }
        None => {}
    }
}
