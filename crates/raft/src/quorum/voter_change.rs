//! Adding, removing and updating voters (AddRaftVoter, RemoveRaftVoter, UpdateRaftVoter; KIP-853): one at a time, each committed before the next, and
//! not before this leader has committed a record of its own epoch.

use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId, Offset};

use super::Quorum;
use crate::fault::Fault;
use crate::leader::{Acknowledge, ChangeKind, VoterChange};
use crate::message::{QuorumError, Reply, Request, UpdateVoterRequest};
use crate::output::{Answer, Peer, Token};
use crate::replica_key::ReplicaKey;
use crate::role::Role;
use crate::voter_set::{KRaftVersion, KRaftVersionRange, Voter};

impl Quorum {
    /// A voter is to be added. Its `kraft_versions` do not matter: it is asked itself.
    pub fn on_add_voter(&mut self, token: Token, voter: Voter, acknowledge: Acknowledge, now: MonotonicNs) {
        if let Err(error) = self.begin_add(token, voter, acknowledge, now) {
            self.answer(token, Answer::AddVoter(Err(error)));
        }
        self.step(now);
    }

    /// A voter is to be removed; it may be this leader itself.
    pub fn on_remove_voter(&mut self, token: Token, key: ReplicaKey, now: MonotonicNs) {
        if let Err(error) = self.begin_remove(token, key, now) {
            self.answer(token, Answer::RemoveVoter(Err(error)));
        }
        self.step(now);
    }

    /// A voter has other endpoints or versions. It is answered when the leader has noted it.
    pub fn on_update_voter_request(&mut self, token: Token, request: UpdateVoterRequest, now: MonotonicNs) {
        let result = self.begin_update(request, now).map(|()| true);
        let reply = Reply { hint: self.leader_hint(), result };
        self.answer(token, Answer::UpdateVoter(reply));
        self.step(now);
    }

    fn check_voter_change(&self, epoch: LeaderEpoch) -> Result<(), QuorumError> {
        self.check_leader_request(epoch)?;
        let Role::Leader(leader) = &self.role else { return Err(QuorumError::NotLeader) };
        if self.faults.has(Fault::ConcurrentVoterChanges) {
            return Ok(());
        }
        if leader.change.is_some() {
            return Err(QuorumError::TimedOut);
        }
        let Some(high_watermark) = leader.high_watermark else { return Err(QuorumError::TimedOut) };
        if self.voters.kraft_version() != KRaftVersion::Dynamic {
            return Err(QuorumError::UnsupportedVersion);
        }
        match self.voters.last_offset() {
            Some(offset) if offset < high_watermark => Ok(()),
            Some(_) | None => Err(QuorumError::TimedOut),
        }
    }

    fn begin_add(
        &mut self,
        token: Token,
        voter: Voter,
        acknowledge: Acknowledge,
        now: MonotonicNs,
    ) -> Result<(), QuorumError> {
        self.check_voter_change(self.epoch)?;
        if self.voters.last().get(voter.key.id).is_some() {
            return Err(QuorumError::DuplicateVoter);
        }
        if voter.endpoints.is_empty() || voter.key.directory.is_none() {
            return Err(QuorumError::InvalidRequest);
        }
        let peer = Peer::Node(voter.key.id);
        if !self.connections.is_ready(peer) {
            return Err(QuorumError::TimedOut);
        }
        let until = now.plus_ms(self.settings.request_timeout_ms);
        self.send(peer, voter.endpoints.clone(), Request::ApiVersions, now);
        if let Role::Leader(leader) = &mut self.role {
            leader.change = Some(VoterChange::AskingVersions { token, voter, acknowledge, until });
        }
        Ok(())
    }

    /// The voter to be has said which kraft.version it supports.
    pub(super) fn on_versions(
        &mut self,
        from: NodeId,
        result: Result<Option<KRaftVersionRange>, QuorumError>,
        now: MonotonicNs,
    ) {
        let kraft_version = self.voters.kraft_version();
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(VoterChange::AskingVersions { token, voter, acknowledge, until }) = leader.change.take()
        else {
            return;
        };
        if voter.key.id != from {
            leader.change = Some(VoterChange::AskingVersions { token, voter, acknowledge, until });
            return;
        }
        let verdict = match result {
            Err(_) => Err(QuorumError::TimedOut),
            Ok(range) => match range.filter(|range| range.supports(kraft_version)) {
                None => Err(QuorumError::InvalidRequest),
                // One that is far behind would hold up the watermark until it has everything.
                Some(_) if !leader.is_caught_up(&voter.key, now) => Err(QuorumError::TimedOut),
                Some(range) => Ok(Voter { kraft_versions: range, ..voter }),
            },
        };
        let added =
            verdict.and_then(|voter| self.voters.last().with_added(voter).ok_or(QuorumError::DuplicateVoter));
        match added {
            Err(error) => self.answer(token, Answer::AddVoter(Err(error))),
            Ok(voters) => {
                let end = self.append_voters(voters, now);
                match acknowledge {
                    Acknowledge::Committed => self.begin_commit(Some((token, ChangeKind::Add)), end, now),
                    Acknowledge::Appended => {
                        self.answer(token, Answer::AddVoter(Ok(())));
                        self.begin_commit(None, end, now);
                    }
                }
            }
        }
    }

