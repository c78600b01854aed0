//! One producer: its epoch and its last batches, in a ring without allocations of its own.

use jackdaw_base::{Offset, ProducerEpoch, TimestampMs};
use jackdaw_protocol::records::add_to_sequence;

use super::FirstAnswer;
use crate::ProducerBatch;

/// How many batches are remembered: as many as an idempotent producer may have in flight.
pub(super) const BATCHES_MAX: usize = 5;

/// A batch as far as duplicates are concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BatchMark {
    pub last_sequence: i32,
    pub offset_delta: i32,
    pub last_offset: Offset,
    pub timestamp: TimestampMs,
}

impl BatchMark {
    const NONE: Self =
        Self { last_sequence: -1, offset_delta: 0, last_offset: Offset::NONE, timestamp: TimestampMs::NONE };

    pub(super) fn first_sequence(&self) -> i32 {
        add_to_sequence(self.last_sequence, self.offset_delta.saturating_neg())
    }

    pub(super) fn first_answer(&self) -> FirstAnswer {
        FirstAnswer {
            base_offset: Offset(self.last_offset.0.saturating_sub(i64::from(self.offset_delta))),
            last_offset: self.last_offset,
            timestamp: self.timestamp,
        }
    }
}

/// What is remembered of a producer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ProducerEntry {
    pub epoch: ProducerEpoch,
    pub coordinator_epoch: i32,
    /// Of the last batch or marker; what snapshots store.
    pub last_timestamp: TimestampMs,
    /// When it was last heard of; expiry counts from here.
    pub last_used: TimestampMs,
    pub current_transaction_start: Option<Offset>,
    /// The oldest first.
    pub(super) batches: [BatchMark; BATCHES_MAX],
    pub(super) batch_count: u8,
}

impl Default for ProducerEntry {
    fn default() -> Self {
        Self {
            epoch: Self::NO_EPOCH,
            coordinator_epoch: -1,
            last_timestamp: TimestampMs::NONE,
            last_used: TimestampMs::NONE,
            current_transaction_start: None,
            batches: [BatchMark::NONE; BATCHES_MAX],
            batch_count: 0,
        }
    }
}

impl ProducerEntry {
    pub(super) const NO_EPOCH: ProducerEpoch = ProducerEpoch(-1);

    fn batches(&self) -> &[BatchMark] {
        &self.batches[..usize::from(self.batch_count)]
    }

    pub(super) fn last_batch(&self) -> Option<&BatchMark> {
        self.batches().last()
    }

    /// -1 if the epoch has no batches.
    pub(super) fn last_sequence(&self) -> i32 {
        self.last_batch().map_or(-1, |batch| batch.last_sequence)
    }

    pub(super) fn duplicate_of(&self, producer: &ProducerBatch) -> Option<&BatchMark> {
        if producer.producer_epoch != self.epoch {
            return None;
        }
        self.batches().iter().find(|batch| {
            batch.first_sequence() == producer.base_sequence && batch.last_sequence == producer.last_sequence
        })
    }

    /// Another epoch starts without batches.
    pub(super) fn set_epoch(&mut self, epoch: ProducerEpoch) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.batch_count = 0;
        }
    }

    pub(super) fn add_batch(&mut self, epoch: ProducerEpoch, batch: BatchMark, now: TimestampMs) {
        self.set_epoch(epoch);
        self.push(batch);
        self.last_timestamp = batch.timestamp;
        self.last_used = now;
    }

    pub(super) fn push(&mut self, batch: BatchMark) {
        if usize::from(self.batch_count) == BATCHES_MAX {
            self.batches.copy_within(1.., 0);
            self.batch_count -= 1;
        }
        self.batches[usize::from(self.batch_count)] = batch;
        self.batch_count += 1;
    }

    pub(super) fn is_expired(&self, expiration_ms: i64, now: TimestampMs) -> bool {
        self.current_transaction_start.is_none() && now.since_ms(self.last_used) >= expiration_ms
    }
}
