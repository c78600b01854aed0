//! What the handles and tasks of one producer share, and how a record gets into its batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use jackdaw_protocol::compression::Compression;
use jackdaw_protocol::records::BATCH_OVERHEAD;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::ProducerRecord;
use super::completion::{Completion, Delivery};
use super::dispatch::{Dispatch, Limits};
use super::memory::{Memory, Reservation};
use super::partition::{Open, Partition, Payload, overhead_in_request};
use super::record_writer::{Records, size_max};
use super::topics::{Topic, Topics};
use super::transaction::standing::Transactions;
use crate::clock::wall_ms;
use crate::cluster::Cluster;
use crate::config::ProducerConfig;
use crate::error::{Error, ErrorKind, Result};
use crate::retry::Backoff;

/// What a request takes beside its batches and the names in its header, at most.
const REQUEST_OVERHEAD: usize = 64;

/// The state of a producer.
pub(super) struct Shared {
    pub(super) cluster: Cluster,
    pub(super) config: ProducerConfig,
    pub(super) memory: Memory,
    /// What a request takes beside its batches, at most.
    request_overhead: usize,
    pub(super) topics: Topics,
    /// Taken inside the lock of a partition's open batch, never the other way round.
    pub(super) locked: Mutex<Locked>,
    pub(super) gate: Gate,
    pub(super) transactions: Transactions,
    /// Wakes the producer's task.
    pub(super) wake: Notify,
    /// Told whenever batches are settled.
    pub(super) settled: Notify,
}

/// What is decided under one lock.
pub(super) struct Locked {
    pub(super) dispatch: Dispatch<Payload>,
    /// By the dispatch's numbers.
    pub(super) partitions: Vec<Arc<Partition>>,
    /// When the producer's task looks next; `None` while it runs.
    pub(super) armed_for: Option<Instant>,
    /// Whether batches may be opened.
    pub(super) accepts: bool,
    /// Whether the producer is closed.
    pub(super) is_shut: bool,
}

/// Whether records are taken, to be asked without a lock.
pub(super) struct Gate(AtomicU8);

impl Gate {
    const OPEN: u8 = 0;
    const SHUT: u8 = 1;

    pub(super) fn new(is_open: bool) -> Self {
        Self(AtomicU8::new(if is_open { Self::OPEN } else { Self::SHUT }))
    }

    #[inline]
    fn is_open(&self) -> bool {
        self.0.load(Ordering::Acquire) == Self::OPEN
    }
}

/// What became of an attempt to add a record.
pub(super) enum Added {
    /// It is in a batch.
    Yes(Delivery),
    /// A new batch is needed, and so much room for it.
    NeedsRoom(usize),
}

impl Shared {
    pub(super) fn new(cluster: Cluster, config: ProducerConfig) -> Self {
        let is_transactional = config.transactional_id.is_some();
        let limits = Limits {
            linger: config.linger,
            delivery_timeout: config.delivery_timeout,
            in_flight_max: config.in_flight_max,
            request_bytes_max: config.request_bytes_max.saturating_sub(request_overhead(&config)),
            retries: config.retries,
            backoff: Backoff::new(config.common.retry_backoff, config.common.retry_backoff_max),
            is_idempotent: config.is_idempotent,
            is_transactional,
        };
        Self {
            memory: Memory::new(config.buffer_bytes, config.batch_bytes),
            request_overhead: request_overhead(&config),
            topics: Topics::default(),
            locked: Mutex::new(Locked {
                dispatch: Dispatch::new(limits),
                partitions: Vec::new(),
                armed_for: None,
                accepts: !is_transactional,
                is_shut: false,
            }),
            gate: Gate::new(!is_transactional),
            transactions: Transactions::new(is_transactional),
            wake: Notify::new(),
            settled: Notify::new(),
            cluster,
            config,
        }
    }

    /// Lets records in, or not. The lock is held, so that no batch is opened behind the back of a flush.
    pub(super) fn set_accepts(&self, locked: &mut Locked, accepts: bool) {
        let accepts = accepts && !locked.is_shut;
        locked.accepts = accepts;
        self.gate.0.store(if accepts { Gate::OPEN } else { Gate::SHUT }, Ordering::Release);
    }

    /// Why no records are taken.
    #[cold]
    pub(super) fn refusal(&self) -> Error {
        self.transactions.refusal().unwrap_or_else(|| ErrorKind::Closed.into())
    }

