//! What members of classic groups tell each other: subscriptions and assignments in the encoding of Kafka's consumers
//! (`ConsumerProtocolSubscription`, `ConsumerProtocolAssignment`, each with its version in front), so that our members
//! share groups with any others. The coordinator passes the bytes on and does not read them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::consumer_protocol_assignment as assignment;
use jackdaw_protocol::messages::consumer_protocol_subscription as subscription;
use jackdaw_protocol::wire::{DecodeError, EncodeError, Reader};

use crate::topic_partition::TopicPartition;

/// The type of such groups.
pub const PROTOCOL_TYPE: &str = "consumer";
/// The version that we write; others may be newer, and only add fields at the end.
const SUBSCRIPTION_VERSION: i16 = 3;
/// The version that we write.
const ASSIGNMENT_VERSION: i16 = 3;

/// What a member of a classic group wants and has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MemberSubscription {
    /// The topics it wants.
    pub topics: Vec<String>,
    /// What its assignor adds.
    pub user_data: Option<Vec<u8>>,
    /// What it has, if it keeps that while the group rebalances (KIP-429).
    pub owned: Vec<TopicPartition>,
    /// The generation that it had that from (KIP-792).
    pub generation: Option<i32>,
    /// Its rack (KIP-881).
    pub rack: Option<String>,
}

impl MemberSubscription {
    /// Reads what a member has written, in any version. No bytes, as from a member that has not joined yet, are an error.
    ///
    /// # Errors
    /// The bytes are no subscription.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let version = reader.i16()?.min(SUBSCRIPTION_VERSION);
        let read = subscription::ConsumerProtocolSubscription::decode(&mut reader, version)?;
        Ok(Self {
            topics: read.topics.into_iter().map(|topic| topic.into_owned()).collect(),
            user_data: read.user_data.map(|data| data.into_owned()),
            owned: read
                .owned_partitions
                .into_iter()
                .flat_map(|topic| partitions(&topic.topic, topic.partitions))
                .collect(),
            generation: (read.generation_id >= 0).then_some(read.generation_id),
            rack: read.rack_id.map(|rack| rack.into_owned()),
        })
    }

    /// As members write it.
    ///
    /// # Errors
    /// A topic's name is too long for the protocol.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        // Kafka's own client sorts them; librdkafka does not.
        let mut topics = self.topics.clone();
        topics.sort();
        let written = subscription::ConsumerProtocolSubscription {
            topics: topics.into_iter().map(Into::into).collect(),
            user_data: self.user_data.clone().map(Into::into),
            owned_partitions: by_topic(&self.owned)
                .into_iter()
                .map(|(topic, partitions)| subscription::TopicPartition {
                    topic: topic.to_owned().into(),
                    partitions,
                })
                .collect(),
            generation_id: self.generation.unwrap_or(-1),
            rack_id: self.rack.clone().map(Into::into),
        };
        with_version(SUBSCRIPTION_VERSION, &written.to_bytes(SUBSCRIPTION_VERSION)?)
    }
}

/// Reads what a member was assigned, in any version. No bytes are no partitions: so the coordinator answers members for
/// whom the leader has left nothing.
///
/// # Errors
/// The bytes are no assignment.
pub fn decode_assignment(bytes: &[u8]) -> Result<Vec<TopicPartition>, DecodeError> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let mut reader = Reader::new(bytes);
    let version = reader.i16()?.min(ASSIGNMENT_VERSION);
    let read = assignment::ConsumerProtocolAssignment::decode(&mut reader, version)?;
    let topics = read.assigned_partitions.into_iter();
    Ok(topics.flat_map(|topic| partitions(&topic.topic, topic.partitions)).collect())
}

/// Writes what a member is assigned.
///
/// # Errors
/// A topic's name is too long for the protocol.
pub fn encode_assignment(assigned: &[TopicPartition]) -> Result<Vec<u8>, EncodeError> {
    let written = assignment::ConsumerProtocolAssignment {
        assigned_partitions: by_topic(assigned)
            .into_iter()
            .map(|(topic, partitions)| assignment::TopicPartition {
                topic: topic.to_owned().into(),
                partitions,
            })
            .collect(),
        ..Default::default()
    };
    with_version(ASSIGNMENT_VERSION, &written.to_bytes(ASSIGNMENT_VERSION)?)
}

fn with_version(version: i16, body: &[u8]) -> Result<Vec<u8>, EncodeError> {
    Ok([&version.to_be_bytes()[..], body].concat())
}

fn partitions(topic: &str, indexes: Vec<i32>) -> impl Iterator<Item = TopicPartition> + use<> {
    let topic: Arc<str> = topic.into();
    indexes.into_iter().map(move |partition| TopicPartition { topic: topic.clone(), partition })
}

/// Partitions by topic, in order.
pub(super) fn by_topic(partitions: &[TopicPartition]) -> BTreeMap<&str, Vec<i32>> {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        topics.entry(&partition.topic).or_default().push(partition.partition);
    }
    topics
}

#[cfg(test)]
mod tests;
