//! The partition as the flusher sees it (group commit).

use std::io;
use std::sync::atomic::Ordering;

use jackdaw_base::MonotonicNs;
use jackdaw_store::flusher::{FlushGoal, FlushWork, Flushable};

use crate::partition::Partition;

impl Partition {
    /// Has the flusher sync what recovery has read, so that the next one need not.
    pub fn flush_recovered(&self) {
        let watermarks = self.watermarks();
        if watermarks.flushed_end < watermarks.log_end {
            self.queue_flush();
        }
    }

    /// Has the flusher sync what is due without anybody waiting for it: records older than `flush.ms`, and segments that
    /// are full, so that the recovery point moves on whatever `flush.messages` says.
    pub fn flush_overdue(&self, now: MonotonicNs) {
        let watermarks = self.watermarks();
        if watermarks.flushed_end >= watermarks.log_end || !self.is_serving() {
            return;
        }
        let is_due = {
            let inner = self.lock();
            let is_old = self.settings().flush_ms_max.is_some_and(|ms| now >= inner.flushed_at.plus_ms(ms));
            let active = inner.log.segment_metas().last().map(|meta| meta.base_offset);
            is_old || active.is_some_and(|base| inner.log.flushed_end() < base)
        };
        if is_due {
            self.queue_flush();
        }
    }
}

impl Flushable for Partition {
    fn begin_flush(&self) -> Option<FlushWork> {
        // Cleared before the work is taken: an append from here on queues the partition for the next round.
        self.is_flush_queued.store(false, Ordering::Release);
        if !self.is_serving() {
            // Who waits for this round waits for nothing.
            self.waiters.wake_all();
            return None;
        }
        let mut inner = self.lock();
        inner.log.mark_boundary();
        inner.log.begin_flush()
    }

    fn complete_flush(&self, goal: FlushGoal, result: Result<(), &io::Error>) {
        match result {
            Ok(()) => {
                let mut inner = self.lock();
                inner.log.on_flushed(goal);
                let now = self.placement().directory.clock().monotonic();
                inner.flushed_at = now;
                self.settle_end(&mut inner, now);
            }
            Err(error) => {
                self.placement().directory.on_sync_error(error);
                self.waiters.wake_all();
            }
        }
    }
}
