//! What a partition remembers of its idempotent and transactional producers (KIP-98, KIP-890): enough to answer a
//! repeated batch with its first answer, to refuse gaps and fenced producers, and to know which offsets are stable.
//! Not the coordinator's transactions; here a transaction is an offset range that waits for its marker.
//!
//! ```text
//!            first data batch                marker                    high watermark passes the marker
//! (nothing) ------------------> ongoing -------------> unreplicated ------------------------------------> (nothing)
//!                               undecided              decided, but could still be lost
//!                               \_________ unstable: read_committed stops before it ________/
//! ```

use std::collections::BTreeMap;

use jackdaw_base::{Offset, ProducerEpoch, ProducerId, TimestampMs};

use crate::{BatchSummary, EndTransaction, EndTransactionMarker, ProducerBatch};

mod entry;
mod snapshot;

use entry::{BatchMark, ProducerEntry};
pub use snapshot::{SNAPSHOT_ENTRY_BYTES, SnapshotEntry, SnapshotError, snapshot_entries};

/// Settings of the broker that concern producers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProducerRules {
    /// `producer.id.expiration.ms`: a producer without an open transaction is forgotten this long after its last batch.
    pub producer_id_expiration_ms: i64,
}

/// Who appends, and so what is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProducerOrigin {
    /// A client: epochs and sequences are checked, repeated batches are found.
    Client,
    /// A coordinator of ours, whose batches have no sequences: epochs are checked.
    Coordinator {
        /// The version of the transaction protocol (`transaction.version`) of a marker. From 2 on a marker raises
        /// the producer's epoch (KIP-890).
        transaction_version: i16,
    },
    /// A leader's log or our own: it was checked when it was appended, so nothing is.
    Replay,
}

/// What was answered when a batch came for the first time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FirstAnswer {
    /// The offset that its first record got.
    pub base_offset: Offset,
    /// The offset that its last record got.
    pub last_offset: Offset,
    /// Its largest timestamp.
    pub timestamp: TimestampMs,
}

/// What a batch is to the producer state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProducerCheck {
    /// No producer wrote it; nothing to check.
    NotIdempotent,
    /// It may be appended.
    New,
    /// It is in the log already: this is its answer.
    Duplicate(FirstAnswer),
}

/// Why a batch of a producer is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProducerError {
    /// OUT_OF_ORDER_SEQUENCE_NUMBER: the batch does not follow the last one.
    #[error(
        "out of order sequence number for producer {producer_id}: {incoming} (incoming), {last} (current end sequence number)"
    )]
    OutOfOrderSequence {
        /// Whose batch.
        producer_id: ProducerId,
        /// Its first sequence.
        incoming: i32,
        /// The last sequence in the log, -1 if the epoch has none.
        last: i32,
    },
    /// OUT_OF_ORDER_SEQUENCE_NUMBER: the first batch of a new epoch does not start at 0.
    #[error(
        "invalid sequence number for new epoch of producer {producer_id}: {incoming_epoch} (request epoch), {incoming} (sequence), {current_epoch} (current epoch)"
    )]
    InvalidSequenceForNewEpoch {
        /// Whose batch.
        producer_id: ProducerId,
        /// Its first sequence.
        incoming: i32,
        /// Its epoch.
        incoming_epoch: ProducerEpoch,
        /// The epoch in the log.
        current_epoch: ProducerEpoch,
    },
    /// INVALID_PRODUCER_EPOCH: a newer incarnation has written already.
    #[error("epoch of producer {producer_id} is {incoming}, the last seen epoch is {current}")]
    InvalidProducerEpoch {
        /// Whose batch.
        producer_id: ProducerId,
        /// Its epoch.
        incoming: ProducerEpoch,
        /// The epoch in the log.
        current: ProducerEpoch,
    },
    /// INVALID_TXN_STATE: a batch outside of the transaction that the producer has open.
    #[error("expected a transactional write from producer {producer_id}")]
    TransactionIsOpen {
        /// Whose batch.
        producer_id: ProducerId,
    },
    /// TRANSACTION_COORDINATOR_FENCED: the marker comes from a coordinator that was replaced.
    #[error("invalid coordinator epoch for producer {producer_id}: {incoming} (zombie), {current} (current)")]
    CoordinatorFenced {
        /// Whose marker.
        producer_id: ProducerId,
        /// The epoch of the coordinator that wrote it.
        incoming: i32,
        /// The newest one that was seen.
        current: i32,
    },
}

