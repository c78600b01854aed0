//! One index of one segment: what stands in its file, and the newest entries that do not yet. Entries are
//! written in bulk, since a write for each would cost as much as the batch; whoever advances the recovery
//! point writes the tail first, so that recovery finds every entry below it.

use std::io::{self, IoSlice};

use jackdaw_base::disk::DiskFile;

/// An entry of an index: a key that rises, and its encoding.
pub trait IndexEntry: Copy {
    /// Bytes in the file.
    const SIZE_BYTES: usize;
    /// What is looked up.
    type Key: Ord + Copy;

    /// What this entry is found by.
    fn key(&self) -> Self::Key;
    /// Appends the entry as Kafka writes it.
    fn encode(&self, out: &mut Vec<u8>);
    /// Reads an entry of exactly [`Self::SIZE_BYTES`].
    fn decode(bytes: &[u8]) -> Self;
}

/// Offset index: (offset relative to the segment's base, position).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OffsetEntry {
    /// Last offset of the batch, less the base offset.
    pub relative_offset: u32,
    /// Where the batch starts.
    pub position: u32,
}

/// Time index: (timestamp, offset relative to the segment's base).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeEntry {
    /// No batch up to `relative_offset` has a larger timestamp.
    pub timestamp_ms: i64,
    /// Last offset of the batch that has it, less the base offset.
    pub relative_offset: u32,
}

impl IndexEntry for OffsetEntry {
    const SIZE_BYTES: usize = 8;
    type Key = u32;

    fn key(&self) -> u32 {
        self.relative_offset
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.relative_offset.to_be_bytes());
        out.extend_from_slice(&self.position.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> Self {
        Self { relative_offset: be_u32(&bytes[..4]), position: be_u32(&bytes[4..8]) }
    }
}

impl IndexEntry for TimeEntry {
    const SIZE_BYTES: usize = 12;
    type Key = i64;

    fn key(&self) -> i64 {
        self.timestamp_ms
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.timestamp_ms.to_be_bytes());
        out.extend_from_slice(&self.relative_offset.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> Self {
        let high = i64::from(be_u32(&bytes[..4])) << 32;
        Self { timestamp_ms: high | i64::from(be_u32(&bytes[4..8])), relative_offset: be_u32(&bytes[8..12]) }
    }
}

fn be_u32(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// Entries held in memory before they are written, so that memory stays bounded however large the segment.
const TAIL_ENTRIES_MAX: usize = 512;

/// The entries of one index.
#[derive(Clone, Debug)]
pub struct IndexTail<E> {
    written_entries: u64,
    tail: Vec<E>,
}

impl<E: IndexEntry> IndexTail<E> {
    /// An index whose file holds `written_entries`.
    pub fn with_written(written_entries: u64) -> Self {
        Self { written_entries, tail: Vec::new() }
    }

    /// Entries in all.
    pub fn len(&self) -> u64 {
        self.written_entries + self.tail.len() as u64
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an entry behind all others; it is in memory until [`Self::write_tail`].
    pub fn push(&mut self, entry: E) {
        self.tail.push(entry);
    }

    /// Whether the tail should be written now.
    pub fn is_tail_full(&self) -> bool {
        self.tail.len() >= TAIL_ENTRIES_MAX
    }

    /// Whether entries are in memory only.
    pub fn has_tail(&self) -> bool {
        !self.tail.is_empty()
    }

    /// Writes what is in memory only to the end of `file`.
    pub fn write_tail(&mut self, file: &dyn DiskFile) -> io::Result<()> {
        if self.tail.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(self.tail.len() * E::SIZE_BYTES);
        for entry in &self.tail {
            entry.encode(&mut bytes);
        }
        file.write_at(&[IoSlice::new(&bytes)], self.written_entries * E::SIZE_BYTES as u64)?;
        self.written_entries += self.tail.len() as u64;
        self.tail = Vec::new();
        Ok(())
    }

    /// The last entry whose key is at most `key`. `open` is asked for the file only if memory cannot tell.
    pub fn floor(&self, key: E::Key, open: impl FnOnce() -> FileResult) -> io::Result<Option<E>> {
        if let Some(first) = self.tail.first()
            && first.key() <= key
        {
            let count = self.tail.partition_point(|entry| entry.key() <= key);
            return Ok(Some(self.tail[count - 1]));
        }
        if self.written_entries == 0 {
            return Ok(None);
        }
        floor_in_file(&*open()?, self.written_entries, key)
    }

    /// The last entry of all.
    pub fn last(&self, open: impl FnOnce() -> FileResult) -> io::Result<Option<E>> {
        match self.tail.last() {
            Some(entry) => Ok(Some(*entry)),
            None if self.written_entries == 0 => Ok(None),
            None => read_entry(&*open()?, self.written_entries - 1).map(Some),
        }
    }

    /// Keeps only the leading entries for which `keep` holds; `file` is cut to them.
    pub fn truncate_where(&mut self, file: &dyn DiskFile, keep: impl Fn(&E) -> bool) -> io::Result<()> {
        self.tail.truncate(self.tail.partition_point(&keep));
        let (mut low, mut high) = (0, self.written_entries);
        while low < high {
            let middle = low + (high - low) / 2;
            if keep(&read_entry(file, middle)?) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.written_entries = low;
        file.set_size(low * E::SIZE_BYTES as u64)
    }
}

/// An opened index file, or why it could not be opened.
pub type FileResult = io::Result<std::sync::Arc<dyn DiskFile>>;

/// Below this many entries the rest is read at once instead of entry by entry.
const BLOCK_ENTRIES: u64 = 256;

fn floor_in_file<E: IndexEntry>(file: &dyn DiskFile, entries: u64, key: E::Key) -> io::Result<Option<E>> {
    let (mut low, mut high) = (0, entries);
    while high - low > BLOCK_ENTRIES {
        let middle = low + (high - low) / 2;
        if read_entry::<E>(file, middle)?.key() <= key {
            low = middle;
        } else {
            high = middle;
        }
    }
    let block = read_entries::<E>(file, low, high - low)?;
    let count = block.partition_point(|entry| entry.key() <= key);
    Ok(count.checked_sub(1).map(|index| block[index]))
}

fn read_entry<E: IndexEntry>(file: &dyn DiskFile, index: u64) -> io::Result<E> {
    read_entries(file, index, 1)?.first().copied().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Reads `count` entries from `index` on; fewer if the file is shorter.
pub fn read_entries<E: IndexEntry>(file: &dyn DiskFile, index: u64, count: u64) -> io::Result<Vec<E>> {
    let mut bytes = vec![0; count as usize * E::SIZE_BYTES];
    let read = file.read_at(&mut bytes, index * E::SIZE_BYTES as u64)?;
    Ok(bytes[..read].chunks_exact(E::SIZE_BYTES).map(E::decode).collect())
}
