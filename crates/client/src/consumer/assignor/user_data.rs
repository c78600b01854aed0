//! What members say to the sticky assignors: what they had, and from which generation. The encodings are those of Kafka's
//! `StickyAssignor` (versions 0 and 1) and `CooperativeStickyAssignor`.
//!
//! ```text
//! sticky:             topic count i32 | per topic: name, partition count i32, partitions i32… | generation i32 (not in 0)
//! cooperative-sticky: generation i32
//! ```

use jackdaw_protocol::wire::{DecodeError, Form, Reader};

use super::super::protocol::{MemberSubscription, by_topic};
use crate::topic_partition::TopicPartition;

/// What Kafka writes where there is no generation.
const NO_GENERATION: i32 = -1;

/// What a member had.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Claim {
    pub(super) partitions: Vec<TopicPartition>,
    pub(super) generation: i32,
}

/// `None` before the first assignment, or if a topic's name is too long for the protocol.
pub(super) fn encode_sticky(owned: &[TopicPartition], generation: Option<i32>) -> Option<Vec<u8>> {
    let generation = generation?;
    let topics = by_topic(owned);
    let mut bytes = Vec::new();
    bytes.extend(i32::try_from(topics.len()).ok()?.to_be_bytes());
    for (topic, partitions) in topics {
        bytes.extend(i16::try_from(topic.len()).ok()?.to_be_bytes());
        bytes.extend(topic.as_bytes());
        bytes.extend(i32::try_from(partitions.len()).ok()?.to_be_bytes());
        bytes.extend(partitions.iter().flat_map(|partition| partition.to_be_bytes()));
    }
    bytes.extend(generation.to_be_bytes());
    Some(bytes)
}

pub(super) fn encode_cooperative(generation: Option<i32>) -> Vec<u8> {
    generation.unwrap_or(NO_GENERATION).to_be_bytes().to_vec()
}

/// Sticky members give up everything before they join, so what they had stands in the user data alone.
pub(super) fn sticky_claim(subscription: &MemberSubscription) -> Claim {
    let nothing = Claim { partitions: Vec::new(), generation: NO_GENERATION };
    match &subscription.user_data {
        // What cannot be read claims nothing; the member gets a new share.
        Some(bytes) if !bytes.is_empty() => decode_sticky(bytes).unwrap_or(nothing),
        _ => nothing,
    }
}

/// Cooperative members say what they have in the subscription; before its version 2 the generation is in the user data.
pub(super) fn cooperative_claim(subscription: &MemberSubscription) -> Claim {
    let in_user_data = || {
        let bytes: &[u8; 4] = subscription.user_data.as_deref()?.first_chunk()?;
        Some(i32::from_be_bytes(*bytes))
    };
    let generation = subscription.generation.or_else(in_user_data).unwrap_or(NO_GENERATION);
    Claim { partitions: subscription.owned.clone(), generation }
}

fn decode_sticky(bytes: &[u8]) -> Result<Claim, DecodeError> {
    const TOPIC_BYTES_MIN: usize = 6;
    let mut reader = Reader::new(bytes);
    let topics = reader.array(Form::Classic, TOPIC_BYTES_MIN, |reader| {
        let topic = reader.string(Form::Classic)?;
        let partitions = reader.array(Form::Classic, size_of::<i32>(), |reader| reader.i32())?;
        Ok((topic, partitions))
    })?;
    let partitions = topics.into_iter().flat_map(|(topic, partitions)| {
        partitions.into_iter().map(move |partition| TopicPartition::new(&*topic, partition))
    });
    let partitions = partitions.collect();
    // Version 0 ends here.
    let generation = reader.i32().unwrap_or(NO_GENERATION);
    Ok(Claim { partitions, generation })
}
