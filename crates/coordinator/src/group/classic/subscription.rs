//! What consumers put into their metadata and assignments, as far as the coordinator looks: topics and partitions. Each
//! version is read by the fields of version 0, which all later ones begin with. Not here: assignors.

use std::collections::BTreeSet;
use std::sync::Arc;

use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::consumer_protocol_assignment::ConsumerProtocolAssignment;
use jackdaw_protocol::messages::consumer_protocol_subscription::ConsumerProtocolSubscription;
use jackdaw_protocol::wire::Reader;

/// All topics of some subscriptions; `None` if one of them cannot be read.
pub fn topics(subscriptions: impl Iterator<Item = Arc<[u8]>>) -> Option<BTreeSet<Arc<str>>> {
    let mut topics = BTreeSet::new();
    for bytes in subscriptions {
        let mut reader = Reader::new(&bytes);
        reader.i16().ok()?;
        let subscription = ConsumerProtocolSubscription::decode(&mut reader, 0).ok()?;
        topics.extend(subscription.topics.iter().map(|topic| Arc::from(&**topic)));
    }
    Some(topics)
}

/// Whether Kafka could load a group with such a member again. A subscription that ends too early it takes for an unknown
/// one; one whose lengths lie keeps it from loading the whole partition of `__consumer_offsets`, so it must not get there.
pub fn is_loadable(subscription: &[u8]) -> bool {
    !matches!(skim(subscription), Err(Flaw::FalseLength))
}

enum Flaw {
    TooShort,
    FalseLength,
}

/// Goes over the fields of version 0: topics and user data.
fn skim(mut rest: &[u8]) -> Result<(), Flaw> {
    number::<2>(&mut rest)?;
    let topic_count = i32::from_be_bytes(number(&mut rest)?);
    // Kafka takes no array that claims more elements than there are bytes.
    let topic_count = usize::try_from(topic_count).ok().filter(|count| *count <= rest.len());
    for _ in 0..topic_count.ok_or(Flaw::FalseLength)? {
        let length = i16::from_be_bytes(number(&mut rest)?);
        skip(&mut rest, i32::from(length))?;
    }
    match i32::from_be_bytes(number(&mut rest)?) {
        ..0 => Ok(()),
        length => skip(&mut rest, length),
    }
}

fn number<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Flaw> {
    let (number, behind) = rest.split_first_chunk::<N>().ok_or(Flaw::TooShort)?;
    *rest = behind;
    Ok(*number)
}

fn skip(rest: &mut &[u8], length: i32) -> Result<(), Flaw> {
    let length = usize::try_from(length).map_err(|_| Flaw::FalseLength)?;
    *rest = rest.get(length..).ok_or(Flaw::FalseLength)?;
    Ok(())
}

/// The partitions that a member says it owns (KIP-429). Versions before 1, and what cannot be read, say nothing.
pub fn owned(metadata: &[u8]) -> BTreeSet<(Arc<str>, i32)> {
    let mut reader = Reader::new(metadata);
    let Ok(version @ 1..) = reader.i16() else { return BTreeSet::new() };
    let version = version.min(*ConsumerProtocolSubscription::VERSIONS.end());
    let decoded = ConsumerProtocolSubscription::decode(&mut reader, version).unwrap_or_default();
    let topics = decoded.owned_partitions.iter();
    topics.flat_map(|topic| pairs(&topic.topic, &topic.partitions)).collect()
}

/// The partitions of an assignment. One that cannot be read has none.
pub fn assigned(assignment: &[u8]) -> BTreeSet<(Arc<str>, i32)> {
    let mut reader = Reader::new(assignment);
    let decoded = reader
        .i16()
        .ok()
        .and_then(|_version| ConsumerProtocolAssignment::decode(&mut reader, 0).ok())
        .unwrap_or_default();
    let topics = decoded.assigned_partitions.iter();
    topics.flat_map(|topic| pairs(&topic.topic, &topic.partitions)).collect()
}

fn pairs(topic: &str, partitions: &[i32]) -> impl Iterator<Item = (Arc<str>, i32)> {
    let topic: Arc<str> = Arc::from(topic);
    let partitions: Vec<i32> = partitions.to_vec();
    partitions.into_iter().map(move |partition| (Arc::clone(&topic), partition))
}
