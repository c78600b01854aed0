//! How long things took: counts by the millisecond, from which averages and percentiles come.

/// The longest time that is told from longer ones.
const MS_MAX: usize = 120_000;

/// Times in milliseconds.
pub(super) struct Latencies {
    /// How many took so many whole milliseconds.
    counts: Vec<u64>,
    sum_ms: f64,
    max_ms: f64,
    /// How many there are.
    pub count: u64,
}

impl Latencies {
    pub(super) fn new() -> Self {
        Self { counts: vec![0; MS_MAX + 1], sum_ms: 0.0, max_ms: 0.0, count: 0 }
    }

    pub(super) fn add(&mut self, ms: f64) {
        self.counts[(ms as usize).min(MS_MAX)] += 1;
        self.sum_ms += ms;
        self.max_ms = self.max_ms.max(ms);
        self.count += 1;
    }

    pub(super) fn average_ms(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum_ms / self.count as f64 }
    }

    pub(super) fn max_ms(&self) -> f64 {
        self.max_ms
    }

    /// The time within which this share of all was done.
    pub(super) fn percentile_ms(&self, share: f64) -> usize {
        let wanted = (self.count as f64 * share) as u64;
        let mut seen = 0;
        for (ms, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen > wanted {
                return ms;
            }
        }
        self.counts.iter().rposition(|count| *count > 0).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
