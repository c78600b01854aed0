//! The leader of a partition: its followers, its ISR, its high watermark. Rules R1 to R4 and R6 live here. It proposes changes
//! of the ISR and never makes one.
//!
//! ```text
//!   log start <= low watermark   <= high watermark <= end of each in-sync follower, own end
//!                (DeleteRecords)    = min over own end and the ends of the maximal ISR, never back (R1),
//!                                     standing still below min ISR (R2, KIP-966)
//! ```

use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId, Offset};
use thiserror::Error;

use crate::acknowledgement::{AcksAllStatus, NotEnoughReplicas, acks_all_status};
use crate::broker_view::Brokers;
use crate::isr::{IsrAnswer, IsrChange, IsrChangeError, IsrOutcome, IsrState};
use crate::node_set::NodeSet;
use crate::progress::FollowerProgress;
use crate::registration::{LeaderRecovery, PartitionRegistration, ReplicationLimits};

/// What a follower's fetch says about its replica.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FollowerFetch {
    /// The follower.
    pub id: NodeId,
    /// The offset it asks for: its end.
    pub end: Offset,
    /// Where its log starts.
    pub log_start: Offset,
    /// The registration of the broker that asks; `None` where the request has none (-1).
    pub broker_epoch: Option<i64>,
}

/// Why a follower's fetch does not count; both are answered NOT_LEADER_OR_FOLLOWER.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum FollowerFetchError {
    /// The broker holds no replica of this partition, as far as this leader knows.
    #[error("broker {0} holds no replica of the partition")]
    NotAReplica(NodeId),
    /// The fetch comes from an earlier life of the broker.
    #[error("broker epoch {requested} of broker {id} is older than {current}")]
    StaleBrokerEpoch {
        /// The broker.
        id: NodeId,
        /// What the fetch names.
        requested: i64,
        /// What the metadata has.
        current: i64,
    },
}

/// The leader's state of a partition. Offsets that methods return are the high watermark's new place, if it moved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeaderState {
    local: NodeId,
    limits: ReplicationLimits,
    leader_epoch: LeaderEpoch,
    partition_epoch: i32,
    recovery: LeaderRecovery,
    epoch_start: Offset,
    end: Offset,
    high_watermark: Offset,
    isr: IsrState,
    followers: Vec<FollowerProgress>,
}

impl LeaderState {
    /// A new leadership. `written_end` is where its first record will be, `end` the effective end; `high_watermark` is what
    /// this replica knew before.
    pub fn new(
        local: NodeId,
        registration: &PartitionRegistration,
        limits: ReplicationLimits,
        written_end: Offset,
        end: Offset,
        high_watermark: Offset,
        now: MonotonicNs,
    ) -> Self {
        assert!(
            high_watermark <= end && end <= written_end,
            "L1: {high_watermark} <= {end} <= {written_end}"
        );
        let followers = registration.replicas.iter().filter(|&&id| id != local);
        Self {
            local,
            limits,
            leader_epoch: registration.leader_epoch,
            partition_epoch: registration.partition_epoch,
            recovery: registration.recovery,
            epoch_start: written_end,
            end,
            high_watermark,
            isr: IsrState::committed(registration.isr.clone()),
            followers: followers
                .map(|&id| FollowerProgress::new(id, registration.isr.contains(&id), now))
                .collect(),
        }
    }

