//! Whether the records of a batch are what its header says. For batches that come from clients, whose offsets
//! count from 0 without a gap; a compacted batch in a log need not pass. CRC, size and policy are not judged here.

use super::record::{Record, RecordError, Records};
use super::{Batch, NO_TIMESTAMP, RecordLimits, TimestampType};
use crate::compression::Compression;

/// What a broker's policy wants to know of each record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordFacts {
    /// Which record of the batch, from 0. It is its offset delta, too.
    pub index: i32,
    /// The record's timestamp; the batch's maximum if the broker had set it.
    pub timestamp: i64,
    /// Whether there is a key.
    pub has_key: bool,
}

/// What the records of a batch come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordsSummary {
    /// How many records there are.
    pub record_count: i32,
    /// The largest timestamp, [`NO_TIMESTAMP`] if no record has one.
    pub max_timestamp: i64,
    /// The first record that has the largest timestamp.
    pub index_of_max_timestamp: i32,
    /// The size of all records, unpacked.
    pub unpacked_bytes: usize,
}

/// Checks everything about the records' structure: their number, offset deltas 0 to n - 1, every length, no byte
/// too many. Allocates nothing if there is no codec.
pub fn validate_records(batch: &Batch<'_>, limits: RecordLimits) -> Result<RecordsSummary, RecordError> {
    walk_records(batch, limits, |_| ())
}

/// [`validate_records`] that shows each record to `visit` on the way.
pub fn walk_records(
    batch: &Batch<'_>,
    limits: RecordLimits,
    visit: impl FnMut(RecordFacts),
) -> Result<RecordsSummary, RecordError> {
    walk(batch, limits, batch.timestamp_type(), visit)
}

/// [`walk_records`] that shows the timestamps of the producer even if the batch says that a broker has set them.
pub fn walk_created_records(
    batch: &Batch<'_>,
    limits: RecordLimits,
    visit: impl FnMut(RecordFacts),
) -> Result<RecordsSummary, RecordError> {
    walk(batch, limits, TimestampType::CreateTime, visit)
}

fn walk(
    batch: &Batch<'_>,
    limits: RecordLimits,
    timestamp_type: TimestampType,
    mut visit: impl FnMut(RecordFacts),
) -> Result<RecordsSummary, RecordError> {
    let claimed = batch.record_count();
    if claimed <= 0 {
        return Err(RecordError::InvalidRecordCount { claimed });
    }
    if batch.last_offset_delta() != claimed - 1 {
        return Err(RecordError::CountAndOffsetsDiffer {
            record_count: claimed,
            last_offset_delta: batch.last_offset_delta(),
        });
    }
    let mut walk = Walk::new(batch, timestamp_type);
    if batch.compression() == Some(Compression::None) {
        for record in Records::new(batch.payload(), claimed) {
            visit(walk.step(&record?)?);
        }
    } else {
        let mut records = batch.records(limits);
        while let Some(record) = records.next_record() {
            visit(walk.step(&record?)?);
        }
    }
    Ok(walk.summary)
}

struct Walk {
    base_timestamp: i64,
    append_time: Option<i64>,
    summary: RecordsSummary,
}

impl Walk {
    fn new(batch: &Batch<'_>, timestamp_type: TimestampType) -> Self {
        Self {
            base_timestamp: batch.base_timestamp(),
            append_time: match timestamp_type {
                TimestampType::CreateTime => None,
                TimestampType::LogAppendTime => Some(batch.max_timestamp()),
            },
            summary: RecordsSummary {
                record_count: 0,
                max_timestamp: NO_TIMESTAMP,
                index_of_max_timestamp: 0,
                unpacked_bytes: 0,
            },
        }
    }

    #[inline]
    fn step(&mut self, record: &Record<'_>) -> Result<RecordFacts, RecordError> {
        let summary = &mut self.summary;
        let index = summary.record_count;
        if record.offset_delta != index {
            return Err(RecordError::UnexpectedOffsetDelta { index, offset_delta: record.offset_delta });
        }
        // Two's complement as in Kafka: a timestamp far out of range is for the policy to refuse.
        let timestamp = self.append_time.unwrap_or(self.base_timestamp.wrapping_add(record.timestamp_delta));
        if timestamp > summary.max_timestamp {
            summary.max_timestamp = timestamp;
            summary.index_of_max_timestamp = index;
        }
        summary.record_count += 1;
        summary.unpacked_bytes += record.size_bytes;
        Ok(RecordFacts { index, timestamp, has_key: record.key.is_some() })
    }
}
