//! What quorum members say to each other, as the domain sees it. The wire's structs, the cluster id and the topic name are the
//! caller's; records and snapshot bytes travel beside these values, never inside.
//!
//! Versions served through these: Vote 0–2 (KIP-595, KIP-853, pre-vote KIP-996), BeginQuorumEpoch 0–1, EndQuorumEpoch 0–1, Fetch (KIP-595),
//! FetchSnapshot 0–1 (KIP-630), UpdateRaftVoter 0, ApiVersions (only to learn kraft.version of a voter to be).

use jackdaw_base::{LeaderEpoch, NodeId, Offset};
use thiserror::Error;

use crate::offset_and_epoch::OffsetAndEpoch;
use crate::replica_key::ReplicaKey;
use crate::snapshot_id::SnapshotId;
use crate::voter_history::VoterRecord;
use crate::voter_set::{Endpoints, KRaftVersionRange, Voter};

/// Why a request is refused, in words that have one error code each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum QuorumError {
    /// FENCED_LEADER_EPOCH: the asked node is in a newer epoch.
    #[error("the request's epoch is over")]
    FencedLeaderEpoch,
    /// UNKNOWN_LEADER_EPOCH: the asked node is behind; a retry can help.
    #[error("the request's epoch is not known here yet")]
    UnknownLeaderEpoch,
    /// NOT_LEADER_OR_FOLLOWER.
    #[error("this node does not lead the quorum")]
    NotLeader,
    /// BROKER_NOT_AVAILABLE: the asked node is stopping.
    #[error("this node is stopping")]
    NotAvailable,
    /// INVALID_REQUEST.
    #[error("the request contradicts itself")]
    InvalidRequest,
    /// INVALID_VOTER_KEY: the request is for another participant than this one.
    #[error("the request names another directory or node")]
    InvalidVoterKey,
    /// SNAPSHOT_NOT_FOUND.
    #[error("there is no such snapshot")]
    SnapshotNotFound,
    /// POSITION_OUT_OF_RANGE.
    #[error("the position is behind the snapshot's end")]
    PositionOutOfRange,
    /// UNSUPPORTED_VERSION.
    #[error("the other node or the cluster's kraft.version does not know this")]
    UnsupportedVersion,
    /// REQUEST_TIMED_OUT: not now; a retry can help.
    #[error("another change of voters, or the commit of the leader's epoch, has to end first")]
    TimedOut,
    /// DUPLICATE_VOTER.
    #[error("the node votes already")]
    DuplicateVoter,
    /// VOTER_NOT_FOUND.
    #[error("no such voter")]
    VoterNotFound,
    /// Any other code; it says nothing about epochs.
    #[error("error code {0}")]
    Other(i16),
}

/// Who leads, as every answer says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeaderHint {
    /// The answering node's epoch.
    pub epoch: LeaderEpoch,
    /// The leader of that epoch, if known.
    pub leader: Option<NodeId>,
    /// Where the leader is reached; may be empty.
    pub endpoints: Endpoints,
}

/// Asks for a vote, or (pre-vote) whether one would be given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VoteRequest {
    /// Who stands for election.
    pub candidate: ReplicaKey,
    /// Whom the request is for; `None` where the version does not say.
    pub voter: Option<ReplicaKey>,
    /// The candidate's epoch: the new one for a vote, the current one for a pre-vote.
    pub epoch: LeaderEpoch,
    /// How far the candidate's log reaches.
    pub log: OffsetAndEpoch,
    /// Which of the two.
    pub kind: VoteKind,
}

/// Vote or pre-vote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VoteKind {
    /// Binding: at most one per epoch.
    Vote,
    /// A question without consequences (KIP-996).
    PreVote,
}

/// The leader makes itself known to a voter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BeginEpochRequest {
    /// The leader.
    pub leader: NodeId,
    /// Its epoch.
    pub epoch: LeaderEpoch,
    /// Where it is reached.
    pub endpoints: Endpoints,
    /// Whom the request is for; `None` where the version does not say.
    pub voter: Option<ReplicaKey>,
}

/// The leader resigns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndEpochRequest {
    /// The leader.
    pub leader: NodeId,
    /// Its epoch.
    pub epoch: LeaderEpoch,
    /// Where it is reached.
    pub endpoints: Endpoints,
    /// Who should stand first, best first.
    pub preferred: Vec<ReplicaKey>,
}

/// A replica asks for records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchRequest {
    /// Who asks; `None` for a reader that is no replica.
    pub replica: Option<ReplicaKey>,
    /// The epoch that it believes in.
    pub epoch: LeaderEpoch,
    /// Its end, and the epoch of its last record.
    pub position: OffsetAndEpoch,
    /// How long to wait for records, in milliseconds.
    pub wait_ms_max: u32,
    /// The watermark it knows, so that a newer one ends the wait (KIP-1166); `None` where the version does not say.
    pub high_watermark: Option<Offset>,
}

