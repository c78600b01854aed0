//! AlterPartitionReassignments and ListPartitionReassignments (KIP-455, KIP-860).

use std::collections::BTreeSet;

use jackdaw_base::{NodeId, PartitionIndex};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::election::{can_lead, election_of, rules_of};
use super::manual_assignment::{self, AssignmentError};
use super::partition_change::{Election, PartitionChange, into_record};
use super::{Context, Decision, TooManyRecords};
use crate::image::{Image, Partition, Topic};

/// Other replicas for partitions.
#[derive(Clone, Debug)]
pub struct AlterReassignments {
    /// The partitions, by topic, in the request's order.
    pub topics: Vec<(String, Vec<Target>)>,
    /// Whether the number of replicas may change.
    pub factor_change: FactorChange,
}

/// The replicas that a partition shall have; `None` cancels a running reassignment.
pub type Target = (PartitionIndex, Option<Vec<NodeId>>);

/// Whether a reassignment may change the number of replicas (KIP-860).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FactorChange {
    /// It may.
    Allowed,
    /// It is refused.
    Refused,
}

/// The fate of each partition, by topic, in the request's order.
pub type AlterReassignmentsAnswer = Vec<(String, Vec<(PartitionIndex, Result<(), ReassignmentError>)>)>;

/// Why a partition is not reassigned.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReassignmentError {
    /// No such topic.
    #[error("Unable to find a topic named {0}.")]
    UnknownTopic(String),
    /// No such partition.
    #[error("Unable to find partition {0}:{1}.")]
    UnknownPartition(String, PartitionIndex),
    /// Nothing to cancel.
    #[error("No partition reassignment is in progress.")]
    NotInProgress,
    /// Going back would need a leader that lacks records.
    #[error(
        "Unable to revert partition assignment for {0}:{1} because it would require an unclean leader election."
    )]
    UncleanRevert(String, PartitionIndex),
    /// All replicas are new: there is nothing to go back to.
    #[error("Invalid replica assignment: addingReplicas contains all replicas.")]
    NothingToRevertTo,
    /// A bad replica list.
    #[error(transparent)]
    Assignment(#[from] AssignmentError),
    /// Another number of replicas.
    #[error("The replication factor is changed from {from} to {to}")]
    FactorChanged {
        /// What it is, or is on the way to.
        from: usize,
        /// What was asked for.
        to: usize,
    },
}

impl ReassignmentError {
    /// The wire's code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownTopic(_) | Self::UnknownPartition(..) => ErrorCode::UnknownTopicOrPartition,
            Self::NotInProgress => ErrorCode::NoReassignmentInProgress,
            Self::UncleanRevert(..) | Self::NothingToRevertTo | Self::Assignment(_) => {
                ErrorCode::InvalidReplicaAssignment
            }
            Self::FactorChanged { .. } => ErrorCode::InvalidReplicationFactor,
        }
    }
}

/// Decides about other replicas.
pub fn alter_reassignments(
    image: &Image,
    request: &AlterReassignments,
    context: &Context<'_>,
) -> Result<Decision<AlterReassignmentsAnswer>, TooManyRecords> {
    let mut records = Vec::new();
    let mut answer = Vec::new();
    for (name, partitions) in &request.topics {
        let results = partitions.iter().map(|(index, target)| {
            let result = reassign(image, name, *index, target.as_deref(), request.factor_change, context);
            (*index, result.map(|record| records.extend(record)))
        });
        answer.push((name.clone(), results.collect()));
    }
    TooManyRecords::check(&records)?;
    Ok(Decision { records, answer })
}

type Changed = Result<Option<MetadataRecord<'static>>, ReassignmentError>;

fn reassign(
    image: &Image,
    name: &str,
    index: PartitionIndex,
    target: Option<&[NodeId]>,
    factor_change: FactorChange,
    context: &Context<'_>,
) -> Changed {
    let topic = image.topics.by_name(name).ok_or_else(|| ReassignmentError::UnknownTopic(name.to_owned()))?;
    let unknown = || ReassignmentError::UnknownPartition(name.to_owned(), index);
    let partition = topic.partition(index).ok_or_else(unknown)?;
    match target {
        Some(target) => {
            manual_assignment::check(image, target, None)?;
            if factor_change == FactorChange::Refused {
                check_factor(partition, target.len())?;
            }
            Ok(start(image, topic, index, partition, target, context))
        }
        None => cancel(image, topic, index, partition, context),
    }
}

