//! DeleteTopics by name or by id (KIP-516). Authorization is the caller's: it asks with what the user may see.

use std::collections::BTreeMap;

use jackdaw_base::TopicId;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::remove_topic_record::RemoveTopicRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::{Context, Decision, TooManyRecords};
use crate::image::Image;

/// A topic as a request names it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TopicSelector {
    /// By name.
    pub name: Option<String>,
    /// By id; zero for none.
    pub id: TopicId,
}

/// A topic as the answer names it, as far as it is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeletedTopic {
    /// Its name.
    pub name: Option<String>,
    /// Its id.
    pub id: TopicId,
    /// Whether it is gone.
    pub result: Result<(), DeleteTopicError>,
}

/// Why a topic is not deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DeleteTopicError {
    /// Neither name nor id.
    #[error("Neither topic name nor id were specified.")]
    Unnamed,
    /// Name and id.
    #[error("You may not specify both topic name and topic id.")]
    NamedTwice,
    /// The same name twice.
    #[error("Duplicate topic name.")]
    DuplicateName,
    /// The same id twice, or an id and its name.
    #[error("Duplicate topic id.")]
    DuplicateId,
    /// No topic has this name.
    #[error("This server does not host this topic-partition.")]
    UnknownName,
    /// No topic has this id.
    #[error("This server does not host this topic ID.")]
    UnknownId,
}

impl DeleteTopicError {
    /// The wire's code.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Unnamed | Self::NamedTwice | Self::DuplicateName | Self::DuplicateId => {
                ErrorCode::InvalidRequest
            }
            Self::UnknownName => ErrorCode::UnknownTopicOrPartition,
            Self::UnknownId => ErrorCode::UnknownTopicId,
        }
    }
}

/// Why a whole request is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DeleteTopicsError {
    /// `delete.topic.enable` is off.
    #[error("Topic deletion is disabled.")]
    Disabled,
    /// Too many topics.
    #[error(transparent)]
    TooManyRecords(#[from] TooManyRecords),
}

impl DeleteTopicsError {
    /// The wire's code; versions before 3 of the request know only INVALID_REQUEST for `Disabled`.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Disabled => ErrorCode::TopicDeletionDisabled,
            Self::TooManyRecords(error) => error.code(),
        }
    }
}

/// Decides which topics go.
pub fn delete_topics(
    image: &Image,
    topics: &[TopicSelector],
    context: &Context<'_>,
) -> Result<Decision<Vec<DeletedTopic>>, DeleteTopicsError> {
    if !context.configs.topic_deletion_enabled() {
        return Err(DeleteTopicsError::Disabled);
    }
    let mut occurrences: BTreeMap<&TopicSelector, usize> = BTreeMap::new();
    for topic in topics {
        *occurrences.entry(topic).or_default() += 1;
    }
    let mut targets: Vec<DeletedTopic> = Vec::new();
    for topic in topics {
        if let Some(count) = occurrences.remove(topic) {
            targets.push(resolve(image, topic, count > 1));
        }
    }
    refuse_name_and_id_of_one_topic(&mut targets);
    let gone = targets.iter().filter(|target| target.result.is_ok());
    let records: Vec<_> = gone
        .map(|target| {
            MetadataRecord::RemoveTopic(RemoveTopicRecord { topic_id: target.id, ..Default::default() })
        })
        .collect();
    TooManyRecords::check(&records)?;
    Ok(Decision { records, answer: targets })
}

fn resolve(image: &Image, topic: &TopicSelector, repeated: bool) -> DeletedTopic {
    let refused = |error| DeletedTopic { name: topic.name.clone(), id: topic.id, result: Err(error) };
    match (&topic.name, topic.id.is_zero()) {
        (None, true) => refused(DeleteTopicError::Unnamed),
        (Some(_), false) => refused(DeleteTopicError::NamedTwice),
        (Some(_), true) if repeated => refused(DeleteTopicError::DuplicateName),
        (None, false) if repeated => refused(DeleteTopicError::DuplicateId),
        (Some(name), true) => match image.topics.id_of(name) {
            Some(id) => DeletedTopic { name: topic.name.clone(), id, result: Ok(()) },
            None => refused(DeleteTopicError::UnknownName),
        },
        (None, false) => match image.topics.get(topic.id) {
            Some(found) => DeletedTopic { name: Some(found.name.to_string()), id: topic.id, result: Ok(()) },
            None => refused(DeleteTopicError::UnknownId),
        },
    }
}

/// A topic that is named by name and by id is refused once, and not deleted.
fn refuse_name_and_id_of_one_topic(targets: &mut Vec<DeletedTopic>) {
    let mut seen: BTreeMap<TopicId, usize> = BTreeMap::new();
    for target in targets.iter().filter(|target| target.result.is_ok()) {
        *seen.entry(target.id).or_default() += 1;
    }
    let mut answered = Vec::new();
    targets.retain_mut(|target| {
        if target.result.is_err() || seen[&target.id] < 2 {
            return true;
        }
        target.result = Err(DeleteTopicError::DuplicateId);
        let is_first = !answered.contains(&target.id);
        answered.push(target.id);
        is_first
    });
}

#[cfg(test)]
mod tests;
