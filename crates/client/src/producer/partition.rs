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
use super::record_writer::{Records, Shape};

/// What a batch takes in a request beside itself, at most: its partition's number, lengths, tags.
const REQUEST_OVERHEAD: usize = 32;

/// A partition as senders see it.
pub(super) struct Partition {
    pub(super) id: PartitionId,
    pub(super) topic: Arc<str>,
    pub(super) index: i32,
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
    pub(super) fn new(id: PartitionId, topic: Arc<str>, index: i32, has_leader: bool) -> Self {
        Self {
            id,
            topic,
            index,
            open: Mutex::new(None),
            queued: AtomicU32::new(0),
            available: AtomicU32::new(u32::from(has_leader)),
        }
    }

    pub(super) fn set_available(&self, is_available: bool) {
        self.available.store(u32::from(is_available), Ordering::Relaxed);
    }

    pub(super) fn is_available(&self) -> bool {
        self.available.load(Ordering::Relaxed) == 1
    }
}

impl Open {
    /// Packs the records.
    pub(super) fn close(
        self,
        compression: Compression,
        level: CompressionLevel,
        memory: &Memory,
    ) -> Batch<Payload> {
        let Self { records, number, completion, expires_at, reserved_bytes } = self;
        let shape = Shape {
            compression,
            count: records.count,
            base_timestamp: records.base_timestamp,
            max_timestamp: records.max_timestamp,
        };
        let (bytes, shape) = pack(records.bytes, shape, level, memory);
        let size_bytes = BATCH_OVERHEAD + bytes.len() + REQUEST_OVERHEAD;
        let total = shape.count;
        let payload = Payload { records: Arc::new(bytes), shape, completion, total, reserved_bytes };
        Batch::new(payload, number, total, size_bytes, expires_at)
    }
}

/// Packs records with the codec of `shape`; with none if the codec fails, which loses nothing.
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
        Ok(()) => {
            memory.recycle(bytes);
            (packed, shape)
        }
        Err(error) => {
            tracing::warn!(%error, "a batch is sent unpacked");
            (bytes, Shape { compression: Compression::None, ..shape })
        }
    }
}

/// The size of a batch with these records in a request.
pub(super) fn size_in_request(records: &[u8]) -> usize {
    BATCH_OVERHEAD + records.len() + REQUEST_OVERHEAD
}
