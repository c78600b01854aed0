//! How long to wait before the next attempt (KIP-144, KIP-580): doubling up to a cap, with jitter. It waits for nothing itself.

use std::time::Duration;

/// How much a wait may differ from its doubled base, in both directions.
const JITTER: f64 = 0.2;
/// Doubling stops mattering long before this.
const DOUBLINGS_MAX: u32 = 32;

/// The waits between attempts: `initial`, twice as much each time, never more than `max`, each ± 20 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    initial: Duration,
    max: Duration,
    failures: u32,
}

impl Backoff {
    /// Starts with `initial`. A `max` below it counts as the same.
    pub fn new(initial: Duration, max: Duration) -> Self {
        Self { initial, max: max.max(initial), failures: 0 }
    }

    /// How often [`Backoff::next`] was asked since the start or the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Starts again.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// The wait after one more failure; `chance` is a random number that decides the jitter.
    pub fn next(&mut self, chance: u64) -> Duration {
        let wait = self.after(self.failures, chance);
        self.failures = self.failures.saturating_add(1);
        wait
    }

    /// The wait after so many failures before this one.
    pub fn after(&self, failures: u32, chance: u64) -> Duration {
        let doubled = self.initial.saturating_mul(1 << failures.min(DOUBLINGS_MAX - 1)).min(self.max);
        let unit = chance as f64 / u64::MAX as f64;
        doubled.mul_f64(1.0 - JITTER + 2.0 * JITTER * unit).min(self.max)
    }
}

/// A random number for jitter and for choosing among equals.
pub(crate) fn chance() -> u64 {
    // Without entropy (which Linux never refuses once it runs) everybody waits the same: still correct.
    getrandom::u64().unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests;
