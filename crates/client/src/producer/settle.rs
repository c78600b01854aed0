//! What happens with batches that came back: deliveries are told, memory is released, transactions hear of failures.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jackdaw_protocol::compression::{Compression, decompress};
use jackdaw_protocol::records::{BATCH_UNPACKED_BYTES_MAX, Record};
use tokio::time::Instant;

use super::ProducerRecord;
use super::completion::Outcome;
use super::dispatch::{Answer, Batch, Failure, Order, PartitionId, Settled};
use super::partition::{Partition, Payload, pack};
use super::record_writer::{Records, Shape, Stamp};
use super::shared::Shared;
use crate::error::ErrorKind;

impl Shared {
    /// The answers to the batches of one request, one for each.
    pub(super) fn answered(
        self: &Arc<Self>,
        node: i32,
        batches: Vec<(PartitionId, Batch<Payload>)>,
        answers: Vec<Answer>,
    ) {
        let now = Instant::now();
        let (settled, is_stale) = {
            let mut locked = self.locked.lock();
            locked.dispatch.on_answered(node);
            let pairs = batches.into_iter().zip(answers);
            let settled: Vec<_> = pairs
                .map(|((id, batch), answer)| {
                    let settled = locked.dispatch.on_answer(id, batch, answer, now);
                    (Arc::clone(&locked.partitions[id.0]), settled)
                })
                .collect();
            (settled, locked.dispatch.is_metadata_stale())
        };
        for (partition, settled) in settled {
            match settled {
                Settled::Written { batch, base_offset, append_time_ms } => {
                    self.finish(&partition, batch, Outcome::Written { base_offset, append_time_ms });
                }
                Settled::Failed { batch, failure } => self.failed(&partition, batch, failure),
                Settled::Split(batch) => self.split(&partition, batch),
                Settled::Retried => {}
            }
        }
        self.settled.notify_waiters();
        if is_stale {
            self.wake.notify_one();
        }
    }

    /// A batch has failed for good.
    pub(super) fn failed(&self, partition: &Partition, batch: Batch<Payload>, failure: Failure) {
        self.on_batch_failed(&failure.error);
        let Failure { error, records, .. } = failure;
        let outcome =
            if records.is_empty() { Outcome::Failed(error) } else { Outcome::Refused { error, records } };
        self.finish(partition, batch, outcome);
    }

    fn finish(&self, partition: &Partition, batch: Batch<Payload>, outcome: Outcome) {
        partition.queued.fetch_sub(1, Ordering::Relaxed);
        let Batch { payload, order, count, .. } = batch;
        // The memory first: who waits for a delivery may send the next record at once.
        if let Ok(buffer) = Arc::try_unwrap(payload.records) {
            self.memory.recycle(buffer);
        }
        self.memory.release(payload.reserved_bytes);
        payload.completion.resolve(order.first_index + count, count, payload.total, outcome);
    }

    /// Cuts up a batch that the broker found too large.
    fn split(self: &Arc<Self>, partition: &Partition, batch: Batch<Payload>) {
        let count = batch.count;
        partition.packing.start_again();
        match self.parts(partition, &batch) {
            Ok(parts) => {
                partition.queued.fetch_add(parts.len() as u32 - 1, Ordering::Relaxed);
                tracing::debug!(topic = %partition.topic, partition = partition.index, count, "a batch is split");
                self.locked.lock().dispatch.on_split(partition.id, parts);
            }
            Err(error) => {
                // Our own records cannot be read: they were damaged in memory. Nothing of them can be saved.
                let error = crate::error::Error::new(error).with_partition(&partition.topic, partition.index);
                self.locked.lock().dispatch.give_up(partition.id, &batch);
                self.failed(partition, batch, Failure::of(error));
            }
        }
    }

    /// The parts of a batch, with the sequences and indexes of the whole.
    fn parts(&self, partition: &Partition, batch: &Batch<Payload>) -> Result<Vec<Batch<Payload>>, ErrorKind> {
        let mut reserved_bytes = batch.payload.reserved_bytes;
        let mut first_index = 0;
        let parts = cut(batch, self.config.batch_bytes)?.into_iter().map(|records| {
            let shape = Shape {
                compression: self.config.compression,
                count: records.count,
                base_timestamp: records.base_timestamp,
                max_timestamp: records.max_timestamp,
            };
            let (bytes, shape) = pack(records.bytes, shape, self.config.compression_level, &self.memory);
            let size_bytes = partition.size_in_request(&bytes);
            let payload = Payload {
                records: Arc::new(bytes),
                shape,
                completion: Arc::clone(&batch.payload.completion),
                total: batch.payload.total,
                reserved_bytes: std::mem::take(&mut reserved_bytes),
            };
            part(batch, payload, size_bytes, &mut first_index)
        });
        Ok(parts.collect())
    }
}

/// The records of a batch in two runs or more: as large as batches usually are if it holds more than that, because they
/// were thought to become small; else halves. Each has a record at least, so a batch of two becomes single records.
fn cut(batch: &Batch<Payload>, batch_bytes: usize) -> Result<Vec<Records>, ErrorKind> {
    let shape = batch.payload.shape;
    let unpacked;
    let bytes = match shape.compression {
        Compression::None => batch.payload.records.as_slice(),
        codec => {
            unpacked = decompress(codec, &batch.payload.records, BATCH_UNPACKED_BYTES_MAX)
                .map_err(|error| ErrorKind::Record(error.into()))?;
            unpacked.as_slice()
        }
    };
    let run_bytes = if bytes.len() > batch_bytes { batch_bytes } else { bytes.len() / 2 };
    let mut runs = vec![Records::in_buffer(Vec::new())];
    let mut rest = bytes;
    for _ in 0..batch.count {
        let before = rest.len();
        let record = Record::take(&mut rest).map_err(ErrorKind::Record)?;
        let headers: Vec<(&str, Option<&[u8]>)> = record
            .headers
            .map(|header| (std::str::from_utf8(header.key).unwrap_or_default(), header.value))
            .collect();
        let copy = ProducerRecord {
            key: record.key,
            value: record.value,
            headers: &headers,
            ..ProducerRecord::tombstone("")
        };
        let is_full = |run: &Records| run.count > 0 && run.bytes.len() + before - rest.len() > run_bytes;
        if runs.last().is_none_or(is_full) {
            runs.push(Records::in_buffer(Vec::new()));
        }
        if let Some(run) = runs.last_mut() {
            run.push(&copy, shape.base_timestamp.wrapping_add(record.timestamp_delta));
        }
    }
    Ok(runs)
}

fn part(
    whole: &Batch<Payload>,
    payload: Payload,
    size_bytes: usize,
    first_index: &mut i32,
) -> Batch<Payload> {
    let index = std::mem::replace(first_index, *first_index + payload.shape.count);
    let stamp = whole.stamp.map(|stamp| Stamp {
        base_sequence: jackdaw_protocol::records::add_to_sequence(stamp.base_sequence, index),
        ..stamp
    });
    Batch {
        count: payload.shape.count,
        size_bytes,
        order: Order { first_index: whole.order.first_index + index, ..whole.order },
        expires_at: whole.expires_at,
        attempts: 0,
        may_be_written: false,
        stamp,
        payload,
    }
}
