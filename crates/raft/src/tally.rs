//! The votes of one election.

use std::collections::BTreeSet;

use jackdaw_base::NodeId;

use crate::voter_set::VoterSet;

/// Who has granted, who has rejected, who is silent. The voters are those at the start of the election.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tally {
    voters: BTreeSet<NodeId>,
    granted: BTreeSet<NodeId>,
    rejected: BTreeSet<NodeId>,
}

impl Tally {
    /// An election in which this node has voted for itself.
    pub fn new(voters: &VoterSet, local: NodeId) -> Self {
        Self { voters: voters.ids().collect(), granted: BTreeSet::from([local]), rejected: BTreeSet::new() }
    }

    /// A voter grants. Its first answer counts; who is no voter does not count at all.
    pub fn grant(&mut self, id: NodeId) {
        if self.voters.contains(&id) && !self.rejected.contains(&id) {
            self.granted.insert(id);
        }
    }

    /// A voter rejects. Its first answer counts; who is no voter does not count at all.
    pub fn reject(&mut self, id: NodeId) {
        if self.voters.contains(&id) && !self.granted.contains(&id) {
            self.rejected.insert(id);
        }
    }

    /// Whether a majority has granted.
    pub fn is_won(&self) -> bool {
        self.granted.iter().filter(|id| self.voters.contains(id)).count() > self.voters.len() / 2
    }

    /// Whether a majority cannot grant any more.
    pub fn is_lost(&self) -> bool {
        self.voters.len() - self.rejected.len() <= self.voters.len() / 2
    }

    /// Those that granted.
    pub fn granting(&self) -> Vec<NodeId> {
        self.granted.iter().copied().collect()
    }

    /// Those that have not answered.
    pub fn silent(&self) -> Vec<NodeId> {
        let answered = |id: &&NodeId| self.granted.contains(id) || self.rejected.contains(id);
        self.voters.iter().filter(|id| !answered(id)).copied().collect()
    }
}
