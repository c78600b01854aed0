//! What a consumer hands out: records that borrow from the fetched bytes, in chunks of one partition each. A record costs
//! no allocation; a packed batch costs one, for its unpacked bytes.

use std::sync::Arc;

use bytes::Bytes;
use jackdaw_protocol::records::{Headers, Record as WireRecord, TimestampType};

use super::handle::Handle;
use crate::topic_partition::TopicPartition;

/// A record that borrows from the [`Records`] it came with.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    /// The topic's name.
    pub topic: &'r str,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// Milliseconds since 1970; -1 if the record has none.
    pub timestamp_ms: i64,
    /// Who has set that: the producer or the broker.
    pub timestamp_type: TimestampType,
    /// The leader epoch in which it was written, if the broker is new enough to say.
    pub leader_epoch: Option<i32>,
    /// The key.
    pub key: Option<&'r [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'r [u8]>,
    /// The headers.
    pub headers: Headers<'r>,
}

/// A record that owns its bytes, by sharing the fetched ones: it is cheap, and keeps a whole answer in memory for as long
/// as it lives.
#[derive(Clone, Debug)]
pub struct OwnedRecord {
    /// The partition.
    pub partition: TopicPartition,
    /// The offset.
    pub offset: i64,
    /// Milliseconds since 1970; -1 if the record has none.
    pub timestamp_ms: i64,
    /// Who has set that: the producer or the broker.
    pub timestamp_type: TimestampType,
    /// The leader epoch in which it was written, if the broker is new enough to say.
    pub leader_epoch: Option<i32>,
    /// The key.
    pub key: Option<Bytes>,
    /// The value; `None` is a tombstone.
    pub value: Option<Bytes>,
    /// The headers: name and value.
    pub headers: Vec<(Bytes, Option<Bytes>)>,
}

/// Consecutive records of one partition.
#[derive(Clone, Debug)]
pub struct Chunk {
    pub(super) handle: Arc<Handle>,
    pub(super) base_offset: i64,
    pub(super) base_timestamp: i64,
    /// The timestamp of all records, if the broker has set it.
    pub(super) append_timestamp: Option<i64>,
    pub(super) leader_epoch: Option<i32>,
    /// The records, unpacked, each of them read once already.
    pub(super) bytes: Bytes,
    pub(super) count: usize,
}

impl Chunk {
    /// Where they are from.
    pub fn partition(&self) -> &TopicPartition {
        &self.handle.partition
    }

    /// How many records.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Never: a chunk has at least one record.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The records in the order of their offsets.
    pub fn iter(&self) -> ChunkIter<'_> {
        ChunkIter { chunk: self, rest: &self.bytes, left: self.count }
    }

    fn record<'r>(&'r self, record: WireRecord<'r>) -> Record<'r> {
        Record {
            topic: &self.handle.partition.topic,
            partition: self.handle.partition.partition,
            offset: self.base_offset + i64::from(record.offset_delta),
            timestamp_ms: match self.append_timestamp {
                Some(timestamp_ms) => timestamp_ms,
                None if self.base_timestamp < 0 => self.base_timestamp,
                None => self.base_timestamp.saturating_add(record.timestamp_delta),
            },
            timestamp_type: match self.append_timestamp {
                Some(_) => TimestampType::LogAppendTime,
                None => TimestampType::CreateTime,
            },
            leader_epoch: self.leader_epoch,
            key: record.key,
            value: record.value,
            headers: record.headers,
        }
    }

    /// A record of this chunk that outlives it.
    pub(super) fn owned(&self, record: &Record<'_>) -> OwnedRecord {
        let bytes = |slice: &[u8]| if slice.is_empty() { Bytes::new() } else { self.bytes.slice_ref(slice) };
        OwnedRecord {
            partition: self.handle.partition.clone(),
            offset: record.offset,
            timestamp_ms: record.timestamp_ms,
            timestamp_type: record.timestamp_type,
            leader_epoch: record.leader_epoch,
            key: record.key.map(bytes),
            value: record.value.map(bytes),
            headers: record.headers.map(|header| (bytes(header.key), header.value.map(bytes))).collect(),
        }
    }
}

impl<'r> IntoIterator for &'r Chunk {
    type Item = Record<'r>;
    type IntoIter = ChunkIter<'r>;

    fn into_iter(self) -> ChunkIter<'r> {
        self.iter()
    }
}

/// The records of a [`Chunk`].
#[derive(Clone, Debug)]
pub struct ChunkIter<'r> {
    chunk: &'r Chunk,
    rest: &'r [u8],
    left: usize,
}

impl<'r> Iterator for ChunkIter<'r> {
    type Item = Record<'r>;

    #[inline]
    fn next(&mut self) -> Option<Record<'r>> {
        self.left = self.left.checked_sub(1)?;
        // The chunk was made by reading these very records.
        let record = WireRecord::take(&mut self.rest).expect("the records were read when the chunk was made");
        Some(self.chunk.record(record))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for ChunkIter<'_> {}

/// What one [`super::Consumer::poll`] hands out: records of one or several partitions, in order within each.
#[derive(Clone, Debug, Default)]
pub struct Records {
    pub(super) chunks: Vec<Chunk>,
}

impl Records {
    /// How many records.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(Chunk::len).sum()
    }

    /// Whether there are none: the time was up.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The records by partition. A partition may come more than once, its records then go on.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// All records.
    pub fn iter(&self) -> RecordsIter<'_> {
        self.chunks.iter().flatten()
    }

    /// All records, each for itself.
    pub fn into_owned(self) -> impl Iterator<Item = OwnedRecord> {
        self.chunks.into_iter().flat_map(|chunk| {
            let records: Vec<OwnedRecord> = chunk.iter().map(|record| chunk.owned(&record)).collect();
            records
        })
    }
}

/// The records of a [`Records`].
pub type RecordsIter<'r> = std::iter::Flatten<std::slice::Iter<'r, Chunk>>;

impl<'r> IntoIterator for &'r Records {
    type Item = Record<'r>;
    type IntoIter = RecordsIter<'r>;

    fn into_iter(self) -> RecordsIter<'r> {
        self.iter()
    }
}
