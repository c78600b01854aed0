//! Requests by API and version, errors in answers, and how long requests take. Names as the JMX exporter makes them of
//! Kafka's `kafka.network:type=RequestMetrics`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::error_code::ErrorCode;
use parking_lot::Mutex;

use super::{Histogram, Scrape};

/// API keys and versions that are counted; both are far above what exists, and what lies beyond is counted last.
const KEYS: usize = 128;
const VERSIONS: usize = 32;

/// Counts of requests.
#[derive(Debug)]
pub struct RequestMetrics {
    /// By key and version.
    requests: Box<[AtomicU64]>,
    times: Box<[OnceLock<Box<ApiTimes>>]>,
    /// Errors are rare, so a lock will do.
    errors: Mutex<BTreeMap<(i16, i16), u64>>,
    slow: AtomicU64,
}

#[derive(Debug, Default)]
struct ApiTimes {
    total: Histogram,
    request_bytes: AtomicU64,
    response_bytes: AtomicU64,
}

impl Default for RequestMetrics {
    fn default() -> Self {
        Self {
            requests: (0..KEYS * VERSIONS).map(|_| AtomicU64::new(0)).collect(),
            times: (0..KEYS).map(|_| OnceLock::new()).collect(),
            errors: Mutex::default(),
            slow: AtomicU64::new(0),
        }
    }
}

impl RequestMetrics {
    /// Counts a request that a handler is given.
    pub(crate) fn received(&self, api_key: ApiKey, version: i16, size_bytes: usize) {
        let key = key_index(api_key);
        let version = usize::try_from(version).unwrap_or(0).min(VERSIONS - 1);
        self.requests[key * VERSIONS + version].fetch_add(1, Ordering::Relaxed);
        self.times(key).request_bytes.fetch_add(size_bytes as u64, Ordering::Relaxed);
    }

    /// Counts an answer whose last byte is in the socket.
    pub(crate) fn answered(&self, api_key: ApiKey, total_ns: u64, size_bytes: u64) {
        let times = self.times(key_index(api_key));
        times.total.record(total_ns);
        times.response_bytes.fetch_add(size_bytes, Ordering::Relaxed);
    }

    /// Counts a request that was slow without being parked.
    pub(crate) fn slow(&self) {
        self.slow.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an error in an answer; handlers call it for whatever they answer, except `None`.
    pub fn error(&self, api_key: ApiKey, error: ErrorCode) {
        *self.errors.lock().entry((api_key.key(), error.code())).or_default() += 1;
    }

    fn times(&self, key: usize) -> &ApiTimes {
        self.times[key].get_or_init(Box::default)
    }

    pub(super) fn collect(&self, out: &mut Scrape<'_>) -> fmt::Result {
        out.counters("kafka_network_requestmetrics_requests", "Requests by API and version", |family| {
            for (index, count) in self.requests.iter().enumerate() {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let (name, version) = (name_of(index / VERSIONS), (index % VERSIONS).to_string());
                    family.counter(&[("request", name), ("version", &version)], count)?;
                }
            }
            Ok(())
        })?;
        let help = "Milliseconds from the last byte of a request to the last byte of its answer";
        out.histograms("kafka_network_requestmetrics_totaltimems", help, |family| {
            self.each_api(|name, times| family.histogram(&[("request", name)], &times.total, 1e6))
        })?;
        out.counters("kafka_network_requestmetrics_requestbytes", "Bytes of requests", |family| {
            self.each_api(|name, times| {
                family.counter(&[("request", name)], times.request_bytes.load(Ordering::Relaxed))
            })
        })?;
        out.counters("kafka_network_requestmetrics_responsebytes", "Bytes of answers", |family| {
            self.each_api(|name, times| {
                family.counter(&[("request", name)], times.response_bytes.load(Ordering::Relaxed))
            })
        })?;
        out.counters("kafka_network_requestmetrics_errors", "Errors in answers", |family| {
            let errors = self.errors.lock().clone();
            for ((key, code), count) in errors {
                let error = ErrorCode::from_code(code).map_or("UNKNOWN", ErrorCode::name);
                let request = usize::try_from(key).map_or("unknown", name_of);
                family.counter(&[("request", request), ("error", error)], count)?;
            }
            Ok(())
        })?;
        let help = "Requests slower than jackdaw.request.slow.ms, without the time parked on purpose";
        out.counters("jackdaw_requests_slow", help, |family| {
            family.counter(&[], self.slow.load(Ordering::Relaxed))
        })
    }

    fn each_api(&self, mut visit: impl FnMut(&str, &ApiTimes) -> fmt::Result) -> fmt::Result {
        for (key, times) in self.times.iter().enumerate() {
            if let Some(times) = times.get() {
                visit(name_of(key), times)?;
            }
        }
        Ok(())
    }
}

fn key_index(api_key: ApiKey) -> usize {
    usize::try_from(api_key.key()).unwrap_or(0).min(KEYS - 1)
}

fn name_of(key: usize) -> &'static str {
    i16::try_from(key).ok().and_then(ApiKey::from_i16).map_or("unknown", |api_key| api_key.name())
}
