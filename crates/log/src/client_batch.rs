//! Whether the bytes that a client wants to append to a partition may be appended, and as what. Kafka's rules and
//! order; offsets, epochs and sequences come later, under the partition's lock. Nothing is changed here, and nothing
//! allocated for a batch that is stored as it came and has no codec.

use jackdaw_base::TimestampMs;
use jackdaw_protocol::compression::{Compression, CompressionLevel};
use jackdaw_protocol::records::{
    Batch, Batches, RecordLimits, RecordsSummary, TimestampType, set_timestamps_and_crc,
};

mod error;
mod policy;
mod rewrite;

pub use error::{ClientBatchError, RECORD_ISSUES_MAX, RecordIssue, RecordIssueKind, RecordIssues};

/// `compression.type` of a topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TopicCompression {
    /// Batches stay as the producer packed them.
    Producer,
    /// Batches of other codecs are packed again.
    Codec(Compression, CompressionLevel),
}

/// Whether batches of transactions are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransactionalBatches {
    /// They are refused with INVALID_TXN_STATE.
    Refused,
    /// They are taken.
    Accepted,
}

/// Whether records need keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordKeys {
    /// They may have none.
    Optional,
    /// The topic is compacted: each needs one.
    Required,
}

/// Settings of a topic and of the broker that concern a batch from a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientBatchRules {
    /// `max.message.bytes`: the largest batch, as it is stored.
    pub batch_bytes_max: usize,
    /// `compression.type`.
    pub compression: TopicCompression,
    /// `message.timestamp.type`.
    pub timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`.
    pub timestamp_before_ms_max: i64,
    /// `message.timestamp.after.max.ms`.
    pub timestamp_after_ms_max: i64,
    /// Whether `cleanup.policy` has `compact`.
    pub keys: RecordKeys,
    /// Whether transactions are served.
    pub transactional: TransactionalBatches,
    /// What unpacking may cost.
    pub limits: RecordLimits,
}

/// What has to happen to the bytes before they are stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rewrite {
    /// Nothing but the offset and the leader epoch.
    None,
    /// The timestamps in the header, and the CRC: [`set_timestamps_and_crc`].
    Timestamps {
        /// Who has set them.
        timestamp_type: TimestampType,
        /// The largest one.
        max_timestamp: TimestampMs,
    },
    /// These bytes are stored instead: packed by another codec, timestamps done.
    Batch(Vec<u8>),
}

/// A batch that may be appended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AcceptedBatch {
    /// The size of the batch in the client's bytes; a cut-off rest behind it is dropped, as in Kafka.
    pub received_bytes: usize,
    /// How many records there are; their offsets are consecutive.
    pub record_count: i32,
    /// The largest timestamp, as it is stored.
    pub max_timestamp: TimestampMs,
    /// The first record that has it, from 0.
    pub max_timestamp_index: i32,
    /// The codec of the client.
    pub received_compression: Compression,
    /// The time that the answer names if the broker sets timestamps.
    pub log_append_time: Option<TimestampMs>,
    /// What has to happen to the bytes.
    pub rewrite: Rewrite,
}

impl AcceptedBatch {
    /// How many bytes will be stored.
    pub fn stored_bytes(&self) -> usize {
        match &self.rewrite {
            Rewrite::None | Rewrite::Timestamps { .. } => self.received_bytes,
            Rewrite::Batch(bytes) => bytes.len(),
        }
    }

    /// Does what has to happen to the client's bytes, in place, and returns what is to be stored.
    pub fn prepare<'b>(&'b mut self, received: &'b mut [u8]) -> &'b mut [u8] {
        match &mut self.rewrite {
            Rewrite::None => &mut received[..self.received_bytes],
            Rewrite::Timestamps { timestamp_type, max_timestamp } => {
                let batch = &mut received[..self.received_bytes];
                set_timestamps_and_crc(batch, *timestamp_type, max_timestamp.0);
                batch
            }
            Rewrite::Batch(bytes) => bytes,
        }
    }
}

/// Judges what a client sent for one partition, at the time `now`.
pub fn validate(
    bytes: &[u8],
    rules: &ClientBatchRules,
    now: TimestampMs,
) -> Result<AcceptedBatch, ClientBatchError> {
    let batch = only_batch(bytes)?;
    let received_compression = check_header(&batch, rules)?;
    let summary = policy::check_records(&batch, rules, now)?;
    let (log_append_time, max_timestamp) = match rules.timestamp_type {
        TimestampType::CreateTime => (None, TimestampMs(summary.max_timestamp)),
        TimestampType::LogAppendTime => (Some(now), now),
    };
    let rewrite = match target_of(received_compression, rules.compression) {
        Some((codec, level)) => {
            let bytes = rewrite::repack(&batch, codec, level, log_append_time, rules.limits)?;
            check_size(bytes.len(), rules)?;
            Rewrite::Batch(bytes)
        }
        None => timestamps_rewrite(&batch, rules.timestamp_type, max_timestamp),
    };
    Ok(AcceptedBatch {
        received_bytes: batch.size_bytes(),
        record_count: summary.record_count,
        max_timestamp,
        max_timestamp_index: max_timestamp_index(&summary, log_append_time),
        received_compression,
        log_append_time,
        rewrite,
    })
}

/// The one batch in `bytes`.
fn only_batch(bytes: &[u8]) -> Result<Batch<'_>, ClientBatchError> {
    use jackdaw_protocol::records::BatchError;
    let mut batches = Batches::new(bytes);
    let batch = match batches.next() {
        None | Some(Err(BatchError::Truncated { .. })) => return Err(ClientBatchError::NoBatch),
        Some(Err(BatchError::UnsupportedMagic { magic, .. })) => {
            return Err(ClientBatchError::UnsupportedMagic { magic });
        }
        Some(Err(BatchError::InvalidLength { length, .. })) => {
            return Err(ClientBatchError::InvalidLength { length });
        }
        Some(Ok(batch)) => batch,
    };
    match batches.next() {
        None | Some(Err(BatchError::Truncated { .. })) => Ok(batch),
        Some(Err(BatchError::InvalidLength { length, .. })) => {
            Err(ClientBatchError::InvalidLength { length })
        }
        Some(Ok(_) | Err(BatchError::UnsupportedMagic { .. })) => Err(ClientBatchError::MoreThanOneBatch),
    }
}

fn check_size(batch_bytes: usize, rules: &ClientBatchRules) -> Result<(), ClientBatchError> {
    match batch_bytes > rules.batch_bytes_max {
        true => Err(ClientBatchError::TooLarge { batch_bytes, batch_bytes_max: rules.batch_bytes_max }),
        false => Ok(()),
    }
}

/// Checks everything that the header says, and the CRC; returns the codec.
fn check_header(batch: &Batch<'_>, rules: &ClientBatchRules) -> Result<Compression, ClientBatchError> {
    if batch.base_offset() != 0 {
        return Err(ClientBatchError::BaseOffsetNotZero { base_offset: batch.base_offset() });
    }
    check_size(batch.size_bytes(), rules)?;
    if !batch.crc_is_valid() {
        return Err(ClientBatchError::BadCrc { stored: batch.crc() });
    }
    if batch.is_control() {
        return Err(ClientBatchError::ControlBatch);
    }
    if batch.has_producer_id() && batch.base_sequence() < 0 {
        return Err(ClientBatchError::InvalidSequence {
            producer_id: batch.producer_id(),
            base_sequence: batch.base_sequence(),
        });
    }
    if batch.is_transactional() && rules.transactional == TransactionalBatches::Refused {
        return Err(ClientBatchError::TransactionalRefused);
    }
    batch.compression().ok_or(ClientBatchError::UnknownCompression { attributes: batch.attributes().0 })
}

/// The codec that the batch has to be packed with again, if any.
fn target_of(received: Compression, topic: TopicCompression) -> Option<(Compression, CompressionLevel)> {
    match topic {
        TopicCompression::Producer => None,
        TopicCompression::Codec(codec, level) => (codec != received).then_some((codec, level)),
    }
}

fn timestamps_rewrite(
    batch: &Batch<'_>,
    timestamp_type: TimestampType,
    max_timestamp: TimestampMs,
) -> Rewrite {
    let is_right = batch.timestamp_type() == timestamp_type && batch.max_timestamp() == max_timestamp.0;
    if is_right { Rewrite::None } else { Rewrite::Timestamps { timestamp_type, max_timestamp } }
}

fn max_timestamp_index(summary: &RecordsSummary, log_append_time: Option<TimestampMs>) -> i32 {
    // All records have the broker's time: the first one has the largest, then.
    if log_append_time.is_some() { 0 } else { summary.index_of_max_timestamp }
}

#[cfg(test)]
mod tests;
