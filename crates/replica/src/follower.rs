//! A replica that is not the leader: whom it follows, and how far it knows its records to be committed.
//! Fetching is not here, and where to cut the log is in [`crate::truncation`].

use jackdaw_base::{LeaderEpoch, NodeId, Offset};

use crate::registration::PartitionRegistration;

/// The follower's state of a partition. Offsets that methods return are the high watermark's new place, if it moved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FollowerState {
    leader: Option<NodeId>,
    leader_epoch: LeaderEpoch,
    partition_epoch: i32,
    end: Offset,
    high_watermark: Offset,
    leader_high_watermark: Offset,
}

impl FollowerState {
    /// A follower with the effective end `end`; `high_watermark` is what this replica knew before.
    pub fn new(registration: &PartitionRegistration, end: Offset, high_watermark: Offset) -> Self {
        assert!(high_watermark <= end, "L1: {high_watermark} <= {end}");
        Self {
            leader: registration.leader,
            leader_epoch: registration.leader_epoch,
            partition_epoch: registration.partition_epoch,
            end,
            high_watermark,
            leader_high_watermark: high_watermark,
        }
    }

    /// A replica of which no registration is known yet: it follows nobody.
    pub fn unregistered(end: Offset, high_watermark: Offset) -> Self {
        assert!(high_watermark <= end, "L1: {high_watermark} <= {end}");
        Self {
            leader: None,
            leader_epoch: LeaderEpoch::UNKNOWN,
            partition_epoch: -1,
            end,
            high_watermark,
            leader_high_watermark: high_watermark,
        }
    }

    /// Whom to fetch from; `None` while the partition has no leader.
    pub fn leader(&self) -> Option<NodeId> {
        self.leader
    }

    /// The number of the leadership that this replica follows.
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.leader_epoch
    }

    /// The number of the registration.
    pub fn partition_epoch(&self) -> i32 {
        self.partition_epoch
    }

    /// The own effective end.
    pub fn end(&self) -> Offset {
        self.end
    }

    /// Everything below is known to be committed.
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// A newer registration with another leader, or none. The leader's watermark has to be learned anew if the leadership is another.
    pub fn on_registration(&mut self, registration: &PartitionRegistration) {
        if registration.partition_epoch < self.partition_epoch {
            return;
        }
        if registration.leader_epoch != self.leader_epoch {
            self.leader_high_watermark = self.high_watermark;
        }
        self.leader = registration.leader;
        self.leader_epoch = registration.leader_epoch;
        self.partition_epoch = registration.partition_epoch;
    }

    /// The leader of `leader_epoch` has said how far it has committed; an answer from another leadership says nothing.
    pub fn on_leader_high_watermark(
        &mut self,
        high_watermark: Offset,
        leader_epoch: LeaderEpoch,
    ) -> Option<Offset> {
        if leader_epoch != self.leader_epoch {
            return None;
        }
        self.leader_high_watermark = self.leader_high_watermark.max(high_watermark);
        self.advance()
    }

    /// The own effective end is now `end`.
    pub fn on_local_end(&mut self, end: Offset) -> Option<Offset> {
        assert!(end >= self.end, "only a truncation shortens a log: {end} < {}", self.end);
        self.end = end;
        self.advance()
    }

    /// The log was cut at `end`, or dropped and begun anew there. Nothing above was committed here as far as the leader knows, so the
    /// watermark comes down with it.
    pub fn on_truncated(&mut self, end: Offset) {
        self.end = end;
        self.high_watermark = self.high_watermark.min(end);
    }

    /// The log was dropped and begins anew at `start`, the leader's log start, where everything below is committed.
    pub fn on_started_anew(&mut self, start: Offset) {
        self.end = start;
        self.high_watermark = start;
        self.leader_high_watermark = self.leader_high_watermark.max(start);
    }

    fn advance(&mut self) -> Option<Offset> {
        let committed = self.leader_high_watermark.min(self.end);
        if committed <= self.high_watermark {
            return None;
        }
        self.high_watermark = committed;
        Some(committed)
    }
}

#[cfg(test)]
mod tests;
