//! Those who wait for a partition: parked fetches and unacknowledged appends. A waiter is a signal and a bound, never
//! a socket (A6). The list has a lock of its own, so that parking does not hold up appends.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use jackdaw_base::Offset;
use jackdaw_base::signal::Signal;
use parking_lot::Mutex;

use crate::watermarks::Watermarks;

/// What a waiter waits for. Whatever it is, a waiter is also woken when the partition fails, is deleted or loses its
/// leadership.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Watch {
    /// The high watermark is at least this.
    HighWatermark(Offset),
    /// The last stable offset is at least this.
    LastStable(Offset),
    /// The flushed end is at least this.
    Flushed(Offset),
}

impl Watch {
    pub(crate) fn is_reached(self, watermarks: &Watermarks) -> bool {
        match self {
            Self::HighWatermark(offset) => watermarks.high_watermark >= offset,
            Self::LastStable(offset) => watermarks.last_stable >= offset,
            Self::Flushed(offset) => watermarks.flushed_end >= offset,
        }
    }
}

struct Waiter {
    id: u64,
    watch: Watch,
    signal: Signal,
}

/// The waiters of one partition.
#[derive(Default)]
pub(crate) struct Waiters {
    list: Mutex<Vec<Waiter>>,
    count: AtomicUsize,
    next_id: AtomicU64,
}

impl Waiters {
    /// Adds a waiter. The caller looks at the watermarks again afterwards: what moved before is not signalled.
    pub(crate) fn add(&self, watch: Watch, signal: &Signal) -> u64 {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let mut list = self.list.lock();
        list.push(Waiter { id, watch, signal: signal.clone() });
        // The count is published before the caller's second look, and a mover reads it after moving: one sees the other.
        self.count.store(list.len(), Ordering::SeqCst);
        id
    }

    pub(crate) fn remove(&self, id: u64) {
        let mut list = self.list.lock();
        if let Some(index) = list.iter().position(|waiter| waiter.id == id) {
            list.swap_remove(index);
            self.count.store(list.len(), Ordering::SeqCst);
        }
    }

    /// The watermarks have moved: wakes whoever has waited for that.
    pub(crate) fn on_moved(&self, watermarks: &Watermarks) {
        if self.count.load(Ordering::SeqCst) > 0 {
            self.take(|waiter| waiter.watch.is_reached(watermarks));
        }
    }

    /// Wakes everybody. It may run while a panic unwinds, possibly out of this very list, so it never waits for the lock
    /// then: the waiters' own time limits end their wait.
    pub(crate) fn wake_all(&self) {
        if !std::thread::panicking() {
            return self.take(|_| true);
        }
        if let Some(mut list) = self.list.try_lock() {
            list.drain(..).for_each(|waiter| waiter.signal.raise());
            self.count.store(0, Ordering::SeqCst);
        }
    }

    /// Parked waiters now.
    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    fn take(&self, is_due: impl Fn(&Waiter) -> bool) {
        let mut list = self.list.lock();
        let mut index = 0;
        while index < list.len() {
            if is_due(&list[index]) {
                list.swap_remove(index).signal.raise();
            } else {
                index += 1;
            }
        }
        self.count.store(list.len(), Ordering::SeqCst);
    }
}
