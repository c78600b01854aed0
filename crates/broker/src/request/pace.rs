//! How often a client comes with the same request.

use std::sync::atomic::{AtomicU64, Ordering};

use jackdaw_base::MonotonicNs;

/// How a connection's heartbeats come. Kept with the connection.
#[derive(Debug, Default)]
pub struct Pace {
    /// When the last one arrived; 0: none has.
    last: AtomicU64,
}

impl Pace {
    /// Notes a heartbeat; returns how long after the last one it came, in nanoseconds.
    pub(crate) fn note(&self, arrived: MonotonicNs) -> Option<u64> {
        let last = self.last.swap(arrived.0.max(1), Ordering::Relaxed);
        (last != 0).then(|| arrived.0.saturating_sub(last))
    }
}
