//! The `.snapshot` file, version 1, byte for byte as Kafka's: producers with their last batch each.
//!
//! ```text
//! version i16 = 1 | CRC-32C u32 of what follows | count i32 | entries of 46 bytes:
//! producerId i64 | epoch i16 | lastSequence i32 | lastOffset i64 | offsetDelta i32 | timestamp i64
//!                | coordinatorEpoch i32 | currentTxnFirstOffset i64
//! ```

use jackdaw_base::{Offset, ProducerEpoch, ProducerId, TimestampMs};
use jackdaw_protocol::records::crc32c;

use super::entry::{BatchMark, ProducerEntry};
use super::{ProducerRules, ProducerState};

const VERSION: i16 = 1;
const CRC_COVERS_FROM: usize = 6;
const HEADER_BYTES: usize = 10;
/// The size of a producer in a snapshot.
pub const SNAPSHOT_ENTRY_BYTES: usize = 46;

/// Why a file is no snapshot. Every one of them means: delete it, use an older one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Shorter than its header.
    #[error("a producer snapshot of {bytes} bytes is cut off")]
    Truncated {
        /// The size of the file.
        bytes: usize,
    },
    /// Another version.
    #[error("a producer snapshot has the version {version}; only 1 is known")]
    UnsupportedVersion {
        /// The version.
        version: i16,
    },
    /// The CRC does not match.
    #[error("a producer snapshot has the CRC {stored:#010x}, its bytes have {computed:#010x}")]
    BadCrc {
        /// The CRC in the file.
        stored: u32,
        /// The CRC of its bytes.
        computed: u32,
    },
    /// The size is not the one that the number of producers asks for.
    #[error("a producer snapshot of {bytes} bytes claims {count} producers")]
    SizeAndCountDiffer {
        /// The size of the file.
        bytes: usize,
        /// The number of producers in its header.
        count: i32,
    },
}

impl ProducerState {
    /// The producers as a snapshot, by id.
    pub fn encode_snapshot(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.producers.len() * SNAPSHOT_ENTRY_BYTES);
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&(self.producers.len() as i32).to_be_bytes());
        for (producer_id, entry) in &self.producers {
            put_entry(&mut bytes, *producer_id, entry);
        }
        let crc = crc32c(&bytes[CRC_COVERS_FROM..]);
        bytes[2..CRC_COVERS_FROM].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    /// The producers of a snapshot that was taken at `end_offset`, without those whose time is up.
    pub fn decode_snapshot(
        bytes: &[u8],
        end_offset: Offset,
        rules: ProducerRules,
        now: TimestampMs,
    ) -> Result<Self, SnapshotError> {
        let entries = entries_of(bytes)?;
        let mut state = Self::new(rules);
        state.map_end_offset = end_offset;
        for bytes in entries {
            let (producer_id, entry) = take_entry(bytes);
            if state.is_expired(&entry, now) {
                continue;
            }
            if let Some(first_offset) = entry.current_transaction_start {
                state.ongoing.insert(first_offset, producer_id);
            }
            state.producers.insert(producer_id, Box::new(entry));
        }
        Ok(state)
    }
}

/// One producer as a snapshot has it, for people who look into one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SnapshotEntry {
    /// Who.
    pub producer_id: ProducerId,
    /// Its epoch.
    pub producer_epoch: ProducerEpoch,
    /// The epoch of the coordinator of its last marker, -1 if there was none.
    pub coordinator_epoch: i32,
    /// Where its open transaction starts.
    pub current_transaction_first_offset: Option<Offset>,
    /// When it wrote last.
    pub last_timestamp: TimestampMs,
    /// Its last batch: first sequence, last sequence, last offset, and the distance of its last offset to its first.
    pub last_batch: Option<(i32, i32, Offset, i32)>,
}

