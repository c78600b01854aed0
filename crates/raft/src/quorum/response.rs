//! Responses of other members, and what all of them may say: a newer epoch, a leader.

use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId};

use super::{Quorum, Violation};
use crate::message::{LeaderHint, QuorumError, Reply, Response};
use crate::output::{Peer, RequestId};
use crate::role::Role;
use crate::voter_set::Endpoints;

impl Quorum {
    /// The answer to a request of this node. One that nobody waits for any more is dropped.
    pub fn on_response(
        &mut self,
        id: RequestId,
        response: Response,
        now: MonotonicNs,
    ) -> Result<(), Violation> {
        let Some(peer) = self.connections.end(id) else { return Ok(()) };
        let handled = self.dispatch(peer, response, now);
        if handled.is_err() {
            self.connections.back_off(peer, now);
        }
        self.step(now);
        handled
    }

    /// A request could not be sent, or its connection broke, or its answer was no answer.
    pub fn on_request_failed(&mut self, id: RequestId, now: MonotonicNs) {
        if let Some(peer) = self.connections.fail(id, now) {
            self.on_versions_failed(peer);
        }
        self.step(now);
    }

    fn dispatch(&mut self, peer: Peer, response: Response, now: MonotonicNs) -> Result<(), Violation> {
        match (response, peer) {
            (Response::Fetch(reply), peer) => self.on_fetch_response(peer, reply, now),
            (Response::FetchSnapshot(reply), peer) => self.on_snapshot_response(peer, reply, now),
            (Response::Vote(reply), Peer::Node(from)) => self.on_vote_response(from, reply, now),
            (Response::BeginEpoch(reply), Peer::Node(from)) => self.on_begin_epoch_response(from, reply, now),
            (Response::EndEpoch(reply), Peer::Node(from)) => self.on_end_epoch_response(from, reply, now),
            (Response::UpdateVoter(reply), peer) => self.on_update_voter_response(peer, reply, now),
            (Response::ApiVersions(result), Peer::Node(from)) => {
                self.on_versions(from, result, now);
                Ok(())
            }
            (_, Peer::Bootstrap(_)) => Err(Violation::UnexpectedResponse),
        }
    }

    fn on_update_voter_response(
        &mut self,
        peer: Peer,
        reply: Reply,
        now: MonotonicNs,
    ) -> Result<(), Violation> {
        if !self.on_common_response(peer, &reply.hint, reply.result.err(), now)? && reply.result.is_err() {
            self.connections.back_off(peer, now);
        }
        Ok(())
    }

    /// What every response may say. `true` if there is nothing more in it.
    pub(super) fn on_common_response(
        &mut self,
        peer: Peer,
        hint: &LeaderHint,
        error: Option<QuorumError>,
        now: MonotonicNs,
    ) -> Result<bool, Violation> {
        let known_before = (self.epoch, self.leader());
        let endpoints = match (hint.endpoints.is_empty(), hint.leader) {
            (true, Some(leader)) => self.voters.last().endpoints(leader),
            _ => hint.endpoints.clone(),
        };
        let over = if hint.epoch < self.epoch || error == Some(QuorumError::UnknownLeaderEpoch) {
            true
        } else if hint.epoch > self.epoch
            || matches!(error, Some(QuorumError::FencedLeaderEpoch | QuorumError::NotLeader))
        {
            self.follow(hint.leader, hint.epoch, endpoints, now)?;
            true
        } else if hint.leader.is_some() && self.lacks_leader() {
            // The same answer may carry the records of the leader that it names.
            self.follow(hint.leader, hint.epoch, endpoints, now)?;
            error.is_some()
        } else {
            matches!(
                error,
                Some(QuorumError::NotAvailable | QuorumError::InvalidVoterKey | QuorumError::InvalidRequest)
            )
        };
        if over && known_before == (self.epoch, self.leader()) {
            self.connections.back_off(peer, now);
        }
        Ok(over)
    }

    /// Somebody names the leader of an epoch, or no leader.
    pub(super) fn follow(
        &mut self,
        leader: Option<NodeId>,
        epoch: LeaderEpoch,
        endpoints: Endpoints,
        now: MonotonicNs,
    ) -> Result<(), Violation> {
        let known = self.leader();
        if epoch < self.epoch {
            return Ok(());
        }
        if let Some(claimed) = leader {
            let is_own = claimed == self.local.key.id;
            let leads = epoch == self.epoch && known == Some(claimed);
            let contradicts = epoch == self.epoch && known.is_some_and(|known| known != claimed);
            if contradicts || (is_own && !leads) {
                return Err(Violation::TwoLeaders {
                    epoch,
                    claimed,
                    known: known.unwrap_or(self.local.key.id),
                });
            }
        }
        let can_follow = !endpoints.is_empty();
        match leader {
            Some(leader) if epoch > self.epoch && can_follow => {
                self.become_follower(epoch, leader, endpoints, now)
            }
            leader if epoch > self.epoch => self.become_unattached(epoch, leader, now),
            Some(leader) if self.lacks_leader() && can_follow => {
                self.become_follower(epoch, leader, endpoints, now)
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    fn lacks_leader(&self) -> bool {
        match &self.role {
            Role::Unattached(_) | Role::Candidate(_) => true,
            Role::Prospective(prospective) => prospective.leader.is_none(),
            Role::Follower(_) | Role::Leader(_) | Role::Resigned(_) => false,
        }
    }
}
