//! Groups of the classic protocol.

use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::group_metadata_value::GroupMetadataValue;

use super::expiry::ExpiryBase;
use super::record::{GroupId, GroupRecord, MemberId};
use super::request::{
    DescribedGroup, GroupAnswer, GroupError, Heartbeat, JoinGroup, LeaveGroup, OffsetCommit, SyncGroup,
};
use super::state::GroupState;
use super::timers::TimerKey;
use super::turn::Turn;
use crate::shard::Token;

/// A group of the classic protocol.
#[derive(Clone, Debug)]
pub struct ClassicGroup {
    group: GroupId,
}

impl ClassicGroup {
    /// A group without members, generation 0.
    pub fn new(group: &GroupId) -> Self {
        Self { group: Arc::clone(group) }
    }

    /// Kafka's name of its state: `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Stable`, `Dead`.
    pub fn state_name(&self) -> &'static str {
        "Empty"
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        true
    }

    /// `consumer`, `connect`; empty for none.
    pub fn protocol_type(&self) -> Arc<str> {
        Arc::from("")
    }

    /// Whether a member is known to read this topic.
    pub fn subscribes_to(&self, _topic: &str) -> bool {
        false
    }

    /// From when on its offsets expire.
    pub fn expiry_base(&self) -> ExpiryBase {
        ExpiryBase::Commit
    }

    /// Whether this commit is one of its current generation.
    ///
    /// # Errors
    /// Kafka's codes for unknown and fenced members, stale generations and rebalances.
    pub fn check_commit(&self, _commit: &OffsetCommit) -> Result<(), GroupError> {
        Ok(())
    }

    /// Whether it may be deleted.
    ///
    /// # Errors
    /// `NON_EMPTY_GROUP`.
    pub fn check_delete(&self) -> Result<(), GroupError> {
        Ok(())
    }

    /// The member that owns a partition by its assignment, with its client's id.
    pub fn owner_of(&self, _topic: &str, _partition: i32) -> Option<(MemberId, Arc<str>)> {
        None
    }

    /// As DescribeGroups shows it.
    pub fn describe(&self) -> DescribedGroup {
        DescribedGroup {
            state: self.state_name(),
            protocol_type: self.protocol_type(),
            protocol: Arc::from(""),
            members: Vec::new(),
        }
    }

    /// The records that end it.
    pub fn tombstones(&self) -> Vec<GroupRecord> {
        vec![GroupRecord::Classic { group: Arc::clone(&self.group), value: None }]
    }
}

/// JoinGroup.
pub fn join(turn: &mut Turn<'_>, token: Token, request: &JoinGroup) {
    let _ = (turn, token, request);
}

/// SyncGroup.
pub fn sync(turn: &mut Turn<'_>, token: Token, request: &SyncGroup) {
    let _ = (turn, token, request);
}

/// Heartbeat.
pub fn heartbeat(turn: &mut Turn<'_>, token: Token, request: &Heartbeat) {
    let _ = request;
    turn.answer(token, GroupAnswer::Heartbeat(Err(ErrorCode::UnknownMemberId.into())));
}

/// LeaveGroup.
pub fn leave(turn: &mut Turn<'_>, token: Token, request: &LeaveGroup) {
    let _ = (turn, token, request);
}

/// A commit of a member was taken: its session begins anew.
pub fn on_commit(turn: &mut Turn<'_>, commit: &OffsetCommit) {
    let _ = (turn, commit);
}

/// A deadline has passed: `ClassicSession`, `ClassicPendingJoin`, `ClassicJoin`, `ClassicSync`.
pub fn on_timer(turn: &mut Turn<'_>, key: &TimerKey) {
    let _ = (turn, key);
}

/// The log was read: sessions begin to run.
pub fn on_loaded(turn: &mut Turn<'_>, group: &GroupId) {
    let _ = (turn, group);
}

/// The group has changed in this turn: parked heartbeats that have something to hear are answered. The group may be gone.
pub fn settle(turn: &mut Turn<'_>, group: &GroupId) {
    let _ = (turn, group);
}

/// Answers the parked heartbeat of a member with what there is to say now.
pub fn unpark(turn: &mut Turn<'_>, group: &GroupId, member: &MemberId) {
    let _ = (turn, group, member);
}

/// Folds a record with key version 2.
pub fn replay(state: &mut GroupState, group: &GroupId, value: Option<&GroupMetadataValue<'static>>) {
    let _ = (state, group, value);
}
