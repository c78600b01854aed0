//! CreateTopics: names, counts, placement or manual assignment, configurations; one batch for all topics that
//! pass (KIP-464 defaults, KIP-516 ids, KIP-525 configurations in the answer).

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::{NodeId, PartitionIndex, TopicId};
use jackdaw_config::Described;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::topic_record::TopicRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::alter_configs::{ConfigChangeError, new_topic_records};
use super::manual_assignment::{self, AssignmentError, new_partition};
use super::placement::{PlacementError, place};
use super::{Context, Decision, InvalidTopicName, Mode, TooManyRecords};
use crate::image::{Image, Partition};
use crate::metadata_version::MetadataVersion;

/// The most partitions that one request may ask for.
pub const PARTITIONS_PER_REQUEST_MAX: usize = 10_000;
/// The topic of the quorum's own log; nobody creates it.
pub const CLUSTER_METADATA_TOPIC: &str = "__cluster_metadata";

/// Topics that somebody wants.
#[derive(Clone, Debug)]
pub struct CreateTopics {
    /// The topics, in the request's order.
    pub topics: Vec<NewTopic>,
    /// Whether they are made.
    pub mode: Mode,
}

/// A topic that somebody wants.
#[derive(Clone, Debug, Default)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions; -1 for the default, or with assignments.
    pub partition_count: i32,
    /// How many replicas of each; -1 for the default, or with assignments.
    pub replication_factor: i16,
    /// Replicas by hand; empty for none.
    pub assignments: Vec<Assignment>,
    /// Its configurations; a value of `None` is refused.
    pub configs: Vec<(String, Option<String>)>,
}

/// The replicas of one partition, by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The partition.
    pub partition: PartitionIndex,
    /// Its replicas; the first one is the preferred leader.
    pub replicas: Vec<NodeId>,
}

/// A topic that was made, or would have been.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatedTopic {
    /// Its id.
    pub id: TopicId,
    /// How many partitions it has.
    pub partition_count: i32,
    /// How many replicas each of them has.
    pub replication_factor: i16,
    /// Its effective configurations, by name.
    pub configs: Vec<Described>,
}

/// The fate of each topic, in the request's order; a name that was there twice appears once.
pub type CreateTopicsAnswer = Vec<(String, Result<CreatedTopic, CreateTopicError>)>;

/// Why a topic is not made.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum CreateTopicError {
    /// The request names it twice.
    #[error("Duplicate topic name.")]
    Duplicate,
    /// The quorum's own topic.
    #[error("Creation of internal topic {CLUSTER_METADATA_TOPIC} is prohibited.")]
    Prohibited,
    /// An illegal name.
    #[error(transparent)]
    InvalidName(#[from] InvalidTopicName),
    /// A name that differs from an existing one only in `.` and `_`.
    #[error("Topic '{name}' collides with existing topic: {existing}")]
    Collision {
        /// The name.
        name: String,
        /// The topic that exists.
        existing: Arc<str>,
    },
    /// It exists.
    #[error("Topic '{0}' already exists.")]
    Exists(String),
    /// Assignments and a replication factor.
    #[error("A manual partition assignment was specified, but replication factor was not set to -1.")]
    FactorWithAssignment,
    /// Assignments and a number of partitions.
    #[error("A manual partition assignment was specified, but numPartitions was not set to -1.")]
    CountWithAssignment,
    /// Two assignments for one partition.
    #[error("Found multiple manual partition assignments for partition {0}")]
    DuplicateAssignment(PartitionIndex),
    /// Assignments with gaps.
    #[error("partitions should be a consecutive 0-based integer sequence")]
    AssignmentGap,
    /// A bad assignment.
    #[error(transparent)]
    Assignment(#[from] AssignmentError),
    /// A replication factor of 0, or below -1.
    #[error("Replication factor must be larger than 0, or -1 to use the default value.")]
    InvalidReplicationFactor,
    /// No partitions, or fewer than -1.
    #[error("Number of partitions was set to an invalid non-positive value.")]
    InvalidPartitionCount,
    /// Replicas cannot be placed.
    #[error("Unable to replicate the partition {factor} time(s): {cause}")]
    Placement {
        /// What was asked for.
        factor: i16,
        /// Why not.
        cause: PlacementError,
    },
    /// Everybody who would hold it is fenced or shutting down.
    #[error(
        "Unable to replicate the partition {factor} time(s): All brokers are currently fenced or in controlled shutdown."
    )]
    NoActiveBroker {
        /// What was asked for.
        factor: i16,
    },
    /// A bad configuration.
    #[error(transparent)]
    Config(#[from] ConfigChangeError),
}

