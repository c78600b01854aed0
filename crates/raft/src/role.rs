//! The roles of a member, and what each remembers.
//!
//! ```text
//!                      election timeout            majority would vote          majority voted
//!   Unattached ------------------------> Prospective ----------------> Candidate -------------> Leader
//!    (Voted)  <------------------------      |    ^---- timeout -----------+                      |
//!        |        lost, no leader known      | lost, leader known                                 | resigns: stopping, removed,
//!        |                                   v                                                    | no majority fetches
//!        +--leader heard of---------->   Follower --fetch timeout--> Prospective                  v
//!                                                                    Unattached <--timeout--  Resigned
//!   a newer epoch anywhere: Unattached, or Follower if its leader is named
//! ```
//!
//! A member that is no voter is an observer: Unattached or Follower, never standing for election.

use std::collections::BTreeSet;

use jackdaw_base::{MonotonicNs, NodeId};

use crate::leader::LeaderState;
use crate::replica_key::ReplicaKey;
use crate::snapshot_id::SnapshotId;
use crate::tally::Tally;
use crate::voter_set::Endpoints;

/// A leader and where it is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct KnownLeader {
    pub id: NodeId,
    pub endpoints: Endpoints,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unattached {
    /// A leader that is known by name only.
    pub leader: Option<NodeId>,
    pub voted: Option<ReplicaKey>,
    pub election_deadline: MonotonicNs,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Prospective {
    /// The leader whose silence made this member ask.
    pub leader: Option<KnownLeader>,
    pub voted: Option<ReplicaKey>,
    pub tally: Tally,
    pub election_deadline: MonotonicNs,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Candidate {
    pub tally: Tally,
    pub election_deadline: MonotonicNs,
}

/// A snapshot on its way here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SnapshotFetch {
    Fetching { id: SnapshotId, position: u64 },
    Installing { id: SnapshotId, size_bytes: u64 },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Follower {
    pub leader: KnownLeader,
    pub voted: Option<ReplicaKey>,
    pub fetch_deadline: MonotonicNs,
    pub update_voter_deadline: MonotonicNs,
    /// Whether the leader has answered in this epoch: whoever hears its leader grants no pre-vote.
    pub has_fetched: bool,
    pub snapshot: Option<SnapshotFetch>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Resigned {
    pub election_deadline: MonotonicNs,
    pub preferred: Vec<ReplicaKey>,
    pub unacknowledged: BTreeSet<NodeId>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Unattached(Unattached),
    Prospective(Prospective),
    Candidate(Candidate),
    Follower(Follower),
    Leader(Box<LeaderState>),
    Resigned(Resigned),
}

/// The role, for reports and metrics.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RoleName {
    /// No leader known, no vote given.
    Unattached,
    /// No leader known, a vote given.
    Voted,
    /// Asking whether it would be elected.
    Prospective,
    /// Standing for election.
    Candidate,
    /// Leading.
    Leader,
    /// Following, and voting.
    Follower,
    /// Has led, and waits for the next election.
    Resigned,
    /// Following, or looking for a leader, without a vote.
    Observer,
}
