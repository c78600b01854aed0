//! The hash of a group's subscribed topics (KIP-1101): it tells whether a topic that matters to the group was created,
//! deleted or extended, or has moved to other racks. Written into the group's record, so it has to be Kafka's, byte by
//! byte: XXH3 (64 bits) over little-endian fields.

use std::collections::BTreeSet;
use std::sync::Arc;

use twox_hash::XxHash3_64;

use crate::group::world::{TopicInfo, Topics};

/// The version of the fields that are hashed.
const FIELDS_VERSION: u8 = 0;

/// The hash of the topics of these names that exist; 0 without any.
pub fn subscription_hash(names: &BTreeSet<&Arc<str>>, topics: &dyn Topics) -> i64 {
    let mut bytes = Vec::with_capacity(names.len() * 8);
    for topic in names.iter().filter_map(|name| topics.by_name(name)) {
        bytes.extend_from_slice(&topic_hash(&topic).to_le_bytes());
    }
    match bytes.is_empty() {
        true => 0,
        false => XxHash3_64::oneshot(&bytes).cast_signed(),
    }
}

/// The hash of one topic.
fn topic_hash(topic: &TopicInfo) -> i64 {
    let mut bytes = Vec::with_capacity(64 + 4 * topic.partition_racks.len());
    bytes.push(FIELDS_VERSION);
    for half in [&topic.id.0[..8], &topic.id.0[8..]] {
        bytes.extend(half.iter().rev());
    }
    put_text(&mut bytes, &topic.name);
    put_int(&mut bytes, topic.partition_racks.len());
    for (partition, racks) in topic.partition_racks.iter().enumerate() {
        put_int(&mut bytes, partition);
        for rack in racks {
            put_int(&mut bytes, rack.encode_utf16().count());
            put_text(&mut bytes, rack);
        }
    }
    XxHash3_64::oneshot(&bytes).cast_signed()
}

/// UTF-16 units, then their number.
fn put_text(bytes: &mut Vec<u8>, text: &str) {
    let start = bytes.len();
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let units = (bytes.len() - start) / 2;
    put_int(bytes, units);
}

fn put_int(bytes: &mut Vec<u8>, number: usize) {
    let number = i32::try_from(number).unwrap_or(i32::MAX);
    bytes.extend_from_slice(&number.to_le_bytes());
}

#[cfg(test)]
mod tests;
