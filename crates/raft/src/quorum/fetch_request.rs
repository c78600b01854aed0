//! Fetch, answered (KIP-595, KIP-630 for snapshots, KIP-1166 for the watermark). What a replica asks for is what it has: its position is its
//! acknowledgement of everything before.

use jackdaw_base::{LeaderEpoch, MonotonicNs, Offset};

use super::Quorum;
use crate::fault::Fault;
use crate::leader::ParkedFetch;
use crate::log_shape::FetchPosition;
use crate::message::{FetchAnswer, FetchReply, FetchRequest, QuorumError};
use crate::output::{Answer, Token};
use crate::replica_key::ReplicaKey;
use crate::role::Role;

impl Quorum {
    /// A replica asks for records. The answer may come later, when there are some.
    pub fn on_fetch_request(&mut self, token: Token, request: FetchRequest, now: MonotonicNs) {
        let result = self.check_fetch(&request).map(|()| self.fetch_answer(&request));
        if let (Ok(FetchAnswer::Records { .. }), Some(key)) = (&result, request.replica) {
            let (end, leader_end) = (request.position.offset, self.log.end());
            if let Role::Leader(leader) = &mut self.role {
                let moved = leader.on_fetch(key, end, leader_end, now);
                self.on_leader_high_watermark(moved, now);
            }
        }
        match (&result, request.replica) {
            (Ok(answer), Some(key)) if request.wait_ms_max > 0 && !self.has_news(&request, answer) => {
                self.park(token, key, request, now);
            }
            (Ok(_), _) => {
                // The watermark may have moved by this very fetch.
                let result = Ok(self.fetch_answer(&request));
                self.answer_fetch(token, result);
            }
            (Err(_), _) => self.answer_fetch(token, result),
        }
        self.step(now);
    }

    /// The log has grown by the records of a leader's state machine, up to `end`, in the current epoch.
    pub fn on_appended(&mut self, end: Offset, now: MonotonicNs) {
        assert!(self.is_leader(), "only a leader appends");
        self.log.append(end, self.epoch);
        self.answer_parked();
        self.step(now);
    }

    fn check_fetch(&self, request: &FetchRequest) -> Result<(), QuorumError> {
        let position = request.position;
        let is_own = request.replica.is_some_and(|key| key.id == self.local.key.id);
        if position.offset < Offset::ZERO
            || position.epoch < LeaderEpoch(0)
            || position.epoch > request.epoch
            || is_own
        {
            return Err(QuorumError::InvalidRequest);
        }
        self.check_leader_request(request.epoch)
    }

    /// Requests that only the leader of their epoch answers.
    pub(super) fn check_leader_request(&self, epoch: LeaderEpoch) -> Result<(), QuorumError> {
        if epoch < self.epoch {
            Err(QuorumError::FencedLeaderEpoch)
        } else if epoch > self.epoch {
            Err(QuorumError::UnknownLeaderEpoch)
        } else if !self.is_leader() {
            Err(QuorumError::NotLeader)
        } else if self.is_stopping {
            Err(QuorumError::NotAvailable)
        } else {
            Ok(())
        }
    }

    fn fetch_answer(&self, request: &FetchRequest) -> FetchAnswer {
        match self.log.validate(request.position) {
            FetchPosition::Diverging(position) if !self.faults.has(Fault::IgnoreDivergence) => {
                FetchAnswer::Diverging(position)
            }
            FetchPosition::Snapshot(id) => FetchAnswer::Snapshot(id),
            FetchPosition::Valid | FetchPosition::Diverging(_) => FetchAnswer::Records {
                from: request.position.offset,
                end: self.log.end().max(request.position.offset),
                log_start: self.log.start(),
                high_watermark: self.leader_high_watermark(),
            },
        }
    }

    fn leader_high_watermark(&self) -> Option<Offset> {
        match &self.role {
            Role::Leader(leader) => leader.high_watermark,
            _ => None,
        }
    }

    fn has_news(&self, request: &FetchRequest, answer: &FetchAnswer) -> bool {
        match answer {
            FetchAnswer::Records { from, end, .. } => {
                let own = self.leader_high_watermark();
                from < end || request.high_watermark.is_some_and(|known| own.is_some_and(|own| own > known))
            }
            FetchAnswer::Diverging(_) | FetchAnswer::Snapshot(_) => true,
        }
    }

    /// One waiting fetch per replica: a second one answers the first.
    fn park(&mut self, token: Token, key: ReplicaKey, request: FetchRequest, now: MonotonicNs) {
        let until = now.plus_ms(u64::from(request.wait_ms_max.min(self.settings.fetch_wait_ms_max)));
        let replicas_max = self.settings.replicas_max;
        let Role::Leader(leader) = &mut self.role else { return };
        if leader.parked.len() >= replicas_max && !leader.parked.contains_key(&key) {
            let answer = self.fetch_answer(&request);
            self.answer_fetch(token, Ok(answer));
            return;
        }
        if let Some(earlier) = leader.parked.insert(key, ParkedFetch { token, request, until }) {
            let answer = self.fetch_answer(&earlier.request);
            self.answer_fetch(earlier.token, Ok(answer));
        }
    }

    /// Answers the waiting fetches for which there is something now.
    pub(super) fn answer_parked(&mut self) {
        self.answer_parked_where(|quorum, parked| {
            let answer = quorum.fetch_answer(&parked.request);
            quorum.has_news(&parked.request, &answer)
        });
    }

    pub(super) fn expire_parked(&mut self, now: MonotonicNs) {
        self.answer_parked_where(|_, parked| parked.until <= now);
    }

    fn answer_parked_where(&mut self, is_due: impl Fn(&Self, &ParkedFetch) -> bool) {
        let Role::Leader(leader) = &self.role else { return };
        let due: Vec<ReplicaKey> =
            leader.parked.iter().filter(|(_, parked)| is_due(self, parked)).map(|(key, _)| *key).collect();
        for key in due {
            let Role::Leader(leader) = &mut self.role else { return };
            if let Some(parked) = leader.parked.remove(&key) {
                let answer = self.fetch_answer(&parked.request);
                self.answer_fetch(parked.token, Ok(answer));
            }
        }
    }

    fn answer_fetch(&mut self, token: Token, result: Result<FetchAnswer, QuorumError>) {
        let reply = FetchReply { hint: self.leader_hint(), result };
        self.answer(token, Answer::Fetch(reply));
    }
}
