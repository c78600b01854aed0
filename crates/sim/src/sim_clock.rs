//! A clock that stands still until it is told otherwise.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jackdaw_base::{Clock, MonotonicNs, TimestampMs};

/// Where wall-clock time starts unless a test says otherwise: the first of January 2026.
const WALL_START_MS: i64 = 1_767_225_600_000;

/// Wall-clock and monotonic time, each set by the test. Wall-clock time may go backwards, as it does outside.
#[derive(Debug)]
pub struct SimClock {
    wall_ms: AtomicI64,
    monotonic_ns: AtomicU64,
}

impl SimClock {
    /// A clock at the start of 2026 whose monotonic time is 0.
    pub fn new() -> Self {
        Self { wall_ms: AtomicI64::new(WALL_START_MS), monotonic_ns: AtomicU64::new(0) }
    }

    /// Lets both times pass.
    pub fn advance_ms(&self, ms: u64) {
        self.advance_ns(ms.saturating_mul(1_000_000));
    }

    /// Lets both times pass; the wall clock moves by the whole milliseconds that monotonic time passes.
    pub fn advance_ns(&self, ns: u64) {
        let before = self.monotonic_ns.fetch_add(ns, Ordering::Relaxed);
        let passed_ms = (before + ns) / 1_000_000 - before / 1_000_000;
        self.wall_ms.fetch_add(passed_ms as i64, Ordering::Relaxed);
    }

    /// Sets the wall clock, backwards too; monotonic time stays.
    pub fn set_wall(&self, wall: TimestampMs) {
        self.wall_ms.store(wall.0, Ordering::Relaxed);
    }

    /// Lets the wall clock jump by `ms` either way; monotonic time stays.
    pub fn skew_wall_ms(&self, ms: i64) {
        self.wall_ms.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Default for SimClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SimClock {
    fn wall(&self) -> TimestampMs {
        TimestampMs(self.wall_ms.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> MonotonicNs {
        MonotonicNs(self.monotonic_ns.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_times_pass_together_and_the_wall_alone_jumps() {
        let clock = SimClock::new();
        clock.set_wall(TimestampMs(1_000));
        (0..3).for_each(|_| clock.advance_ns(500_000));
        assert_eq!((clock.wall(), clock.monotonic()), (TimestampMs(1_001), MonotonicNs(1_500_000)));
        clock.skew_wall_ms(-600);
        assert_eq!((clock.wall(), clock.monotonic()), (TimestampMs(401), MonotonicNs(1_500_000)));
    }
}
