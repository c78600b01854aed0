//! One partition's log on the disk: appends, rolls, and what has to be synced. Reading, retention, truncation and
//! recovery are in the modules below. Whoever holds it holds the partition's lock.
//!
//! ```text
//!   log_start ≤ … ≤ flushed_end ≤ log_end          (L1; flushed ≤ written)
//!   [segment 0][segment 1][ active segment ……… ]
//! ```
//!
//! A partition without batches has no directory: its metadata record is all there is (architecture §3).

mod aborted;
mod checkpoint;
mod read;
mod retain;
mod timestamp;
mod truncate;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use jackdaw_base::disk::{Disk, DiskFile, OpenMode};
use jackdaw_base::{LeaderEpoch, Offset, TimestampMs, TopicId};
use jackdaw_log::BatchSummary;
use jackdaw_log::checkpoint_file::{
    LEADER_EPOCH_CHECKPOINT_FILE, PARTITION_METADATA_FILE, PartitionMetadata,
};
use jackdaw_log::epoch_cache::EpochCache;
use jackdaw_log::producer_state::ProducerState;
use jackdaw_log::segment::{RollReason, SegmentMeta, SegmentRules};

pub use read::{FileSlice, ReadFailure, ReadRequest, WholeBatch};
pub use timestamp::{TimestampScan, TimestampedOffset};

use crate::flusher::{FlushGoal, FlushWork};
use crate::place::{FileKind, Place};
use crate::segment::{AppendFailure, Completion, Segment};

/// What the next flush round has to make durable.
#[derive(Default)]
pub struct Unsynced {
    pub(crate) files: Vec<Arc<dyn DiskFile>>,
    pub(crate) directories: Vec<PathBuf>,
}

impl Unsynced {
    /// Whether nothing is waiting.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.directories.is_empty()
    }

    /// Makes it durable, here and now. Files first, as in a flush round.
    pub(crate) fn sync(self, disk: &dyn Disk) -> io::Result<()> {
        self.files.iter().try_for_each(|file| file.sync())?;
        self.directories.iter().try_for_each(|directory| disk.sync_directory(directory))
    }
}

/// What recovery has found.
pub struct RecoveredParts {
    /// The segments, oldest first, at least one.
    pub segments: Vec<Segment>,
    /// The first readable offset.
    pub log_start: Offset,
    /// The offset behind the last batch.
    pub log_end: Offset,
    /// Producers as of the end.
    pub producers: ProducerState,
    /// Leader epochs of what is there.
    pub epochs: EpochCache,
    /// The producer snapshot that is not at the start of a segment.
    pub loose_snapshot: Option<Offset>,
    /// Indexes below were on the disk when the last run ended; those behind were made anew.
    pub indexes_synced_to: Offset,
    /// Everything below is on the disk.
    pub flushed_end: Offset,
    /// Files and directories without which the rest is not.
    pub unsynced: Unsynced,
}

/// A partition's log.
pub struct PartitionLog {
    place: Place,
    topic_id: TopicId,
    rules: SegmentRules,
    segments: Vec<Segment>,
    log_start: Offset,
    log_end: Offset,
    flushed_end: Offset,
    /// How often the end was cut off.
    cuts: u64,
    /// The lowest end that was ever cut to: what a round is worth that began before a cut.
    lowest_cut: Offset,
    /// Position of a batch boundary that readers are likely to be bounded by: (offset, segment, position).
    boundary: (Offset, Offset, u64),
    producers: ProducerState,
    epochs: EpochCache,
    unsynced: Unsynced,
    /// Bytes of the closed segments, and which ones: (how many, first base offset, base offset of the active one).
    closed_size: ((usize, Offset, Offset), u64),
    /// A producer snapshot that is not at the start of a segment, to be replaced by the next one.
    loose_snapshot: Option<Offset>,
    /// Indexes of segments from here on were not synced yet.
    indexes_synced_to: Offset,
    /// Whether indexes, epochs and producers on the disk are those of the log's end.
    is_derived_synced: bool,
}