/// A transaction that a marker has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CompletedTransaction {
    /// Whose transaction.
    pub producer_id: ProducerId,
    /// The offset of its first record.
    pub first_offset: Offset,
    /// The offset of the marker.
    pub last_offset: Offset,
    /// Whether readers of committed records skip it.
    pub is_aborted: bool,
    /// Up to where everything is decided now: where the next open transaction starts, else behind the marker.
    /// This is what the transaction index stores.
    pub last_stable_offset: Offset,
}

/// A producer, as `DescribeProducers` shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ActiveProducer {
    /// Its id.
    pub producer_id: ProducerId,
    /// Its epoch.
    pub producer_epoch: ProducerEpoch,
    /// The last sequence in the log, -1 if its epoch has none.
    pub last_sequence: i32,
    /// The timestamp of its last batch or marker.
    pub last_timestamp: TimestampMs,
    /// The epoch of the coordinator that wrote its last marker, -1 if there was none.
    pub coordinator_epoch: i32,
    /// Where its open transaction starts.
    pub current_transaction_start: Option<Offset>,
}

/// The producers of one partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProducerState {
    rules: ProducerRules,
    /// Boxed, so that a partition with one producer does not pay for a whole tree node of entries.
    producers: BTreeMap<ProducerId, Box<ProducerEntry>>,
    /// By first offset: open transactions.
    ongoing: BTreeMap<Offset, ProducerId>,
    /// By first offset: the offsets of markers that are not known to be replicated.
    unreplicated: BTreeMap<Offset, Offset>,
    map_end_offset: Offset,
}

impl ProducerState {
    /// No producers, at the start of a log.
    pub fn new(rules: ProducerRules) -> Self {
        Self {
            rules,
            producers: BTreeMap::new(),
            ongoing: BTreeMap::new(),
            unreplicated: BTreeMap::new(),
            map_end_offset: Offset::ZERO,
        }
    }

    /// Whether a batch may be appended, or is there already. Changes nothing.
    pub fn check(
        &self,
        batch: &BatchSummary,
        origin: ProducerOrigin,
        now: TimestampMs,
    ) -> Result<ProducerCheck, ProducerError> {
        let Some(producer) = &batch.producer else { return Ok(ProducerCheck::NotIdempotent) };
        let known = self.producers.get(&producer.producer_id).filter(|entry| !self.is_expired(entry, now));
        match (origin, known) {
            (ProducerOrigin::Replay, _) | (_, None) => {}
            (ProducerOrigin::Client, Some(entry)) => {
                if let Some(mark) = entry.duplicate_of(producer) {
                    return Ok(ProducerCheck::Duplicate(mark.first_answer()));
                }
                check_epoch(entry, producer)?;
                check_sequence(entry, producer)?;
                check_open_transaction(entry, producer)?;
            }
            (ProducerOrigin::Coordinator { transaction_version }, Some(entry)) => match &batch.marker {
                Some(marker) => check_marker(entry, producer, marker, transaction_version)?,
                None => {
                    check_epoch(entry, producer)?;
                    check_open_transaction(entry, producer)?;
                }
            },
        }
        Ok(ProducerCheck::New)
    }

    /// Takes in a batch that is in the log now. `now` is when it was appended; producers expire counting from it.
    /// A marker may complete a transaction.
    pub fn apply(&mut self, batch: &BatchSummary, now: TimestampMs) -> Option<CompletedTransaction> {
        self.map_end_offset = batch.next_offset();
        let producer = batch.producer?;
        match batch.marker {
            Some(marker) => self.apply_marker(batch, &producer, &marker, now),
            // A control batch without its marker was emptied by compaction: its transaction is gone altogether.
            None if batch.is_control => None,
            None => {
                self.apply_data(batch, &producer, now);
                None
            }
        }
    }

