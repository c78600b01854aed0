//! The partition as the flusher sees it (group commit).

use std::io;
use std::sync::atomic::Ordering;

use jackdaw_base::Offset;
use jackdaw_store::flusher::{FlushWork, Flushable};

use crate::partition::Partition;

impl Flushable for Partition {
    fn begin_flush(&self) -> Option<FlushWork> {
        // Cleared before the work is taken: an append from here on queues the partition for the next round.
        self.is_flush_queued.store(false, Ordering::Release);
        if !self.is_serving() {
            return None;
        }
        let mut inner = self.lock();
        inner.log.mark_boundary();
        inner.log.begin_flush()
    }

    fn complete_flush(&self, end: Offset, result: Result<(), &io::Error>) {
        match result {
            Ok(()) => {
                let mut inner = self.lock();
                inner.log.on_flushed(end);
                let now = self.placement().directory.clock().monotonic();
                self.settle_end(&mut inner, now);
            }
            Err(error) => {
                self.placement().directory.on_sync_error(error);
                self.waiters.wake_all();
            }
        }
    }
}
