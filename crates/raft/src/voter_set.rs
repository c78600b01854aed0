//! The voters of the quorum and where they are reached. Not who they were before: that is [`crate::voter_history`].

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::NodeId;

use crate::replica_key::ReplicaKey;

/// One way to reach a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// The listener's name.
    pub listener: String,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// All ways to reach a node; empty where none is known. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Endpoints(pub Arc<[Endpoint]>);

impl Endpoints {
    /// One endpoint.
    pub fn one(listener: &str, host: &str, port: u16) -> Self {
        Self(Arc::new([Endpoint { listener: listener.to_owned(), host: host.to_owned(), port }]))
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The endpoint of a listener.
    pub fn of_listener(&self, listener: &str) -> Option<&Endpoint> {
        self.0.iter().find(|endpoint| endpoint.listener == listener)
    }
}

/// The feature level `kraft.version`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum KRaftVersion {
    /// The voters are configured (`controller.quorum.voters`).
    #[default]
    Static,
    /// The voters are records in the log and change one at a time (KIP-853).
    Dynamic,
}

impl KRaftVersion {
    /// The feature level.
    pub fn level(self) -> i16 {
        match self {
            Self::Static => 0,
            Self::Dynamic => 1,
        }
    }

    /// The version of a feature level, `None` if this program knows no such level.
    pub fn from_level(level: i16) -> Option<Self> {
        match level {
            0 => Some(Self::Static),
            1 => Some(Self::Dynamic),
            _ => None,
        }
    }
}

/// The feature levels of `kraft.version` that a node supports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KRaftVersionRange {
    /// The lowest.
    pub min: i16,
    /// The highest.
    pub max: i16,
}

impl KRaftVersionRange {
    /// What this program supports.
    pub const OURS: Self = Self { min: 0, max: 1 };

    /// Whether the node can take part at this level.
    pub fn supports(&self, version: KRaftVersion) -> bool {
        (self.min..=self.max).contains(&version.level())
    }
}

/// One voter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Voter {
    /// Who it is.
    pub key: ReplicaKey,
    /// Where it is reached.
    pub endpoints: Endpoints,
    /// What it supports.
    pub kraft_versions: KRaftVersionRange,
}

/// The voters, by node id.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VoterSet(BTreeMap<NodeId, Voter>);

impl VoterSet {
    /// A set; a later voter with the same node id replaces an earlier one.
    pub fn new(voters: impl IntoIterator<Item = Voter>) -> Self {
        Self(voters.into_iter().map(|voter| (voter.key.id, voter)).collect())
    }

    /// How many voters.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none, as on a node that has not yet learned the quorum.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The voters by id.
    pub fn iter(&self) -> impl Iterator<Item = &Voter> {
        self.0.values()
    }

    /// The ids in order.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> {
        self.0.keys().copied()
    }

    /// The voter with this id.
    pub fn get(&self, id: NodeId) -> Option<&Voter> {
        self.0.get(&id)
    }

    /// Whether this participant votes.
    pub fn contains(&self, key: &ReplicaKey) -> bool {
        self.0.get(&key.id).is_some_and(|voter| voter.key.names(key))
    }

    /// Whether this participant is the one voter.
    pub fn is_only(&self, key: &ReplicaKey) -> bool {
        self.len() == 1 && self.contains(key)
    }

    /// Where a voter is reached; empty for everybody else.
    pub fn endpoints(&self, id: NodeId) -> Endpoints {
        self.get(id).map(|voter| voter.endpoints.clone()).unwrap_or_default()
    }

    /// How many make a majority.
    pub fn majority(&self) -> usize {
        self.len() / 2 + 1
    }

    /// With one voter more; `None` if the node id votes already.
    pub fn with_added(&self, voter: Voter) -> Option<Self> {
        (!self.0.contains_key(&voter.key.id)).then(|| self.with(voter))
    }

    /// With one voter less; `None` if it does not vote, or is the last.
    pub fn with_removed(&self, key: &ReplicaKey) -> Option<Self> {
        (self.len() > 1 && self.0.get(&key.id).is_some_and(|voter| voter.key == *key)).then(|| {
            let mut voters = self.0.clone();
            voters.remove(&key.id);
            Self(voters)
        })
    }

    /// With other endpoints, versions or a directory that was not known; `None` if it does not vote.
    pub fn with_updated(&self, voter: Voter) -> Option<Self> {
        self.contains(&voter.key).then(|| self.with(voter))
    }

    /// Whether the set's entry of this participant differs from what it says of itself.
    pub fn is_outdated_for(&self, voter: &Voter) -> bool {
        self.get(voter.key.id).is_some_and(|known| known.key.names(&voter.key) && known != voter)
    }

    /// Whether every majority of one shares a voter with every majority of the other: at most one voter goes, at most one comes.
    pub fn overlaps(&self, other: &Self) -> bool {
        let missing = |from: &Self, to: &Self| {
            from.iter()
                .filter(|voter| to.get(voter.key.id).is_none_or(|known| known.key != voter.key))
                .count()
        };
        missing(self, other) <= 1 && missing(other, self) <= 1
    }

    fn with(&self, voter: Voter) -> Self {
        let mut voters = self.0.clone();
        voters.insert(voter.key.id, voter);
        Self(voters)
    }
}

#[cfg(test)]
mod tests;