/// The producers of a snapshot, in their order.
///
/// # Errors
/// Bytes that are no snapshot, or a damaged one.
pub fn snapshot_entries(bytes: &[u8]) -> Result<Vec<SnapshotEntry>, SnapshotError> {
    let entries = entries_of(bytes)?.iter().map(|bytes| {
        let (producer_id, entry) = take_entry(bytes);
        let batch = |batch: &BatchMark| {
            (batch.first_sequence(), batch.last_sequence, batch.last_offset, batch.offset_delta)
        };
        SnapshotEntry {
            producer_id,
            producer_epoch: entry.epoch,
            coordinator_epoch: entry.coordinator_epoch,
            current_transaction_first_offset: entry.current_transaction_start,
            last_timestamp: entry.last_timestamp,
            last_batch: entry.last_batch().map(batch),
        }
    });
    Ok(entries.collect())
}

/// The entries of a snapshot whose version, CRC and size are in order.
fn entries_of(bytes: &[u8]) -> Result<&[[u8; SNAPSHOT_ENTRY_BYTES]], SnapshotError> {
    let truncated = SnapshotError::Truncated { bytes: bytes.len() };
    let (version, rest) = bytes.split_first_chunk::<2>().ok_or(truncated)?;
    let version = i16::from_be_bytes(*version);
    if version != VERSION {
        return Err(SnapshotError::UnsupportedVersion { version });
    }
    let (stored, covered) = rest.split_first_chunk::<4>().ok_or(truncated)?;
    let (stored, computed) = (u32::from_be_bytes(*stored), crc32c(covered));
    let (count, entries) = covered.split_first_chunk::<4>().ok_or(truncated)?;
    if stored != computed {
        return Err(SnapshotError::BadCrc { stored, computed });
    }
    let count = i32::from_be_bytes(*count);
    let (entries, rest) = entries.as_chunks::<SNAPSHOT_ENTRY_BYTES>();
    if usize::try_from(count) != Ok(entries.len()) || !rest.is_empty() {
        return Err(SnapshotError::SizeAndCountDiffer { bytes: bytes.len(), count });
    }
    Ok(entries)
}

fn put_entry(bytes: &mut Vec<u8>, producer_id: ProducerId, entry: &ProducerEntry) {
    let last = entry.last_batch();
    bytes.extend_from_slice(&producer_id.0.to_be_bytes());
    bytes.extend_from_slice(&entry.epoch.0.to_be_bytes());
    bytes.extend_from_slice(&entry.last_sequence().to_be_bytes());
    bytes.extend_from_slice(&last.map_or(-1, |batch| batch.last_offset.0).to_be_bytes());
    bytes.extend_from_slice(&last.map_or(0, |batch| batch.offset_delta).to_be_bytes());
    bytes.extend_from_slice(&entry.last_timestamp.0.to_be_bytes());
    bytes.extend_from_slice(&entry.coordinator_epoch.to_be_bytes());
    bytes.extend_from_slice(&entry.current_transaction_start.map_or(-1, |offset| offset.0).to_be_bytes());
}

fn take_entry(bytes: &[u8; SNAPSHOT_ENTRY_BYTES]) -> (ProducerId, ProducerEntry) {
    let int = |at: usize| i32::from_be_bytes(*bytes[at..].first_chunk().expect("lies within the entry"));
    let long = |at: usize| i64::from_be_bytes(*bytes[at..].first_chunk().expect("lies within the entry"));
    let timestamp = TimestampMs(long(26));
    let mut entry = ProducerEntry {
        epoch: ProducerEpoch(i16::from_be_bytes([bytes[8], bytes[9]])),
        coordinator_epoch: int(34),
        last_timestamp: timestamp,
        last_used: timestamp,
        current_transaction_start: Some(Offset(long(38))).filter(|offset| offset.0 >= 0),
        ..ProducerEntry::default()
    };
    let (last_sequence, last_offset, offset_delta) = (int(10), Offset(long(14)), int(22));
    if last_offset.0 >= 0 {
        entry.push(BatchMark { last_sequence, offset_delta, last_offset, timestamp });
    }
    (ProducerId(long(0)), entry)
}
