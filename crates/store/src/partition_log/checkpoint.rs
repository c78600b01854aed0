//! What makes the next start cheap: index tails, epochs and producers written and synced, so that recovery reads
//! only what is behind the recovery point. All of it is derived: losing it costs time, never data (A8).

use std::io;

use jackdaw_base::Offset;
use jackdaw_base::disk::{OpenMode, replace_whole};
use jackdaw_log::checkpoint_file::LEADER_EPOCH_CHECKPOINT_FILE;

use super::PartitionLog;
use crate::place::FileKind;
use crate::segment::Completion;

impl PartitionLog {
    /// Makes durable what belongs to the log below its flushed end, and returns that end: the recovery point that
    /// may now be written to the directory's checkpoint.
    pub fn checkpoint(&mut self) -> io::Result<Offset> {
        let flushed_end = self.flushed_end;
        if self.segments.is_empty() || self.is_derived_synced {
            return Ok(flushed_end);
        }
        self.write_derived()?;
        Ok(flushed_end)
    }

    /// Writes and syncs indexes, epochs and producers up to the log's end.
    fn write_derived(&mut self) -> io::Result<()> {
        let first = self.segment_index_of(self.indexes_synced_to);
        let last = self.segments.len() - 1;
        for index in first..=last {
            let completion = Completion::Closing;
            self.segments[index].write_indexes(&self.place, completion)?;
            self.sync_indexes(self.segments[index].base_offset())?;
        }
        replace_whole(
            self.place.disk(),
            &self.place.named(LEADER_EPOCH_CHECKPOINT_FILE),
            self.epochs.encode().as_bytes(),
        )?;
        if !self.producers.is_empty() {
            self.write_producer_snapshot(self.log_end)?;
            self.sync_producer_snapshot(self.log_end)?;
        }
        self.place.disk().sync_directory(self.place.directory())?;
        self.indexes_synced_to = self.log_end;
        self.is_derived_synced = true;
        Ok(())
    }

    fn sync_indexes(&self, base_offset: Offset) -> io::Result<()> {
        for kind in [FileKind::OffsetIndex, FileKind::TimeIndex] {
            self.place.open(base_offset, kind, OpenMode::CreateOrOpen)?.sync()?;
        }
        let aborted = self.place.path(base_offset, FileKind::TransactionIndex);
        if self.place.disk().exists(&aborted)? {
            self.place.disk().open(&aborted, OpenMode::Existing)?.sync()?;
        }
        Ok(())
    }

    /// A clean stop: everything is on the disk, and as Kafka leaves it. Returns the recovery point, the log's end.
    pub fn close(&mut self) -> io::Result<Offset> {
        if self.segments.is_empty() {
            return Ok(self.log_end);
        }
        std::mem::take(&mut self.unsynced).sync(self.place.disk())?;
        self.flushed_end = self.log_end;
        self.write_producer_snapshot(self.log_end)?;
        self.sync_producer_snapshot(self.log_end)?;
        self.indexes_synced_to = self.indexes_synced_to.min(self.active_base_offset());
        self.write_derived()?;
        Ok(self.flushed_end)
    }

    fn sync_producer_snapshot(&self, end_offset: Offset) -> io::Result<()> {
        let path = self.place.path(end_offset, FileKind::ProducerSnapshot);
        self.place.disk().open(&path, OpenMode::Existing)?.sync()
    }

    fn active_base_offset(&self) -> Offset {
        self.segments.last().map_or(Offset::ZERO, crate::segment::Segment::base_offset)
    }

    /// Writes the producers as of `end_offset`, unsynced: a damaged snapshot is found by its CRC and costs a replay. A snapshot that is not at the start of a segment is replaced by the next.
    pub(super) fn write_producer_snapshot(&mut self, end_offset: Offset) -> io::Result<()> {
        let name = format!("{:020}{}", end_offset.0, FileKind::ProducerSnapshot.suffix());
        self.place.replace(&name, &self.producers.encode_snapshot())?;
        if let Some(loose) = self.loose_snapshot.replace(end_offset)
            && loose != end_offset
            && !self.segments.iter().any(|segment| segment.base_offset() == loose)
        {
            self.place.disk().remove_file(&self.place.path(loose, FileKind::ProducerSnapshot))?;
        }
        Ok(())
    }
}
