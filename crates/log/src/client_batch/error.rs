//! Why a batch from a client is refused, with what an answer needs: the wire code is chosen by `broker` in one
//! exhaustive match; the names of Kafka's codes stand beside the variants.

use jackdaw_base::TimestampMs;
use jackdaw_protocol::records::{BuildError, RecordError};

/// Why a batch from a client is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ClientBatchError {
    /// INVALID_RECORD: there is no whole batch.
    #[error("a produce request has to contain exactly one record batch per partition, there is none")]
    NoBatch,
    /// INVALID_RECORD: there are several.
    #[error("a produce request may contain only one record batch per partition")]
    MoreThanOneBatch,
    /// A format other than 2. INVALID_RECORD for 0 and 1, which once existed; CORRUPT_MESSAGE for others.
    #[error("a produce request may contain only record batches with magic 2, not {magic}")]
    UnsupportedMagic {
        /// The format.
        magic: i8,
    },
    /// CORRUPT_MESSAGE: the length field is impossible.
    #[error("a record batch has the length {length}")]
    InvalidLength {
        /// The length field.
        length: i32,
    },
    /// INVALID_RECORD: a client assigns no offsets.
    #[error("the base offset of the record batch should be 0, but it is {base_offset}")]
    BaseOffsetNotZero {
        /// The base offset.
        base_offset: i64,
    },
    /// MESSAGE_TOO_LARGE: more than `max.message.bytes`.
    #[error("the record batch has {batch_bytes} bytes, which exceeds the maximum of {batch_bytes_max}")]
    TooLarge {
        /// The size of the batch, as it would be stored.
        batch_bytes: usize,
        /// `max.message.bytes`.
        batch_bytes_max: usize,
    },
    /// CORRUPT_MESSAGE: the CRC does not match.
    #[error("the record batch is corrupt (stored crc = {stored})")]
    BadCrc {
        /// The CRC in the batch.
        stored: u32,
    },
    /// INVALID_RECORD: only brokers write control records.
    #[error("clients are not allowed to write control records")]
    ControlBatch,
    /// INVALID_RECORD: an idempotent producer without a sequence.
    #[error("invalid sequence number {base_sequence} in a record batch with producer id {producer_id}")]
    InvalidSequence {
        /// The producer.
        producer_id: i64,
        /// The sequence.
        base_sequence: i32,
    },
    /// INVALID_TXN_STATE: transactions are not served.
    #[error("transactions are not supported by this broker yet")]
    TransactionalRefused,
    /// INVALID_RECORD: the attributes name no codec. (Kafka has no answer of its own here: UNKNOWN_SERVER_ERROR.)
    #[error("the attributes {attributes:#06x} name no compression type")]
    UnknownCompression {
        /// The attributes.
        attributes: i16,
    },
    /// INVALID_RECORD: the records are not what the header says, or not readable. Stricter than Kafka in two points:
    /// offset deltas have to count from 0 without a codec, too, and damaged packed data is the client's error.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// INVALID_TIMESTAMP or INVALID_RECORD: single records are refused, and so the whole batch.
    #[error("{}", .0.message())]
    RecordIssues(RecordIssues),
    /// MESSAGE_TOO_LARGE: the batch cannot be packed again as the topic demands.
    #[error(transparent)]
    Repack(#[from] BuildError),
}

/// The most refused records that an answer names: a batch may have a million.
pub const RECORD_ISSUES_MAX: usize = 1000;

/// The refused records of a batch.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RecordIssues {
    /// The first [`RECORD_ISSUES_MAX`] of them.
    pub issues: Vec<RecordIssue>,
    /// How many there are.
    pub count: usize,
    /// Whether one of them has a wrong timestamp: then the code is INVALID_TIMESTAMP.
    pub has_timestamp_issue: bool,
}

impl RecordIssues {
    pub(super) fn add(&mut self, issue: RecordIssue) {
        self.count += 1;
        self.has_timestamp_issue |= match issue.kind {
            RecordIssueKind::TimestampOutOfRange { .. } | RecordIssueKind::TimestampTypeFromClient => true,
            RecordIssueKind::KeyMissing => false,
        };
        if self.issues.len() < RECORD_ISSUES_MAX {
            self.issues.push(issue);
        }
    }

    fn message(&self) -> String {
        match self.has_timestamp_issue {
            true => "one or more records have been rejected due to invalid timestamp".to_owned(),
            false => {
                format!("one or more records have been rejected due to {} record errors in total", self.count)
            }
        }
    }
}

/// A refused record, an element of `record_errors` in the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{kind}")]
pub struct RecordIssue {
    /// Which record, from 0.
    pub index: i32,
    /// Why; its text is the message in the answer.
    pub kind: RecordIssueKind,
}

/// Why a record is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecordIssueKind {
    /// The topic is compacted.
    #[error("Compacted topic cannot accept message without key")]
    KeyMissing,
    /// Too old, or too far in the future.
    #[error("Timestamp {timestamp} is out of range: it should be within [{earliest}, {latest}]")]
    TimestampOutOfRange {
        /// The record's timestamp.
        timestamp: TimestampMs,
        /// The earliest one that is allowed.
        earliest: TimestampMs,
        /// The latest one that is allowed.
        latest: TimestampMs,
    },
    /// Only the broker may say that it has set the timestamps.
    #[error("Producer should not set timestamp type to LogAppendTime")]
    TimestampTypeFromClient,
}
