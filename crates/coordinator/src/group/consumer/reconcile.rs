//! Reconciliation: how a member goes from what it has to what it is to have. Pure.
//!
//! ```text
//!                    ┌────────── nothing to give back, all free ──────────┐
//!                    ▼                                                    │
//!   Stable ── new target epoch ──▶ give back? ──yes──▶ UnrevokedPartitions┤ member says it owns them no more
//!                    │                                  (epoch unchanged) │
//!                    └─no─▶ some held by others? ─yes─▶ UnreleasedPartitions (new epoch) ── they become free ──▶ Stable
//! ```
//! A partition is added only when nobody holds it: neither assigned to nor still to be given back by another member (C4).

use jackdaw_base::Uuid;
use jackdaw_protocol::error_code::ErrorCode;

use super::member::{Current, Held, MemberState};
use crate::group::assignor::Partitions;
use crate::group::request::GroupError;

/// What a heartbeat says that the member owns; `None`: nothing was said.
pub type Owned<'a> = Option<&'a [(Uuid, Vec<i32>)]>;

/// What reconciliation looks at.
pub struct Reconciliation<'a> {
    /// What the member has.
    pub current: &'a Current,
    /// The epoch of the target assignment.
    pub target_epoch: i32,
    /// What the member is to have.
    pub target: &'a Partitions,
    /// Whether the member's heartbeat has changed its subscription.
    pub has_subscription_changed: bool,
    /// What the member says that it owns.
    pub owned: Owned<'a>,
    /// Whether the member reads a topic. A target that is older than the subscription may hold others.
    pub reads: &'a dyn Fn(Uuid) -> bool,
    /// Whether another member holds a partition.
    pub is_held_by_other: &'a dyn Fn(Uuid, i32) -> bool,
}

impl Reconciliation<'_> {
    /// What the member has next, equal to what it has where it cannot go on.
    ///
    /// # Errors
    /// FENCED_MEMBER_EPOCH for a state of a later Kafka.
    pub fn next(&self) -> Result<Current, GroupError> {
        let current = self.current;
        if !self.has_subscription_changed && current.is_settled_in(self.target_epoch) {
            return Ok(current.clone());
        }
        match current.state {
            MemberState::Stable if current.epoch != self.target_epoch => Ok(self.go_on()),
            MemberState::Stable => Ok(self.drop_unread()),
            MemberState::UnrevokedPartitions if self.owns_any(&current.revoking) => {
                Ok(if self.has_subscription_changed { self.drop_unread() } else { current.clone() })
            }
            MemberState::UnrevokedPartitions | MemberState::UnreleasedPartitions => Ok(self.go_on()),
            MemberState::Unknown if self.owned.is_some_and(<[_]>::is_empty) => Ok(self.go_on()),
            MemberState::Unknown => Err(GroupError::new(
                ErrorCode::FencedMemberEpoch,
                "The consumer group member is in a unknown state. The member must abandon all its partitions and rejoin.",
            )),
        }
    }

    /// One step towards the target.
    fn go_on(&self) -> Current {
        let mut assigned = Held::new();
        let mut revoking = Held::new();
        let nothing = Vec::new();
        let target_of = |topic: &Uuid| match (self.reads)(*topic) {
            true => self.target.get(topic).unwrap_or(&nothing),
            false => &nothing,
        };
        for (topic, partitions) in &self.current.assigned {
            let target = target_of(topic);
            for (&partition, &epoch) in partitions {
                let place =
                    if target.binary_search(&partition).is_ok() { &mut assigned } else { &mut revoking };
                place.entry(*topic).or_default().insert(partition, epoch);
            }
        }
        if !revoking.is_empty() && self.owns_any(&revoking) {
            return self.step(self.current.epoch, MemberState::UnrevokedPartitions, assigned, revoking);
        }
        let mut is_waiting = false;
        for topic in self.target.keys() {
            for &partition in target_of(topic) {
                let of_topic = assigned.get(topic);
                if of_topic.is_some_and(|of_topic| of_topic.contains_key(&partition)) {
                    continue;
                }
                if (self.is_held_by_other)(*topic, partition) {
                    is_waiting = true;
                } else {
                    assigned.entry(*topic).or_default().insert(partition, self.target_epoch);
                }
            }
        }
        let state = if is_waiting { MemberState::UnreleasedPartitions } else { MemberState::Stable };
        self.step(self.target_epoch, state, assigned, Held::new())
    }

    /// Topics that the member reads no more are given back at once, without waiting for a new target.
    fn drop_unread(&self) -> Current {
        let current = self.current;
        let (assigned, unread): (Held, Held) =
            current.assigned.clone().into_iter().partition(|(topic, _)| (self.reads)(*topic));
        if unread.is_empty() {
            return current.clone();
        }
        let mut revoking = current.revoking.clone();
        for (topic, partitions) in unread {
            revoking.entry(topic).or_default().extend(partitions);
        }
        match self.owns_any(&revoking) {
            true => self.step(current.epoch, MemberState::UnrevokedPartitions, assigned, revoking),
            false => self.step(current.epoch, current.state, assigned, current.revoking.clone()),
        }
    }

    fn step(&self, epoch: i32, state: MemberState, assigned: Held, revoking: Held) -> Current {
        Current { epoch, previous_epoch: self.current.epoch, state, assigned, revoking }
    }

    /// Whether the member may still own any of these. One that says nothing may own all of them.
    fn owns_any(&self, partitions: &Held) -> bool {
        let Some(owned) = self.owned else { return true };
        owned.iter().any(|(topic, owned)| {
            let of_topic = partitions.get(topic);
            of_topic.is_some_and(|of_topic| owned.iter().any(|partition| of_topic.contains_key(partition)))
        })
    }
}