impl PartitionLog {
    /// An empty log that begins at `log_start`, without files.
    pub fn empty(place: Place, topic_id: TopicId, rules: SegmentRules, producers: ProducerState) -> Self {
        Self {
            place,
            topic_id,
            rules,
            segments: Vec::new(),
            log_start: Offset::ZERO,
            log_end: Offset::ZERO,
            flushed_end: Offset::ZERO,
            cuts: 0,
            lowest_cut: Offset(i64::MAX),
            boundary: (Offset::ZERO, Offset::ZERO, 0),
            producers,
            epochs: EpochCache::new(),
            unsynced: Unsynced::default(),
            closed_size: ((0, Offset::ZERO, Offset::ZERO), 0),
            loose_snapshot: None,
            indexes_synced_to: Offset::ZERO,
            is_derived_synced: false,
        }
    }

    /// A log as its files were found.
    pub fn recovered(place: Place, topic_id: TopicId, rules: SegmentRules, parts: RecoveredParts) -> Self {
        let mut log = Self::empty(place, topic_id, rules, parts.producers);
        log.segments = parts.segments;
        log.log_start = parts.log_start;
        log.log_end = parts.log_end;
        log.flushed_end = parts.flushed_end;
        log.unsynced = parts.unsynced;
        log.epochs = parts.epochs;
        log.loose_snapshot = parts.loose_snapshot;
        log.indexes_synced_to = parts.indexes_synced_to;
        log.producers.on_log_start(parts.log_start);
        log
    }

    /// The first offset that may be read.
    pub fn log_start(&self) -> Offset {
        self.log_start
    }

    /// The offset of the next batch.
    pub fn log_end(&self) -> Offset {
        self.log_end
    }

    /// Everything below is on the disk: also the recovery point.
    pub fn flushed_end(&self) -> Offset {
        self.flushed_end
    }

    /// The topic that the directory belongs to.
    pub fn topic_id(&self) -> TopicId {
        self.topic_id
    }

    /// Where its files are.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Whether it has files.
    pub fn is_materialized(&self) -> bool {
        !self.segments.is_empty()
    }

