//! Which partition a record belongs to, as far as its key says. Records whose key does not matter go by load: see `sticky`.

use super::hash::{crc32, fnv1a, murmur2};
use crate::config::PartitionerKind;

/// What the key says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Choice {
    /// This partition.
    Partition(i32),
    /// Whichever is best for batching.
    Sticky,
    /// The next one in turn.
    Next,
    /// Any, drawn anew for each record.
    Random,
}

/// Where a record goes. There is at least one partition.
#[inline]
pub(super) fn choose(
    kind: PartitionerKind,
    key: Option<&[u8]>,
    ignores_keys: bool,
    partitions: u32,
) -> Choice {
    let hashed = |hash: u32| Choice::Partition((hash % partitions.max(1)).cast_signed());
    let positive = |hash: u32| hashed(hash & 0x7fff_ffff);
    let key = key.filter(|_| !ignores_keys);
    let bytes = key.unwrap_or_default();
    match (kind, key) {
        (PartitionerKind::RoundRobin, _) => Choice::Next,
        (PartitionerKind::Random, _) => Choice::Random,
        (PartitionerKind::Default | PartitionerKind::Murmur2Random, Some(key)) => positive(murmur2(key)),
        (PartitionerKind::Murmur2, _) => positive(murmur2(bytes)),
        // An empty key is none for this one of librdkafka's, and a key like others for the rest.
        (PartitionerKind::ConsistentRandom, Some(key)) if !key.is_empty() => hashed(crc32(key)),
        (PartitionerKind::Consistent, _) => hashed(crc32(bytes)),
        (PartitionerKind::Fnv1aRandom, Some(key)) => hashed(fnv1a(key)),
        (PartitionerKind::Fnv1a, _) => hashed(fnv1a(bytes)),
        (
            PartitionerKind::Default
            | PartitionerKind::Murmur2Random
            | PartitionerKind::ConsistentRandom
            | PartitionerKind::Fnv1aRandom,
            _,
        ) => Choice::Sticky,
    }
}

#[cfg(test)]
mod tests;
