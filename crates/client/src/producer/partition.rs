//! The batch of one partition that is being filled.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jackdaw_protocol::compression::{Compression, CompressionLevel, compress};
use jackdaw_protocol::records::BATCH_OVERHEAD;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::completion::Completion;
use super::dispatch::{Batch, PartitionId};
use super::memory::Memory;
use super::packing::Packing;
use super::record_writer::{Records, Shape};

/// What a batch takes in a request beside itself and its topic's name, at most: its partition's number, lengths, tags.
const REQUEST_OVERHEAD: usize = 32;

/// A partition as senders see it.
pub(super) struct Partition {
    pub(super) id: PartitionId,
    pub(super) topic: Arc<str>,
    pub(super) index: i32,
    /// Shared by the partitions of a topic.
    pub(super) packing: Arc<Packing>,
    /// What is being filled. Held while a batch is closed, so that batches are queued in order.
    pub(super) open: Mutex<Option<Open>>,
    /// Batches that are closed and not settled.
    pub(super) queued: AtomicU32,
    /// 1 if it has a leader.
    available: AtomicU32,
}

/// A batch that is being filled.
pub(super) struct Open {
    pub(super) records: Records,
    pub(super) number: u64,
    pub(super) completion: Arc<Completion>,
    pub(super) expires_at: Instant,
    /// What it takes of the producer's memory.
    pub(super) reserved_bytes: usize,
    /// Its records may take so many bytes before it is looked at again.
    pub(super) room_bytes: usize,
    /// Its records may take so many bytes in all: more would not fit when packed, as far as can be told.
    pub(super) unpacked_max: usize,
}

/// The records of a closed batch.
#[derive(Clone)]
pub(super) struct Payload {
    pub(super) records: Arc<Vec<u8>>,
    pub(super) shape: Shape,
    pub(super) completion: Arc<Completion>,
    /// How many records the batch had when it was closed, before any split.
    pub(super) total: i32,
    pub(super) reserved_bytes: usize,
}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payload").field("shape", &self.shape).finish_non_exhaustive()
    }
}

impl Partition {
    pub(super) fn new(
        id: PartitionId,
        topic: Arc<str>,
        index: i32,
        packing: Arc<Packing>,
        has_leader: bool,
    ) -> Self {
        Self {
            id,
            topic,
            index,
            packing,
            open: Mutex::new(None),
            queued: AtomicU32::new(0),
            available: AtomicU32::new(u32::from(has_leader)),
        }
    }

    /// The size of a batch with these records in a request, at most.
    pub(super) fn size_in_request(&self, records: &[u8]) -> usize {
        self.overhead_in_request() + records.len()
    }

    /// What a batch takes in a request beside its records, at most.
    pub(super) fn overhead_in_request(&self) -> usize {
        overhead_in_request(&self.topic)
    }

    pub(super) fn set_available(&self, is_available: bool) {
        self.available.store(u32::from(is_available), Ordering::Relaxed);
    }

    pub(super) fn is_available(&self) -> bool {
        self.available.load(Ordering::Relaxed) == 1
    }
}

impl Open {
    /// Whether a record of this size still fits. More memory is asked for where only that is missing: records that become
    /// small when packed need it until then.
    #[inline]
    pub(super) fn has_room(&mut self, size_bytes: usize, step_bytes: usize, memory: &Memory) -> bool {
        let wanted = self.records.bytes.len() + size_bytes;
        wanted <= self.room_bytes || self.widen(wanted, step_bytes, memory)
    }

    #[cold]
    fn widen(&mut self, wanted: usize, step_bytes: usize, memory: &Memory) -> bool {
        if wanted > self.unpacked_max {
            return false;
        }
        let more = (wanted - self.room_bytes).max(step_bytes).min(self.unpacked_max - self.room_bytes);
        let has_more = memory.try_reserve(more);
        if has_more {
            self.room_bytes += more;
            self.reserved_bytes += more;
        }
        has_more
    }

    /// Packs the records, and gives back the memory that they no longer need.
    pub(super) fn close(
        self,
        partition: &Partition,
        compression: Compression,
        level: CompressionLevel,
        memory: &Memory,
    ) -> Batch<Payload> {
        let Self { records, number, completion, expires_at, mut reserved_bytes, .. } = self;
        let shape = Shape {
            compression,
            count: records.count,
            base_timestamp: records.base_timestamp,
            max_timestamp: records.max_timestamp,
        };
        let unpacked_bytes = records.bytes.len();
        let (bytes, shape) = pack(records.bytes, shape, level, memory);
        if compression != Compression::None {
            partition.packing.observe(unpacked_bytes, bytes.len());
            memory.release(reserved_bytes.saturating_sub(bytes.len()));
            reserved_bytes = reserved_bytes.min(bytes.len());
        }
        let size_bytes = partition.size_in_request(&bytes);
        let total = shape.count;
        let payload = Payload { records: Arc::new(bytes), shape, completion, total, reserved_bytes };
        Batch::new(payload, number, total, size_bytes, expires_at)
    }
}

/// Packs records with the codec of `shape`; with none if the codec fails or would make them larger, which loses nothing.
pub(super) fn pack(
    bytes: Vec<u8>,
    shape: Shape,
    level: CompressionLevel,
    memory: &Memory,
) -> (Vec<u8>, Shape) {
    if shape.compression == Compression::None {
        return (bytes, shape);
    }
    let mut packed = Vec::with_capacity(bytes.len() / 2);
    match compress(shape.compression, level, &bytes, &mut packed) {
        Ok(()) if packed.len() < bytes.len() => {
            memory.recycle(bytes);
            (packed, shape)
        }
        Ok(()) => (bytes, Shape { compression: Compression::None, ..shape }),
        Err(error) => {
            tracing::warn!(%error, "a batch is sent unpacked");
            (bytes, Shape { compression: Compression::None, ..shape })
        }
    }
}

/// What a batch of this topic takes in a request beside its records, at most.
pub(super) fn overhead_in_request(topic: &str) -> usize {
    BATCH_OVERHEAD + REQUEST_OVERHEAD + topic.len()
}
