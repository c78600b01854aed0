//! One member of the quorum: inputs are `on_*`, outputs are drained by [`Quorum::poll_output`], time is an argument, and
//! [`Quorum::next_deadline`] says when to come back. No I/O, no clock, no randomness of its own.
//!
//! The caller's contract:
//! - After each input the outputs are drained and executed in order, each before the next (Q2).
//! - A sync that began before a truncation says nothing about what was written after it, and is not reported.
//! - Records go into the log in the order of [`Quorum::on_appended`], [`Output::AppendControl`] and [`Output::AppendFetched`]; whenever a sync ends,
//!   [`Quorum::on_log_synced`] says how far. [`Output::InstallSnapshot`] is reported before any other input.
//! - The cluster id, topic name and authorisation of a request are checked before it gets here.

mod begin_end_epoch;
mod control_append;
mod describe;
mod fetch_request;
mod fetch_response;
mod kraft_upgrade;
mod response;
mod snapshot;
mod tick;
mod transition;
mod vote;
mod voter_change;

use std::collections::VecDeque;

use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId, Offset};
use thiserror::Error;

use crate::chance::Chance;
use crate::connections::Connections;
use crate::election_state::ElectionState;
use crate::fault::Faults;
use crate::log_shape::{LogShape, RecoveredLog};
use crate::message::LeaderHint;
use crate::offset_and_epoch::OffsetAndEpoch;
use crate::output::{Outbound, Output, Peer, Token};
use crate::role::{Role, RoleName};
use crate::settings::Settings;
use crate::snapshot_id::SnapshotId;
use crate::voter_history::{DisjointVoters, VoterHistory};
use crate::voter_set::{Endpoints, KRaftVersion, Voter, VoterSet};

pub use describe::{QuorumDescription, ReplicaDescription};
pub use kraft_upgrade::KRaftUpgradeError;

/// What a member starts from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Start {
    /// Times and limits.
    pub settings: Settings,
    /// This node, as it would stand in the voter set.
    pub local: Voter,
    /// The content of `quorum-state`, `None` if there is no such file.
    pub election: Option<ElectionState>,
    /// The log as recovered.
    pub log: RecoveredLog,
    /// The voters as snapshot and log have them, over the configured ones.
    pub voters: VoterHistory,
    /// Entropy for jitter.
    pub seed: u64,
}

/// Why a leader cannot append.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum AppendError {
    /// This node does not lead, or leads in another epoch.
    #[error("this node does not lead in epoch {epoch}; it is in epoch {current}")]
    NotLeader {
        /// The epoch of the append.
        epoch: LeaderEpoch,
        /// The member's epoch.
        current: LeaderEpoch,
    },
    /// The leader is about to resign.
    #[error("this node is about to resign")]
    Resigning,
}

/// Something that a correct peer does not say. The message is dropped; the caller logs it.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Violation {
    /// Two leaders in one epoch (Q1).
    #[error("node {claimed} is called leader of epoch {epoch}, in which {known} leads")]
    TwoLeaders {
        /// The epoch.
        epoch: LeaderEpoch,
        /// Who is said to lead.
        claimed: NodeId,
        /// Who leads, as far as is known here.
        known: NodeId,
    },
    /// The leader wants committed records cut (Q3).
    #[error("the leader wants the log cut at {end}, below the high watermark {high_watermark}")]
    TruncatesCommitted {
        /// Where to cut.
        end: Offset,
        /// The watermark.
        high_watermark: Offset,
    },
    /// Batches that do not continue the log.
    #[error("fetched batches begin at {base}, the log ends at {end}")]
    NotContiguous {
        /// The first offset.
        base: Offset,
        /// The own end.
        end: Offset,
    },
    /// A batch whose epoch goes back, or is not reached yet.
    #[error("a fetched batch has epoch {epoch} behind {last} in the leader's epoch {current}")]
    BatchEpoch {
        /// The batch's epoch.
        epoch: LeaderEpoch,
        /// The epoch before it.
        last: LeaderEpoch,
        /// The leader's epoch.
        current: LeaderEpoch,
    },
    /// A piece of a snapshot that was not asked for.
    #[error("a piece of snapshot {snapshot} at {position} was not asked for")]
    UnexpectedSnapshot {
        /// The snapshot.
        snapshot: SnapshotId,
        /// The position in bytes.
        position: u64,
    },
    /// A response of another kind than the request, or one that only a leader gives.
    #[error("a response that fits no request")]
    UnexpectedResponse,
    /// See [`DisjointVoters`].
    #[error(transparent)]
    Voters(#[from] DisjointVoters),
}

/// One member of the quorum.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quorum {
    settings: Settings,
    local: Voter,
    epoch: LeaderEpoch,
    role: Role,
    log: LogShape,
    voters: VoterHistory,
    high_watermark: Option<Offset>,
    connections: Connections,
    outputs: VecDeque<Output>,
    chance: Chance,
    is_stopping: bool,
    persisted: Option<(ElectionState, KRaftVersion)>,
    announced: Option<(LeaderEpoch, Option<NodeId>)>,
    faults: Faults,
}

