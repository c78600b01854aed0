//! Waiting for a partition: a signal that is raised once a watermark has moved far enough.

use std::sync::Weak;

use jackdaw_base::signal::Signal;

use crate::partition::Partition;
use crate::waiters::Watch;

/// A place in a partition's list of waiters; dropping it gives the place back.
pub struct Subscription {
    partition: Weak<Partition>,
    id: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(partition) = self.partition.upgrade() {
            partition.waiters.remove(self.id);
        }
    }
}

impl Partition {
    /// Raises `signal` once `watch` is reached, or at once if it is already.
    pub fn subscribe(&self, watch: Watch, signal: &Signal) -> Subscription {
        let id = self.waiters.add(watch, signal);
        if watch.is_reached(&self.watermarks()) || !self.is_serving() {
            signal.raise();
        }
        Subscription { partition: self.this(), id }
    }

    /// How many wait for this partition.
    pub fn waiter_count(&self) -> usize {
        self.waiters.len()
    }
}
