//! What a leader keeps of its replicas: who has how much, who still listens, who waits for records. Advancing the watermark is decided here (Q3);
//! changes of voters are in [`crate::quorum`].

use std::collections::{BTreeMap, BTreeSet};

use jackdaw_base::{MonotonicNs, NodeId, Offset};

use crate::fault::{Fault, Faults};
use crate::message::FetchRequest;
use crate::output::Token;
use crate::replica_key::ReplicaKey;
use crate::voter_set::{Voter, VoterSet};

/// An observer that has not fetched for that long is forgotten.
const OBSERVER_SESSION_MS: u64 = 300_000;
/// A replica that once had all may be added as a voter if it fetched within this time.
const CAUGHT_UP_WITHIN_MS: u64 = 3_600_000;

/// How far a replica is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplicaProgress {
    /// Who.
    pub key: ReplicaKey,
    /// Its durable end, `None` before its first fetch in this epoch.
    pub end: Option<Offset>,
    /// When it last fetched.
    pub fetched_at: Option<MonotonicNs>,
    /// When it last had all.
    pub caught_up_at: Option<MonotonicNs>,
    leader_end_at_fetch: Offset,
}

impl ReplicaProgress {
    fn new(key: ReplicaKey) -> Self {
        Self { key, end: None, fetched_at: None, caught_up_at: None, leader_end_at_fetch: Offset::ZERO }
    }

    fn on_fetch(&mut self, end: Offset, leader_end: Offset, now: MonotonicNs) {
        let caught_up_at = if end >= leader_end {
            Some(now)
        } else if self.leader_end_at_fetch > Offset::ZERO && end >= self.leader_end_at_fetch {
            self.fetched_at
        } else {
            None
        };
        self.caught_up_at = self.caught_up_at.max(caught_up_at);
        self.leader_end_at_fetch = leader_end;
        self.fetched_at = Some(now);
        self.end = Some(end);
    }
}

/// A fetch that waits for records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ParkedFetch {
    pub token: Token,
    pub request: FetchRequest,
    pub until: MonotonicNs,
}

/// A change of voters under way: one at a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum VoterChange {
    /// The new voter is asked which kraft.version it supports.
    AskingVersions { token: Token, voter: Voter, acknowledge: Acknowledge, until: MonotonicNs },
    /// Its record is appended; `token` waits for the commit.
    Committing { token: Option<(Token, ChangeKind)>, end: Offset, until: MonotonicNs },
}

