//! A histogram of durations made of relaxed atomics: one addition to a bucket and one to the sum.

use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds are powers of two in microseconds, from 1 µs to about 17 s, and infinity.
const BOUNDS: usize = 25;

/// Durations, in nanoseconds, in buckets that double.
#[derive(Debug, Default)]
pub struct Histogram {
    sum_ns: AtomicU64,
    buckets: [AtomicU64; BOUNDS + 1],
}

/// A histogram's values at one moment.
pub struct Snapshot {
    /// All durations together.
    pub sum_ns: u64,
    /// How many there were.
    pub count: u64,
    /// Upper bound (`None`: infinity) and how many fell into this bucket alone.
    pub buckets: Vec<(Option<u64>, u64)>,
}

impl Histogram {
    /// Counts one duration.
    pub fn record(&self, duration_ns: u64) {
        self.sum_ns.fetch_add(duration_ns, Ordering::Relaxed);
        self.buckets[bucket_of(duration_ns)].fetch_add(1, Ordering::Relaxed);
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }

    /// The values now.
    pub fn snapshot(&self) -> Snapshot {
        let buckets: Vec<_> = self
            .buckets
            .iter()
            .enumerate()
            .map(|(index, bucket)| {
                ((index < BOUNDS).then(|| 1_000u64 << index), bucket.load(Ordering::Relaxed))
            })
            .collect();
        Snapshot {
            sum_ns: self.sum_ns.load(Ordering::Relaxed),
            count: buckets.iter().map(|(_, count)| count).sum(),
            buckets,
        }
    }
}

/// The first bucket whose bound is not below the duration.
fn bucket_of(duration_ns: u64) -> usize {
    let micros = duration_ns.div_ceil(1_000);
    match micros {
        0 | 1 => 0,
        _ => ((64 - (micros - 1).leading_zeros()) as usize).min(BOUNDS),
    }
}

#[cfg(test)]
mod tests;
