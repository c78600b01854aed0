//! From one role to another: what is kept, what is made durable, who is told. The drawing is in [`crate::role`].

use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId};

use super::{Quorum, Start};
use crate::chance::Chance;
use crate::connections::Connections;
use crate::election_state::ElectionState;
use crate::fault::{Fault, Faults};
use crate::leader::{ChangeKind, LeaderState, VoterChange};
use crate::log_shape::LogShape;
use crate::message::{FetchReply, QuorumError};
use crate::output::{Answer, Output};
use crate::replica_key::ReplicaKey;
use crate::role::{Candidate, Follower, KnownLeader, Prospective, Resigned, Role, Unattached};
use crate::tally::Tally;
use crate::voter_set::Endpoints;

impl Quorum {
    /// A member that starts, or starts again. The only voter leads when this returns: its outputs say so.
    pub fn new(start: Start, now: MonotonicNs) -> Self {
        Self::with_faults(start, Faults::default(), now)
    }

    pub(crate) fn with_faults(start: Start, faults: Faults, now: MonotonicNs) -> Self {
        let Start { settings, local, election, log, voters, seed } = start;
        let mut quorum = Self {
            connections: Connections::new(settings.request_timeout_ms, settings.retry_backoff_ms),
            settings,
            local,
            epoch: LeaderEpoch(0),
            role: Role::Unattached(Unattached { leader: None, voted: None, election_deadline: now }),
            log: LogShape::new(log),
            voters,
            high_watermark: None,
            outputs: Default::default(),
            chance: Chance::new(seed),
            is_stopping: false,
            persisted: None,
            announced: None,
            faults,
        };
        let election = election.unwrap_or_else(ElectionState::initial);
        quorum.restore(election, now);
        quorum.persist();
        quorum.announce();
        if quorum.voters.last().is_only(&quorum.local.key) && !quorum.is_leader() {
            quorum.become_prospective(now);
        }
        quorum.step(now);
        quorum
    }

    /// The role in which a member wakes up. Who led does not lead on in the same epoch: records of that epoch that were not yet durable are
    /// gone, and others at their offsets would carry the same epoch.
    fn restore(&mut self, mut election: ElectionState, now: MonotonicNs) {
        if self.faults.has(Fault::ForgetVote) {
            election.voted = None;
        }
        let log_epoch = self.position().epoch;
        let election_deadline = self.election_deadline(now);
        let unattached = |leader, voted| Role::Unattached(Unattached { leader, voted, election_deadline });
        if election.epoch < log_epoch {
            self.epoch = log_epoch;
            self.role = unattached(None, None);
            return;
        }
        self.epoch = election.epoch;
        let leader_endpoints = election.leader.map(|leader| self.voters.last().endpoints(leader));
        self.role = match (election.leader, election.voted) {
            (Some(leader), _) if leader == self.local.key.id => Role::Resigned(Resigned {
                election_deadline,
                preferred: Vec::new(),
                unacknowledged: self.voters.last().ids().filter(|id| *id != leader).collect(),
            }),
            (Some(leader), voted) => match leader_endpoints {
                Some(endpoints) if !endpoints.is_empty() => {
                    Role::Follower(self.following(KnownLeader { id: leader, endpoints }, voted, now))
                }
                _ => unattached(Some(leader), voted),
            },
            (None, Some(voted)) if voted.names(&self.local.key) && self.is_voter() => {
                Role::Candidate(Candidate {
                    tally: Tally::new(self.voters.last(), self.local.key.id),
                    election_deadline,
                })
            }
            (None, voted) => unattached(None, voted),
        };
    }

    pub(super) fn become_unattached(&mut self, epoch: LeaderEpoch, leader: Option<NodeId>, now: MonotonicNs) {
        debug_assert!(epoch >= self.epoch);
        let voted = if epoch > self.epoch { None } else { self.voted() };
        // Whoever was waiting for an election goes on waiting: else a member with a short log could keep all others from standing.
        let election_deadline = match &self.role {
            Role::Unattached(Unattached { election_deadline, .. })
            | Role::Prospective(Prospective { election_deadline, .. })
            | Role::Candidate(Candidate { election_deadline, .. }) => *election_deadline,
            Role::Follower(_) | Role::Leader(_) | Role::Resigned(_) => self.election_deadline(now),
        };
        self.enter(epoch, Role::Unattached(Unattached { leader, voted, election_deadline }));
    }

    /// Gives the vote of the current epoch. Another chance for the candidate is the voter's patience: its own election begins anew.
    pub(super) fn vote_for(&mut self, candidate: ReplicaKey, now: MonotonicNs) {
        let deadline = self.election_deadline(now);
        match &mut self.role {
            Role::Unattached(unattached) => {
                unattached.voted = Some(candidate);
                unattached.election_deadline = deadline;
            }
            Role::Prospective(prospective) => {
                prospective.voted = Some(candidate);
                prospective.election_deadline = deadline;
            }
            _ => return,
        }
        self.persist();
    }

