//! One segment on the disk: its numbers, its indexes, and the file while it is being written. Not here: which
//! segment an offset is in.

use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jackdaw_base::disk::{DiskFile, OpenMode};
use jackdaw_base::{LeaderEpoch, Offset, TimestampMs};
use jackdaw_log::BatchSummary;
use jackdaw_log::segment::{IndexEntries, SegmentMeta, SegmentRules};

use crate::data_directory::is_passing;
use crate::index_tail::{IndexTail, OffsetEntry, TimeEntry};
use crate::place::{FileKind, Place};

/// The bytes at the start of a batch that say where it ends: base offset, length, ..., last offset delta.
const PROBE_BYTES: usize = 61;

/// Where a batch is, and which offsets it holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchLocation {
    /// Offset of its first record.
    pub base_offset: Offset,
    /// Offset of its last record.
    pub last_offset: Offset,
    /// Where it starts in the segment's file.
    pub position: u64,
    /// Bytes of the whole batch.
    pub size_bytes: u64,
    /// The largest timestamp in it.
    pub max_timestamp: TimestampMs,
    /// Leadership under which it was appended.
    pub leader_epoch: i32,
}

impl BatchLocation {
    /// The batch as the log remembers it, as far as offsets and times go.
    fn summary(&self) -> BatchSummary {
        BatchSummary {
            base_offset: self.base_offset,
            last_offset: self.last_offset,
            size_bytes: self.size_bytes as u32,
            leader_epoch: LeaderEpoch(self.leader_epoch),
            max_timestamp: self.max_timestamp,
            producer: None,
            is_control: false,
            marker: None,
        }
    }

    /// The position behind the batch.
    pub fn end(&self) -> u64 {
        self.position + self.size_bytes
    }
}

/// One segment.
pub struct Segment {
    /// Its numbers.
    pub meta: SegmentMeta,
    /// The log file, held open while the segment is the active one.
    pub active_file: Option<Arc<dyn DiskFile>>,
    /// The sparse index from offsets to positions.
    pub offsets: IndexTail<OffsetEntry>,
    /// The sparse index from timestamps to offsets.
    pub times: IndexTail<TimeEntry>,
}

impl Segment {
    /// A segment without batches and without files.
    pub fn new(meta: SegmentMeta) -> Self {
        Self {
            meta,
            active_file: None,
            offsets: IndexTail::with_written(0),
            times: IndexTail::with_written(0),
        }
    }

    /// The offset in the names of its files.
    pub fn base_offset(&self) -> Offset {
        self.meta.base_offset
    }

    /// Its log file.
    pub fn log_file(&self, place: &Place) -> io::Result<Arc<dyn DiskFile>> {
        match &self.active_file {
            Some(file) => Ok(Arc::clone(file)),
            None => place.open(self.meta.base_offset, FileKind::Log, OpenMode::Existing),
        }
    }

    /// Makes the log file, empty, for the first batch.
    pub fn create_log_file(&mut self, place: &Place) -> io::Result<Arc<dyn DiskFile>> {
        let file = place.open(self.meta.base_offset, FileKind::Log, OpenMode::CreateOrOpen)?;
        file.set_size(0)?;
        self.active_file = Some(Arc::clone(&file));
        Ok(file)
    }

    /// Writes a batch behind the last one and notes it. On an error nothing of it is left behind.
    pub fn append(
        &mut self,
        file: &dyn DiskFile,
        bytes: &[u8],
        batch: &BatchSummary,
        entries: &IndexEntries,
        now: TimestampMs,
    ) -> Result<(), AppendFailure> {
        let end = self.meta.size_bytes;
        if let Err(error) = file.write_at(&[IoSlice::new(bytes)], end) {
            return Err(match file.set_size(end) {
                Ok(()) => AppendFailure::Undone(error),
                Err(undo) => AppendFailure::NotUndone { error, undo },
            });
        }
        self.push_entries(entries);
        self.meta.on_appended(batch, entries, now);
        Ok(())
    }

    /// Notes a batch that stands in the file already, behind those that were noted before it.
    pub fn restore(&mut self, place: &Place, batch: &BatchLocation, rules: &SegmentRules) -> io::Result<()> {
        let summary = batch.summary();
        let entries = self.meta.index_entries(&summary, rules);
        self.push_entries(&entries);
        let modified = self.meta.modified;
        self.meta.on_appended(&summary, &entries, modified);
        if self.offsets.is_tail_full() || self.times.is_tail_full() {
            self.write_indexes_if_room(place, Completion::Growing)?;
        }
        Ok(())
    }

    /// Adds entries to the indexes in memory.
    pub fn push_entries(&mut self, entries: &IndexEntries) {
        let base = self.meta.base_offset;
        if let Some((offset, position)) = entries.offset {
            self.offsets
                .push(OffsetEntry { relative_offset: relative(offset, base), position: position as u32 });
        }
        if let Some((timestamp, offset)) = entries.time {
            self.times.push(TimeEntry { timestamp_ms: timestamp.0, relative_offset: relative(offset, base) });
        }
    }

    /// [`Self::write_indexes`], where a full disk must not keep the log from being read: the entries stay in memory.
    pub fn write_indexes_if_room(&mut self, place: &Place, completion: Completion) -> io::Result<()> {
        match self.write_indexes(place, completion) {
            Err(error) if is_passing(&error) => Ok(()),
            other => other,
        }
    }

