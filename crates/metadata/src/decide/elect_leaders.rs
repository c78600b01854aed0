//! ElectLeaders (KIP-183, KIP-460) on request, and the controller's own rounds: back to preferred leaders, and
//! unclean elections where a topic allows them.

use jackdaw_base::{NodeId, PartitionIndex};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::election::{can_lead, rules_of};
use super::partition_change::{Election, PartitionChange, into_record};
use super::{Context, Decision, TooManyRecords};
use crate::image::{Image, Partition, Topic};

/// The most elections of one of the controller's own rounds.
pub const ELECTIONS_PER_ROUND_MAX: usize = 1000;

/// Which leader is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ElectionType {
    /// The first replica.
    Preferred,
    /// Any replica that is alive.
    Unclean,
}

impl ElectionType {
    /// The type of a wire code; `None` is INVALID_REQUEST.
    pub fn from_code(code: i8) -> Option<Self> {
        match code {
            0 => Some(Self::Preferred),
            1 => Some(Self::Unclean),
            _ => None,
        }
    }
}

/// The fate of each partition, by topic, in the request's order.
pub type ElectLeadersAnswer = Vec<(String, Vec<(PartitionIndex, Result<(), ElectLeaderError>)>)>;

/// Why a partition has no new leader.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ElectLeaderError {
    /// No such topic.
    #[error("No such topic as {0}")]
    UnknownTopic(String),
    /// No such partition.
    #[error("No such partition as {0}-{1}")]
    UnknownPartition(String, PartitionIndex),
    /// The leader is the right one.
    #[error("Leader election not needed for topic partition.")]
    NotNeeded,
    /// The preferred leader cannot lead.
    #[error("The preferred leader was not available.")]
    PreferredNotAvailable,
    /// Nobody can lead.
    #[error("Eligible topic partition leaders are not available.")]
    NobodyEligible,
}

impl ElectLeaderError {
    /// The wire's code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownTopic(_) | Self::UnknownPartition(..) => ErrorCode::UnknownTopicOrPartition,
            Self::NotNeeded => ErrorCode::ElectionNotNeeded,
            Self::PreferredNotAvailable => ErrorCode::PreferredLeaderNotAvailable,
            Self::NobodyEligible => ErrorCode::EligibleLeadersNotAvailable,
        }
    }
}

/// Decides about elections; without `partitions` all that need one, and then those that need none are left out.
pub fn elect_leaders(
    image: &Image,
    election: ElectionType,
    partitions: Option<&[(String, Vec<PartitionIndex>)]>,
    context: &Context<'_>,
) -> Result<Decision<ElectLeadersAnswer>, TooManyRecords> {
    let mut records = Vec::new();
    let mut elect = |topic: &str, index: PartitionIndex| {
        elect_leader(image, election, topic, index, context).map(|record| records.push(record))
    };
    let answer = match partitions {
        Some(topics) => topics
            .iter()
            .map(|(topic, indexes)| {
                let results = indexes.iter().map(|index| (*index, elect(topic, *index)));
                (topic.clone(), results.collect())
            })
            .collect(),
        None => image
            .topics
            .iter()
            .map(|topic| {
                let results = topic.partitions.keys().map(|index| (*index, elect(&topic.name, *index)));
                let needed = results.filter(|(_, result)| *result != Err(ElectLeaderError::NotNeeded));
                (topic.name.to_string(), needed.collect())
            })
            .collect(),
    };
    TooManyRecords::check(&records)?;
    Ok(Decision { records, answer })
}

fn elect_leader(
    image: &Image,
    election: ElectionType,
    name: &str,
    index: PartitionIndex,
    context: &Context<'_>,
) -> Result<MetadataRecord<'static>, ElectLeaderError> {
    let topic = image.topics.by_name(name).ok_or_else(|| ElectLeaderError::UnknownTopic(name.to_owned()))?;
    let unknown = || ElectLeaderError::UnknownPartition(name.to_owned(), index);
    let partition = topic.partition(index).ok_or_else(unknown)?;
    let is_needed = match election {
        ElectionType::Preferred => {
            partition.leader.is_none() || partition.leader != partition.preferred_leader()
        }
        ElectionType::Unclean => partition.leader.is_none(),
    };
    if !is_needed {
        return Err(ElectLeaderError::NotNeeded);
    }
    let (kind, failure) = match election {
        ElectionType::Preferred => (Election::Preferred, ElectLeaderError::PreferredNotAvailable),
        ElectionType::Unclean => (Election::Unclean, ElectLeaderError::NobodyEligible),
    };
    elected(image, topic, index, partition, kind, context).ok_or(failure)
}

fn elected(
    image: &Image,
    topic: &Topic,
    index: PartitionIndex,
    partition: &Partition,
    election: Election,
    context: &Context<'_>,
) -> Option<MetadataRecord<'static>> {
    let mut change = PartitionChange::new(partition, rules_of(image, context.configs, topic));
    change.election = election;
    let can_lead = |node: NodeId| can_lead(image, partition, node);
    change.build(image, topic.id, index, &can_lead).map(into_record)
}

/// The controller's round for `auto.leader.rebalance.enable`: leaders that are not the preferred one, where that
/// one is in sync and alive. The answer says whether there may be more.
pub fn balance_leaders(image: &Image, context: &Context<'_>) -> Decision<bool> {
    round(image, |topic, index, partition| {
        let preferred = partition.preferred_leader()?;
        let is_possible = partition.leader != Some(preferred)
            && partition.isr.contains(&preferred)
            && can_lead(image, partition, preferred);
        is_possible.then(|| elected(image, topic, index, partition, Election::Preferred, context)).flatten()
    })
}

/// The controller's round over partitions without a leader whose topics allow unclean elections. The answer says
/// whether there may be more.
pub fn elect_unclean_leaders(image: &Image, context: &Context<'_>) -> Decision<bool> {
    round(image, |topic, index, partition| {
        let is_wanted =
            partition.leader.is_none() && context.configs.unclean_leader_election_enabled(image, &topic.name);
        is_wanted.then(|| elected(image, topic, index, partition, Election::Unclean, context)).flatten()
    })
}

fn round(
    image: &Image,
    mut change: impl FnMut(&Topic, PartitionIndex, &Partition) -> Option<MetadataRecord<'static>>,
) -> Decision<bool> {
    let partitions = image
        .topics
        .iter_by_id()
        .flat_map(|topic| topic.partitions.iter().map(move |(index, partition)| (topic, *index, partition)));
    let records: Vec<_> = partitions
        .filter_map(|(topic, index, partition)| change(topic, index, partition))
        .take(ELECTIONS_PER_ROUND_MAX)
        .collect();
    let answer = records.len() == ELECTIONS_PER_ROUND_MAX;
    Decision { records, answer }
}

#[cfg(test)]
mod tests;