    /// The number of this leadership.
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.leader_epoch
    }

    /// The number of the registration.
    pub fn partition_epoch(&self) -> i32 {
        self.partition_epoch
    }

    /// Where this leadership's first record is.
    pub fn epoch_start(&self) -> Offset {
        self.epoch_start
    }

    /// The leader's own effective end.
    pub fn end(&self) -> Offset {
        self.end
    }

    /// Everything below is committed.
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// The in-sync replicas.
    pub fn isr(&self) -> &IsrState {
        &self.isr
    }

    /// The followers, in the order of the assignment.
    pub fn followers(&self) -> &[FollowerProgress] {
        &self.followers
    }

    /// `min.insync.replicas`, at most the number of replicas.
    pub fn min_insync(&self) -> usize {
        self.limits.min_insync_replicas.min(self.followers.len() + 1)
    }

    /// Whether the committed ISR is too small for `acks=all`.
    pub fn is_under_min_isr(&self) -> bool {
        self.isr.committed_set().len() < self.min_insync()
    }

    /// Whether an `acks=all` append may be made at all; ask before it.
    pub fn check_acks_all(&self) -> Result<(), NotEnoughReplicas> {
        let (in_sync, required) = (self.isr.committed_set().len(), self.min_insync());
        if in_sync < required { Err(NotEnoughReplicas { in_sync, required }) } else { Ok(()) }
    }

    /// How an `acks=all` append stands that was made in `leader_epoch` and ends before `required_end` (R6).
    #[inline]
    pub fn acks_all_status(&self, required_end: Offset, leader_epoch: LeaderEpoch) -> AcksAllStatus {
        if leader_epoch != self.leader_epoch {
            return AcksAllStatus::NotLeader;
        }
        acks_all_status(required_end, self.high_watermark, self.isr.maximal_count(), self.min_insync())
    }

    /// Up to where `DeleteRecords` has taken effect: the lowest log start among this replica and those on live brokers.
    pub fn low_watermark(&self, log_start: Offset, brokers: &impl Brokers) -> Offset {
        let live = |id| brokers.broker(id).is_some_and(|broker| !broker.is_fenced);
        let others =
            self.followers.iter().filter(|follower| live(follower.id)).map(|follower| follower.log_start);
        others.fold(log_start, Offset::min)
    }

    /// The own effective end is now `end`.
    #[inline]
    pub fn on_local_end(&mut self, end: Offset, now: MonotonicNs, brokers: &impl Brokers) -> Option<Offset> {
        assert!(end >= self.end, "a leader's log only grows: {end} < {}", self.end);
        self.end = end;
        self.advance(now, brokers)
    }

    /// A follower asks for records from `fetch.end` on, so it has all before.
    pub fn on_fetch(
        &mut self,
        fetch: FollowerFetch,
        now: MonotonicNs,
        brokers: &impl Brokers,
    ) -> Result<Option<Offset>, FollowerFetchError> {
        let (id, leader_end) = (fetch.id, self.end);
        let Some(follower) = self.followers.iter_mut().find(|follower| follower.id == id) else {
            return Err(FollowerFetchError::NotAReplica(id));
        };
        if let (Some(requested), Some(broker)) = (fetch.broker_epoch, brokers.broker(id))
            && requested < broker.broker_epoch
        {
            return Err(FollowerFetchError::StaleBrokerEpoch { id, requested, current: broker.broker_epoch });
        }
        follower.on_fetch(fetch.end, fetch.log_start, fetch.broker_epoch, leader_end, now);
        Ok(self.advance(now, brokers))
    }

    /// A newer registration with this node as leader. Another leadership begins if its epoch is newer: its first record will be
    /// at `written_end`.
    pub fn on_registration(
        &mut self,
        registration: &PartitionRegistration,
        written_end: Offset,
        now: MonotonicNs,
        brokers: &impl Brokers,
    ) -> Option<Offset> {
        assert_eq!(registration.leader, Some(self.local));
        if registration.partition_epoch < self.partition_epoch {
            return None;
        }
        let known = std::mem::take(&mut self.followers);
        let in_sync = |id| registration.isr.contains(&id);
        let others = registration.replicas.iter().copied().filter(|&id| id != self.local);
        self.followers = others
            .map(|id| match known.iter().find(|follower| follower.id == id) {
                Some(follower) => *follower,
                None => FollowerProgress::new(id, in_sync(id), now),
            })
            .collect();
        if registration.leader_epoch > self.leader_epoch {
            assert!(written_end >= self.end);
            self.leader_epoch = registration.leader_epoch;
            self.epoch_start = written_end;
            let end = self.end;
            self.followers.iter_mut().for_each(|follower| follower.renew(in_sync(follower.id), end, now));
        }
        self.partition_epoch = registration.partition_epoch;
        self.recovery = registration.recovery;
        self.isr.commit(registration.isr.clone());
        self.advance(now, brokers)
    }

    /// The configurations have changed.
    pub fn on_limits(
        &mut self,
        limits: ReplicationLimits,
        now: MonotonicNs,
        brokers: &impl Brokers,
    ) -> Option<Offset> {
        self.limits = limits;
        self.advance(now, brokers)
    }

    /// The change that takes follower `id` into the ISR, if it may join now: it has reached the watermark and this leadership
    /// (R4), its broker is alive and is the one that fetched, and no other change is under way.
    pub fn isr_expansion(&self, id: NodeId, brokers: &impl Brokers) -> Option<IsrChange> {
        let follower = self.followers.iter().find(|follower| follower.id == id)?;
        let joins = self.isr.in_flight().is_none()
            && !self.isr.committed_set().contains(&id)
            && follower.end >= self.high_watermark
            && follower.end >= self.epoch_start
            && is_eligible(follower, brokers);
        joins.then(|| self.change(self.isr.committed_set().iter().copied().chain([id]).collect()))
    }

    /// The change that takes all followers out of the ISR that have not been caught up for `replica.lag.time.max.ms`.
    pub fn isr_shrink(&self, now: MonotonicNs) -> Option<IsrChange> {
        if self.followers.is_empty() || self.isr.in_flight().is_some() {
            return None;
        }
        let stays = |id: &NodeId| match self.followers.iter().find(|follower| follower.id == *id) {
            Some(follower) => follower.is_caught_up(self.end, now, self.limits.lag_ms_max),
            None => *id == self.local,
        };
        let isr: NodeSet = self.isr.committed_set().iter().copied().filter(stays).collect();
        (isr.len() < self.isr.committed_set().len()).then(|| self.change(isr))
    }

    /// The proposal is on its way to the controller: from here on the watermark waits for those who join, too (R2).
    pub fn begin_isr_change(&mut self, change: IsrChange) -> Result<(), IsrChangeError> {
        if self.isr.in_flight().is_some() {
            return Err(IsrChangeError::InFlight);
        }
        if (change.leader_epoch, change.partition_epoch) != (self.leader_epoch, self.partition_epoch) {
            return Err(IsrChangeError::Stale);
        }
        self.isr.begin(change);
        Ok(())
    }

    /// The controller has answered `proposal`.
    pub fn on_isr_answer(
        &mut self,
        proposal: &IsrChange,
        answer: IsrAnswer,
        now: MonotonicNs,
        brokers: &impl Brokers,
    ) -> (IsrOutcome, Option<Offset>) {
        if self.isr.in_flight() != Some(proposal) {
            return (IsrOutcome::Ignored, None);
        }
        match answer {
            IsrAnswer::Done { leader_epoch, partition_epoch, isr, recovery } => {
                if leader_epoch != self.leader_epoch || partition_epoch < self.partition_epoch {
                    return (IsrOutcome::Ignored, None);
                }
                self.partition_epoch = partition_epoch;
                self.recovery = recovery;
                self.isr.commit(isr);
                (IsrOutcome::Committed, self.advance(now, brokers))
            }
            IsrAnswer::NotMade => {
                self.isr.revert();
                (IsrOutcome::Reverted, self.advance(now, brokers))
            }
            IsrAnswer::OutOfDate => (IsrOutcome::AwaitRegistration, None),
            IsrAnswer::Unanswered => (IsrOutcome::Retry, None),
        }
    }

    fn change(&self, isr: NodeSet) -> IsrChange {
        IsrChange {
            leader_epoch: self.leader_epoch,
            partition_epoch: self.partition_epoch,
            isr,
            recovery: LeaderRecovery::Recovered,
        }
    }

    #[inline]
    fn advance(&mut self, now: MonotonicNs, brokers: &impl Brokers) -> Option<Offset> {
        let committed =
            if self.followers.is_empty() { self.end } else { self.lowest_in_sync_end(now, brokers) };
        if committed <= self.high_watermark || self.is_under_min_isr() {
            return None;
        }
        self.high_watermark = committed;
        Some(committed)
    }

    /// A follower outside the ISR that keeps up and may join is waited for as well: else it would chase a watermark that
    /// moves with the leader's end, and never be seen at it.
    fn lowest_in_sync_end(&self, now: MonotonicNs, brokers: &impl Brokers) -> Offset {
        let waits_for = |follower: &&FollowerProgress| {
            self.isr.is_in_maximal(follower.id)
                || (follower.is_caught_up(self.end, now, self.limits.lag_ms_max)
                    && is_eligible(follower, brokers))
        };
        let lower = self.followers.iter().filter(|follower| follower.end < self.end);
        lower.filter(waits_for).map(|follower| follower.end).fold(self.end, Offset::min)
    }
}

fn is_eligible(follower: &FollowerProgress, brokers: &impl Brokers) -> bool {
    brokers.broker(follower.id).is_some_and(|broker| {
        !broker.is_fenced
            && !broker.is_shutting_down
            && follower.broker_epoch.is_none_or(|epoch| epoch == broker.broker_epoch)
    })
}

#[cfg(test)]
mod tests;
