//! One partition as the controller knows it: who holds it, who may lead it. Not the log itself.

use jackdaw_base::{DirectoryId, LeaderEpoch, NodeId};

/// Brokers in an order that means something.
pub type Nodes = Box<[NodeId]>;

/// Whether the leader was chosen from replicas that had everything (KIP-704).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LeaderRecoveryState {
    /// The leader has all that was committed.
    #[default]
    Recovered,
    /// An unclean election made the leader; nobody joins the in-sync set until it has recovered.
    Recovering,
}

impl LeaderRecoveryState {
    /// The value in records and on the wire.
    pub fn code(self) -> i8 {
        match self {
            Self::Recovered => 0,
            Self::Recovering => 1,
        }
    }

    /// The state of a code, or `None` if there is no such state.
    pub fn from_code(code: i8) -> Option<Self> {
        match code {
            0 => Some(Self::Recovered),
            1 => Some(Self::Recovering),
            _ => None,
        }
    }
}

/// A partition's registration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Partition {
    /// All replicas; the first one is the preferred leader.
    pub replicas: Nodes,
    /// The log directory of each replica, in their order (KIP-858); `Uuid::ZERO` where none was ever named.
    pub directories: Box<[DirectoryId]>,
    /// The in-sync replicas. Empty only with eligible leader replicas switched on.
    pub isr: Nodes,
    /// Replicas outside the in-sync set that have everything up to the high watermark (KIP-966).
    pub eligible_leader_replicas: Nodes,
    /// The last leader of a partition that has none now (KIP-966).
    pub last_known_elr: Nodes,
    /// Replicas that a running reassignment takes away.
    pub removing_replicas: Nodes,
    /// Replicas that a running reassignment brings.
    pub adding_replicas: Nodes,
    /// The leader, if there is one.
    pub leader: Option<NodeId>,
    /// Whether the leader came from a clean election.
    pub leader_recovery_state: LeaderRecoveryState,
    /// The number of the leadership.
    pub leader_epoch: LeaderEpoch,
    /// Rises with every change of this registration.
    pub partition_epoch: i32,
}

impl Partition {
    /// The replica that should lead if it can.
    pub fn preferred_leader(&self) -> Option<NodeId> {
        self.replicas.first().copied()
    }

    /// Whether a reassignment is running.
    pub fn is_reassigning(&self) -> bool {
        !self.adding_replicas.is_empty() || !self.removing_replicas.is_empty()
    }

    /// The log directory that holds the replica of `broker`, or `None` if it has no replica here.
    pub fn directory_of(&self, broker: NodeId) -> Option<DirectoryId> {
        let index = self.replicas.iter().position(|replica| *replica == broker)?;
        self.directories.get(index).copied()
    }
}

/// Kafka's number for "no leader".
pub(crate) const NO_LEADER: i32 = -1;
/// Kafka's number for "the leader stays" in a change record.
pub(crate) const NO_LEADER_CHANGE: i32 = -2;
/// Kafka's number for "the recovery state stays" in a change record.
pub(crate) const NO_RECOVERY_CHANGE: i8 = -1;

/// Wire ids as nodes.
pub(crate) fn nodes(ids: &[i32]) -> Nodes {
    ids.iter().copied().map(NodeId).collect()
}

/// Nodes as wire ids.
pub(crate) fn ids(nodes: &[NodeId]) -> Vec<i32> {
    nodes.iter().map(|node| node.0).collect()
}
