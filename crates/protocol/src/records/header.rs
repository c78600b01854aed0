//! The 61 bytes before a batch's records, as a view. For code that walks a log file without its records.

use super::{Attributes, BATCH_OVERHEAD, BatchError, LOG_OVERHEAD, MAGIC, NO_PRODUCER_ID, TimestampType};
use crate::compression::Compression;

/// A view of the header of a batch whose format and length field are in order. Nothing else is checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BatchHeader<'a> {
    bytes: &'a [u8; BATCH_OVERHEAD],
}

impl<'a> BatchHeader<'a> {
    /// The header at the front of `bytes`, which may end behind it.
    /// Errors name positions relative to the start of `bytes`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BatchError> {
        let truncated = |needed| BatchError::Truncated { position: 0, available: bytes.len(), needed };
        let length = match bytes.get(8..LOG_OVERHEAD) {
            Some(field) => i32::from_be_bytes(field.try_into().expect("4 bytes")),
            None => return Err(truncated(LOG_OVERHEAD)),
        };
        // Old formats may be shorter than our header, so the format is judged first.
        let Some(magic) = bytes.get(16) else {
            return match length < (BATCH_OVERHEAD - LOG_OVERHEAD) as i32 {
                true => Err(BatchError::InvalidLength { position: 0, length }),
                false => Err(truncated(BATCH_OVERHEAD)),
            };
        };
        if length < 5 {
            return Err(BatchError::InvalidLength { position: 0, length });
        }
        if *magic as i8 != MAGIC {
            return Err(BatchError::UnsupportedMagic { position: 0, magic: *magic as i8 });
        }
        if length < (BATCH_OVERHEAD - LOG_OVERHEAD) as i32 {
            return Err(BatchError::InvalidLength { position: 0, length });
        }
        match bytes.first_chunk::<BATCH_OVERHEAD>() {
            Some(bytes) => Ok(Self { bytes }),
            None => Err(truncated(BATCH_OVERHEAD)),
        }
    }

    fn field<const N: usize>(&self, at: usize) -> [u8; N] {
        *self.bytes[at..].first_chunk::<N>().expect("every field lies within the header")
    }

    /// The offset of the first record that was ever in the batch.
    pub fn base_offset(&self) -> i64 {
        i64::from_be_bytes(self.field(0))
    }

    /// The offset of the last record that was ever in the batch; the largest one if the sum overflows.
    pub fn last_offset(&self) -> i64 {
        self.base_offset().saturating_add(i64::from(self.last_offset_delta()))
    }

    /// The offset behind the batch.
    pub fn next_offset(&self) -> i64 {
        self.last_offset().saturating_add(1)
    }

    /// The size of the whole batch, header included.
    pub fn size_bytes(&self) -> usize {
        LOG_OVERHEAD + i32::from_be_bytes(self.field(8)) as usize
    }

    /// The leader epoch in which the batch was appended.
    pub fn leader_epoch(&self) -> i32 {
        i32::from_be_bytes(self.field(12))
    }

    /// The format: always [`MAGIC`].
    pub fn magic(&self) -> i8 {
        self.bytes[16] as i8
    }

    /// The CRC that the batch carries.
    pub fn crc(&self) -> u32 {
        u32::from_be_bytes(self.field(17))
    }

    /// The attribute bits.
    pub fn attributes(&self) -> Attributes {
        Attributes(i16::from_be_bytes(self.field(21)))
    }

    /// The codec; `None` if the attributes name one that does not exist.
    pub fn compression(&self) -> Option<Compression> {
        self.attributes().compression()
    }

    /// Who set the timestamps.
    pub fn timestamp_type(&self) -> TimestampType {
        self.attributes().timestamp_type()
    }

    /// Whether the records belong to a transaction.
    pub fn is_transactional(&self) -> bool {
        self.attributes().is_transactional()
    }

    /// Whether the records are control records.
    pub fn is_control(&self) -> bool {
        self.attributes().is_control()
    }

    /// Whether the base timestamp is a delete horizon (KIP-534).
    pub fn has_delete_horizon(&self) -> bool {
        self.attributes().has_delete_horizon()
    }

    /// The delete horizon, if there is one.
    pub fn delete_horizon(&self) -> Option<i64> {
        self.has_delete_horizon().then(|| self.base_timestamp())
    }

    /// The distance from the base offset to the last offset.
    pub fn last_offset_delta(&self) -> i32 {
        i32::from_be_bytes(self.field(23))
    }

    /// What the timestamp deltas of the records count from, in milliseconds since 1970.
    pub fn base_timestamp(&self) -> i64 {
        i64::from_be_bytes(self.field(27))
    }

    /// The largest timestamp of the records, in milliseconds since 1970; -1 if there is none.
    pub fn max_timestamp(&self) -> i64 {
        i64::from_be_bytes(self.field(35))
    }

    /// The idempotent producer, [`NO_PRODUCER_ID`] if there is none.
    pub fn producer_id(&self) -> i64 {
        i64::from_be_bytes(self.field(43))
    }

    /// Whether an idempotent producer wrote the batch.
    pub fn has_producer_id(&self) -> bool {
        self.producer_id() > NO_PRODUCER_ID
    }

    /// The producer's epoch, -1 if there is no producer.
    pub fn producer_epoch(&self) -> i16 {
        i16::from_be_bytes(self.field(51))
    }

    /// The producer's number of the first record, -1 if there is none.
    pub fn base_sequence(&self) -> i32 {
        i32::from_be_bytes(self.field(53))
    }

    /// The producer's number of the last record, -1 if there is none.
    pub fn last_sequence(&self) -> i32 {
        match self.base_sequence() {
            sequence @ 0.. => add_to_sequence(sequence, self.last_offset_delta()),
            _ => -1,
        }
    }

    /// How many records the batch says it holds.
    pub fn record_count(&self) -> i32 {
        i32::from_be_bytes(self.field(57))
    }

    /// The 61 bytes.
    pub fn header_bytes(&self) -> &'a [u8; BATCH_OVERHEAD] {
        self.bytes
    }
}

/// Sequence numbers count from 0 to `i32::MAX` and start again at 0.
pub fn add_to_sequence(sequence: i32, count: i32) -> i32 {
    ((i64::from(sequence) + i64::from(count)) & i64::from(i32::MAX)) as i32
}

impl std::fmt::Debug for BatchHeader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchHeader")
            .field("base_offset", &self.base_offset())
            .field("last_offset", &self.last_offset())
            .field("size_bytes", &self.size_bytes())
            .field("leader_epoch", &self.leader_epoch())
            .field("attributes", &self.attributes())
            .field("max_timestamp", &self.max_timestamp())
            .field("producer_id", &self.producer_id())
            .field("producer_epoch", &self.producer_epoch())
            .field("base_sequence", &self.base_sequence())
            .field("record_count", &self.record_count())
            .finish()
    }
}
