//! What the state machine wants done. The outputs are executed in their order, each before the next: that is how "durable before
//! any message that depends on it" (Q2) is expressed.

use jackdaw_base::{LeaderEpoch, NodeId, Offset};

use crate::election_state::ElectionState;
use crate::message::{FetchReply, QuorumError, Reply, Request, SnapshotReply};
use crate::snapshot_id::SnapshotId;
use crate::voter_set::{Endpoints, KRaftVersion, VoterSet};

/// Names a request of this node until its response, failure or time-out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(pub u64);

/// Names a request of somebody else until it is answered; the caller chooses it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Token(pub u64);

/// Whom a request goes to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Peer {
    /// A node whose endpoints are known.
    Node(NodeId),
    /// The n-th of the configured bootstrap servers.
    Bootstrap(usize),
}

/// A request to send. The answer comes back by `Quorum::on_response`, a broken connection by `Quorum::on_request_failed`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outbound {
    /// Its name.
    pub id: RequestId,
    /// Whom it is for.
    pub to: Peer,
    /// Where that is; empty for a bootstrap server.
    pub endpoints: Endpoints,
    /// The request.
    pub request: Request,
}

/// The answer to a request of somebody else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// To Vote.
    Vote(Reply),
    /// To BeginQuorumEpoch.
    BeginEpoch(Reply),
    /// To EndQuorumEpoch.
    EndEpoch(Reply),
    /// To Fetch.
    Fetch(FetchReply),
    /// To FetchSnapshot.
    FetchSnapshot(SnapshotReply),
    /// To UpdateRaftVoter.
    UpdateVoter(Reply),
    /// To AddRaftVoter.
    AddVoter(Result<(), QuorumError>),
    /// To RemoveRaftVoter.
    RemoveVoter(Result<(), QuorumError>),
}

/// A control record that a leader writes; all of one [`Output::AppendControl`] form one control batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ControlRecord {
    /// LeaderChange.
    LeaderChange {
        /// The leader.
        leader: NodeId,
        /// The voters.
        voters: Vec<NodeId>,
        /// Those that voted for it.
        granting: Vec<NodeId>,
    },
    /// KRaftVersion.
    KRaftVersion(KRaftVersion),
    /// KRaftVoters.
    KRaftVoters(VoterSet),
}

/// Something to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Make this durable before anything that follows.
    Persist {
        /// The state.
        state: ElectionState,
        /// Which data version to write.
        kraft_version: KRaftVersion,
    },
    /// Send a request.
    Send(Outbound),
    /// Answer a request.
    Answer(Token, Answer),
    /// Write these control records as one batch, then sync and report `Quorum::on_log_synced`.
    AppendControl {
        /// The offset of the first.
        base: Offset,
        /// The leader's epoch.
        epoch: LeaderEpoch,
        /// The records.
        records: Vec<ControlRecord>,
    },
    /// Append the batches of the response that was just handed in, up to this offset, then sync and report `Quorum::on_log_synced`.
    AppendFetched {
        /// The offset behind the last batch.
        end: Offset,
    },
    /// Cut the log here.
    Truncate {
        /// The new end.
        end: Offset,
    },
    /// Write the bytes of the response that was just handed in to the part file of this snapshot.
    WriteSnapshot {
        /// The snapshot.
        snapshot: SnapshotId,
        /// Where the bytes go.
        position: u64,
    },
    /// The part file is whole: check it, make it durable, give it its name, drop the log in its favour, and report
    /// `Quorum::on_snapshot_installed`, or `Quorum::on_snapshot_refused`.
    InstallSnapshot {
        /// The snapshot.
        snapshot: SnapshotId,
        /// Its size in bytes.
        size_bytes: u64,
    },
    /// Everything below is committed.
    HighWatermark(Offset),
    /// This node leads; its state machine may act once everything below `epoch_start` is applied.
    BecameLeader {
        /// The epoch.
        epoch: LeaderEpoch,
        /// Where its first record is.
        epoch_start: Offset,
    },
    /// Another node leads, or none is known. If this node led before, everything uncommitted is in doubt.
    LeaderChanged {
        /// The epoch.
        epoch: LeaderEpoch,
        /// The leader.
        leader: Option<NodeId>,
    },
}
