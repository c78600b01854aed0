//! The `.index` file: for some batches, the offset of the last record and where the batch starts in the log file.
//! Entries of 8 bytes: relative offset i32, position i32. A hint: it is built again from the log whenever in doubt.

use jackdaw_base::{FilePosition, Offset};

use crate::index_bytes::{IndexError, check_size, without_zero_tail};

/// The size of an entry.
pub const ENTRY_BYTES: usize = 8;

/// An entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OffsetEntry {
    /// The offset of the last record of a batch.
    pub offset: Offset,
    /// Where that batch starts.
    pub position: FilePosition,
}

impl OffsetEntry {
    /// The bytes of the entry; `None` if offset or position do not fit, so that the segment has to be rolled.
    pub fn encode(&self, base_offset: Offset) -> Option<[u8; ENTRY_BYTES]> {
        let relative =
            i32::try_from(self.offset.0.checked_sub(base_offset.0)?).ok().filter(|offset| *offset >= 0)?;
        let position = i32::try_from(self.position.0).ok()?;
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..4].copy_from_slice(&relative.to_be_bytes());
        bytes[4..].copy_from_slice(&position.to_be_bytes());
        Some(bytes)
    }

    /// The entry of these bytes. Nonsense stays nonsense: see [`OffsetIndex::check`].
    pub fn decode(base_offset: Offset, bytes: &[u8; ENTRY_BYTES]) -> Self {
        let (relative, position) = fields(bytes);
        Self {
            offset: Offset(base_offset.0.saturating_add(i64::from(relative))),
            position: FilePosition(u64::try_from(position).unwrap_or(0)),
        }
    }
}

fn fields(bytes: &[u8; ENTRY_BYTES]) -> (i32, i32) {
    let [o3, o2, o1, o0, p3, p2, p1, p0] = *bytes;
    (i32::from_be_bytes([o3, o2, o1, o0]), i32::from_be_bytes([p3, p2, p1, p0]))
}

/// The entries in the bytes of a file.
#[derive(Clone, Copy, Debug)]
pub struct OffsetIndex<'a> {
    base_offset: Offset,
    entries: &'a [[u8; ENTRY_BYTES]],
}

impl<'a> OffsetIndex<'a> {
    /// The index of the segment that starts at `base_offset`. A tail of zeros is left out, and so is what is not a
    /// whole entry.
    pub fn new(base_offset: Offset, bytes: &'a [u8]) -> Self {
        Self { base_offset, entries: without_zero_tail(bytes) }
    }

    /// The same, checked: the size is whole, offsets and positions rise, and all lie inside the segment, whose log
    /// file has `segment_bytes` bytes and whose records end before `end_offset`.
    pub fn check(
        base_offset: Offset,
        bytes: &'a [u8],
        segment_bytes: u64,
        end_offset: Offset,
    ) -> Result<Self, IndexError> {
        check_size::<ENTRY_BYTES>(bytes)?;
        let index = Self::new(base_offset, bytes);
        let mut previous = (-1, -1);
        for (entry, bytes) in index.entries.iter().enumerate() {
            let (relative, position) = fields(bytes);
            if relative <= previous.0 || position <= previous.1 {
                return Err(IndexError::NotRising { entry });
            }
            let decoded = OffsetEntry::decode(base_offset, bytes);
            if decoded.offset >= end_offset || decoded.position.0 >= segment_bytes {
                return Err(IndexError::OutsideSegment { entry });
            }
            previous = (relative, position);
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
    pub fn get(&self, index: usize) -> Option<OffsetEntry> {
        self.entries.get(index).map(|bytes| OffsetEntry::decode(self.base_offset, bytes))
    }

    /// The last entry.
    pub fn last(&self) -> Option<OffsetEntry> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = OffsetEntry> + 'a {
        let base_offset = self.base_offset;
        self.entries.iter().map(move |bytes| OffsetEntry::decode(base_offset, bytes))
    }

    /// From where to read on to find `target`: the last entry at or below it, else the start of the segment.
    pub fn lookup(&self, target: Offset) -> OffsetEntry {
        let after = self.entries.partition_point(|bytes| self.decode(bytes).offset <= target);
        match after.checked_sub(1) {
            Some(index) => self.decode(&self.entries[index]),
            None => segment_start(self.base_offset),
        }
    }

    /// The first entry at or behind `position`: its offset lies outside of what is read up to there.
    pub fn upper_bound(&self, position: FilePosition) -> Option<OffsetEntry> {
        self.get(self.entries.partition_point(|bytes| self.decode(bytes).position < position))
    }

    /// How many entries stay when the log is cut at `offset`.
    pub fn entries_below(&self, offset: Offset) -> usize {
        self.entries.partition_point(|bytes| self.decode(bytes).offset < offset)
    }

    fn decode(&self, bytes: &[u8; ENTRY_BYTES]) -> OffsetEntry {
        OffsetEntry::decode(self.base_offset, bytes)
    }
}

fn segment_start(base_offset: Offset) -> OffsetEntry {
    OffsetEntry { offset: base_offset, position: FilePosition::ZERO }
}

/// [`OffsetIndex::lookup`] in entries that are held in memory.
pub fn lookup_in(entries: &[OffsetEntry], base_offset: Offset, target: Offset) -> OffsetEntry {
    let after = entries.partition_point(|entry| entry.offset <= target);
    after.checked_sub(1).map_or(segment_start(base_offset), |index| entries[index])
}

/// [`OffsetIndex::upper_bound`] in entries that are held in memory.
pub fn upper_bound_in(entries: &[OffsetEntry], position: FilePosition) -> Option<OffsetEntry> {
    entries.get(entries.partition_point(|entry| entry.position < position)).copied()
}

#[cfg(test)]
mod tests;
