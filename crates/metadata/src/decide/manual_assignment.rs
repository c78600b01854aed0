//! What a replica list that a user wrote must satisfy, and the registration of a new partition.

use jackdaw_base::{LeaderEpoch, NodeId, PartitionIndex, TopicId};
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::partition_change::default_directory;
use crate::image::{Image, LeaderRecoveryState, Partition};
use crate::metadata_version::MetadataVersion;
use crate::snapshot::partition_record;

/// Why a replica list is refused (INVALID_REPLICA_ASSIGNMENT).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AssignmentError {
    /// No replicas.
    #[error("The manual partition assignment includes an empty replica list.")]
    Empty,
    /// A broker that nobody knows.
    #[error("The manual partition assignment includes broker {0}, but no such broker is registered.")]
    UnknownBroker(NodeId),
    /// A broker twice.
    #[error("The manual partition assignment includes the broker {0} more than once.")]
    DuplicateBroker(NodeId),
    /// Another number of replicas than the topic's other partitions.
    #[error(
        "The manual partition assignment includes a partition with {given} replica(s), but this is not consistent with previous partitions, which have {expected} replica(s)."
    )]
    Inconsistent {
        /// How many this one has.
        given: usize,
        /// How many the others have.
        expected: usize,
    },
    /// Nobody of them could lead.
    #[error(
        "All brokers specified in the manual partition assignment for partition {0} are fenced or in controlled shutdown."
    )]
    NoActiveBroker(PartitionIndex),
}

/// Checks a replica list; `replication_factor` is that of the topic's other partitions.
pub(super) fn check(
    image: &Image,
    replicas: &[NodeId],
    replication_factor: Option<usize>,
) -> Result<(), AssignmentError> {
    if replicas.is_empty() {
        return Err(AssignmentError::Empty);
    }
    let mut sorted = replicas.to_vec();
    sorted.sort_unstable();
    for (i, broker) in sorted.iter().enumerate() {
        if image.cluster.broker(*broker).is_none() {
            return Err(AssignmentError::UnknownBroker(*broker));
        }
        if i > 0 && sorted[i - 1] == *broker {
            return Err(AssignmentError::DuplicateBroker(*broker));
        }
    }
    match replication_factor {
        Some(expected) if expected != replicas.len() => {
            Err(AssignmentError::Inconsistent { given: replicas.len(), expected })
        }
        _ => Ok(()),
    }
}

/// A new partition on `replicas`; `None` if nobody of them could lead.
pub(super) fn new_partition(
    image: &Image,
    version: MetadataVersion,
    replicas: &[NodeId],
) -> Option<Partition> {
    let isr: Box<[NodeId]> =
        replicas.iter().copied().filter(|node| image.active_broker(*node).is_some()).collect();
    let leader = *isr.first()?;
    Some(Partition {
        replicas: replicas.into(),
        directories: replicas.iter().map(|node| default_directory(image, version, *node)).collect(),
        isr,
        eligible_leader_replicas: Box::default(),
        last_known_elr: Box::default(),
        removing_replicas: Box::default(),
        adding_replicas: Box::default(),
        leader: Some(leader),
        leader_recovery_state: LeaderRecoveryState::Recovered,
        leader_epoch: LeaderEpoch(0),
        partition_epoch: 0,
    })
}

/// The record that makes a partition.
pub(super) fn record(
    topic: TopicId,
    index: PartitionIndex,
    partition: &Partition,
    version: MetadataVersion,
) -> MetadataRecord<'static> {
    partition_record(topic, index.0, partition, version)
}