impl Quorum {
    /// The next thing to do, `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The epoch.
    pub fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    /// The role, for reports.
    pub fn role(&self) -> RoleName {
        match &self.role {
            Role::Leader(_) => RoleName::Leader,
            Role::Resigned(_) => RoleName::Resigned,
            _ if !self.is_voter() => RoleName::Observer,
            Role::Unattached(unattached) if unattached.voted.is_some() => RoleName::Voted,
            Role::Unattached(_) => RoleName::Unattached,
            Role::Prospective(_) => RoleName::Prospective,
            Role::Candidate(_) => RoleName::Candidate,
            Role::Follower(_) => RoleName::Follower,
        }
    }

    /// Whether this node leads.
    pub fn is_leader(&self) -> bool {
        matches!(self.role, Role::Leader(_))
    }

    /// Who leads in the current epoch, if known here.
    pub fn leader(&self) -> Option<NodeId> {
        match &self.role {
            Role::Unattached(unattached) => unattached.leader,
            Role::Prospective(prospective) => prospective.leader.as_ref().map(|leader| leader.id),
            Role::Candidate(_) => None,
            Role::Follower(follower) => Some(follower.leader.id),
            Role::Leader(_) | Role::Resigned(_) => Some(self.local.key.id),
        }
    }

    /// Everything below is committed, as far as is known here.
    pub fn high_watermark(&self) -> Option<Offset> {
        self.high_watermark
    }

    /// Whether this node votes.
    pub fn is_voter(&self) -> bool {
        self.voters.last().contains(&self.local.key)
    }

    /// The voters as of the log's end.
    pub fn voters(&self) -> &VoterSet {
        self.voters.last()
    }

    /// All of what the log says about voters; a snapshot needs [`VoterHistory::before`].
    pub fn voter_history(&self) -> &VoterHistory {
        &self.voters
    }

    /// The log's shape.
    pub fn log(&self) -> &LogShape {
        &self.log
    }

    /// What this node has to remember of elections, as last handed out by [`Output::Persist`].
    pub fn election_state(&self) -> ElectionState {
        let voted = match &self.role {
            Role::Unattached(unattached) => unattached.voted,
            Role::Prospective(prospective) => prospective.voted,
            Role::Candidate(_) => Some(self.local.key),
            Role::Follower(follower) => follower.voted,
            Role::Leader(_) | Role::Resigned(_) => None,
        };
        ElectionState {
            epoch: self.epoch,
            leader: self.leader(),
            voted,
            voters: self.voters.last().ids().collect(),
        }
    }

    /// Who leads and where, as every answer says.
    pub fn leader_hint(&self) -> LeaderHint {
        let endpoints = match &self.role {
            Role::Follower(follower) => follower.leader.endpoints.clone(),
            Role::Prospective(prospective) => {
                prospective.leader.as_ref().map(|leader| leader.endpoints.clone()).unwrap_or_default()
            }
            Role::Leader(_) | Role::Resigned(_) => self.local.endpoints.clone(),
            Role::Unattached(_) | Role::Candidate(_) => Endpoints::default(),
        };
        LeaderHint { epoch: self.epoch, leader: self.leader(), endpoints }
    }

    /// Everything written up to `end` is durable.
    pub fn on_log_synced(&mut self, end: Offset, now: MonotonicNs) {
        self.log.sync(end);
        let synced_end = self.log.synced_end();
        if let Role::Leader(leader) = &mut self.role {
            let moved = leader.on_local_end(synced_end);
            self.on_leader_high_watermark(moved, now);
        }
        self.step(now);
    }

    /// The leader steps down, so that another may lead.
    pub fn on_resign(&mut self, epoch: LeaderEpoch, now: MonotonicNs) {
        if let Role::Leader(leader) = &mut self.role
            && epoch == self.epoch
        {
            leader.resigns = true;
        }
        self.step(now);
    }

    /// The node stops: a leader resigns, nobody stands for election any more.
    pub fn on_stop(&mut self, now: MonotonicNs) {
        self.is_stopping = true;
        self.step(now);
    }

    /// Whether a stopping node may go: it does not lead, and if it votes, another leads or nobody else could.
    pub fn may_stop(&self) -> bool {
        let other_leads = self.leader().is_some_and(|leader| leader != self.local.key.id);
        !self.is_leader() && (!self.is_voter() || self.voters.last().is_only(&self.local.key) || other_leads)
    }

    fn position(&self) -> OffsetAndEpoch {
        self.log.end_position()
    }

    fn raise_high_watermark(&mut self, high_watermark: Offset) {
        if self.high_watermark.is_none_or(|known| high_watermark > known) {
            self.high_watermark = Some(high_watermark);
            self.outputs.push_back(Output::HighWatermark(high_watermark));
        }
    }

    fn send(&mut self, to: Peer, endpoints: Endpoints, request: crate::message::Request, now: MonotonicNs) {
        let id = self.connections.begin(to, now);
        self.outputs.push_back(Output::Send(Outbound { id, to, endpoints, request }));
    }

    fn answer(&mut self, token: Token, answer: crate::output::Answer) {
        self.outputs.push_back(Output::Answer(token, answer));
    }

    fn election_deadline(&mut self, now: MonotonicNs) -> MonotonicNs {
        let timeout_ms = self.settings.election_timeout_ms;
        now.plus_ms(timeout_ms + self.chance.below(timeout_ms))
    }
}

#[cfg(test)]
mod tests;
