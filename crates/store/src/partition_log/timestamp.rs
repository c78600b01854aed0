//! Offsets for timestamps (ListOffsets): the plan is made under the lock, the batches are read without it.

use std::io;

use jackdaw_base::disk::OpenMode;
use jackdaw_base::{LeaderEpoch, Offset, TimestampMs};
use jackdaw_protocol::records::{Batch, BatchHeader, RecordLimits, TimestampType};

use super::{FileSlice, PartitionLog};
use crate::place::FileKind;

/// Part of a segment in which the record is, if any record is.
pub struct TimestampScan {
    slice: FileSlice,
    wanted: Wanted,
    log_start: Offset,
}

#[derive(Clone, Copy)]
enum Wanted {
    /// The first record at or after this time.
    AtLeast(TimestampMs),
    /// The record with exactly this, the largest, timestamp.
    Largest(TimestampMs),
}

/// A record, as ListOffsets answers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimestampedOffset {
    /// The record's timestamp.
    pub timestamp: TimestampMs,
    /// The record's offset.
    pub offset: Offset,
    /// Leadership under which it was appended.
    pub leader_epoch: LeaderEpoch,
}

/// Larger batches than this do not exist: a batch's length is an i32.
const BATCH_BYTES_MAX: u64 = i32::MAX as u64;

impl PartitionLog {
    /// Where the first record with a timestamp of at least `target` is to be looked for.
    pub fn plan_timestamp(&self, target: TimestampMs) -> io::Result<Option<TimestampScan>> {
        let found = self.segments.iter().position(|segment| {
            segment.meta.size_bytes > 0
                && segment.meta.max_timestamp >= target
                && self.segment_end_of(segment.base_offset()) > self.log_start
        });
        let Some(index) = found else { return Ok(None) };
        let segment = &self.segments[index];
        let open = || self.place.open(segment.base_offset(), FileKind::TimeIndex, OpenMode::Existing);
        // Nothing up to the entry's offset has a larger timestamp than the entry, so the record is behind it.
        let entry = segment.times.floor(target.0.saturating_sub(1), open)?;
        let from = entry
            .map_or(segment.base_offset(), |entry| segment.base_offset().plus(entry.relative_offset.into()));
        let Some(first) = segment.locate(&self.place, from.max(self.log_start))? else { return Ok(None) };
        let size_bytes = segment.meta.size_bytes - first.position;
        let slice = FileSlice { file: segment.log_file(&self.place)?, position: first.position, size_bytes };
        Ok(Some(TimestampScan { slice, wanted: Wanted::AtLeast(target), log_start: self.log_start }))
    }

    /// Where the record with the largest timestamp is (KIP-734).
    pub fn plan_max_timestamp(&self) -> io::Result<Option<TimestampScan>> {
        let newest =
            self.segments.iter().filter(|segment| segment.meta.size_bytes > 0).reduce(|best, segment| {
                if segment.meta.max_timestamp > best.meta.max_timestamp { segment } else { best }
            });
        let Some(segment) = newest else { return Ok(None) };
        let Some(batch) = segment.locate(&self.place, segment.meta.max_timestamp_offset)? else {
            return Ok(None);
        };
        let slice = FileSlice {
            file: segment.log_file(&self.place)?,
            position: batch.position,
            size_bytes: batch.size_bytes,
        };
        Ok(Some(TimestampScan {
            slice,
            wanted: Wanted::Largest(batch.max_timestamp),
            log_start: Offset::ZERO,
        }))
    }

    fn segment_end_of(&self, base_offset: Offset) -> Offset {
        self.segment_end(self.segment_index_of(base_offset))
    }
}

impl TimestampScan {
    /// Reads batches until the record is found.
    pub fn run(&self) -> io::Result<Option<TimestampedOffset>> {
        let (mut position, end) = (self.slice.position, self.slice.position + self.slice.size_bytes);
        let mut bytes = Vec::new();
        while position < end {
            let Some(size_bytes) = self.read_batch(position, end, &mut bytes)? else { return Ok(None) };
            if let Some(found) = self.find_in(&bytes)? {
                return Ok(Some(found));
            }
            position += size_bytes;
        }
        Ok(None)
    }

    /// Reads the batch at `position` into `bytes`, or only its header if it has no such record.
    fn read_batch(&self, position: u64, end: u64, bytes: &mut Vec<u8>) -> io::Result<Option<u64>> {
        let mut header = [0; jackdaw_protocol::records::BATCH_OVERHEAD];
        if self.slice.file.read_at(&mut header, position)? < header.len() {
            return Ok(None);
        }
        let size_bytes = 12 + u64::from(u32::from_be_bytes([header[8], header[9], header[10], header[11]]));
        if size_bytes < header.len() as u64 || size_bytes > (end - position).min(BATCH_BYTES_MAX) {
            return Ok(None);
        }
        let max_timestamp = i64::from_be_bytes(header[35..43].try_into().expect("8 bytes"));
        bytes.clear();
        let (Wanted::AtLeast(target) | Wanted::Largest(target)) = self.wanted;
        if max_timestamp >= target.0 {
            bytes.resize(size_bytes as usize, 0);
            let read = self.slice.file.read_at(bytes, position)?;
            bytes.truncate(read);
        }
        Ok(Some(size_bytes))
    }

    fn find_in(&self, bytes: &[u8]) -> io::Result<Option<TimestampedOffset>> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let damaged =
            |error: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidData, error.to_string());
        let batch = Batch::parse(bytes).map_err(|error| damaged(&error))?;
        let (mut records, header) = (batch.records(RecordLimits::default()), batch.header());
        while let Some(record) = records.next_record() {
            let record = record.map_err(|error| damaged(&error))?;
            let timestamp = TimestampMs(record_timestamp(&header, record.timestamp_delta));
            let offset = Offset(batch.base_offset() + i64::from(record.offset_delta));
            let is_wanted = match self.wanted {
                Wanted::AtLeast(target) => timestamp >= target && offset >= self.log_start,
                Wanted::Largest(largest) => timestamp == largest,
            };
            if is_wanted {
                let leader_epoch = LeaderEpoch(batch.leader_epoch());
                return Ok(Some(TimestampedOffset { timestamp, offset, leader_epoch }));
            }
        }
        Ok(None)
    }
}

/// A record's time: its own, or that of its whole batch if the broker gave it.
fn record_timestamp(header: &BatchHeader<'_>, timestamp_delta: i64) -> i64 {
    match header.timestamp_type() {
        TimestampType::LogAppendTime => header.max_timestamp(),
        TimestampType::CreateTime => header.base_timestamp().wrapping_add(timestamp_delta),
    }
}
