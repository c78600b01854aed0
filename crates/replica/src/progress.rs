//! How far one follower is, in the eyes of the leader. It decides nothing; [`crate::leader`] does.

use jackdaw_base::{MonotonicNs, NodeId, Offset};

/// One follower's replica, as its fetches tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FollowerProgress {
    /// The broker that holds it.
    pub id: NodeId,
    /// Its end, [`Offset::NONE`] before its first fetch in this leadership.
    pub end: Offset,
    /// Where its log starts, [`Offset::NONE`] before its first fetch in this leadership.
    pub log_start: Offset,
    /// When it last had all that the leader had; `None` if it is not known ever to have.
    pub caught_up_at: Option<MonotonicNs>,
    /// The registration from which it last fetched; `None` before that, or where the fetch named none.
    pub broker_epoch: Option<i64>,
    /// When it last fetched.
    fetched_at: Option<MonotonicNs>,
    /// The leader's end at that time.
    leader_end_at_fetch: Offset,
}

impl FollowerProgress {
    /// A follower that has not fetched in this leadership. One in the ISR gets the benefit of the doubt from `now` on.
    pub(crate) fn new(id: NodeId, in_sync: bool, now: MonotonicNs) -> Self {
        Self {
            id,
            end: Offset::NONE,
            log_start: Offset::NONE,
            caught_up_at: in_sync.then_some(now),
            broker_epoch: None,
            fetched_at: None,
            leader_end_at_fetch: Offset::NONE,
        }
    }

    /// The same leader goes on in a new epoch: what it knows of the ends stays true, the time starts anew.
    pub(crate) fn renew(&mut self, in_sync: bool, leader_end: Offset, now: MonotonicNs) {
        self.caught_up_at = in_sync.then_some(now);
        self.fetched_at = in_sync.then_some(now);
        self.leader_end_at_fetch = leader_end;
    }

    /// Takes in a fetch from `end`. A follower that asks for what was the leader's end when it asked before was caught up
    /// at that earlier time: under steady load nobody ever has exactly all.
    pub(crate) fn on_fetch(
        &mut self,
        end: Offset,
        log_start: Offset,
        broker_epoch: Option<i64>,
        leader_end: Offset,
        now: MonotonicNs,
    ) {
        let caught_up_at = if end >= leader_end {
            Some(now)
        } else if self.fetched_at.is_some() && end >= self.leader_end_at_fetch {
            self.fetched_at
        } else {
            None
        };
        self.caught_up_at = self.caught_up_at.max(caught_up_at);
        self.end = end;
        self.log_start = log_start;
        self.broker_epoch = broker_epoch;
        self.fetched_at = Some(now);
        self.leader_end_at_fetch = leader_end;
    }

    /// Whether it has all, or had it no longer than `lag_ms_max` ago.
    pub fn is_caught_up(&self, leader_end: Offset, now: MonotonicNs, lag_ms_max: u64) -> bool {
        self.end == leader_end || self.caught_up_at.is_some_and(|at| now <= at.plus_ms(lag_ms_max))
    }
}
