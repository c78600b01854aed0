//! The bytes that members with the classic protocol put into their requests (ConsumerProtocolSubscription) and are
//! given (ConsumerProtocolAssignment): a version, then the message in that version.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jackdaw_base::Uuid;
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::consumer_protocol_assignment::{ConsumerProtocolAssignment, TopicPartition};
use jackdaw_protocol::messages::consumer_protocol_subscription::ConsumerProtocolSubscription;
use jackdaw_protocol::wire::{DecodeError, Reader, Writer};

use super::member::Held;
use crate::group::world::Topics;

/// What a member with the classic protocol says of itself.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ClassicSubscription {
    /// The version of its bytes; its assignment is given in the same one.
    pub version: i16,
    /// The topics it reads.
    pub topics: BTreeSet<Arc<str>>,
    /// What it owns, by id; topics that do not exist are left out.
    pub owned: Vec<(Uuid, Vec<i32>)>,
    /// Where it stands.
    pub rack: Option<Arc<str>>,
}

/// The version that stands before a message. A later one than we know is read as the latest we know.
fn version(reader: &mut Reader<'_>, latest: i16) -> Result<i16, DecodeError> {
    let version = reader.i16()?;
    Ok(version.min(latest))
}

/// Reads a subscription.
///
/// # Errors
/// If the bytes are not one.
pub fn read_subscription(bytes: &[u8], topics: &dyn Topics) -> Result<ClassicSubscription, DecodeError> {
    let mut reader = Reader::new(bytes);
    let version = version(&mut reader, *ConsumerProtocolSubscription::VERSIONS.end())?;
    let subscription = ConsumerProtocolSubscription::decode(&mut reader, version)?;
    let owned = subscription.owned_partitions.iter().filter_map(|owned| {
        let topic = topics.by_name(&owned.topic)?;
        Some((topic.id, owned.partitions.clone()))
    });
    Ok(ClassicSubscription {
        version,
        owned: owned.collect(),
        topics: subscription.topics.iter().map(|topic| Arc::from(&**topic)).collect(),
        rack: subscription.rack_id.as_deref().filter(|rack| !rack.is_empty()).map(Arc::from),
    })
}

/// An assignment that a classic group's leader has made.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ClassicAssignment {
    /// Names and partitions.
    pub partitions: Vec<(Arc<str>, Vec<i32>)>,
    /// Whether a custom assignor has added something of its own, which would be lost.
    pub has_user_data: bool,
}

/// Reads an assignment; no bytes are an empty one.
///
/// # Errors
/// If the bytes are not one.
pub fn read_assignment(bytes: &[u8]) -> Result<ClassicAssignment, DecodeError> {
    if bytes.is_empty() {
        return Ok(ClassicAssignment::default());
    }
    let mut reader = Reader::new(bytes);
    let version = version(&mut reader, *ConsumerProtocolAssignment::VERSIONS.end())?;
    let assignment = ConsumerProtocolAssignment::decode(&mut reader, version)?;
    let partitions = assignment.assigned_partitions.iter();
    Ok(ClassicAssignment {
        partitions: partitions.map(|topic| (Arc::from(&*topic.topic), topic.partitions.clone())).collect(),
        has_user_data: assignment.user_data.as_deref().is_some_and(|data| !data.is_empty()),
    })
}

/// Partitions by name, as an assignment's bytes in a member's version. Topics that do not exist any more are left out.
pub fn write_assignment<'a>(
    partitions: impl Iterator<Item = (Uuid, Vec<i32>)> + 'a,
    version: i16,
    topics: &dyn Topics,
) -> Arc<[u8]> {
    let mut by_name: BTreeMap<Arc<str>, Vec<i32>> = BTreeMap::new();
    for (id, partitions) in partitions {
        if let Some(topic) = topics.by_id(id) {
            by_name.insert(Arc::clone(&topic.name), partitions);
        }
    }
    let assigned = by_name.iter().map(|(topic, partitions)| TopicPartition {
        topic: (&**topic).into(),
        partitions: partitions.clone(),
    });
    let message = ConsumerProtocolAssignment { assigned_partitions: assigned.collect(), user_data: None };
    let version = version.clamp(0, *ConsumerProtocolAssignment::VERSIONS.end());
    let mut writer = Writer::default();
    writer.bytes.extend_from_slice(&version.to_be_bytes());
    // Names of topics and numbers of partitions are within what the message can hold.
    match message.encode(&mut writer, version) {
        Ok(()) => Arc::from(writer.bytes),
        Err(_) => Arc::default(),
    }
}

/// What a member has, without epochs.
pub fn without_epochs(held: &Held) -> impl Iterator<Item = (Uuid, Vec<i32>)> {
    held.iter().map(|(topic, partitions)| (*topic, partitions.keys().copied().collect()))
}
