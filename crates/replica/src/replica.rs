//! This node's replica of a partition, in whichever role the metadata gives it. The roles' rules are in [`crate::leader`] and
//! [`crate::follower`].

use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId, Offset};

use crate::acknowledgement::AcksAllStatus;
use crate::broker_view::Brokers;
use crate::epoch_check::{EpochError, check_leader_epoch};
use crate::follower::FollowerState;
use crate::leader::LeaderState;
use crate::registration::{PartitionRegistration, ReplicationLimits};

/// The role of a replica.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Role {
    /// It takes appends.
    Leader(LeaderState),
    /// It copies the leader's log, or waits for one.
    Follower(FollowerState),
}

/// What a registration has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RoleChange {
    /// A new leadership of this node: note `leader_epoch` with `epoch_start` in the epoch cache before the first append.
    Leads {
        /// The new leadership.
        leader_epoch: LeaderEpoch,
        /// Where its first record will be.
        epoch_start: Offset,
        /// The watermark's new place, if it moved at once.
        high_watermark: Option<Offset>,
    },
    /// The same leadership goes on with another assignment or ISR.
    LeadsOn {
        /// The watermark's new place, if it moved.
        high_watermark: Option<Offset>,
    },
    /// It follows in a new leadership: refuse all waiters, compare epochs with the leader before anything else.
    Follows {
        /// Whom, `None` while there is no leader.
        leader: Option<NodeId>,
    },
    /// It follows on in the same leadership.
    FollowsOn,
    /// The registration is older than what is known.
    Stale,
}

/// One replica.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replica {
    local: NodeId,
    limits: ReplicationLimits,
    role: Role,
}

impl Replica {
    /// A replica whose log was just opened: effective end `end`, watermark as checkpointed. It follows nobody until its registration arrives.
    pub fn new(local: NodeId, limits: ReplicationLimits, end: Offset, high_watermark: Offset) -> Self {
        let role = Role::Follower(FollowerState::unregistered(end, high_watermark.min(end)));
        Self { local, limits, role }
    }

    /// The role.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// The leader's state, if this replica leads.
    #[inline]
    pub fn leader(&self) -> Option<&LeaderState> {
        match &self.role {
            Role::Leader(leader) => Some(leader),
            Role::Follower(_) => None,
        }
    }

    /// The leader's state to change, if this replica leads.
    #[inline]
    pub fn leader_mut(&mut self) -> Option<&mut LeaderState> {
        match &mut self.role {
            Role::Leader(leader) => Some(leader),
            Role::Follower(_) => None,
        }
    }

    /// The follower's state, if this replica follows.
    pub fn follower(&self) -> Option<&FollowerState> {
        match &self.role {
            Role::Leader(_) => None,
            Role::Follower(follower) => Some(follower),
        }
    }

    /// The follower's state to change, if this replica follows.
    pub fn follower_mut(&mut self) -> Option<&mut FollowerState> {
        match &mut self.role {
            Role::Leader(_) => None,
            Role::Follower(follower) => Some(follower),
        }
    }

    /// The leader's id, as far as it is known.
    pub fn leader_id(&self) -> Option<NodeId> {
        match &self.role {
            Role::Leader(_) => Some(self.local),
            Role::Follower(follower) => follower.leader(),
        }
    }

    /// The number of the current leadership.
    #[inline]
    pub fn leader_epoch(&self) -> LeaderEpoch {
        match &self.role {
            Role::Leader(leader) => leader.leader_epoch(),
            Role::Follower(follower) => follower.leader_epoch(),
        }
    }

    /// The number of the registration.
    pub fn partition_epoch(&self) -> i32 {
        match &self.role {
            Role::Leader(leader) => leader.partition_epoch(),
            Role::Follower(follower) => follower.partition_epoch(),
        }
    }

    /// The own effective end.
    pub fn end(&self) -> Offset {
        match &self.role {
            Role::Leader(leader) => leader.end(),
            Role::Follower(follower) => follower.end(),
        }
    }

    /// Everything below is known to be committed.
    #[inline]
    pub fn high_watermark(&self) -> Offset {
        match &self.role {
            Role::Leader(leader) => leader.high_watermark(),
            Role::Follower(follower) => follower.high_watermark(),
        }
    }

    /// Compares the epoch that a request names with this replica's.
    pub fn check_leader_epoch(&self, requested: Option<LeaderEpoch>) -> Result<(), EpochError> {
        check_leader_epoch(self.leader_epoch(), requested)
    }

    /// How an `acks=all` append stands that was made in `leader_epoch` and ends before `required_end`.
    #[inline]
    pub fn acks_all_status(&self, required_end: Offset, leader_epoch: LeaderEpoch) -> AcksAllStatus {
        match &self.role {
            Role::Leader(leader) => leader.acks_all_status(required_end, leader_epoch),
            Role::Follower(_) => AcksAllStatus::NotLeader,
        }
    }

    /// The own effective end is now `end`; the watermark's new place, if it moved.
    #[inline]
    pub fn on_local_end(&mut self, end: Offset, now: MonotonicNs, brokers: &impl Brokers) -> Option<Offset> {
        match &mut self.role {
            Role::Leader(leader) => leader.on_local_end(end, now, brokers),
            Role::Follower(follower) => follower.on_local_end(end),
        }
    }

    /// The configurations have changed; the watermark's new place, if it moved.
    pub fn on_limits(
        &mut self,
        limits: ReplicationLimits,
        now: MonotonicNs,
        brokers: &impl Brokers,
    ) -> Option<Offset> {
        self.limits = limits;
        self.leader_mut().and_then(|leader| leader.on_limits(limits, now, brokers))
    }

    /// The metadata has a registration of this partition. `written_end` is where the next record would be written.
    pub fn on_registration(
        &mut self,
        registration: &PartitionRegistration,
        written_end: Offset,
        now: MonotonicNs,
        brokers: &impl Brokers,
    ) -> RoleChange {
        let is_new_leadership = registration.leader_epoch > self.leader_epoch();
        if registration.partition_epoch < self.partition_epoch()
            || registration.leader_epoch < self.leader_epoch()
        {
            return RoleChange::Stale;
        }
        let leads = registration.leader == Some(self.local);
        match &mut self.role {
            Role::Leader(leader) if leads => {
                let high_watermark = leader.on_registration(registration, written_end, now, brokers);
                match is_new_leadership {
                    true => leads_now(leader, high_watermark),
                    false => RoleChange::LeadsOn { high_watermark },
                }
            }
            Role::Follower(follower) if leads => {
                let (end, high_watermark) = (follower.end(), follower.high_watermark());
                let mut leader = LeaderState::new(
                    self.local,
                    registration,
                    self.limits,
                    written_end,
                    end,
                    high_watermark,
                    now,
                );
                let moved = leader.on_local_end(end, now, brokers);
                let change = leads_now(&leader, moved);
                self.role = Role::Leader(leader);
                change
            }
            Role::Leader(leader) => {
                let follower = FollowerState::new(registration, leader.end(), leader.high_watermark());
                self.role = Role::Follower(follower);
                RoleChange::Follows { leader: registration.leader }
            }
            Role::Follower(follower) => {
                follower.on_registration(registration);
                match is_new_leadership {
                    true => RoleChange::Follows { leader: registration.leader },
                    false => RoleChange::FollowsOn,
                }
            }
        }
    }
}

fn leads_now(leader: &LeaderState, high_watermark: Option<Offset>) -> RoleChange {
    RoleChange::Leads {
        leader_epoch: leader.leader_epoch(),
        epoch_start: leader.epoch_start(),
        high_watermark,
    }
}

#[cfg(test)]
mod tests;