impl CreateTopicError {
    /// The wire's code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Duplicate | Self::Prohibited | Self::FactorWithAssignment | Self::CountWithAssignment => {
                ErrorCode::InvalidRequest
            }
            Self::InvalidName(_) | Self::Collision { .. } => ErrorCode::InvalidTopicException,
            Self::Exists(_) => ErrorCode::TopicAlreadyExists,
            Self::DuplicateAssignment(_) | Self::AssignmentGap | Self::Assignment(_) => {
                ErrorCode::InvalidReplicaAssignment
            }
            Self::InvalidReplicationFactor | Self::Placement { .. } | Self::NoActiveBroker { .. } => {
                ErrorCode::InvalidReplicationFactor
            }
            Self::InvalidPartitionCount => ErrorCode::InvalidPartitions,
            Self::Config(error) => error.code(),
        }
    }
}

/// Why a whole request is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CreateTopicsError {
    /// Too many partitions.
    #[error("Excessively large number of partitions per request.")]
    TooManyPartitions,
    /// Too many records.
    #[error(transparent)]
    TooManyRecords(#[from] TooManyRecords),
}

impl CreateTopicsError {
    /// The wire's code.
    pub fn code(self) -> ErrorCode {
        ErrorCode::PolicyViolation
    }
}

/// Decides about new topics.
pub fn create_topics(
    image: &Image,
    request: &CreateTopics,
    context: &mut Context<'_>,
) -> Result<Decision<CreateTopicsAnswer>, CreateTopicsError> {
    check_partition_total(request, context)?;
    let mut occurrences: BTreeMap<&str, usize> = BTreeMap::new();
    for topic in &request.topics {
        *occurrences.entry(&topic.name).or_default() += 1;
    }
    let mut records = Vec::new();
    let mut answer = Vec::new();
    for topic in &request.topics {
        let result = match occurrences.remove(topic.name.as_str()) {
            None => continue,
            Some(1) => create_topic(image, topic, context),
            Some(_) => Err(CreateTopicError::Duplicate),
        };
        let result = result.map(|(created, topic_records)| {
            records.extend(topic_records);
            created
        });
        answer.push((topic.name.clone(), result));
    }
    TooManyRecords::check(&records)?;
    Ok(Decision { records: request.mode.keep(records), answer })
}

fn check_partition_total(request: &CreateTopics, context: &Context<'_>) -> Result<(), CreateTopicsError> {
    let count_of = |topic: &NewTopic| match (topic.assignments.len(), topic.partition_count) {
        (0, -1) => context.configs.default_partition_count().max(0) as usize,
        (0, count) => count.max(0) as usize,
        (count, _) => count,
    };
    let total = request.topics.iter().map(count_of).fold(0usize, usize::saturating_add);
    if total > PARTITIONS_PER_REQUEST_MAX { Err(CreateTopicsError::TooManyPartitions) } else { Ok(()) }
}

