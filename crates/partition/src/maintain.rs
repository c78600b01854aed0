//! What happens to a partition in the background or by an administrator: retention, DeleteRecords, checkpoints, the
//! clean stop. What may go is decided in `log`; this executes it.

use std::io;
use std::path::PathBuf;

use jackdaw_base::{MonotonicNs, Offset, TimestampMs};
use jackdaw_log::retention::{self, LogFacts, RetentionReason, SegmentFacts};
use jackdaw_log::segment::SegmentMeta;

use crate::failure::{Unavailable, check_leader};
use crate::partition::Partition;

/// What a run of retention has taken away.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RetentionReport {
    /// Segments that are no longer part of the log.
    pub segments: usize,
    /// Why they went, with how many for each reason.
    pub reasons: Vec<(RetentionReason, usize)>,
    /// Files that are to be removed after `file.delete.delay.ms`.
    pub files: Vec<PathBuf>,
}

/// Why DeleteRecords was refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DeleteRecordsError {
    /// The partition cannot serve.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The offset is negative or above the high watermark.
    #[error("offset {offset} is not within the log up to its high watermark {high_watermark}")]
    OffsetOutOfRange {
        /// What was asked for.
        offset: Offset,
        /// What may be deleted at most.
        high_watermark: Offset,
    },
    /// Records of this topic cannot be deleted: its cleanup policy is not `delete`.
    #[error("the topic's cleanup.policy does not allow to delete records")]
    PolicyViolation,
}

impl Partition {
    /// Moves the log start to `offset` (-1: to the high watermark) and returns it.
    pub fn delete_records(&self, offset: Offset) -> Result<Offset, DeleteRecordsError> {
        self.check_serving()?;
        if !self.settings().allows_delete_records {
            return Err(DeleteRecordsError::PolicyViolation);
        }
        let mut inner = self.lock();
        check_leader(&inner.replica, None)?;
        let high_watermark = inner.replica.high_watermark();
        let target = if offset == Offset::NONE { high_watermark } else { offset };
        if target.0 < 0 || target > high_watermark {
            return Err(DeleteRecordsError::OffsetOutOfRange { offset, high_watermark });
        }
        if let Err(error) = inner.log.advance_log_start(target) {
            drop(inner);
            self.on_disk_error("move the log start", &error);
            return Err(Unavailable::Storage.into());
        }
        let log_start = inner.log.log_start();
        self.publish(&mut inner);
        Ok(log_start)
    }

    /// Takes away what retention lets go.
    pub fn retain(&self, now: TimestampMs) -> RetentionReport {
        if !self.is_serving() {
            return RetentionReport::default();
        }
        let mut inner = self.lock();
        let facts: Vec<SegmentFacts> = inner.log.segment_metas().map(facts_of).collect();
        let log = LogFacts {
            log_start: inner.log.log_start(),
            high_watermark: inner.replica.high_watermark(),
            log_end: inner.log.log_end(),
        };
        let decision = retention::decide(&facts, log, &self.settings().retention, now);
        match inner.log.remove_leading(decision.segments_to_delete, now) {
            Ok(files) => {
                self.publish(&mut inner);
                RetentionReport { segments: decision.segments_to_delete, reasons: decision.reasons, files }
            }
            Err(error) => {
                drop(inner);
                self.on_disk_error("delete old segments", &error);
                RetentionReport::default()
            }
        }
    }

    /// Makes the next start cheap; returns the recovery point for the directory's checkpoint. An error has been acted
    /// upon when it is returned.
    pub fn checkpoint(&self) -> io::Result<Offset> {
        let result = self.lock().log.checkpoint();
        result.inspect_err(|error| self.on_disk_error("write a checkpoint", error))
    }

    /// Stops the partition if its directory was removed under it: what is appended then would be lost with it.
    pub fn check_directory(&self) {
        if self.is_serving() && self.is_materialized() {
            let place = self.lock().log.place().clone();
            match place.disk().exists(place.directory()) {
                Ok(true) => {}
                Ok(false) => self.on_disk_error("find its directory", &io::ErrorKind::NotFound.into()),
                Err(error) => self.on_disk_error("find its directory", &error),
            }
        }
    }

    /// Writes and syncs everything: the last thing before a clean stop. Returns the recovery point. An error has been
    /// acted upon when it is returned.
    pub fn close(&self) -> io::Result<Offset> {
        let mut inner = self.lock();
        let end = match inner.log.close() {
            Ok(end) => end,
            Err(error) => {
                drop(inner);
                self.on_disk_error("close the log", &error);
                return Err(error);
            }
        };
        let now = MonotonicNs::default();
        self.settle_end(&mut inner, now);
        Ok(end)
    }

    /// Lets go of the active segment's file if nothing was appended lately.
    pub fn release_idle(&self) {
        self.lock().log.release_idle();
    }

    /// Whether it has files at all.
    pub fn is_materialized(&self) -> bool {
        self.lock().log.is_materialized()
    }

    /// The log's first offset as the checkpoint has to remember it: `None` if the first segment's name already says so.
    pub fn log_start_to_checkpoint(&self) -> Option<Offset> {
        let inner = self.lock();
        let first = inner.log.segment_metas().next()?.base_offset;
        (inner.log.log_start() > first).then(|| inner.log.log_start())
    }
}

fn facts_of(meta: &SegmentMeta) -> SegmentFacts {
    SegmentFacts {
        base_offset: meta.base_offset,
        size_bytes: meta.size_bytes,
        max_timestamp: meta.max_timestamp,
        last_modified: meta.modified,
    }
}
