//! The stages of Produce and Fetch, measured like laps: each mark takes the time since the one before.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jackdaw_base::MonotonicNs;
use jackdaw_protocol::api_key::ApiKey;

use super::{Histogram, Metrics, Scrape};

/// A part of the time that a request takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// From the last byte read to the start of the handler: requests before it on the same connection.
    Read,
    /// Decoding the request and finding its partitions.
    Decode,
    /// Waiting for a partition's lock.
    LockWait,
    /// Checking and writing to the segment, or planning the read, under the lock.
    Write,
    /// Waiting for sync and replication (Produce); marked by the future that waits.
    SyncWait,
    /// Waiting for records (Fetch); marked by the future that waits.
    Parked,
    /// Making the answer.
    Answer,
    /// From the answer to its last byte in the socket.
    Send,
}

const STAGES: [(Stage, &str); 8] = [
    (Stage::Read, "read"),
    (Stage::Decode, "decode"),
    (Stage::LockWait, "lock_wait"),
    (Stage::Write, "write"),
    (Stage::SyncWait, "sync_wait"),
    (Stage::Parked, "parked"),
    (Stage::Answer, "answer"),
    (Stage::Send, "send"),
];

/// Histograms of all stages of Produce and Fetch.
#[derive(Debug, Default)]
pub struct StageMetrics {
    produce: [Histogram; STAGES.len()],
    fetch: [Histogram; STAGES.len()],
}

impl StageMetrics {
    /// Counts `duration_ns` for a stage; other APIs than Produce and Fetch have none.
    pub fn record(&self, api_key: ApiKey, stage: Stage, duration_ns: u64) {
        if let Some(histograms) = self.of(api_key) {
            histograms[stage as usize].record(duration_ns);
        }
    }

    /// How many durations were counted for a stage.
    pub fn count(&self, api_key: ApiKey, stage: Stage) -> u64 {
        self.of(api_key).map_or(0, |histograms| histograms[stage as usize].count())
    }

    fn of(&self, api_key: ApiKey) -> Option<&[Histogram; STAGES.len()]> {
        match api_key {
            ApiKey::Produce => Some(&self.produce),
            ApiKey::Fetch => Some(&self.fetch),
            _ => None,
        }
    }

    pub(super) fn collect(&self, out: &mut Scrape<'_>) -> fmt::Result {
        let help = "Time that Produce and Fetch spend in each stage, from a sample of requests";
        out.histograms("jackdaw_request_stage_seconds", help, |family| {
            for (request, histograms) in [("Produce", &self.produce), ("Fetch", &self.fetch)] {
                for ((_, stage), histogram) in STAGES.iter().zip(histograms) {
                    family.histogram(&[("request", request), ("stage", stage)], histogram, 1e9)?;
                }
            }
            Ok(())
        })
    }
}

/// Measures one request. Reading a clock costs more than counting, so only every [`SAMPLE_EVERY`]th request of a
/// connection is measured; for the others a mark is one comparison.
pub struct Laps {
    metrics: Arc<Metrics>,
    api_key: ApiKey,
    /// When the last lap ended; 0: not measured.
    last_ns: AtomicU64,
}

/// Stages are measured for one request out of so many of each connection.
pub const SAMPLE_EVERY: u32 = 8;

impl Laps {
    /// Laps that measure nothing yet.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, api_key: ApiKey::Produce, last_ns: AtomicU64::new(0) }
    }

    /// All that is counted, for what is no stage.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    pub(crate) fn start(&mut self, api_key: ApiKey, sampled: bool, arrived: MonotonicNs) {
        self.api_key = api_key;
        *self.last_ns.get_mut() =
            if sampled && matches!(api_key, ApiKey::Produce | ApiKey::Fetch) { arrived.0.max(1) } else { 0 };
    }

    /// Whether this request is measured.
    pub fn is_measured(&self) -> bool {
        self.last_ns.load(Ordering::Relaxed) != 0
    }

    /// Ends a lap: the time since the last mark was spent in `stage`.
    pub fn mark(&self, stage: Stage) {
        let last = self.last_ns.load(Ordering::Relaxed);
        if last == 0 {
            return;
        }
        let now = self.metrics.clock.monotonic();
        self.metrics.stages.record(self.api_key, stage, now.since_ns(MonotonicNs(last)));
        self.last_ns.store(now.0.max(1), Ordering::Relaxed);
    }
}

impl Clone for Laps {
    fn clone(&self) -> Self {
        Self {
            metrics: Arc::clone(&self.metrics),
            api_key: self.api_key,
            last_ns: AtomicU64::new(self.last_ns.load(Ordering::Relaxed)),
        }
    }
}
