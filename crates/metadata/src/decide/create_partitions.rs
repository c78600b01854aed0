//! CreatePartitions: more partitions for existing topics, placed like those of a new topic or assigned by hand
//! (KIP-195).

use std::collections::BTreeMap;

use jackdaw_base::{NodeId, PartitionIndex};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::manual_assignment::{self, AssignmentError, new_partition};
use super::placement::{PlacementError, place};
use super::{Context, Decision, Mode, TooManyRecords};
use crate::image::{Image, Topic};
use crate::metadata_version::MetadataVersion;

/// Topics that shall grow.
#[derive(Clone, Debug)]
pub struct CreatePartitions {
    /// The topics, in the request's order.
    pub topics: Vec<MorePartitions>,
    /// Whether it is done.
    pub mode: Mode,
}

/// A topic that shall grow.
#[derive(Clone, Debug)]
pub struct MorePartitions {
    /// Its name.
    pub name: String,
    /// How many partitions it shall have.
    pub count: i32,
    /// The replicas of each new partition, by hand.
    pub assignments: Option<Vec<Vec<NodeId>>>,
}

/// The fate of each topic, in the request's order; a name that was there twice appears once.
pub type CreatePartitionsAnswer = Vec<(String, Result<(), CreatePartitionsError>)>;

/// Why a topic does not grow.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CreatePartitionsError {
    /// The request names it twice.
    #[error("Duplicate topic name.")]
    Duplicate,
    /// No such topic.
    #[error("This server does not host this topic-partition.")]
    UnknownTopic,
    /// It has that many.
    #[error("Topic already has {0} partition(s).")]
    Unchanged(usize),
    /// It has more.
    #[error("The topic {name} currently has {current} partition(s); {count} would not be an increase.")]
    NoIncrease {
        /// Its name.
        name: String,
        /// How many it has.
        current: usize,
        /// How many it should have.
        count: i32,
    },
    /// Another number of assignments than of new partitions.
    #[error(
        "Attempted to add {additional} additional partition(s), but only {given} assignment(s) were specified."
    )]
    AssignmentCount {
        /// New partitions.
        additional: usize,
        /// Assignments.
        given: usize,
    },
    /// A bad assignment.
    #[error(transparent)]
    Assignment(#[from] AssignmentError),
    /// Replicas cannot be placed.
    #[error(transparent)]
    Placement(#[from] PlacementError),
    /// Everybody who would hold it is fenced or shutting down.
    #[error(
        "Unable to replicate the partition {0} time(s): All brokers are currently fenced or in controlled shutdown."
    )]
    NoActiveBroker(i16),
    /// More than one request may ask for.
    #[error(transparent)]
    TooMany(#[from] TooManyRecords),
}

impl CreatePartitionsError {
    /// The wire's code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Duplicate => ErrorCode::InvalidRequest,
            Self::UnknownTopic => ErrorCode::UnknownTopicOrPartition,
            Self::Unchanged(_) | Self::NoIncrease { .. } => ErrorCode::InvalidPartitions,
            Self::AssignmentCount { .. } | Self::Assignment(_) => ErrorCode::InvalidReplicaAssignment,
            Self::Placement(_) | Self::NoActiveBroker(_) => ErrorCode::InvalidReplicationFactor,
            Self::TooMany(error) => error.code(),
        }
    }
}

/// Decides about more partitions.
pub fn create_partitions(
    image: &Image,
    request: &CreatePartitions,
    context: &mut Context<'_>,
) -> Result<Decision<CreatePartitionsAnswer>, TooManyRecords> {
    let mut occurrences: BTreeMap<&str, usize> = BTreeMap::new();
    for topic in &request.topics {
        *occurrences.entry(&topic.name).or_default() += 1;
    }
    let mut records = Vec::new();
    let mut answer = Vec::new();
    for topic in &request.topics {
        let result = match occurrences.remove(topic.name.as_str()) {
            None => continue,
            Some(1) => grow(image, topic, context).map(|new| records.extend(new)),
            Some(_) => Err(CreatePartitionsError::Duplicate),
        };
        answer.push((topic.name.clone(), result));
    }
    TooManyRecords::check(&records)?;
    Ok(Decision { records: request.mode.keep(records), answer })
}

fn grow(
    image: &Image,
    request: &MorePartitions,
    context: &mut Context<'_>,
) -> Result<Vec<MetadataRecord<'static>>, CreatePartitionsError> {
    let topic = image.topics.by_name(&request.name).ok_or(CreatePartitionsError::UnknownTopic)?;
    let additional = additional_partitions(topic, request)?;
    let first = topic.partition(PartitionIndex(0)).ok_or(CreatePartitionsError::UnknownTopic)?;
    let factor = first.replicas.len();
    let version = image.features.metadata_version().unwrap_or(MetadataVersion::OLDEST);
    let placed = match &request.assignments {
        Some(assignments) => assignments.clone(),
        None => place(image, additional, factor as i16, &mut context.chance)?,
    };
    let start = topic.partition_count() as i32;
    let mut records = Vec::with_capacity(additional);
    for (index, replicas) in (start..).map(PartitionIndex).zip(&placed) {
        let partition = match request.assignments {
            Some(_) => {
                manual_assignment::check(image, replicas, Some(factor))?;
                new_partition(image, version, replicas).ok_or(AssignmentError::NoActiveBroker(index))?
            }
            None => new_partition(image, version, replicas)
                .ok_or(CreatePartitionsError::NoActiveBroker(factor as i16))?,
        };
        records.push(manual_assignment::record(topic.id, index, &partition, version));
    }
    Ok(records)
}

fn additional_partitions(topic: &Topic, request: &MorePartitions) -> Result<usize, CreatePartitionsError> {
    let current = topic.partition_count();
    let count = usize::try_from(request.count).unwrap_or(0);
    if count == current {
        return Err(CreatePartitionsError::Unchanged(current));
    }
    if count < current {
        let name = request.name.clone();
        return Err(CreatePartitionsError::NoIncrease { name, current, count: request.count });
    }
    let additional = count - current;
    match &request.assignments {
        Some(assignments) if assignments.len() != additional => {
            Err(CreatePartitionsError::AssignmentCount { additional, given: assignments.len() })
        }
        // Before anything is placed: the number comes from outside.
        _ if additional > super::RECORDS_PER_DECISION_MAX => Err(TooManyRecords.into()),
        _ => Ok(additional),
    }
}

#[cfg(test)]
mod tests;
