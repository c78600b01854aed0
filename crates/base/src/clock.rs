//! Time as values. Cores take these as arguments; only shells ask a [`Clock`].

use std::fmt;

/// Wall-clock time in milliseconds since 1970, as records carry it. It may go backwards.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TimestampMs(pub i64);

impl TimestampMs {
    /// What a record or an answer carries that has no timestamp.
    pub const NONE: Self = Self(-1);

    /// Milliseconds from `earlier` to `self`; negative if the clock went backwards.
    pub fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for TimestampMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Time in nanoseconds since some fixed moment of this process. It never goes backwards.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct MonotonicNs(pub u64);

impl MonotonicNs {
    /// The moment `ms` milliseconds later.
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms.saturating_mul(1_000_000)))
    }

    /// Nanoseconds from `earlier` to `self`, 0 if `earlier` is later.
    pub fn since_ns(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The port to time. The operating system's clock implements it at the edge, the simulator's in tests.
pub trait Clock: Send + Sync {
    /// Wall-clock time.
    fn wall(&self) -> TimestampMs;
    /// Monotonic time.
    fn monotonic(&self) -> MonotonicNs;
}
