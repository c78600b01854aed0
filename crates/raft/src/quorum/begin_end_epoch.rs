//! BeginQuorumEpoch and EndQuorumEpoch (0–1): a leader makes itself known, and says farewell (KIP-595).

use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId};

use super::{Quorum, Violation};
use crate::message::{BeginEpochRequest, EndEpochRequest, QuorumError, Reply, Request};
use crate::output::{Answer, Peer, Token};
use crate::replica_key::ReplicaKey;
use crate::role::Role;
use crate::voter_set::Endpoints;

impl Quorum {
    /// A leader makes itself known.
    pub fn on_begin_epoch_request(
        &mut self,
        token: Token,
        request: BeginEpochRequest,
        now: MonotonicNs,
    ) -> Result<(), Violation> {
        let checked = self.check_voter_request(request.leader, request.epoch);
        let followed = match checked {
            Ok(()) => self.follow_leader_request(request.leader, request.epoch, request.endpoints, now),
            Err(_) => Ok(()),
        };
        let verdict = followed.as_ref().map_err(|_| QuorumError::InvalidRequest).copied();
        let result = checked.and(verdict).and_then(|()| self.check_addressee(request.voter)).map(|()| true);
        let reply = Reply { hint: self.leader_hint(), result };
        self.answer(token, Answer::BeginEpoch(reply));
        self.step(now);
        followed
    }

    /// A leader resigns: the voter that it prefers stands at once, the others a little later each.
    pub fn on_end_epoch_request(
        &mut self,
        token: Token,
        request: EndEpochRequest,
        now: MonotonicNs,
    ) -> Result<(), Violation> {
        let EndEpochRequest { leader, epoch, endpoints, preferred } = request;
        let checked = self.check_voter_request(leader, epoch);
        let followed = match checked {
            Ok(()) => self.follow_leader_request(leader, epoch, endpoints, now),
            Err(_) => Ok(()),
        };
        let backoff_ms = self.succession_backoff_ms(&preferred);
        if let (Ok(()), Ok(()), Role::Follower(follower)) = (checked, &followed, &mut self.role)
            && follower.leader.id == leader
        {
            follower.fetch_deadline = now.plus_ms(backoff_ms);
            follower.has_fetched = false;
        }
        let verdict = followed.as_ref().map_err(|_| QuorumError::InvalidRequest).copied();
        let reply = Reply { hint: self.leader_hint(), result: checked.and(verdict).map(|()| true) };
        self.answer(token, Answer::EndEpoch(reply));
        self.step(now);
        followed
    }

    pub(super) fn on_begin_epoch_response(
        &mut self,
        from: NodeId,
        reply: Reply,
        now: MonotonicNs,
    ) -> Result<(), Violation> {
        let peer = Peer::Node(from);
        if !self.on_common_response(peer, &reply.hint, reply.result.err(), now)? && reply.result.is_err() {
            self.connections.back_off(peer, now);
        }
        Ok(())
    }

    pub(super) fn on_end_epoch_response(
        &mut self,
        from: NodeId,
        reply: Reply,
        now: MonotonicNs,
    ) -> Result<(), Violation> {
        let peer = Peer::Node(from);
        if self.on_common_response(peer, &reply.hint, reply.result.err(), now)? {
            return Ok(());
        }
        match (&mut self.role, reply.result) {
            (Role::Resigned(resigned), Ok(_)) => {
                resigned.unacknowledged.remove(&from);
            }
            (_, Ok(_)) => {}
            (_, Err(_)) => self.connections.back_off(peer, now),
        }
        Ok(())
    }

    /// The leader tells each voter that has not fetched lately that it leads.
    pub(super) fn send_begin_epoch_requests(&mut self, now: MonotonicNs) {
        let interval_ms = self.settings.fetch_timeout_ms / 2;
        let Role::Leader(leader) = &mut self.role else { return };
        if leader.begin_epoch_deadline > now {
            return;
        }
        leader.begin_epoch_deadline = now.plus_ms(interval_ms.max(1));
        let since = MonotonicNs(now.0.saturating_sub(interval_ms * 1_000_000));
        for key in leader.silent_since(since) {
            let peer = Peer::Node(key.id);
            if self.connections.is_ready(peer) {
                let request = BeginEpochRequest {
                    leader: self.local.key.id,
                    epoch: self.epoch,
                    endpoints: self.local.endpoints.clone(),
                    voter: Some(key),
                };
                self.send(peer, self.voters.last().endpoints(key.id), Request::BeginEpoch(request), now);
            }
        }
    }

    pub(super) fn send_end_epoch_requests(&mut self, now: MonotonicNs) {
        let Role::Resigned(resigned) = &self.role else { return };
        let request = EndEpochRequest {
            leader: self.local.key.id,
            epoch: self.epoch,
            endpoints: self.local.endpoints.clone(),
            preferred: resigned.preferred.clone(),
        };
        let ready = |id: &&NodeId| {
            self.connections.is_ready(Peer::Node(**id)) && self.voters.last().get(**id).is_some()
        };
        let ids: Vec<NodeId> = resigned.unacknowledged.iter().filter(ready).copied().collect();
        for id in ids {
            self.send(
                Peer::Node(id),
                self.voters.last().endpoints(id),
                Request::EndEpoch(request.clone()),
                now,
            );
        }
    }

    fn follow_leader_request(
        &mut self,
        leader: NodeId,
        epoch: LeaderEpoch,
        endpoints: Endpoints,
        now: MonotonicNs,
    ) -> Result<(), Violation> {
        let endpoints = if endpoints.is_empty() { self.voters.last().endpoints(leader) } else { endpoints };
        self.follow(Some(leader), epoch, endpoints, now)
    }

    fn succession_backoff_ms(&self, preferred: &[ReplicaKey]) -> u64 {
        let max = self.settings.election_backoff_ms_max;
        match preferred.iter().position(|key| key.names(&self.local.key)) {
            Some(0) => 0,
            Some(position) => {
                let base = max.checked_shr(preferred.len() as u32 - 1).unwrap_or(0).max(1);
                base.checked_shl(position as u32 - 1).map_or(max, |backoff| backoff.min(max))
            }
            None => max,
        }
    }
}
