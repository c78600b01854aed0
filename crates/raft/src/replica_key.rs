//! Who takes part in the quorum: a node and the directory that holds its copy of the log (KIP-853). A disk that was replaced
//! is another participant under the same node id.

use std::fmt;

use jackdaw_base::{DirectoryId, NodeId};

/// A participant. `directory` is `None` where it is not known: with static voters (kraft.version 0).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReplicaKey {
    /// The node.
    pub id: NodeId,
    /// The directory of its metadata log.
    pub directory: Option<DirectoryId>,
}

impl ReplicaKey {
    /// A key as the wire has it: the zero id stands for an unknown directory.
    pub fn new(id: NodeId, directory: DirectoryId) -> Self {
        Self { id, directory: (!directory.is_zero()).then_some(directory) }
    }

    /// The directory as the wire has it.
    pub fn directory_or_zero(&self) -> DirectoryId {
        self.directory.unwrap_or(DirectoryId::ZERO)
    }

    /// Whether `other` is the participant that this key names; a key without a directory names any of the node.
    pub fn names(&self, other: &ReplicaKey) -> bool {
        self.id == other.id && (self.directory.is_none() || self.directory == other.directory)
    }
}

impl fmt::Display for ReplicaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.directory {
            Some(directory) => write!(f, "{}:{directory}", self.id),
            None => write!(f, "{}", self.id),
        }
    }
}
