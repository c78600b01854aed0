//! Keeps repeated log lines to one in a while. It decides only; the caller logs.

use std::sync::atomic::{AtomicU64, Ordering};

use jackdaw_base::MonotonicNs;

use super::LOG_GATE_MS;

/// A gate that lets one line through per [`LOG_GATE_MS`] and counts the others.
#[derive(Debug, Default)]
pub struct LogGate {
    /// When the gate opens again, in nanoseconds; 0 before the first line.
    opens_ns: AtomicU64,
    left_out: AtomicU64,
}

impl LogGate {
    /// `Some(left_out)` if a line may be written now, with the number of lines left out since the last one.
    pub fn pass(&self, now: MonotonicNs) -> Option<u64> {
        let opens = self.opens_ns.load(Ordering::Relaxed);
        let next = now.plus_ms(LOG_GATE_MS).0;
        let passes = now.0 >= opens
            && self.opens_ns.compare_exchange(opens, next, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if passes {
            return Some(self.left_out.swap(0, Ordering::Relaxed));
        }
        self.left_out.fetch_add(1, Ordering::Relaxed);
        None
    }
}
