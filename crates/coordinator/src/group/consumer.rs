//! Groups of the consumer protocol (KIP-848).

use std::sync::Arc;

use jackdaw_protocol::messages::consumer_group_current_member_assignment_value::ConsumerGroupCurrentMemberAssignmentValue;
use jackdaw_protocol::messages::consumer_group_member_metadata_value::ConsumerGroupMemberMetadataValue;
use jackdaw_protocol::messages::consumer_group_metadata_value::ConsumerGroupMetadataValue;
use jackdaw_protocol::messages::consumer_group_regular_expression_value::ConsumerGroupRegularExpressionValue;
use jackdaw_protocol::messages::consumer_group_target_assignment_member_value::ConsumerGroupTargetAssignmentMemberValue;
use jackdaw_protocol::messages::consumer_group_target_assignment_metadata_value::ConsumerGroupTargetAssignmentMetadataValue;

use super::expiry::ExpiryBase;
use super::record::{GroupId, GroupRecord, MemberId};
use super::request::{
    ConsumerHeartbeat, DescribedConsumerGroup, GroupError, Heartbeat, JoinGroup, LeaveGroup, OffsetCommit,
    OffsetFetch, SyncGroup,
};
use super::state::GroupState;
use super::timers::TimerKey;
use super::turn::Turn;
use super::world::World;
use crate::shard::Token;

/// A group of the consumer protocol.
#[derive(Clone, Debug)]
pub struct ConsumerGroup {
    group: GroupId,
}

impl ConsumerGroup {
    /// A group without members, epoch 0.
    pub fn new(group: &GroupId) -> Self {
        Self { group: Arc::clone(group) }
    }

    /// Kafka's name of its state: `Empty`, `Assigning`, `Reconciling`, `Stable`, `Dead`.
    pub fn state_name(&self) -> &'static str {
        "Empty"
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        true
    }

    /// Whether a member subscribes to this topic.
    pub fn subscribes_to(&self, _topic: &str) -> bool {
        false
    }

    /// From when on its offsets expire.
    pub fn expiry_base(&self) -> ExpiryBase {
        ExpiryBase::Commit
    }

    /// Whether this commit is one of a member's current epoch (C4).
    ///
    /// # Errors
    /// Kafka's codes for unknown and fenced members and stale epochs.
    pub fn check_commit(&self, _commit: &OffsetCommit) -> Result<(), GroupError> {
        Ok(())
    }

    /// Whether a fetch that names a member is one of its current epoch.
    ///
    /// # Errors
    /// `UNKNOWN_MEMBER_ID`, `STALE_MEMBER_EPOCH`.
    pub fn check_fetch(&self, _fetch: &OffsetFetch) -> Result<(), GroupError> {
        Ok(())
    }

    /// Whether it may be deleted.
    ///
    /// # Errors
    /// `NON_EMPTY_GROUP`.
    pub fn check_delete(&self) -> Result<(), GroupError> {
        Ok(())
    }

    /// The member that owns a partition, with its client's id.
    pub fn owner_of(&self, _topic: &str, _partition: i32) -> Option<(MemberId, Arc<str>)> {
        None
    }

    /// As ConsumerGroupDescribe shows it.
    pub fn describe(&self, _world: &dyn World) -> DescribedConsumerGroup {
        DescribedConsumerGroup {
            state: self.state_name(),
            epoch: 0,
            assignment_epoch: 0,
            assignor: Arc::from(""),
            members: Vec::new(),
        }
    }

    /// The records that end it.
    pub fn tombstones(&self) -> Vec<GroupRecord> {
        vec![
            GroupRecord::TargetMetadata { group: Arc::clone(&self.group), value: None },
            GroupRecord::Consumer { group: Arc::clone(&self.group), value: None },
        ]
    }
}

/// ConsumerGroupHeartbeat. The group may not exist, or be a classic one (which is upgraded, or replaced if it is empty).
pub fn heartbeat(turn: &mut Turn<'_>, token: Token, request: &ConsumerHeartbeat) {
    let _ = (turn, token, request);
}

/// JoinGroup of a member with the classic protocol.
pub fn classic_join(turn: &mut Turn<'_>, token: Token, request: &JoinGroup) {
    let _ = (turn, token, request);
}

/// SyncGroup of a member with the classic protocol.
pub fn classic_sync(turn: &mut Turn<'_>, token: Token, request: &SyncGroup) {
    let _ = (turn, token, request);
}

/// Heartbeat of a member with the classic protocol.
pub fn classic_heartbeat(turn: &mut Turn<'_>, token: Token, request: &Heartbeat) {
    let _ = (turn, token, request);
}

/// LeaveGroup of members with the classic protocol, or of static members by an administrator.
pub fn classic_leave(turn: &mut Turn<'_>, token: Token, request: &LeaveGroup) {
    let _ = (turn, token, request);
}

/// A commit of a member was taken.
pub fn on_commit(turn: &mut Turn<'_>, commit: &OffsetCommit) {
    let _ = (turn, commit);
}

/// A deadline has passed: the keys of [`TimerKey`] that begin with `Consumer`.
pub fn on_timer(turn: &mut Turn<'_>, key: &TimerKey) {
    let _ = (turn, key);
}

/// Topics were created, deleted or changed.
pub fn on_topics_changed(turn: &mut Turn<'_>) {
    let _ = turn;
}

/// The log was read: sessions begin to run.
pub fn on_loaded(turn: &mut Turn<'_>, group: &GroupId) {
    let _ = (turn, group);
}

/// The group has changed in this turn: parked heartbeats that have something to hear are answered.
pub fn settle(turn: &mut Turn<'_>, group: &GroupId) {
    let _ = (turn, group);
}

/// Answers the parked heartbeat of a member with what there is to say now.
pub fn unpark(turn: &mut Turn<'_>, group: &GroupId, member: &MemberId) {
    let _ = (turn, group, member);
}

/// Folds a record with key version 3.
pub fn replay_group(
    state: &mut GroupState,
    group: &GroupId,
    value: Option<&ConsumerGroupMetadataValue<'static>>,
) {
    let _ = (state, group, value);
}

/// Folds a record with key version 5.
pub fn replay_member(
    state: &mut GroupState,
    group: &GroupId,
    member: &MemberId,
    value: Option<&ConsumerGroupMemberMetadataValue<'static>>,
) {
    let _ = (state, group, member, value);
}

/// Folds a record with key version 6.
pub fn replay_target_metadata(
    state: &mut GroupState,
    group: &GroupId,
    value: Option<&ConsumerGroupTargetAssignmentMetadataValue<'static>>,
) {
    let _ = (state, group, value);
}

/// Folds a record with key version 7.
pub fn replay_target_member(
    state: &mut GroupState,
    group: &GroupId,
    member: &MemberId,
    value: Option<&ConsumerGroupTargetAssignmentMemberValue<'static>>,
) {
    let _ = (state, group, member, value);
}

/// Folds a record with key version 8.
pub fn replay_current_assignment(
    state: &mut GroupState,
    group: &GroupId,
    member: &MemberId,
    value: Option<&ConsumerGroupCurrentMemberAssignmentValue<'static>>,
) {
    let _ = (state, group, member, value);
}

/// Folds a record with key version 16.
pub fn replay_regular_expression(
    state: &mut GroupState,
    group: &GroupId,
    regex: &str,
    value: Option<&ConsumerGroupRegularExpressionValue<'static>>,
) {
    let _ = (state, group, regex, value);
}
