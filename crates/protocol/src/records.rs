//! Record batches, format 2 (KIP-98): views over bytes, checks, building, patching, control records. Formats 0
//! and 1 are recognized and refused. Where a batch is stored, and whether a log accepts it, is not decided here.
//!
//! ```text
//!  0 baseOffset i64          the first 12 bytes and the leader epoch lie outside the CRC, so that a leader
//!  8 batchLength i32         can assign offsets in place
//! 12 partitionLeaderEpoch i32
//! 16 magic i8 = 2
//! 17 crc u32                 CRC-32C of everything from byte 21 on
//! 21 attributes i16          0-2 codec, 3 LogAppendTime, 4 transactional, 5 control, 6 delete horizon
//! 23 lastOffsetDelta i32
//! 27 baseTimestamp i64
//! 35 maxTimestamp i64
//! 43 producerId i64
//! 51 producerEpoch i16
//! 53 baseSequence i32
//! 57 recordCount i32
//! 61 records                 packed as a whole by the codec
//! ```

mod attributes;
mod batch;
mod batches;
mod builder;
mod control;
mod header;
mod patch;
mod record;
mod record_iter;
mod validation;

pub use attributes::{Attributes, TimestampType};
pub use batch::{Batch, BatchError};
pub use batches::Batches;
pub use builder::{BatchBuilder, BatchOptions, BuildError, ProducerFields};
pub use control::{ControlRecord, ControlRecordError, ControlRecordType, EndTransactionMarker};
pub use header::{BatchHeader, add_to_sequence};
pub use patch::{set_base_offset, set_leader_epoch, set_timestamps_and_crc, update_crc};
pub use record::{Header, Headers, Record, RecordError, Records};
pub use record_iter::{RecordIter, RecordLimits, UnpackedRecords};
pub use validation::{RecordFacts, RecordsSummary, validate_records, walk_created_records, walk_records};

/// The bytes of a batch before its records.
pub const BATCH_OVERHEAD: usize = 61;
/// The bytes of a batch before those that its length field counts.
pub const LOG_OVERHEAD: usize = 12;
/// The only format that is read and written.
pub const MAGIC: i8 = 2;
/// Where the bytes start that the CRC covers.
pub const CRC_COVERS_FROM: usize = 21;

/// What a batch carries that no idempotent producer wrote.
pub const NO_PRODUCER_ID: i64 = -1;
/// What a batch carries whose records have no timestamps.
pub const NO_TIMESTAMP: i64 = -1;
/// What a batch carries that was appended by no leader yet.
pub const NO_LEADER_EPOCH: i32 = -1;

/// What a batch may unpack to by default. Kafka has no such limit; a batch of Kafka's clients is bounded before it is packed.
pub const BATCH_UNPACKED_BYTES_MAX: usize = 256 * 1024 * 1024;

/// CRC-32C (Castagnoli), as batches and snapshots carry it.
pub fn crc32c(bytes: &[u8]) -> u32 {
    crc_fast::crc32_iscsi(bytes)
}

#[cfg(test)]
mod tests;
