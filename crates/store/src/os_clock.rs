//! The operating system's clocks. The one place that asks them (rule A2).
#![allow(clippy::disallowed_methods, reason = "this implements the port to time")]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use jackdaw_base::{Clock, MonotonicNs, TimestampMs};

/// Wall-clock and monotonic time of this machine. Monotonic time counts from the making of this value.
#[derive(Clone, Copy, Debug)]
pub struct OsClock {
    origin: Instant,
}

impl OsClock {
    /// A clock whose monotonic time starts at 0 now. A process makes one and hands it around: times of two of them do not compare.
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Default for OsClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for OsClock {
    fn wall(&self) -> TimestampMs {
        let now = SystemTime::now();
        // A machine whose clock stands before 1970 has negative time, as in Java.
        TimestampMs(match now.duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        })
    }

    fn monotonic(&self) -> MonotonicNs {
        MonotonicNs(u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}
