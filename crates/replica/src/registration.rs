//! What the controller has decided about a partition, and the configurations that replication obeys.

use jackdaw_base::{LeaderEpoch, NodeId};

use crate::node_set::NodeSet;

/// Whether a leader was elected from the ISR, or uncleanly and is still to be checked (KIP-704).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LeaderRecovery {
    /// The normal case.
    #[default]
    Recovered,
    /// The leader was elected uncleanly; the first ISR change ends this.
    Recovering,
}

/// A partition as the committed metadata has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionRegistration {
    /// The leader, `None` while there is none.
    pub leader: Option<NodeId>,
    /// The number of its leadership.
    pub leader_epoch: LeaderEpoch,
    /// The number of this registration: it rises with each change by the controller.
    pub partition_epoch: i32,
    /// All replicas, in the order of preference.
    pub replicas: NodeSet,
    /// The in-sync replicas.
    pub isr: NodeSet,
    /// See [`LeaderRecovery`].
    pub recovery: LeaderRecovery,
}

/// The configurations that replication obeys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReplicationLimits {
    /// `min.insync.replicas`; taken as the number of replicas where that is smaller.
    pub min_insync_replicas: usize,
    /// `replica.lag.time.max.ms`.
    pub lag_ms_max: u64,
}

impl Default for ReplicationLimits {
    fn default() -> Self {
        Self { min_insync_replicas: 1, lag_ms_max: 30_000 }
    }
}
