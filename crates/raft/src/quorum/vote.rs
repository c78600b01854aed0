//! Votes and pre-votes, asked and answered (Vote 0–2; KIP-595, KIP-853, KIP-996).

use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId, Offset};

use super::{Quorum, Violation};
use crate::fault::Fault;
use crate::message::{QuorumError, Reply, Request, VoteKind, VoteRequest};
use crate::output::{Answer, Output, Peer, Token};
use crate::replica_key::ReplicaKey;
use crate::role::{Prospective, Role};

impl Quorum {
    /// Somebody asks for a vote.
    pub fn on_vote_request(&mut self, token: Token, request: VoteRequest, now: MonotonicNs) {
        let outputs_before = self.outputs.len();
        let result = self.decide_vote(&request, now);
        let reply = Reply { hint: self.leader_hint(), result };
        if self.faults.has(Fault::VoteBeforePersist) {
            self.outputs.insert(outputs_before, Output::Answer(token, Answer::Vote(reply)));
        } else {
            self.answer(token, Answer::Vote(reply));
        }
        self.step(now);
    }

    fn decide_vote(&mut self, request: &VoteRequest, now: MonotonicNs) -> Result<bool, QuorumError> {
        let has_future_log = match request.kind {
            VoteKind::Vote => request.log.epoch >= request.epoch,
            VoteKind::PreVote => request.log.epoch > request.epoch,
        };
        if request.log.offset < Offset::ZERO || request.log.epoch < LeaderEpoch(0) || has_future_log {
            return Err(QuorumError::InvalidRequest);
        }
        self.check_voter_request(request.candidate.id, request.epoch)?;
        if request.epoch > self.epoch {
            self.become_unattached(request.epoch, None, now);
        }
        self.check_addressee(request.voter)?;
        let granted = self.can_grant(request);
        if granted
            && request.kind == VoteKind::Vote
            && self.voted().is_none_or(|_| self.faults.has(Fault::VoteTwice))
        {
            self.vote_for(request.candidate, now);
        }
        Ok(granted)
    }

    /// Requests of candidates and leaders, wherever they arrive.
    pub(super) fn check_voter_request(&self, from: NodeId, epoch: LeaderEpoch) -> Result<(), QuorumError> {
        if epoch < self.epoch {
            Err(QuorumError::FencedLeaderEpoch)
        } else if from < NodeId(0) || epoch < LeaderEpoch(0) {
            Err(QuorumError::InvalidRequest)
        } else {
            Ok(())
        }
    }

    /// A request that names another participant must not count for this one: its disk may be another.
    pub(super) fn check_addressee(&self, voter: Option<ReplicaKey>) -> Result<(), QuorumError> {
        match voter {
            Some(voter) if !voter.names(&self.local.key) => Err(QuorumError::InvalidVoterKey),
            _ => Ok(()),
        }
    }

    fn can_grant(&self, request: &VoteRequest) -> bool {
        let is_up_to_date = request.log >= self.position() || self.faults.has(Fault::IgnoreLogInVote);
        match (&self.role, request.kind) {
            (Role::Leader(_), _) => false,
            (Role::Follower(follower), VoteKind::PreVote) => is_up_to_date && !follower.has_fetched,
            (_, VoteKind::PreVote) => is_up_to_date,
            (Role::Unattached(_) | Role::Prospective(_), VoteKind::Vote) => match self.voted() {
                Some(voted) if !self.faults.has(Fault::VoteTwice) => {
                    voted.id == request.candidate.id
                        && (voted.directory.is_none() || voted.directory == request.candidate.directory)
                }
                _ => self.leader().is_none() && is_up_to_date,
            },
            (Role::Follower(_) | Role::Candidate(_) | Role::Resigned(_), VoteKind::Vote) => false,
        }
    }

    pub(super) fn on_vote_response(
        &mut self,
        from: NodeId,
        reply: Reply,
        now: MonotonicNs,
    ) -> Result<(), Violation> {
        if reply.result == Err(QuorumError::UnsupportedVersion) && matches!(self.role, Role::Prospective(_)) {
            // The peer knows no pre-vote: without its answer only a real election can tell.
            self.become_candidate(now);
            return Ok(());
        }
        let peer = Peer::Node(from);
        if self.on_common_response(peer, &reply.hint, reply.result.err(), now)? {
            return Ok(());
        }
        let Ok(granted) = reply.result else {
            self.connections.back_off(peer, now);
            return Ok(());
        };
        let tally = match &mut self.role {
            Role::Prospective(prospective) => &mut prospective.tally,
            Role::Candidate(candidate) => &mut candidate.tally,
            _ => return Ok(()),
        };
        if granted {
            tally.grant(from);
        } else {
            tally.reject(from);
        }
        let (is_won, is_lost) = (tally.is_won(), tally.is_lost());
        match &self.role {
            Role::Prospective(_) if is_won => self.become_candidate(now),
            Role::Prospective(_) if is_lost => self.after_lost_prevote(now),
            Role::Candidate(_) if is_won => self.become_leader(now),
            // A lost election is waited out: its end differs from member to member by chance.
            _ => {}
        }
        Ok(())
    }

    /// A majority hears its leader, or has more records: back to following, if there is somebody to follow.
    pub(super) fn after_lost_prevote(&mut self, now: MonotonicNs) {
        let Role::Prospective(Prospective { leader, .. }) = &self.role else { return };
        match leader.clone() {
            Some(leader) if !leader.endpoints.is_empty() => {
                self.become_follower(self.epoch, leader.id, leader.endpoints, now)
            }
            leader => self.become_unattached(self.epoch, leader.map(|leader| leader.id), now),
        }
    }

    /// Asks all that are silent and can be asked.
    pub(super) fn send_vote_requests(&mut self, now: MonotonicNs) {
        let (tally, kind) = match &self.role {
            Role::Prospective(prospective) => (&prospective.tally, VoteKind::PreVote),
            Role::Candidate(candidate) => (&candidate.tally, VoteKind::Vote),
            _ => return,
        };
        if tally.is_lost() {
            return;
        }
        // What is not synced does not count: after a power cut this node would not have what it was elected for.
        let log = match self.faults.has(Fault::VoteWithUnsyncedEnd) {
            true => self.log.end_position(),
            false => self.log.synced_position(),
        };
        for id in tally.silent() {
            let Some(voter) = self.voters.last().get(id) else { continue };
            if !self.connections.is_ready(Peer::Node(id)) {
                continue;
            }
            let (key, endpoints) = (voter.key, voter.endpoints.clone());
            let request =
                VoteRequest { candidate: self.local.key, voter: Some(key), epoch: self.epoch, log, kind };
            self.send(Peer::Node(id), endpoints, Request::Vote(request), now);
        }
    }
}