    /// The voter to be did not answer.
    pub(super) fn on_versions_failed(&mut self, peer: Peer) {
        let Role::Leader(leader) = &mut self.role else { return };
        if let Some(VoterChange::AskingVersions { token, voter, .. }) = &leader.change
            && Peer::Node(voter.key.id) == peer
        {
            let token = *token;
            leader.change = None;
            self.answer(token, Answer::AddVoter(Err(QuorumError::TimedOut)));
        }
    }

    fn begin_remove(&mut self, token: Token, key: ReplicaKey, now: MonotonicNs) -> Result<(), QuorumError> {
        self.check_voter_change(self.epoch)?;
        let voters = self.voters.last().with_removed(&key).ok_or(QuorumError::VoterNotFound)?;
        let end = self.append_voters(voters, now);
        self.begin_commit(Some((token, ChangeKind::Remove)), end, now);
        Ok(())
    }

    fn begin_update(&mut self, request: UpdateVoterRequest, now: MonotonicNs) -> Result<(), QuorumError> {
        self.check_leader_request(request.epoch)?;
        self.check_voter_change(request.epoch)?;
        let voter = request.voter;
        if !voter.kraft_versions.supports(self.voters.kraft_version()) || voter.endpoints.is_empty() {
            return Err(QuorumError::InvalidRequest);
        }
        let voters = self.voters.last().with_updated(voter).ok_or(QuorumError::VoterNotFound)?;
        let end = self.append_voters(voters, now);
        self.begin_commit(None, end, now);
        Ok(())
    }

    fn begin_commit(&mut self, token: Option<(Token, ChangeKind)>, end: Offset, now: MonotonicNs) {
        let until = now.plus_ms(self.settings.request_timeout_ms);
        if let Role::Leader(leader) = &mut self.role {
            leader.change = Some(VoterChange::Committing { token, end, until });
        }
    }

    /// Answers whoever has waited long enough. A record that is appended still commits, and no other change begins before.
    pub(super) fn expire_voter_change(&mut self, now: MonotonicNs) {
        let Role::Leader(leader) = &mut self.role else { return };
        match &mut leader.change {
            Some(VoterChange::AskingVersions { token, until, .. }) if *until <= now => {
                let token = *token;
                leader.change = None;
                self.answer(token, Answer::AddVoter(Err(QuorumError::TimedOut)));
            }
            Some(VoterChange::Committing { token, until, .. }) if *until <= now => match token.take() {
                Some((token, ChangeKind::Add)) => {
                    self.answer(token, Answer::AddVoter(Err(QuorumError::TimedOut)))
                }
                Some((token, ChangeKind::Remove)) => {
                    self.answer(token, Answer::RemoveVoter(Err(QuorumError::TimedOut)));
                }
                None => {}
            },
            _ => {}
        }
    }

    pub(super) fn next_voter_change_deadline(&self) -> Option<MonotonicNs> {
        let Role::Leader(leader) = &self.role else { return None };
        match &leader.change {
            Some(VoterChange::AskingVersions { until, .. }) => Some(*until),
            Some(VoterChange::Committing { token: Some(_), until, .. }) => Some(*until),
            Some(VoterChange::Committing { token: None, .. }) | None => None,
        }
    }

    /// A voter whose entry in the set is out of date tells the leader; `true` if it did.
    pub(super) fn send_update_voter(&mut self, now: MonotonicNs) -> bool {
        let Role::Follower(follower) = &self.role else { return false };
        let (peer, endpoints) = (Peer::Node(follower.leader.id), follower.leader.endpoints.clone());
        let is_due = follower.update_voter_deadline <= now
            && self.voters.kraft_version() == KRaftVersion::Dynamic
            && self.voters.last().is_outdated_for(&self.local);
        if !is_due || !self.connections.is_ready(peer) {
            return false;
        }
        let request = UpdateVoterRequest { epoch: self.epoch, voter: self.local.clone() };
        self.send(peer, endpoints, Request::UpdateVoter(request), now);
        true
    }
}