    /// The record's size, if it can be sent at all.
    #[inline]
    pub(super) fn check(&self, record: &ProducerRecord<'_>) -> Result<usize> {
        if !self.gate.is_open() {
            return Err(self.refusal());
        }
        let size_bytes = size_max(record);
        let bytes_max = self.config.request_bytes_max;
        let around = self.request_overhead + overhead_in_request(record.topic);
        if size_bytes + around > bytes_max.max(around) || size_bytes > i32::MAX as usize {
            return Err(
                Error::new(ErrorKind::RecordTooLarge { size_bytes, bytes_max }).with_topic(record.topic)
            );
        }
        Ok(size_bytes)
    }

    /// Adds a record to the open batch of its partition. Opening one takes room, from `reservation` if there is one.
    #[inline]
    pub(super) fn add(
        self: &Arc<Self>,
        topic: &Topic,
        record: &ProducerRecord<'_>,
        size_bytes: usize,
        reservation: Option<&mut Reservation<'_>>,
    ) -> Result<Added> {
        let partition = topic.choose(record, &self.config)?;
        let timestamp = record.timestamp_ms.unwrap_or_else(wall_ms);
        let mut must_pump = false;
        let mut guard = partition.open.lock();
        if let Some(open) = &mut *guard
            && !open.has_room(size_bytes, self.config.batch_bytes, &self.memory)
            && let Some(full) = guard.take()
        {
            self.close(partition, full);
            must_pump = true;
        }
        if guard.is_none() {
            let needed = self.memory.needed(size_bytes)?;
            let has_room = match reservation {
                Some(reservation) => reservation.take(needed),
                None => self.memory.try_reserve(needed),
            };
            if has_room {
                match self.open(partition, needed) {
                    Ok(opened) => *guard = Some(opened),
                    Err(error) => {
                        self.memory.release(needed);
                        return Err(error);
                    }
                }
                must_pump |= self.config.linger.is_zero();
            }
        }
        let added = match &mut *guard {
            None => Added::NeedsRoom(self.memory.needed(size_bytes)?),
            Some(open) => {
                let index = open.records.count;
                open.records.push(record, timestamp);
                Added::Yes(Delivery::new(Arc::clone(&open.completion), index))
            }
        };
        drop(guard);
        if must_pump {
            self.pump();
        }
        Ok(added)
    }

    #[cold]
    fn open(&self, partition: &Partition, reserved_bytes: usize) -> Result<Open> {
        let now = Instant::now();
        let number = {
            let mut locked = self.locked.lock();
            if !locked.accepts {
                drop(locked);
                return Err(self.refusal());
            }
            let number = locked.dispatch.on_opened(partition.id, now);
            self.arm(&mut locked, now);
            number
        };
        let unpacked_max = self.unpacked_max(partition);
        Ok(Open {
            records: Records::in_buffer(self.memory.buffer(reserved_bytes)),
            number,
            completion: Completion::new(Arc::clone(&partition.topic), partition.index),
            expires_at: now + self.config.delivery_timeout,
            reserved_bytes,
            room_bytes: self.config.batch_bytes.saturating_sub(BATCH_OVERHEAD).min(unpacked_max),
            unpacked_max,
        })
    }

    /// How many bytes of records go into a batch of this partition: what fits into `batch.size` when packed, and never
    /// more than a request may carry, however badly it is packed.
    fn unpacked_max(&self, partition: &Partition) -> usize {
        let probable = match self.config.compression {
            Compression::None => self.config.batch_bytes.saturating_sub(BATCH_OVERHEAD),
            _ => partition.packing.unpacked_max(self.config.batch_bytes),
        };
        let around = self.request_overhead + partition.overhead_in_request();
        probable.min(self.config.request_bytes_max.saturating_sub(around))
    }

    /// Closes a batch. The partition's lock is held.
    #[cold]
    fn close(&self, partition: &Partition, open: Open) {
        let (codec, level) = (self.config.compression, self.config.compression_level);
        let batch = open.close(partition, codec, level, &self.memory);
        partition.queued.fetch_add(1, Ordering::Relaxed);
        self.locked.lock().dispatch.on_batch(partition.id, batch);
    }

    /// Closes the open batch of a partition, if it still has one.
    pub(super) fn close_open(&self, partition: &Partition) {
        let mut guard = partition.open.lock();
        if let Some(open) = guard.take() {
            self.close(partition, open);
        }
    }

    /// Wakes the producer's task if it would look too late.
    pub(super) fn arm(&self, locked: &mut Locked, now: Instant) {
        let Some(armed_for) = locked.armed_for else { return };
        if locked.dispatch.next_deadline(now).is_some_and(|at| at < armed_for) {
            locked.armed_for = None;
            self.wake.notify_one();
        }
    }
}

fn request_overhead(config: &ProducerConfig) -> usize {
    let transactional_id = config.transactional_id.as_ref().map_or(0, String::len);
    REQUEST_OVERHEAD + config.common.client_id.len() + transactional_id
}
