//! What the log remembers of a stored batch: all that offsets, indexes, producer state and epochs need,
//! and none of its bytes.

use jackdaw_base::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, TimestampMs};
use jackdaw_protocol::records::{Batch, BatchHeader};

/// The idempotent producer's part of a batch (KIP-98).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProducerBatch {
    /// Whose batch.
    pub producer_id: ProducerId,
    /// Of which incarnation.
    pub producer_epoch: ProducerEpoch,
    /// Sequence of the first record; -1 in control batches.
    pub base_sequence: i32,
    /// Sequence of the last record; -1 in control batches.
    pub last_sequence: i32,
    /// Whether the batch belongs to a transaction.
    pub is_transactional: bool,
}

/// How a transaction ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndTransaction {
    /// Its records are to be dropped by `read_committed` readers.
    Abort,
    /// Its records are to be read.
    Commit,
}

/// A control record that ends a producer's transaction in this partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndTransactionMarker {
    /// Abort or commit.
    pub outcome: EndTransaction,
    /// Epoch of the transaction coordinator that wrote it.
    pub coordinator_epoch: i32,
}

/// One batch as the log remembers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchSummary {
    /// Offset of the first record.
    pub base_offset: Offset,
    /// Offset of the last record.
    pub last_offset: Offset,
    /// Bytes of the whole batch, with its header.
    pub size_bytes: u32,
    /// Leadership under which it was appended.
    pub leader_epoch: LeaderEpoch,
    /// Largest timestamp in the batch.
    pub max_timestamp: TimestampMs,
    /// The producer's fields, if the batch has them.
    pub producer: Option<ProducerBatch>,
    /// Whether it is a control batch (not for consumers).
    pub is_control: bool,
    /// The transaction marker in it, if it is one.
    pub marker: Option<EndTransactionMarker>,
}

impl BatchSummary {
    /// What a batch says of itself. `marker` is what the caller found in a control batch.
    pub fn of(batch: &Batch<'_>, marker: Option<EndTransactionMarker>) -> Self {
        Self::of_header(&batch.header(), marker)
    }

    /// What a batch's header says of it.
    pub fn of_header(header: &BatchHeader<'_>, marker: Option<EndTransactionMarker>) -> Self {
        let producer = header.has_producer_id().then(|| ProducerBatch {
            producer_id: ProducerId(header.producer_id()),
            producer_epoch: ProducerEpoch(header.producer_epoch()),
            base_sequence: header.base_sequence(),
            last_sequence: header.last_sequence(),
            is_transactional: header.is_transactional(),
        });
        Self {
            base_offset: Offset(header.base_offset()),
            last_offset: Offset(header.last_offset()),
            size_bytes: header.size_bytes() as u32,
            leader_epoch: LeaderEpoch(header.leader_epoch()),
            max_timestamp: TimestampMs(header.max_timestamp()),
            producer,
            is_control: header.is_control(),
            marker,
        }
    }

    /// The offset behind the batch.
    pub fn next_offset(&self) -> Offset {
        self.last_offset.next()
    }
}