/// When AddRaftVoter is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acknowledge {
    /// When the record is committed.
    Committed,
    /// When it is in the leader's log.
    Appended,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ChangeKind {
    Add,
    Remove,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LeaderState {
    pub local: ReplicaKey,
    pub epoch_start: Offset,
    pub high_watermark: Option<Offset>,
    pub parked: BTreeMap<ReplicaKey, ParkedFetch>,
    pub change: Option<VoterChange>,
    pub resigns: bool,
    pub begin_epoch_deadline: MonotonicNs,
    voters: BTreeMap<NodeId, ReplicaProgress>,
    observers: BTreeMap<ReplicaKey, ReplicaProgress>,
    check_quorum_ms: u64,
    check_quorum_deadline: MonotonicNs,
    fetched: BTreeSet<NodeId>,
    replicas_max: usize,
    faults: Faults,
}

impl LeaderState {
    pub(crate) fn new(
        local: ReplicaKey,
        epoch_start: Offset,
        voters: &VoterSet,
        fetch_timeout_ms: u64,
        replicas_max: usize,
        faults: Faults,
        now: MonotonicNs,
    ) -> Self {
        let check_quorum_ms = fetch_timeout_ms + fetch_timeout_ms / 2;
        Self {
            local,
            epoch_start,
            high_watermark: None,
            parked: BTreeMap::new(),
            change: None,
            resigns: false,
            begin_epoch_deadline: now,
            voters: voters.iter().map(|voter| (voter.key.id, ReplicaProgress::new(voter.key))).collect(),
            observers: BTreeMap::new(),
            check_quorum_ms,
            check_quorum_deadline: now.plus_ms(check_quorum_ms),
            fetched: BTreeSet::new(),
            replicas_max,
            faults,
        }
    }

    pub(crate) fn voters(&self) -> impl Iterator<Item = &ReplicaProgress> {
        self.voters.values()
    }

    pub(crate) fn observers(&self) -> impl Iterator<Item = &ReplicaProgress> {
        self.observers.values()
    }

    /// When this leader resigns unless a majority fetches before; never if it is the only voter.
    pub(crate) fn check_quorum_deadline(&self) -> Option<MonotonicNs> {
        let alone = self.voters.len() == 1 && self.is_voter(&self.local);
        (!alone).then_some(self.check_quorum_deadline)
    }

    /// The voters changed; who left is an observer from now on.
    pub(crate) fn on_voters(&mut self, voters: &VoterSet) {
        let mut known = std::mem::take(&mut self.voters);
        for voter in voters.iter() {
            let of_id = known.remove(&voter.key.id).filter(|progress| progress.key.names(&voter.key));
            let progress = of_id.or_else(|| self.observers.remove(&voter.key));
            let mut progress = progress.unwrap_or_else(|| ReplicaProgress::new(voter.key));
            progress.key = voter.key;
            self.voters.insert(voter.key.id, progress);
        }
        self.observers.extend(known.into_values().map(|progress| (progress.key, progress)));
        self.fetched.retain(|id| self.voters.contains_key(id));
    }

    /// The leader's own durable end.
    pub(crate) fn on_local_end(&mut self, end: Offset) -> Option<Offset> {
        if let Some(own) = self.voters.get_mut(&self.local.id).filter(|own| own.key.names(&self.local)) {
            own.end = Some(end);
        }
        self.advance()
    }

    /// A replica has everything before `end`, durably. The watermark's new place, if it moved.
    pub(crate) fn on_fetch(
        &mut self,
        key: ReplicaKey,
        end: Offset,
        leader_end: Offset,
        now: MonotonicNs,
    ) -> Option<Offset> {
        self.on_heard(&key, now);
        match self.voters.get_mut(&key.id).filter(|voter| voter.key.names(&key)) {
            Some(voter) => voter.on_fetch(end, leader_end, now),
            None => {
                self.forget_silent_observers(now);
                if self.observers.len() < self.replicas_max || self.observers.contains_key(&key) {
                    let observer = self.observers.entry(key).or_insert_with(|| ReplicaProgress::new(key));
                    observer.on_fetch(end, leader_end, now);
                }
                return None;
            }
        }
        self.advance()
    }

    /// A replica fetches records or a snapshot: once a majority does, the leader may stay for another while.
    pub(crate) fn on_heard(&mut self, key: &ReplicaKey, now: MonotonicNs) {
        if key.id == self.local.id || !self.is_voter(key) {
            return;
        }
        self.fetched.insert(key.id);
        let others = (self.voters.len() / 2 + 1) - usize::from(self.is_voter(&self.local));
        if self.fetched.len() >= others {
            self.fetched.clear();
            self.check_quorum_deadline = now.plus_ms(self.check_quorum_ms);
        }
    }

    /// Whether the replica may become a voter without holding up the watermark for long.
    pub(crate) fn is_caught_up(&self, key: &ReplicaKey, now: MonotonicNs) -> bool {
        self.observers.get(key).is_some_and(|replica| {
            let recently = replica.fetched_at.is_some_and(|at| now < at.plus_ms(CAUGHT_UP_WITHIN_MS));
            recently && replica.caught_up_at.is_some()
        })
    }

    /// The other voters, those with the most records first.
    pub(crate) fn successors(&self) -> Vec<ReplicaKey> {
        let mut others: Vec<_> = self.voters.values().filter(|voter| voter.key.id != self.local.id).collect();
        others.sort_by_key(|voter| (std::cmp::Reverse(voter.end), voter.key));
        others.into_iter().map(|voter| voter.key).collect()
    }

    /// The other voters that have not fetched since `since`.
    pub(crate) fn silent_since(&self, since: MonotonicNs) -> Vec<ReplicaKey> {
        let silent = |voter: &&ReplicaProgress| {
            voter.key.id != self.local.id && voter.fetched_at.is_none_or(|at| at < since)
        };
        self.voters.values().filter(silent).map(|voter| voter.key).collect()
    }

    fn is_voter(&self, key: &ReplicaKey) -> bool {
        self.voters.get(&key.id).is_some_and(|voter| voter.key.names(key))
    }

    /// The largest end that a majority has, once it covers a record of this leader's own epoch: only that fences off what an earlier
    /// leader may have left on a majority without committing it.
    fn advance(&mut self) -> Option<Offset> {
        let mut ends: Vec<Option<Offset>> = self.voters.values().map(|voter| voter.end).collect();
        ends.sort_unstable_by(|a, b| b.cmp(a));
        let rank = if self.faults.has(Fault::CommitByMinority) { 0 } else { ends.len() / 2 };
        let committed = (*ends.get(rank)?)?;
        let is_own = committed > self.epoch_start || self.faults.has(Fault::CommitEarlierEpoch);
        if !is_own || self.high_watermark.is_some_and(|known| committed <= known) {
            return None;
        }
        self.high_watermark = Some(committed);
        Some(committed)
    }

    fn forget_silent_observers(&mut self, now: MonotonicNs) {
        let active = |progress: &ReplicaProgress| {
            progress.fetched_at.is_some_and(|at| now < at.plus_ms(OBSERVER_SESSION_MS))
        };
        self.observers.retain(|_, progress| active(progress));
    }
}

#[cfg(test)]
mod tests;
