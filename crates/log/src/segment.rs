//! What is known of one segment, and when the next one begins. Not its files: `store` has those.

use jackdaw_base::{Offset, TimestampMs};

use crate::BatchSummary;

/// Settings of a topic that decide about segments and indexes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentRules {
    /// `segment.bytes`: a segment's log file does not grow past this.
    pub segment_bytes_max: u64,
    /// `segment.ms`: a segment does not take batches this much later than its first.
    pub segment_age_ms_max: i64,
    /// `segment.jitter.ms`: at most this is taken off the age, so that not all segments roll at once.
    pub segment_jitter_ms_max: i64,
    /// `segment.index.bytes`: an index file does not grow past this.
    pub index_bytes_max: u64,
    /// `index.interval.bytes`: about one index entry per this many bytes of log.
    pub index_interval_bytes: u64,
}

/// Bytes of an entry of the offset index.
pub const OFFSET_INDEX_ENTRY_BYTES: u64 = 8;
/// Bytes of an entry of the time index.
pub const TIME_INDEX_ENTRY_BYTES: u64 = 12;

/// One segment, as plain numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SegmentMeta {
    /// The offset in its name: no batch in it is lower.
    pub base_offset: Offset,
    /// Bytes of batches in its log file.
    pub size_bytes: u64,
    /// Largest timestamp of its batches, [`TimestampMs::NONE`] while there is none.
    pub max_timestamp: TimestampMs,
    /// Last offset of the batch that has [`Self::max_timestamp`].
    pub max_timestamp_offset: Offset,
    /// Timestamp of its first batch, from which its age counts; `None` while it is empty or not yet read.
    pub first_timestamp: Option<TimestampMs>,
    /// When the segment was made; its age counts from here while it has no timestamps.
    pub created: TimestampMs,
    /// When the log file was last written, for retention of segments without timestamps.
    pub modified: TimestampMs,
    /// Taken off `segment.ms` for this segment.
    pub jitter_ms: i64,
    /// Bytes appended since the last index entry.
    pub bytes_since_index_entry: u64,
    /// Entries in the offset index.
    pub offset_index_entries: u64,
    /// Entries in the time index.
    pub time_index_entries: u64,
    /// Timestamp of the last entry in the time index.
    pub last_indexed_timestamp: TimestampMs,
}

/// Why a new segment begins. Kafka logs the same reasons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RollReason {
    /// The batch would make the file larger than `segment.bytes`.
    Size,
    /// The segment's first batch is older than `segment.ms`.
    Age,
    /// An index is full.
    IndexFull,
    /// The batch's offset is too far from the base offset for 32 bits.
    OffsetOverflow,
}

/// What an append adds to the indexes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct IndexEntries {
    /// (last offset of the batch, position of the batch)
    pub offset: Option<(Offset, u64)>,
    /// (largest timestamp so far, last offset of the batch that has it)
    pub time: Option<(TimestampMs, Offset)>,
}

impl SegmentMeta {
    /// An empty segment. `jitter_seed` decides how much of the jitter it gets.
    pub fn empty(base_offset: Offset, now: TimestampMs, rules: &SegmentRules, jitter_seed: u64) -> Self {
        let jitter_bound = rules.segment_jitter_ms_max.min(rules.segment_age_ms_max);
        let jitter_ms = if jitter_bound > 0 { (jitter_seed % jitter_bound as u64) as i64 } else { 0 };
        Self {
            base_offset,
            size_bytes: 0,
            max_timestamp: TimestampMs::NONE,
            max_timestamp_offset: base_offset,
            first_timestamp: None,
            created: now,
            modified: now,
            jitter_ms,
            bytes_since_index_entry: 0,
            offset_index_entries: 0,
            time_index_entries: 0,
            last_indexed_timestamp: TimestampMs::NONE,
        }
    }

    /// Whether a batch must go to a new segment, and why. Kafka's rules, in Kafka's order.
    pub fn roll_reason(
        &self,
        batch_bytes: u64,
        last_offset: Offset,
        max_timestamp: TimestampMs,
        now: TimestampMs,
        rules: &SegmentRules,
    ) -> Option<RollReason> {
        if self.size_bytes + batch_bytes > rules.segment_bytes_max && self.size_bytes > 0 {
            return Some(RollReason::Size);
        }
        if self.size_bytes > 0 && self.age_ms(max_timestamp, now) > rules.segment_age_ms_max - self.jitter_ms
        {
            return Some(RollReason::Age);
        }
        let offset_entries_max = rules.index_bytes_max / OFFSET_INDEX_ENTRY_BYTES;
        let time_entries_max = (rules.index_bytes_max / TIME_INDEX_ENTRY_BYTES).saturating_sub(1);
        let offset_full = self.offset_index_entries >= offset_entries_max;
        if self.size_bytes > 0 && (offset_full || self.time_index_entries >= time_entries_max) {
            return Some(RollReason::IndexFull);
        }
        if last_offset.0 - self.base_offset.0 > i64::from(i32::MAX) {
            return Some(RollReason::OffsetOverflow);
        }
        None
    }

    /// How long the segment has waited: by the records' time if it has any, else by the wall clock.
    fn age_ms(&self, max_timestamp: TimestampMs, now: TimestampMs) -> i64 {
        match self.first_timestamp {
            Some(first) if first.0 >= 0 => max_timestamp.since_ms(first),
            _ => now.since_ms(self.created),
        }
    }

    /// What this batch, appended at the end, adds to the indexes.
    pub fn index_entries(&self, batch: &BatchSummary, rules: &SegmentRules) -> IndexEntries {
        if self.bytes_since_index_entry <= rules.index_interval_bytes {
            return IndexEntries::default();
        }
        let (max_timestamp, at) = self.max_timestamp_with(batch);
        IndexEntries {
            offset: Some((batch.last_offset, self.size_bytes)),
            time: (max_timestamp > self.last_indexed_timestamp).then_some((max_timestamp, at)),
        }
    }

    fn max_timestamp_with(&self, batch: &BatchSummary) -> (TimestampMs, Offset) {
        if batch.max_timestamp > self.max_timestamp {
            (batch.max_timestamp, batch.last_offset)
        } else {
            (self.max_timestamp, self.max_timestamp_offset)
        }
    }

    /// The entry that completes the time index when the segment is rolled, closed or checkpointed.
    pub fn closing_time_entry(&self) -> Option<(TimestampMs, Offset)> {
        (self.max_timestamp > self.last_indexed_timestamp)
            .then_some((self.max_timestamp, self.max_timestamp_offset))
    }

    /// The batch was written at the end, with `entries` of [`Self::index_entries`].
    pub fn on_appended(&mut self, batch: &BatchSummary, entries: &IndexEntries, now: TimestampMs) {
        (self.max_timestamp, self.max_timestamp_offset) = self.max_timestamp_with(batch);
        if self.first_timestamp.is_none() {
            self.first_timestamp = Some(batch.max_timestamp);
        }
        self.on_indexed(entries);
        self.size_bytes += u64::from(batch.size_bytes);
        self.bytes_since_index_entry += u64::from(batch.size_bytes);
        self.modified = now;
    }

    /// Entries went into the indexes.
    pub fn on_indexed(&mut self, entries: &IndexEntries) {
        if entries.offset.is_some() {
            self.offset_index_entries += 1;
            self.bytes_since_index_entry = 0;
        }
        if let Some((timestamp, _)) = entries.time {
            self.time_index_entries += 1;
            self.last_indexed_timestamp = timestamp;
        }
    }
}

#[cfg(test)]
mod tests;