    fn apply_data(&mut self, batch: &BatchSummary, producer: &ProducerBatch, now: TimestampMs) {
        let entry = self.producers.entry(producer.producer_id).or_default();
        entry.add_batch(
            producer.producer_epoch,
            BatchMark {
                last_sequence: producer.last_sequence,
                offset_delta: (batch.last_offset.0 - batch.base_offset.0) as i32,
                last_offset: batch.last_offset,
                timestamp: batch.max_timestamp,
            },
            now,
        );
        if producer.is_transactional && entry.current_transaction_start.is_none() {
            entry.current_transaction_start = Some(batch.base_offset);
            self.ongoing.insert(batch.base_offset, producer.producer_id);
        }
    }

    fn apply_marker(
        &mut self,
        batch: &BatchSummary,
        producer: &ProducerBatch,
        marker: &EndTransactionMarker,
        now: TimestampMs,
    ) -> Option<CompletedTransaction> {
        let producer_id = producer.producer_id;
        let entry = self.producers.entry(producer_id).or_default();
        let first_offset = entry.current_transaction_start.take();
        entry.set_epoch(producer.producer_epoch);
        entry.coordinator_epoch = marker.coordinator_epoch;
        entry.last_timestamp = batch.max_timestamp;
        entry.last_used = now;
        let first_offset = first_offset?;
        let completed = CompletedTransaction {
            producer_id,
            first_offset,
            last_offset: batch.last_offset,
            is_aborted: marker.outcome == EndTransaction::Abort,
            last_stable_offset: self.stable_without(producer_id).unwrap_or(batch.next_offset()),
        };
        self.ongoing.remove(&first_offset);
        self.unreplicated.insert(first_offset, batch.last_offset);
        Some(completed)
    }

    /// Where the first open transaction of another producer starts.
    fn stable_without(&self, producer_id: ProducerId) -> Option<Offset> {
        self.ongoing.iter().find(|(_, owner)| **owner != producer_id).map(|(first_offset, _)| *first_offset)
    }

    /// Where the first open transaction starts.
    pub fn first_undecided_offset(&self) -> Option<Offset> {
        self.ongoing.first_key_value().map(|(first_offset, _)| *first_offset)
    }

    /// Where the first transaction starts that is open, or whose marker is not below the high watermark yet.
    pub fn first_unstable_offset(&self) -> Option<Offset> {
        let unreplicated = self.unreplicated.first_key_value().map(|(first_offset, _)| *first_offset);
        [self.first_undecided_offset(), unreplicated].into_iter().flatten().min()
    }

    /// Up to where readers of committed records may read. The log start may lie above it: then that counts.
    pub fn last_stable_offset(&self, high_watermark: Offset) -> Offset {
        self.first_unstable_offset().map_or(high_watermark, |first| first.min(high_watermark))
    }

    /// Forgets the transactions whose markers are below the high watermark.
    pub fn on_high_watermark(&mut self, high_watermark: Offset) {
        self.unreplicated.retain(|_, marker| *marker >= high_watermark);
    }

    /// The log starts at a higher offset now. Producers stay: their sequences still count.
    pub fn on_log_start(&mut self, log_start: Offset) {
        self.on_high_watermark(log_start);
        self.map_end_offset = self.map_end_offset.max(log_start);
    }

    /// Forgets the producers whose time is up.
    pub fn expire(&mut self, now: TimestampMs) {
        let rules = self.rules;
        self.producers.retain(|_, entry| !entry.is_expired(rules.producer_id_expiration_ms, now));
    }

    /// The settings have changed.
    pub fn set_rules(&mut self, rules: ProducerRules) {
        self.rules = rules;
    }

