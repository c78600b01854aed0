//! AssignReplicasToDirs (KIP-858): a broker says which of its log directories holds which replica.

use std::collections::BTreeSet;

use jackdaw_base::{DirectoryId, NodeId, PartitionIndex, TopicId};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::election::{BrokerEvent, can_lead, changes_where, rules_of};
use super::partition_change::{PartitionChange, into_record};
use super::{Context, Decision, StaleBroker};
use crate::delta::Delta;
use crate::image::Image;

/// Directories of a broker's replicas.
#[derive(Clone, Debug)]
pub struct AssignDirectories {
    /// The broker.
    pub broker: NodeId,
    /// The epoch of its registration.
    pub broker_epoch: i64,
    /// Replicas by directory and topic, in the request's order.
    pub directories: Vec<(DirectoryId, ReplicasByTopic)>,
}

/// Replicas of one directory, by topic.
pub type ReplicasByTopic = Vec<(TopicId, Vec<PartitionIndex>)>;

/// The fate of each replica, by directory and topic, in the request's order.
pub type AssignDirectoriesAnswer = Vec<(DirectoryId, Vec<(TopicId, Vec<(PartitionIndex, ReplicaResult)>)>)>;

/// Whether a replica is assigned.
pub type ReplicaResult = Result<(), AssignDirectoryError>;

/// Why one replica is not assigned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AssignDirectoryError {
    /// No such topic.
    #[error("unknown topic id")]
    UnknownTopic,
    /// No such partition.
    #[error("unknown partition")]
    UnknownPartition,
    /// The broker has no replica of it.
    #[error("the broker holds no replica of this partition")]
    NoReplica,
}

impl AssignDirectoryError {
    /// The wire's code.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::UnknownTopic => ErrorCode::UnknownTopicId,
            Self::UnknownPartition => ErrorCode::UnknownTopicOrPartition,
            Self::NoReplica => ErrorCode::NotLeaderOrFollower,
        }
    }
}

/// Why a whole request is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AssignDirectoriesError {
    /// Not the broker it claims to be.
    #[error(transparent)]
    StaleBroker(#[from] StaleBroker),
    /// The finalized `metadata.version` has no directories.
    #[error("Directory assignment is not supported yet.")]
    NotSupported,
}

impl AssignDirectoriesError {
    /// The wire's code.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::StaleBroker(error) => error.code(),
            Self::NotSupported => ErrorCode::UnsupportedVersion,
        }
    }
}

/// Decides about directories.
pub fn assign_directories(
    image: &Image,
    request: &AssignDirectories,
    context: &Context<'_>,
) -> Result<Decision<AssignDirectoriesAnswer>, AssignDirectoriesError> {
    if !image.features.metadata_version().is_some_and(|version| version.allows_directory_assignment()) {
        return Err(AssignDirectoriesError::NotSupported);
    }
    let broker = StaleBroker::check(image, request.broker, request.broker_epoch)?;
    let mut after = image.clone();
    let mut records = Vec::new();
    let mut offline = BTreeSet::new();
    let mut answer = Vec::new();
    for (directory, topics) in &request.directories {
        let is_online = broker.has_online_directory(*directory);
        let mut of_directory = Vec::new();
        for (topic, partitions) in topics {
            let results = partitions.iter().map(|index| {
                let result = assign(&after, request.broker, *directory, *topic, *index, context);
                let result = result.map(|record| {
                    if let Some(record) = record {
                        after
                            .apply(&record, &mut Delta::default())
                            .expect("a change built from an image fits it");
                        records.push(record);
                    }
                    if !is_online {
                        offline.insert((*topic, *index));
                    }
                });
                (*index, result)
            });
            of_directory.push((*topic, results.collect()));
        }
        answer.push((*directory, of_directory));
    }
    // A replica in a directory that is offline leaves the in-sync set, and leads no more.
    let event = BrokerEvent::Leaves(request.broker);
    records.extend(changes_where(&after, context.configs, event, &|topic, index, _| {
        offline.contains(&(topic.id, index))
    }));
    Ok(Decision { records, answer })
}

fn assign(
    image: &Image,
    broker: NodeId,
    directory: DirectoryId,
    topic: TopicId,
    index: PartitionIndex,
    context: &Context<'_>,
) -> Result<Option<MetadataRecord<'static>>, AssignDirectoryError> {
    let topic = image.topics.get(topic).ok_or(AssignDirectoryError::UnknownTopic)?;
    let partition = topic.partition(index).ok_or(AssignDirectoryError::UnknownPartition)?;
    if !partition.replicas.contains(&broker) {
        return Err(AssignDirectoryError::NoReplica);
    }
    let mut change = PartitionChange::new(partition, rules_of(image, context.configs, topic));
    change.directories.push((broker, directory));
    let can_lead = |node: NodeId| can_lead(image, partition, node);
    Ok(change.build(image, topic.id, index, &can_lead).map(into_record))
}

#[cfg(test)]
mod tests;
