//! What retention and DeleteRecords take away: the log start moves, leading segments get Kafka's `.deleted` names,
//! and the files go later (`file.delete.delay.ms`). What may go is decided in `log`'s `retention`.

use std::io;
use std::path::PathBuf;

use jackdaw_base::{Offset, TimestampMs};
use jackdaw_log::segment::RollReason;

use super::PartitionLog;
use crate::segment::existing;

/// What stands behind the name of a file that waits for its deletion.
pub const DELETED_SUFFIX: &str = ".deleted";

impl PartitionLog {
    /// Records below `offset` are gone for readers. The caller has checked that it is not above the high watermark.
    pub fn advance_log_start(&mut self, offset: Offset) -> io::Result<()> {
        if offset <= self.log_start {
            return Ok(());
        }
        assert!(offset <= self.log_end, "L1: log start {offset} above the end {}", self.log_end);
        self.log_start = offset;
        self.epochs.truncate_from_start(offset);
        self.is_derived_synced = false;
        Ok(())
    }

    /// Takes the `count` oldest segments out of the log, renames their files, and returns the new names: the files are
    /// to be removed later. If no segment were left, an empty one at the log's end takes their place first.
    pub fn remove_leading(&mut self, count: usize, now: TimestampMs) -> io::Result<Vec<PathBuf>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        if count >= self.segments.len() {
            self.roll(now, RollReason::Age)?;
        }
        let count = count.min(self.segments.len() - 1);
        let removed: Vec<_> = self.segments.drain(..count).collect();
        let first = self.segments[0].base_offset();
        let mut renamed = Vec::new();
        for segment in &removed {
            for path in existing(&self.place, &segment.file_paths(&self.place))? {
                let mut target = path.clone().into_os_string();
                target.push(DELETED_SUFFIX);
                let target = PathBuf::from(target);
                self.place.disk().rename(&path, &target)?;
                self.place.files().forget(&path);
                renamed.push(target);
            }
        }
        self.advance_log_start(first)?;
        Ok(renamed)
    }
}