    fn is_expired(&self, entry: &ProducerEntry, now: TimestampMs) -> bool {
        entry.is_expired(self.rules.producer_id_expiration_ms, now)
    }

    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        self.producers.is_empty() && self.unreplicated.is_empty()
    }

    /// How many producers there are.
    pub fn producer_count(&self) -> usize {
        self.producers.len()
    }

    /// The offset behind the last batch that was taken in; snapshots are named by it.
    pub fn map_end_offset(&self) -> Offset {
        self.map_end_offset
    }

    /// Says that everything below `offset` has been taken in.
    pub fn set_map_end_offset(&mut self, offset: Offset) {
        self.map_end_offset = offset;
    }

    /// Forgets everything, as before a snapshot is loaded and a log replayed.
    pub fn clear(&mut self) {
        *self = Self::new(self.rules);
    }

    /// The timestamp of the last batch of the producer whose open transaction is the oldest: if it is long ago, the
    /// transaction hangs.
    pub fn oldest_transaction_timestamp(&self) -> Option<TimestampMs> {
        let (_, producer_id) = self.ongoing.first_key_value()?;
        self.producers.get(producer_id).map(|entry| entry.last_timestamp)
    }

    /// All producers, by id.
    pub fn active_producers(&self) -> impl Iterator<Item = ActiveProducer> + '_ {
        self.producers.iter().map(|(producer_id, entry)| ActiveProducer {
            producer_id: *producer_id,
            producer_epoch: entry.epoch,
            last_sequence: entry.last_sequence(),
            last_timestamp: entry.last_timestamp,
            coordinator_epoch: entry.coordinator_epoch,
            current_transaction_start: entry.current_transaction_start,
        })
    }
}

fn check_epoch(entry: &ProducerEntry, producer: &ProducerBatch) -> Result<(), ProducerError> {
    if producer.producer_epoch < entry.epoch { Err(fenced(entry, producer)) } else { Ok(()) }
}

fn fenced(entry: &ProducerEntry, producer: &ProducerBatch) -> ProducerError {
    ProducerError::InvalidProducerEpoch {
        producer_id: producer.producer_id,
        incoming: producer.producer_epoch,
        current: entry.epoch,
    }
}

fn check_sequence(entry: &ProducerEntry, producer: &ProducerBatch) -> Result<(), ProducerError> {
    // An entry without an epoch: its batches are gone from the log, so any sequence may come next.
    if entry.epoch == ProducerEntry::NO_EPOCH {
        return Ok(());
    }
    let incoming = producer.base_sequence;
    let producer_id = producer.producer_id;
    if producer.producer_epoch != entry.epoch {
        return match incoming {
            0 => Ok(()),
            _ => Err(ProducerError::InvalidSequenceForNewEpoch {
                producer_id,
                incoming,
                incoming_epoch: producer.producer_epoch,
                current_epoch: entry.epoch,
            }),
        };
    }
    let last = entry.last_sequence();
    let follows = i64::from(incoming) == i64::from(last) + 1 || (incoming == 0 && last == i32::MAX);
    if follows { Ok(()) } else { Err(ProducerError::OutOfOrderSequence { producer_id, incoming, last }) }
}

fn check_open_transaction(entry: &ProducerEntry, producer: &ProducerBatch) -> Result<(), ProducerError> {
    match entry.current_transaction_start {
        Some(_) if !producer.is_transactional => {
            Err(ProducerError::TransactionIsOpen { producer_id: producer.producer_id })
        }
        Some(_) | None => Ok(()),
    }
}

fn check_marker(
    entry: &ProducerEntry,
    producer: &ProducerBatch,
    marker: &EndTransactionMarker,
    transaction_version: i16,
) -> Result<(), ProducerError> {
    let epoch = producer.producer_epoch;
    if transaction_version >= 2 {
        // The marker carries the raised epoch. One with the same epoch is a retry of a marker that is in the log,
        // or comes from a producer whose epoch cannot rise any more.
        let is_retry = epoch == entry.epoch
            && (entry.current_transaction_start.is_none() || epoch == ProducerEpoch(i16::MAX));
        if epoch <= entry.epoch && !is_retry {
            return Err(fenced(entry, producer));
        }
    } else {
        check_epoch(entry, producer)?;
    }
    match marker.coordinator_epoch < entry.coordinator_epoch {
        true => Err(ProducerError::CoordinatorFenced {
            producer_id: producer.producer_id,
            incoming: marker.coordinator_epoch,
            current: entry.coordinator_epoch,
        }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