type Created = (CreatedTopic, Vec<MetadataRecord<'static>>);

fn create_topic(
    image: &Image,
    topic: &NewTopic,
    context: &mut Context<'_>,
) -> Result<Created, CreateTopicError> {
    check_name(image, &topic.name)?;
    let (values, config_records) = new_topic_records(image, &topic.name, &topic.configs, context.configs)?;
    let version = image.features.metadata_version().unwrap_or(MetadataVersion::OLDEST);
    let partitions = match topic.assignments.is_empty() {
        true => placed_partitions(image, version, topic, context)?,
        false => assigned_partitions(image, version, topic)?,
    };
    let id = new_topic_id(image, context);
    let mut records = vec![MetadataRecord::Topic(TopicRecord {
        name: topic.name.clone().into(),
        topic_id: id,
        ..Default::default()
    })];
    records.extend(config_records);
    for (index, partition) in (0..).zip(&partitions) {
        records.push(manual_assignment::record(id, PartitionIndex(index), partition, version));
    }
    let created = CreatedTopic {
        id,
        partition_count: partitions.len() as i32,
        replication_factor: partitions.first().map_or(0, |partition| partition.replicas.len() as i16),
        configs: context.configs.effective_topic_configs(&values),
    };
    Ok((created, records))
}

fn new_topic_id(image: &Image, context: &mut Context<'_>) -> TopicId {
    loop {
        let id = context.chance.uuid();
        if image.topics.get(id).is_none() {
            return id;
        }
    }
}

fn check_name(image: &Image, name: &str) -> Result<(), CreateTopicError> {
    if name == CLUSTER_METADATA_TOPIC {
        return Err(CreateTopicError::Prohibited);
    }
    if image.topics.id_of(name).is_some() {
        return Err(CreateTopicError::Exists(name.to_owned()));
    }
    InvalidTopicName::check(name)?;
    match image.topics.collisions_with(name).first() {
        Some(existing) => {
            Err(CreateTopicError::Collision { name: name.to_owned(), existing: Arc::clone(existing) })
        }
        None => Ok(()),
    }
}

fn assigned_partitions(
    image: &Image,
    version: MetadataVersion,
    topic: &NewTopic,
) -> Result<Vec<Partition>, CreateTopicError> {
    if topic.replication_factor != -1 {
        return Err(CreateTopicError::FactorWithAssignment);
    }
    if topic.partition_count != -1 {
        return Err(CreateTopicError::CountWithAssignment);
    }
    let mut replication_factor = None;
    let mut partitions = BTreeMap::new();
    for Assignment { partition: index, replicas } in &topic.assignments {
        if partitions.contains_key(index) {
            return Err(CreateTopicError::DuplicateAssignment(*index));
        }
        manual_assignment::check(image, replicas, replication_factor)?;
        replication_factor = Some(replicas.len());
        let partition =
            new_partition(image, version, replicas).ok_or(AssignmentError::NoActiveBroker(*index))?;
        partitions.insert(*index, partition);
    }
    if !(0..).map(PartitionIndex).zip(partitions.keys()).all(|(expected, index)| expected == *index) {
        return Err(CreateTopicError::AssignmentGap);
    }
    Ok(partitions.into_values().collect())
}

fn placed_partitions(
    image: &Image,
    version: MetadataVersion,
    topic: &NewTopic,
    context: &mut Context<'_>,
) -> Result<Vec<Partition>, CreateTopicError> {
    let factor = match topic.replication_factor {
        -1 => context.configs.default_replication_factor(),
        ..=0 => return Err(CreateTopicError::InvalidReplicationFactor),
        factor => factor,
    };
    let count = match topic.partition_count {
        -1 => context.configs.default_partition_count(),
        ..=0 => return Err(CreateTopicError::InvalidPartitionCount),
        count => count,
    };
    let placed = place(image, count.max(0) as usize, factor, &mut context.chance)
        .map_err(|cause| CreateTopicError::Placement { factor, cause })?;
    placed
        .iter()
        .map(|replicas| {
            new_partition(image, version, replicas).ok_or(CreateTopicError::NoActiveBroker { factor })
        })
        .collect()
}

#[cfg(test)]
mod tests;