/// A replica asks for a piece of a snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchSnapshotRequest {
    /// Who asks.
    pub replica: ReplicaKey,
    /// The epoch that it believes in.
    pub epoch: LeaderEpoch,
    /// Which snapshot.
    pub snapshot: SnapshotId,
    /// From which byte on.
    pub position: u64,
}

/// A voter tells the leader its endpoints and versions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UpdateVoterRequest {
    /// The epoch that it believes in.
    pub epoch: LeaderEpoch,
    /// The voter as it is now.
    pub voter: Voter,
}

/// A request to another node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// Vote.
    Vote(VoteRequest),
    /// BeginQuorumEpoch.
    BeginEpoch(BeginEpochRequest),
    /// EndQuorumEpoch.
    EndEpoch(EndEpochRequest),
    /// Fetch.
    Fetch(FetchRequest),
    /// FetchSnapshot.
    FetchSnapshot(FetchSnapshotRequest),
    /// UpdateRaftVoter.
    UpdateVoter(UpdateVoterRequest),
    /// ApiVersions.
    ApiVersions,
}

/// The answer to Vote, BeginQuorumEpoch, EndQuorumEpoch, UpdateRaftVoter: `Ok(true)` in a Vote is a vote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// Who leads.
    pub hint: LeaderHint,
    /// The verdict.
    pub result: Result<bool, QuorumError>,
}

/// The answer to Fetch, as the answering leader decides it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchReply {
    /// Who leads.
    pub hint: LeaderHint,
    /// The verdict.
    pub result: Result<FetchAnswer, QuorumError>,
}

/// What a leader answers to a fetch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FetchAnswer {
    /// Records from `from` up to `end` at most (none if equal): the caller reads them from its log.
    Records {
        /// The first offset.
        from: Offset,
        /// The leader's end.
        end: Offset,
        /// The leader's log start.
        log_start: Offset,
        /// The watermark, once this leader knows it.
        high_watermark: Option<Offset>,
    },
    /// The asking log must be cut: the epoch ends at this offset.
    Diverging(OffsetAndEpoch),
    /// The asking replica needs this snapshot.
    Snapshot(SnapshotId),
}

/// A whole batch of a fetch answer, as far as consensus looks into it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchedBatch {
    /// Its first offset.
    pub base: Offset,
    /// The offset behind its last record.
    pub end: Offset,
    /// The epoch of the leader that wrote it.
    pub epoch: LeaderEpoch,
    /// The records in it that the quorum itself obeys, with their offsets.
    pub voters: Vec<(Offset, VoterRecord)>,
}

/// The answer to Fetch, as the fetching replica takes it in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchedReply {
    /// Who leads.
    pub hint: LeaderHint,
    /// The verdict.
    pub result: Result<Fetched, QuorumError>,
}

/// What a fetch has brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fetched {
    /// Whole batches that passed their checksums, and the leader's watermark.
    Records {
        /// The batches, in order.
        batches: Vec<FetchedBatch>,
        /// The leader's watermark.
        high_watermark: Option<Offset>,
    },
    /// See [`FetchAnswer::Diverging`].
    Diverging(OffsetAndEpoch),
    /// See [`FetchAnswer::Snapshot`].
    Snapshot(SnapshotId),
}

/// The answer to FetchSnapshot: a piece of the snapshot, whose bytes travel beside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SnapshotReply {
    /// Who leads.
    pub hint: LeaderHint,
    /// The verdict.
    pub result: Result<SnapshotChunk, QuorumError>,
}

/// A piece of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SnapshotChunk {
    /// Of which snapshot.
    pub snapshot: SnapshotId,
    /// The snapshot's size in bytes.
    pub size_bytes: u64,
    /// Where the piece begins.
    pub position: u64,
    /// How long it is, in bytes. In an answer that is yet to be filled: how much is there at most.
    pub length_bytes: u64,
}

/// A response of another node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Response {
    /// To [`Request::Vote`].
    Vote(Reply),
    /// To [`Request::BeginEpoch`].
    BeginEpoch(Reply),
    /// To [`Request::EndEpoch`].
    EndEpoch(Reply),
    /// To [`Request::Fetch`].
    Fetch(FetchedReply),
    /// To [`Request::FetchSnapshot`].
    FetchSnapshot(SnapshotReply),
    /// To [`Request::UpdateVoter`].
    UpdateVoter(Reply),
    /// To [`Request::ApiVersions`]: the supported kraft.version, `None` if the feature is not there.
    ApiVersions(Result<Option<KRaftVersionRange>, QuorumError>),
}
