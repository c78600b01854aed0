//! Why a partition cannot serve, told apart by who has to act. Each API maps these to its error codes.

use jackdaw_base::{LeaderEpoch, NodeId};
use jackdaw_replica::{EpochError, Replica};

/// A partition that cannot serve a request at all.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unavailable {
    /// Another node leads, or nobody.
    #[error("this node does not lead the partition")]
    NotLeader {
        /// Who does, as far as this node knows.
        leader: Option<NodeId>,
        /// In which leadership.
        leader_epoch: LeaderEpoch,
    },
    /// The request speaks of another leadership.
    #[error(transparent)]
    Epoch(#[from] EpochError),
    /// The log directory is offline, the partition's log is damaged, or a broken invariant stopped it.
    #[error("the partition's storage is offline")]
    Storage,
    /// It is moving, or has moved, to another directory of this node: a retry finds it there.
    #[error("the partition is moving to another log directory")]
    Moving,
    /// The topic was deleted.
    #[error("the partition was deleted")]
    Deleted,
}

/// Whether this replica leads, in the leadership that the request names.
pub(crate) fn check_leader(replica: &Replica, requested: Option<LeaderEpoch>) -> Result<(), Unavailable> {
    replica.check_leader_epoch(requested)?;
    if replica.leader().is_none() {
        let (leader, leader_epoch) = (replica.leader_id(), replica.leader_epoch());
        return Err(Unavailable::NotLeader { leader, leader_epoch });
    }
    Ok(())
}
