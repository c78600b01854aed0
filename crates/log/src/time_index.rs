//! The `.timeindex` file: up to some offsets, the largest timestamp so far. Entries of 12 bytes: timestamp i64,
//! relative offset i32. A hint: it is built again from the log whenever in doubt.

use jackdaw_base::{Offset, TimestampMs};

use crate::index_bytes::{IndexError, check_size, without_zero_tail};

/// The size of an entry.
pub const ENTRY_BYTES: usize = 12;

/// An entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeEntry {
    /// The largest timestamp of the segment up to [`Self::offset`].
    pub timestamp: TimestampMs,
    /// The last offset of the batch that has it.
    pub offset: Offset,
}

impl TimeEntry {
    /// The bytes of the entry; `None` if the offset does not fit, so that the segment has to be rolled.
    pub fn encode(&self, base_offset: Offset) -> Option<[u8; ENTRY_BYTES]> {
        let relative =
            i32::try_from(self.offset.0.checked_sub(base_offset.0)?).ok().filter(|offset| *offset >= 0)?;
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..8].copy_from_slice(&self.timestamp.0.to_be_bytes());
        bytes[8..].copy_from_slice(&relative.to_be_bytes());
        Some(bytes)
    }

    /// The entry of these bytes. Nonsense stays nonsense: see [`TimeIndex::check`].
    pub fn decode(base_offset: Offset, bytes: &[u8; ENTRY_BYTES]) -> Self {
        let (timestamp, relative) = fields(bytes);
        Self {
            timestamp: TimestampMs(timestamp),
            offset: Offset(base_offset.0.saturating_add(i64::from(relative))),
        }
    }
}

fn fields(bytes: &[u8; ENTRY_BYTES]) -> (i64, i32) {
    let timestamp = i64::from_be_bytes(*bytes.first_chunk().expect("8 of 12 bytes"));
    (timestamp, i32::from_be_bytes(*bytes.last_chunk().expect("4 of 12 bytes")))
}

/// The entries in the bytes of a file.
#[derive(Clone, Copy, Debug)]
pub struct TimeIndex<'a> {
    base_offset: Offset,
    entries: &'a [[u8; ENTRY_BYTES]],
}

impl<'a> TimeIndex<'a> {
    /// The index of the segment that starts at `base_offset`. A tail of zeros is left out, and so is what is not a
    /// whole entry.
    pub fn new(base_offset: Offset, bytes: &'a [u8]) -> Self {
        Self { base_offset, entries: without_zero_tail(bytes) }
    }

    /// The same, checked: the size is whole, timestamps and offsets rise, and all lie inside the segment, whose
    /// records end before `end_offset`.
    pub fn check(base_offset: Offset, bytes: &'a [u8], end_offset: Offset) -> Result<Self, IndexError> {
        check_size::<ENTRY_BYTES>(bytes)?;
        let index = Self::new(base_offset, bytes);
        let mut previous: Option<(i64, i32)> = None;
        for (entry, bytes) in index.entries.iter().enumerate() {
            let (timestamp, relative) = fields(bytes);
            // Kafka may write the same offset twice when a segment ends, with a larger timestamp.
            let rises = previous.is_none_or(|(time, offset)| timestamp > time && relative >= offset);
            if !rises || relative < 0 {
                return Err(IndexError::NotRising { entry });
            }
            if TimeEntry::decode(base_offset, bytes).offset >= end_offset {
                return Err(IndexError::OutsideSegment { entry });
            }
            previous = Some((timestamp, relative));
        }
        Ok(index)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The bytes that are in use.
    pub fn used_bytes(&self) -> &'a [u8] {
        self.entries.as_flattened()
    }

    /// The entry at `index`.
    pub fn get(&self, index: usize) -> Option<TimeEntry> {
        self.entries.get(index).map(|bytes| self.decode(bytes))
    }

    /// The last entry: the largest timestamp that is indexed.
    pub fn last(&self) -> Option<TimeEntry> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = TimeEntry> + 'a {
        let base_offset = self.base_offset;
        self.entries.iter().map(move |bytes| TimeEntry::decode(base_offset, bytes))
    }

    /// From which offset to read on to find `target`: the last entry at or below it, else the start of the segment
    /// without a timestamp.
    pub fn lookup(&self, target: TimestampMs) -> TimeEntry {
        let after = self.entries.partition_point(|bytes| self.decode(bytes).timestamp <= target);
        match after.checked_sub(1) {
            Some(index) => self.decode(&self.entries[index]),
            None => segment_start(self.base_offset),
        }
    }

    /// How many entries stay when the log is cut at `offset`.
    pub fn entries_below(&self, offset: Offset) -> usize {
        self.entries.partition_point(|bytes| self.decode(bytes).offset < offset)
    }

    fn decode(&self, bytes: &[u8; ENTRY_BYTES]) -> TimeEntry {
        TimeEntry::decode(self.base_offset, bytes)
    }
}

fn segment_start(base_offset: Offset) -> TimeEntry {
    TimeEntry { timestamp: TimestampMs::NONE, offset: base_offset }
}

/// [`TimeIndex::lookup`] in entries that are held in memory.
pub fn lookup_in(entries: &[TimeEntry], base_offset: Offset, target: TimestampMs) -> TimeEntry {
    let after = entries.partition_point(|entry| entry.timestamp <= target);
    after.checked_sub(1).map_or(segment_start(base_offset), |index| entries[index])
}

#[cfg(test)]
mod tests;