    /// Bytes of all its batches.
    pub fn size_bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.meta.size_bytes).sum()
    }

    /// [`Self::size_bytes`] for whoever asks after every append: the closed segments are summed anew only when there
    /// are others.
    pub fn size_bytes_now(&mut self) -> u64 {
        let [closed @ .., active] = &self.segments[..] else { return 0 };
        let key = (closed.len(), self.segments[0].base_offset(), active.base_offset());
        if self.closed_size.0 != key {
            self.closed_size = (key, closed.iter().map(|segment| segment.meta.size_bytes).sum());
        }
        self.closed_size.1 + active.meta.size_bytes
    }

    /// How many segments it has.
    pub fn segment_count(&self) -> usize {
        self.segments.len()
    }

    /// Numbers of its segments, oldest first.
    pub fn segment_metas(&self) -> impl Iterator<Item = &SegmentMeta> {
        self.segments.iter().map(|segment| &segment.meta)
    }

    /// Producers and their transactions.
    pub fn producers(&self) -> &ProducerState {
        &self.producers
    }

    /// Producers and their transactions, to tell them of time and of the high watermark.
    pub fn producers_mut(&mut self) -> &mut ProducerState {
        &mut self.producers
    }

    /// Leader epochs and where they began.
    pub fn epochs(&self) -> &EpochCache {
        &self.epochs
    }

    /// The settings changed.
    pub fn set_rules(&mut self, rules: SegmentRules) {
        self.rules = rules;
    }

    /// Writes one batch at the log's end. Its base offset and leader epoch are already in `bytes`, and `batch` is what
    /// they say. On [`AppendFailure::Undone`] the log is as it was.
    pub fn append(
        &mut self,
        bytes: &[u8],
        batch: &BatchSummary,
        now: TimestampMs,
    ) -> Result<(), AppendFailure> {
        assert!(
            batch.base_offset >= self.log_end,
            "L2: {} below the end {}",
            batch.base_offset,
            self.log_end
        );
        assert_eq!(bytes.len(), batch.size_bytes as usize, "the summary is of these bytes");
        if self.segments.is_empty() {
            self.materialize(batch.base_offset, now).map_err(AppendFailure::Undone)?;
        }
        if let Some(reason) = self.roll_reason(batch, now) {
            self.seal_active().map_err(AppendFailure::SyncFailed)?;
            self.roll(now, reason).map_err(AppendFailure::Undone)?;
        }
        self.write_long_tails().map_err(AppendFailure::Undone)?;
        self.assign_epoch(batch.leader_epoch, batch.base_offset);
        let file = self.active_file().map_err(AppendFailure::Undone)?;
        let rules = self.rules;
        let active = self.segments.last_mut().expect("a materialized log has an active segment");
        let entries = active.meta.index_entries(batch, &rules);
        active.append(&*file, bytes, batch, &entries, now)?;
        self.note_unsynced(file);
        self.is_derived_synced = false;
        self.log_end = batch.next_offset();
        if batch.producer.is_some() {
            self.replay_producer(batch, now).map_err(|error| AppendFailure::NotUndone {
                error,
                undo: io::Error::other("the batch is stored, its transaction index entry is not"),
            })?;
        }
        Ok(())
    }

    /// Makes the active segment durable before another one takes its place: that one must not outlive a power cut that
    /// takes some of this one's batches, or its name. Recovery could not tell the hole from a compacted one, and a
    /// producer that sends the lost batch again would hear "duplicate".
    fn seal_active(&mut self) -> io::Result<()> {
        self.active_file()?.sync()?;
        self.place.disk().sync_directory(self.place.directory())
    }

    fn roll_reason(&self, batch: &BatchSummary, now: TimestampMs) -> Option<RollReason> {
        let active = &self.segments.last()?.meta;
        active.roll_reason(
            u64::from(batch.size_bytes),
            batch.last_offset,
            batch.max_timestamp,
            now,
            &self.rules,
        )
    }

    /// The batch is stored: producer state follows, and an aborted transaction is indexed.
    fn replay_producer(&mut self, batch: &BatchSummary, now: TimestampMs) -> io::Result<()> {
        match self.producers.apply(batch, now) {
            Some(completed) => self.index_completed(&completed),
            None => Ok(()),
        }
    }

    /// Index tails are bounded in memory.
    fn write_long_tails(&mut self) -> io::Result<()> {
        let active = self.segments.last_mut().expect("a materialized log has an active segment");
        if active.offsets.is_tail_full() || active.times.is_tail_full() {
            active.write_indexes(&self.place, Completion::Growing)?;
        }
        Ok(())
    }

    /// Makes the directory, its `partition.metadata` first, and the first segment.
    fn materialize(&mut self, base_offset: Offset, now: TimestampMs) -> io::Result<()> {
        let disk = self.place.disk();
        disk.create_directory(self.place.directory())?;
        let text = PartitionMetadata { topic_id: self.topic_id }.encode();
        let file = self.place.replace(PARTITION_METADATA_FILE, text.as_bytes())?;
        self.write_epochs()?;
        self.add_segment(base_offset, now)?;
        self.unsynced.files.push(file);
        self.unsynced.directories.push(self.place.parent().to_path_buf());
        Ok(())
    }

    /// Makes a new, empty active segment. If that fails, none of its files stays behind: the active segment may grow
    /// past its offset, and recovery would find two logs in one.
    fn add_segment(&mut self, base_offset: Offset, now: TimestampMs) -> io::Result<()> {
        let seed =
            base_offset.0 as u64 ^ u64::from_be_bytes(self.topic_id.0[..8].try_into().expect("8 bytes"));
        let meta =
            SegmentMeta::empty(base_offset, now, &self.rules, seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut segment = Segment::new(meta);
        let file = match self.make_segment_files(&mut segment) {
            Ok(file) => file,
            Err(error) => {
                self.remove_segment_files(&segment)?;
                return Err(error);
            }
        };
        self.segments.push(segment);
        self.unsynced.directories.push(self.place.directory().to_path_buf());
        self.note_unsynced(file);
        Ok(())
    }

    fn make_segment_files(&self, segment: &mut Segment) -> io::Result<Arc<dyn DiskFile>> {
        let file = segment.create_log_file(&self.place)?;
        for kind in [FileKind::OffsetIndex, FileKind::TimeIndex] {
            self.place.open(segment.base_offset(), kind, OpenMode::CreateOrOpen)?.set_size(0)?;
        }
        Ok(file)
    }

    /// Ends the active segment and begins the next one at the log's end. An empty active segment stays.
    pub fn roll(&mut self, now: TimestampMs, _reason: RollReason) -> io::Result<()> {
        let base_offset = self.log_end;
        let active = self.segments.last_mut().expect("only a materialized log rolls");
        if active.meta.size_bytes == 0 && active.meta.base_offset == base_offset {
            return Ok(());
        }
        active.write_indexes(&self.place, Completion::Closing)?;
        self.write_producer_snapshot(base_offset)?;
        self.add_segment(base_offset, now)?;
        let count = self.segments.len();
        self.segments[count - 2].active_file = None;
        Ok(())
    }

    fn active_file(&mut self) -> io::Result<Arc<dyn DiskFile>> {
        let active = self.segments.last_mut().expect("a materialized log has an active segment");
        if active.active_file.is_none() {
            active.active_file =
                Some(self.place.open(active.meta.base_offset, FileKind::Log, OpenMode::Existing)?);
        }
        Ok(Arc::clone(active.active_file.as_ref().expect("just opened")))
    }

    fn note_unsynced(&mut self, file: Arc<dyn DiskFile>) {
        if !self.unsynced.files.last().is_some_and(|last| Arc::ptr_eq(last, &file)) {
            self.unsynced.files.push(file);
        }
    }

    /// A leadership begins at `start`, unless it is the one that lasts already. The file is left to the checkpoint:
    /// recovery finds what is behind the recovery point in the batches, and an unsynced write here could tear, by a
    /// power cut, the only place that knows the epochs below it.
    pub fn assign_epoch(&mut self, epoch: LeaderEpoch, start: Offset) {
        if self.epochs.assign(epoch, start) {
            self.is_derived_synced = false;
        }
    }

    /// Makes the first file of leader epochs. It is not synced: until a checkpoint has replaced it, recovery finds all
    /// epochs in the batches.
    fn write_epochs(&self) -> io::Result<()> {
        self.place.replace(LEADER_EPOCH_CHECKPOINT_FILE, self.epochs.encode().as_bytes()).map(drop)
    }

    /// What has to be synced so that everything up to the present end is durable; `None` if nothing is waiting.
    pub fn begin_flush(&mut self) -> Option<FlushWork> {
        if self.unsynced.is_empty() {
            return None;
        }
        let Unsynced { files, mut directories } = std::mem::take(&mut self.unsynced);
        directories.sort_unstable();
        directories.dedup();
        Some(FlushWork { files, directories, goal: FlushGoal { end: self.log_end, cuts: self.cuts } })
    }

    /// What [`Self::begin_flush`] named is durable. Bytes that were written in the place of others, after the round
    /// had begun, wait for the next one.
    pub fn on_flushed(&mut self, goal: FlushGoal) {
        let end = if goal.cuts == self.cuts { goal.end } else { goal.end.min(self.lowest_cut) };
        self.flushed_end = self.flushed_end.max(end.min(self.log_end));
    }

    /// The end was cut off at `end`.
    fn note_cut(&mut self, end: Offset) {
        self.cuts += 1;
        self.lowest_cut = self.lowest_cut.min(end);
    }

    /// Closes the active segment's file if it has nothing to sync: idle partitions hold no descriptor.
    pub fn release_idle(&mut self) {
        if self.unsynced.files.is_empty()
            && let Some(active) = self.segments.last_mut()
        {
            active.active_file = None;
        }
    }

    fn segment_index_of(&self, offset: Offset) -> usize {
        self.segments.partition_point(|segment| segment.base_offset() <= offset).saturating_sub(1)
    }

    /// The offset behind the last one that segment `index` may hold.
    fn segment_end(&self, index: usize) -> Offset {
        self.segments.get(index + 1).map_or(self.log_end, Segment::base_offset)
    }
}
