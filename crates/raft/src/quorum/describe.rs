//! DescribeQuorum (KIP-595, KIP-836), as the leader sees its replicas.

use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId, Offset};

use super::Quorum;
use crate::leader::ReplicaProgress;
use crate::replica_key::ReplicaKey;
use crate::role::Role;

/// One replica.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplicaDescription {
    /// Who.
    pub key: ReplicaKey,
    /// Its end, `None` if it has not fetched in this epoch.
    pub end: Option<Offset>,
    /// When it last fetched; for the leader itself now.
    pub fetched_at: Option<MonotonicNs>,
    /// When it last had all; for the leader itself now.
    pub caught_up_at: Option<MonotonicNs>,
}

/// The quorum.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuorumDescription {
    /// The leader.
    pub leader: NodeId,
    /// Its epoch.
    pub epoch: LeaderEpoch,
    /// The watermark, once this leader knows it.
    pub high_watermark: Option<Offset>,
    /// The voters by id.
    pub voters: Vec<ReplicaDescription>,
    /// The others by id.
    pub observers: Vec<ReplicaDescription>,
}

impl Quorum {
    /// The quorum as its leader sees it; `None` on every other node.
    pub fn describe(&self, now: MonotonicNs) -> Option<QuorumDescription> {
        let Role::Leader(leader) = &self.role else { return None };
        let describe = |progress: &ReplicaProgress| match progress.key.names(&self.local.key) {
            true => ReplicaDescription {
                key: progress.key,
                end: Some(self.log.end()),
                fetched_at: Some(now),
                caught_up_at: Some(now),
            },
            false => ReplicaDescription {
                key: progress.key,
                end: progress.end,
                fetched_at: progress.fetched_at,
                caught_up_at: progress.caught_up_at,
            },
        };
        Some(QuorumDescription {
            leader: self.local.key.id,
            epoch: self.epoch,
            high_watermark: leader.high_watermark,
            voters: leader.voters().map(describe).collect(),
            observers: leader.observers().map(describe).collect(),
        })
    }
}
