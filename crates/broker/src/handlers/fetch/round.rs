//! One look at all partitions of a fetch: plans within the limits of KIP-74, and what to wait for if they are too little.

use std::sync::Arc;

use jackdaw_base::{PartitionIndex, Signal, TopicId};
use jackdaw_partition::{
    Isolation, Partition, ReadError, ReadPlan, ReadQuery, Reader, Subscription, Unavailable, Watch,
};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_replica::EpochError;
use jackdaw_store::WholeBatch;

use crate::error_codes::error_of_unavailable;
use crate::fetch_sessions::Wanted;
use crate::node::Node;

/// What one fetch may bring.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Who reads.
    pub(super) reader: Reader,
    /// Less than this is waited for.
    pub(super) size_bytes_min: u64,
    /// At most this, except for a first batch that is larger.
    pub(super) size_bytes_max: u64,
}

/// What one partition has.
pub(super) enum Found {
    /// A plan, possibly without bytes.
    Plan(Arc<Partition>, Box<ReadPlan>),
    /// An error, and who leads if that is known.
    Error(ErrorCode, Option<(i32, i32)>),
}

/// One look at all partitions.
pub(super) struct Round {
    pub(super) found: Vec<Found>,
    size_bytes: u64,
    has_trouble: bool,
    reader: Reader,
}

impl Round {
    /// Looks at `wanted` in its order.
    pub(super) fn run(node: &Node, wanted: &[Wanted], limits: &Limits, replica_id: i32) -> Self {
        let mut round = Self {
            found: Vec::with_capacity(wanted.len()),
            size_bytes: 0,
            has_trouble: false,
            reader: limits.reader,
        };
        for one in wanted {
            let left = limits.size_bytes_max.saturating_sub(round.size_bytes);
            let found = round.look(node, one, left, replica_id);
            match &found {
                Found::Plan(_, plan) => {
                    round.size_bytes += plan.slice.as_ref().map_or(0, |slice| slice.size_bytes);
                    round.has_trouble |= plan.diverging.is_some();
                }
                Found::Error(..) => round.has_trouble = true,
            }
            round.found.push(found);
        }
        round
    }

    fn look(&self, node: &Node, wanted: &Wanted, left: u64, replica_id: i32) -> Found {
        let by_id = wanted.topic_id != TopicId::ZERO;
        let topic = match by_id {
            true => node.partitions.by_id(wanted.topic_id),
            false => node.partitions.by_name(&wanted.topic),
        };
        let Some(topic) = topic else {
            let error = if by_id { ErrorCode::UnknownTopicId } else { ErrorCode::UnknownTopicOrPartition };
            return Found::Error(error, None);
        };
        let Some(partition) = topic.get(PartitionIndex(wanted.index)) else {
            return Found::Error(ErrorCode::UnknownTopicOrPartition, None);
        };
        if replica_id >= 0 {
            // Followers come with the cluster; no node but this one is a replica of anything yet.
            return Found::Error(ErrorCode::NotLeaderOrFollower, None);
        }
        let query = ReadQuery {
            reader: self.reader,
            offset: wanted.offset,
            size_bytes_max: u64::try_from(wanted.size_bytes_max).unwrap_or(0).min(left),
            // The first partition with records gives a whole batch, so that the reader gets on.
            first_batch: if self.size_bytes == 0 { WholeBatch::Always } else { WholeBatch::IfItFits },
            leader_epoch: wanted.leader_epoch,
            last_fetched_epoch: wanted.last_fetched_epoch,
        };
        match partition.plan_read(&query) {
            Ok(plan) => Found::Plan(Arc::clone(partition), Box::new(plan)),
            Err(ReadError::OffsetOutOfRange { .. }) => Found::Error(ErrorCode::OffsetOutOfRange, None),
            Err(ReadError::Unavailable(unavailable)) => {
                let hint = match &unavailable {
                    Unavailable::NotLeader { leader, leader_epoch } => {
                        Some((leader.map_or(-1, |id| id.0), leader_epoch.0))
                    }
                    // Who asks with an old epoch is told the new one (KIP-951); who is ahead knows better.
                    Unavailable::Epoch(EpochError::Fenced { .. }) => {
                        Some((node.id.0, partition.leader_epoch().0))
                    }
                    Unavailable::Epoch(EpochError::Unknown { .. })
                    | Unavailable::Storage
                    | Unavailable::Moving
                    | Unavailable::Deleted => None,
                };
                Found::Error(error_of_unavailable(&unavailable), hint)
            }
        }
    }

    /// Whether this can be answered, or more is worth waiting for.
    pub(super) fn is_enough(&self, limits: &Limits) -> bool {
        self.has_trouble || self.size_bytes >= limits.size_bytes_min
    }

    /// Bytes of records in all.
    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Has `signal` raised when any of the partitions has more than it had in this round.
    pub(super) fn subscribe(&self, signal: &Signal) -> Vec<Subscription> {
        self.found
            .iter()
            .filter_map(|found| match found {
                Found::Plan(partition, plan) => {
                    let watch = match self.reader {
                        Reader::Consumer { isolation: Isolation::ReadCommitted } => {
                            Watch::LastStable(plan.last_stable.next())
                        }
                        Reader::Consumer { isolation: Isolation::ReadUncommitted } | Reader::Replay => {
                            Watch::HighWatermark(plan.high_watermark.next())
                        }
                    };
                    Some(partition.subscribe(watch, signal))
                }
                Found::Error(..) => None,
            })
            .collect()
    }
}
