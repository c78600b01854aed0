//! What a node must never forget of elections: the epoch, the leader, its vote (Q2). How it is written is in [`crate::quorum_state_file`].

use std::fmt;

use jackdaw_base::{LeaderEpoch, NodeId};

use crate::replica_key::ReplicaKey;

/// The durable state of elections.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ElectionState {
    /// The epoch; it never goes back.
    pub epoch: LeaderEpoch,
    /// The leader of that epoch, once known.
    pub leader: Option<NodeId>,
    /// For whom this node has voted in that epoch.
    pub voted: Option<ReplicaKey>,
    /// The voters' ids, as data version 0 of the file lists them. Nothing reads them.
    pub voters: Vec<NodeId>,
}

impl ElectionState {
    /// A node that has never seen an election.
    pub fn initial() -> Self {
        Self { epoch: LeaderEpoch(0), leader: None, voted: None, voters: Vec::new() }
    }
}

impl fmt::Display for ElectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {}", self.epoch)?;
        if let Some(leader) = self.leader {
            write!(f, ", leader {leader}")?;
        }
        if let Some(voted) = self.voted {
            write!(f, ", voted for {voted}")?;
        }
        Ok(())
    }
}