    pub(super) fn become_prospective(&mut self, now: MonotonicNs) {
        debug_assert!(self.is_voter() && !self.is_leader());
        let leader = match &self.role {
            Role::Follower(follower) => Some(follower.leader.clone()),
            Role::Prospective(prospective) => prospective.leader.clone(),
            Role::Unattached(_) | Role::Candidate(_) | Role::Leader(_) | Role::Resigned(_) => None,
        };
        let prospective = Prospective {
            leader,
            voted: self.voted(),
            tally: Tally::new(self.voters.last(), self.local.key.id),
            election_deadline: self.election_deadline(now),
        };
        let is_won = prospective.tally.is_won();
        self.enter(self.epoch, Role::Prospective(prospective));
        if is_won {
            self.become_candidate(now);
        }
    }

    pub(super) fn become_candidate(&mut self, now: MonotonicNs) {
        // At the last epoch there can be no other election; a peer that claims it must not bring this node down.
        let Some(epoch) = self.epoch.0.checked_add(1) else { return };
        let tally = Tally::new(self.voters.last(), self.local.key.id);
        let is_won = tally.is_won();
        let election_deadline = self.election_deadline(now);
        self.enter(LeaderEpoch(epoch), Role::Candidate(Candidate { tally, election_deadline }));
        if is_won {
            self.become_leader(now);
        }
    }

    pub(super) fn become_leader(&mut self, now: MonotonicNs) {
        let Role::Candidate(candidate) = &self.role else { return };
        debug_assert!(candidate.tally.is_won());
        let granting = candidate.tally.granting();
        let leader = LeaderState::new(
            self.local.key,
            self.log.end(),
            self.voters.last(),
            self.settings.fetch_timeout_ms,
            self.settings.replicas_max,
            self.faults,
            now,
        );
        self.enter(self.epoch, Role::Leader(Box::new(leader)));
        self.outputs.push_back(Output::BecameLeader { epoch: self.epoch, epoch_start: self.log.end() });
        self.append_epoch_start(granting, now);
    }

    pub(super) fn become_follower(
        &mut self,
        epoch: LeaderEpoch,
        leader: NodeId,
        endpoints: Endpoints,
        now: MonotonicNs,
    ) {
        debug_assert!(epoch >= self.epoch && leader != self.local.key.id);
        let voted = if epoch > self.epoch { None } else { self.voted() };
        let follower = self.following(KnownLeader { id: leader, endpoints }, voted, now);
        self.enter(epoch, Role::Follower(follower));
    }

    pub(super) fn become_resigned(&mut self, now: MonotonicNs) {
        let Role::Leader(leader) = &self.role else { return };
        let resigned = Resigned {
            preferred: leader.successors(),
            unacknowledged: self.voters.last().ids().filter(|id| *id != self.local.key.id).collect(),
            election_deadline: self.election_deadline(now),
        };
        self.enter(self.epoch, Role::Resigned(resigned));
    }

    /// The vote of the current epoch.
    pub(super) fn voted(&self) -> Option<ReplicaKey> {
        self.election_state().voted
    }

    fn following(&self, leader: KnownLeader, voted: Option<ReplicaKey>, now: MonotonicNs) -> Follower {
        let fetch_deadline = now.plus_ms(self.settings.fetch_timeout_ms);
        Follower {
            leader,
            voted,
            fetch_deadline,
            update_voter_deadline: fetch_deadline,
            has_fetched: false,
            snapshot: None,
        }
    }

    fn enter(&mut self, epoch: LeaderEpoch, role: Role) {
        let left = std::mem::replace(&mut self.role, role);
        self.epoch = epoch;
        self.connections.reset();
        self.persist();
        self.announce();
        if let Role::Leader(leader) = left {
            self.dismiss(*leader);
        }
    }

    /// Refuses, once each, all that waited for the old leader.
    fn dismiss(&mut self, leader: LeaderState) {
        let hint = self.leader_hint();
        for parked in leader.parked.into_values() {
            let reply = FetchReply { hint: hint.clone(), result: Err(QuorumError::NotLeader) };
            self.answer(parked.token, Answer::Fetch(reply));
        }
        let refused = Err(QuorumError::NotLeader);
        match leader.change {
            Some(VoterChange::AskingVersions { token, .. })
            | Some(VoterChange::Committing { token: Some((token, ChangeKind::Add)), .. }) => {
                self.answer(token, Answer::AddVoter(refused));
            }
            Some(VoterChange::Committing { token: Some((token, ChangeKind::Remove)), .. }) => {
                self.answer(token, Answer::RemoveVoter(refused));
            }
            Some(VoterChange::Committing { token: None, .. }) | None => {}
        }
    }

    fn persist(&mut self) {
        let state = (self.election_state(), self.voters.kraft_version());
        if self.persisted.as_ref() != Some(&state) {
            self.persisted = Some(state.clone());
            self.outputs.push_back(Output::Persist { state: state.0, kraft_version: state.1 });
        }
    }

    fn announce(&mut self) {
        let now_known = (self.epoch, self.leader());
        if self.announced != Some(now_known) || matches!(self.role, Role::Resigned(_)) {
            self.announced = Some(now_known);
            if !self.is_leader() {
                // A resigned leader still names itself to others, but leads nothing any more.
                let leader = now_known.1.filter(|leader| *leader != self.local.key.id);
                self.outputs.push_back(Output::LeaderChanged { epoch: self.epoch, leader });
            }
        }
    }
}
