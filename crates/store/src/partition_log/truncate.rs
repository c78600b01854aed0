//! Cutting the end of a log, as a follower does that has what the leader never had (R5), and starting over.

use std::io;

use jackdaw_base::disk::OpenMode;
use jackdaw_base::{Offset, TimestampMs};

use jackdaw_log::producer_state::ProducerRules;

use super::PartitionLog;
use crate::place::FileKind;
use crate::recovery;
use crate::segment::Segment;

impl PartitionLog {
    /// Drops every batch that reaches to `offset` or above. Producer state is not touched: the caller rebuilds it with
    /// [`PartitionLog::rebuild_producers`](Self::rebuild_producers).
    pub fn truncate_to(&mut self, offset: Offset) -> io::Result<()> {
        if offset >= self.log_end || self.segments.is_empty() {
            return Ok(());
        }
        while self.segments.len() > 1 && self.segments.last().is_some_and(|last| last.base_offset() >= offset)
        {
            let segment = self.segments.pop().expect("there are two");
            self.remove_segment_files(&segment)?;
        }
        let place = self.place.clone();
        let active = self.segments.last_mut().expect("one is left");
        let cut = active.locate(&place, offset)?;
        let (position, end) = match cut {
            Some(batch) => (batch.position, batch.base_offset),
            None => (active.meta.size_bytes, offset),
        };
        Self::cut_segment(&place, active, position, end)?;
        let base_offset = active.base_offset();
        let file = place.open(base_offset, FileKind::Log, OpenMode::Existing)?;
        active.active_file = Some(std::sync::Arc::clone(&file));
        self.note_unsynced(file);
        // Segments that are gone stay gone only when the directory says so.
        self.unsynced.directories.push(self.place.directory().to_path_buf());
        self.log_end = end.max(base_offset);
        self.note_cut(self.log_end);
        self.flushed_end = self.flushed_end.min(self.log_end);
        self.log_start = self.log_start.min(self.log_end);
        self.boundary = (Offset::NONE, Offset::NONE, 0);
        self.indexes_synced_to = self.indexes_synced_to.min(base_offset);
        self.is_derived_synced = false;
        self.truncate_aborted(base_offset, self.log_end)?;
        self.epochs.truncate_from_end(self.log_end);
        self.remove_snapshots_above(self.log_end)
    }

    /// Cuts one segment's file and indexes at a batch boundary.
    fn cut_segment(
        place: &crate::place::Place,
        segment: &mut Segment,
        position: u64,
        end: Offset,
    ) -> io::Result<()> {
        let base = segment.base_offset();
        place.open(base, FileKind::Log, OpenMode::Existing)?.set_size(position)?;
        let offsets = place.open(base, FileKind::OffsetIndex, OpenMode::CreateOrOpen)?;
        segment.offsets.truncate_where(&*offsets, |entry| u64::from(entry.position) < position)?;
        let times = place.open(base, FileKind::TimeIndex, OpenMode::CreateOrOpen)?;
        segment.times.truncate_where(&*times, |entry| base.plus(entry.relative_offset.into()) < end)?;
        let last_time = segment.times.last(|| Ok(times))?;
        segment.meta.size_bytes = position;
        segment.meta.offset_index_entries = segment.offsets.len();
        segment.meta.time_index_entries = segment.times.len();
        segment.meta.last_indexed_timestamp =
            last_time.map_or(TimestampMs::NONE, |entry| TimestampMs(entry.timestamp_ms));
        let (mut max_timestamp, mut at, mut first) = (TimestampMs::NONE, base, None);
        if let Some(entry) = last_time {
            (max_timestamp, at) = (TimestampMs(entry.timestamp_ms), base.plus(entry.relative_offset.into()));
        }
        // The time index is sparse: what is behind its last entry is looked at.
        let from = segment.locate(place, at)?.map_or(0, |batch| batch.position);
        segment.scan(place, 0, |batch| {
            first.get_or_insert(batch.max_timestamp);
            true
        })?;
        segment.scan(place, from, |batch| {
            if batch.max_timestamp > max_timestamp {
                (max_timestamp, at) = (batch.max_timestamp, batch.last_offset);
            }
            false
        })?;
        segment.meta.first_timestamp = first;
        segment.meta.max_timestamp = max_timestamp;
        segment.meta.max_timestamp_offset = at;
        segment.meta.bytes_since_index_entry = 0;
        Ok(())
    }

    pub(super) fn remove_segment_files(&self, segment: &Segment) -> io::Result<()> {
        for path in crate::segment::existing(&self.place, &segment.file_paths(&self.place))? {
            self.place.disk().remove_file(&path)?;
            self.place.files().forget(&path);
        }
        Ok(())
    }

    /// Snapshots of producers behind the end speak of batches that are no more.
    fn remove_snapshots_above(&mut self, end: Offset) -> io::Result<()> {
        let disk = self.place.disk();
        for entry in disk.read_directory(self.place.directory())? {
            let suffix = FileKind::ProducerSnapshot.suffix();
            let offset = entry.name.strip_suffix(suffix).and_then(|digits| digits.parse().ok().map(Offset));
            if offset.is_some_and(|offset| offset > end) {
                disk.remove_file(&self.place.named(&entry.name))?;
            }
        }
        self.loose_snapshot = self.loose_snapshot.filter(|offset| *offset <= end);
        Ok(())
    }

    /// Reads producer state anew, from the newest snapshot that is left.
    pub fn rebuild_producers(&mut self, rules: ProducerRules, now: TimestampMs) -> io::Result<()> {
        (self.producers, self.loose_snapshot) =
            recovery::rebuild_producers(&self.place, &self.segments, self.log_end, rules, now)?;
        self.producers.on_log_start(self.log_start);
        Ok(())
    }

    /// Empties the log and lets it begin at `offset`, as a follower that is too far behind has to.
    pub fn start_over(&mut self, offset: Offset, now: TimestampMs) -> io::Result<()> {
        for segment in std::mem::take(&mut self.segments) {
            self.remove_segment_files(&segment)?;
        }
        self.unsynced = super::Unsynced::default();
        self.producers.clear();
        self.epochs = jackdaw_log::epoch_cache::EpochCache::new();
        self.remove_snapshots_above(Offset::NONE)?;
        (self.log_start, self.log_end, self.flushed_end) = (offset, offset, offset);
        // What an older round made durable is in files that are gone.
        self.note_cut(Offset::ZERO);
        self.boundary = (Offset::NONE, Offset::NONE, 0);
        self.indexes_synced_to = offset;
        self.is_derived_synced = false;
        self.materialize(offset, now)
    }
}