    /// Writes the index entries that are only in memory, and with [`Completion::Closing`] the one that closes the time index.
    pub fn write_indexes(&mut self, place: &Place, completion: Completion) -> io::Result<()> {
        if completion == Completion::Closing
            && let Some((timestamp, offset)) = self.meta.closing_time_entry()
        {
            let entries = IndexEntries { offset: None, time: Some((timestamp, offset)) };
            self.push_entries(&entries);
            self.meta.on_indexed(&entries);
        }
        if self.offsets.has_tail() || completion == Completion::Closing {
            let file = place.open(self.meta.base_offset, FileKind::OffsetIndex, OpenMode::CreateOrOpen)?;
            self.offsets.write_tail(&*file)?;
        }
        if self.times.has_tail() || completion == Completion::Closing {
            let file = place.open(self.meta.base_offset, FileKind::TimeIndex, OpenMode::CreateOrOpen)?;
            self.times.write_tail(&*file)?;
        }
        Ok(())
    }

    /// The first batch that ends at or behind `offset`, if the segment has one.
    pub fn locate(&self, place: &Place, offset: Offset) -> io::Result<Option<BatchLocation>> {
        self.scan(place, self.indexed_position(place, offset)?, |batch| batch.last_offset >= offset)
    }

    /// The start of the batch that the index names for `offset`: the one with it, or one before.
    fn indexed_position(&self, place: &Place, offset: Offset) -> io::Result<u64> {
        let base = self.meta.base_offset;
        if offset <= base || self.offsets.is_empty() {
            return Ok(0);
        }
        let open = || place.open(base, FileKind::OffsetIndex, OpenMode::Existing);
        let entry = self.offsets.floor(relative(offset, base), open)?;
        Ok(entry.map_or(0, |entry| u64::from(entry.position)))
    }

    /// Where batches from `offset` on begin, or would begin: a position at a batch boundary and the offset there, which
    /// is not above `offset`. By headers alone, up to the first that is none; `None` if that leads nowhere.
    pub(crate) fn boundary_at(&self, place: &Place, offset: Offset) -> io::Result<Option<(u64, Offset)>> {
        let mut end = None;
        let found = self.scan(place, self.indexed_position(place, offset)?, |batch| {
            end = Some((batch.end(), batch.last_offset.next()));
            batch.last_offset >= offset
        });
        Ok(match found {
            Ok(Some(batch)) => Some((batch.position, batch.base_offset)).filter(|(_, base)| *base <= offset),
            Ok(None) => end,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => end,
            Err(error) => return Err(error),
        })
    }

    /// The first batch at or behind `position` (the start of a batch) for which `wanted` holds.
    pub fn scan(
        &self,
        place: &Place,
        mut position: u64,
        mut wanted: impl FnMut(&BatchLocation) -> bool,
    ) -> io::Result<Option<BatchLocation>> {
        if position >= self.meta.size_bytes {
            return Ok(None);
        }
        let file = self.log_file(place)?;
        while position < self.meta.size_bytes {
            let batch = probe(&*file, position, self.meta.size_bytes)?;
            if wanted(&batch) {
                return Ok(Some(batch));
            }
            position = batch.end();
        }
        Ok(None)
    }

    /// Names of all files that the segment may have.
    pub fn file_paths(&self, place: &Place) -> Vec<PathBuf> {
        FileKind::OF_SEGMENT.iter().map(|kind| place.path(self.meta.base_offset, *kind)).collect()
    }
}

/// Whether more batches may follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Completion {
    /// They may.
    Growing,
    /// The segment has its last batch, or is to look so to whoever opens it next.
    Closing,
}

/// Why a batch was not written.
#[derive(Debug)]
pub enum AppendFailure {
    /// The file is as it was before.
    Undone(io::Error),
    /// The file is as it was before, but what it held may not be on the disk: nothing of it is ever acknowledged.
    SyncFailed(io::Error),
    /// Nobody knows what the file holds behind its end.
    NotUndone {
        /// The failed write.
        error: io::Error,
        /// Why it could not be undone.
        undo: io::Error,
    },
}

fn relative(offset: Offset, base: Offset) -> u32 {
    u32::try_from(offset.0 - base.0).unwrap_or(u32::MAX)
}

/// Reads the header of the batch at `position`.
pub(crate) fn probe(file: &dyn DiskFile, position: u64, size_bytes: u64) -> io::Result<BatchLocation> {
    let mut header = [0; PROBE_BYTES];
    let read = file.read_at(&mut header, position)?;
    let field = |at: usize| i32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let long = |at: usize| (i64::from(field(at)) << 32) | i64::from(field(at + 4) as u32);
    let (base_offset, length, last_offset_delta) = (long(0), field(8), field(23));
    let is_whole = read == PROBE_BYTES && length >= PROBE_BYTES as i32 - 12 && last_offset_delta >= 0;
    if !is_whole || position + 12 + length as u64 > size_bytes {
        let text = format!("no batch at position {position} of {size_bytes}: length {length}");
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    Ok(BatchLocation {
        base_offset: Offset(base_offset),
        last_offset: Offset(base_offset + i64::from(last_offset_delta)),
        position,
        size_bytes: 12 + length as u64,
        max_timestamp: TimestampMs(long(35)),
        leader_epoch: field(12),
    })
}

/// Whether a path names something of this segment that is there.
pub fn existing(place: &Place, paths: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        if place.disk().exists(Path::new(path))? {
            found.push(path.clone());
        }
    }
    Ok(found)
}