fn start(
    image: &Image,
    topic: &Topic,
    index: PartitionIndex,
    partition: &Partition,
    target: &[NodeId],
    context: &Context<'_>,
) -> Option<MetadataRecord<'static>> {
    let current = &partition.replicas;
    let difference = |a: &[NodeId], b: &[NodeId]| -> BTreeSet<NodeId> {
        a.iter().filter(|node| !b.contains(node)).copied().collect()
    };
    let removing = difference(current, target);
    let adding = difference(target, current);
    let mut change = PartitionChange::new(partition, rules_of(image, context.configs, topic));
    // Until the new replicas are in sync the old ones stay.
    change.replicas = target.iter().chain(&removing).copied().collect();
    if !removing.is_empty() {
        change.removing = removing.into_iter().collect();
    }
    if !adding.is_empty() {
        change.adding = adding.into_iter().collect();
    }
    let can_lead = |node: NodeId| can_lead(image, partition, node);
    change.build(image, topic.id, index, &can_lead).map(into_record)
}

fn cancel(
    image: &Image,
    topic: &Topic,
    index: PartitionIndex,
    partition: &Partition,
    context: &Context<'_>,
) -> Changed {
    if !partition.is_reassigning() {
        return Err(ReassignmentError::NotInProgress);
    }
    let stays = |node: &&NodeId| !partition.adding_replicas.contains(node);
    let replicas: Vec<NodeId> = partition.replicas.iter().filter(stays).copied().collect();
    let mut isr: Vec<NodeId> = partition.isr.iter().filter(stays).copied().collect();
    let election = election_of(image, context.configs, topic);
    if isr.is_empty() {
        isr.push(*replicas.first().ok_or(ReassignmentError::NothingToRevertTo)?);
        if election != Election::Unclean {
            return Err(ReassignmentError::UncleanRevert(topic.name.to_string(), index));
        }
    }
    let mut change = PartitionChange::new(partition, rules_of(image, context.configs, topic));
    change.election = election;
    change.isr = isr;
    change.replicas = replicas;
    change.removing.clear();
    change.adding.clear();
    let can_lead = |node: NodeId| can_lead(image, partition, node);
    Ok(change.build(image, topic.id, index, &can_lead).map(into_record))
}

fn check_factor(partition: &Partition, to: usize) -> Result<(), ReassignmentError> {
    let going = &partition.removing_replicas;
    let from = partition
        .replicas
        .iter()
        .chain(partition.adding_replicas.iter())
        .filter(|node| !going.contains(node))
        .collect::<BTreeSet<_>>()
        .len();
    if from == to { Ok(()) } else { Err(ReassignmentError::FactorChanged { from, to }) }
}

/// A running reassignment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OngoingReassignment {
    /// The partition.
    pub index: PartitionIndex,
    /// All replicas, old and new.
    pub replicas: Vec<NodeId>,
    /// Those that come.
    pub adding: Vec<NodeId>,
    /// Those that go.
    pub removing: Vec<NodeId>,
}

/// The running reassignments of `partitions`, or of all, by topic; topics without any are left out.
pub fn list_reassignments(
    image: &Image,
    partitions: Option<&[(String, Vec<PartitionIndex>)]>,
) -> Vec<(String, Vec<OngoingReassignment>)> {
    let of_topic = |topic: &Topic, wanted: Option<&[PartitionIndex]>| {
        let all = topic.partitions.iter().filter(|(_, partition)| partition.is_reassigning());
        let ongoing = all.filter(|(index, _)| wanted.is_none_or(|wanted| wanted.contains(index)));
        let ongoing: Vec<_> =
            ongoing.map(|(index, partition)| ongoing_reassignment(*index, partition)).collect();
        (!ongoing.is_empty()).then(|| (topic.name.to_string(), ongoing))
    };
    match partitions {
        None => image.topics.iter().filter_map(|topic| of_topic(topic, None)).collect(),
        Some(topics) => topics
            .iter()
            .filter_map(|(name, indexes)| of_topic(image.topics.by_name(name)?, Some(indexes)))
            .collect(),
    }
}

fn ongoing_reassignment(index: PartitionIndex, partition: &Partition) -> OngoingReassignment {
    OngoingReassignment {
        index,
        replicas: partition.replicas.to_vec(),
        adding: partition.adding_replicas.to_vec(),
        removing: partition.removing_replicas.to_vec(),
    }
}

#[cfg(test)]
mod tests;
