//! What the broker counts and measures, and how it looks to Prometheus. Counting costs relaxed atomics; labels and
//! text are made when somebody scrapes. Nothing here decides anything.

mod connections;
mod laps;
mod requests;
mod scrape;
mod topics;

use std::fmt;
use std::sync::Arc;

use jackdaw_base::Clock;
use parking_lot::Mutex;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;

pub use connections::{ConnectionMetrics, ListenerMetrics};
pub use jackdaw_base::Histogram;
pub use laps::{Laps, SAMPLE_EVERY, Stage, StageMetrics};
pub use requests::RequestMetrics;
pub use scrape::{Collector, Family, Scrape};
pub use topics::TopicMetrics;

/// Everything that the edge counts, and whatever else was registered to be scraped with it.
pub struct Metrics {
    /// Requests by API and version.
    pub requests: RequestMetrics,
    /// The stages of Produce and Fetch.
    pub stages: StageMetrics,
    /// Connections and their bytes.
    pub connections: ConnectionMetrics,
    /// Records and bytes, over all topics.
    pub topics: TopicMetrics,
    clock: Arc<dyn Clock>,
    collectors: Mutex<Vec<Arc<dyn Collector>>>,
}

impl Metrics {
    /// Metrics that measure time with `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            requests: RequestMetrics::default(),
            stages: StageMetrics::default(),
            connections: ConnectionMetrics::default(),
            topics: TopicMetrics::default(),
            clock,
            collectors: Mutex::default(),
        })
    }

    /// The clock of all measurements.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Adds something that is asked at each scrape, so that it costs nothing in between (series per partition).
    pub fn register(&self, collector: Arc<dyn Collector>) {
        self.collectors.lock().push(collector);
    }

    /// All metrics in the OpenMetrics text format.
    ///
    /// # Errors
    /// A collector that fails to format.
    pub fn to_text(self: &Arc<Self>) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(WholeBroker(Arc::clone(self))));
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry)?;
        Ok(text)
    }

    fn collect(&self, out: &mut Scrape<'_>) -> fmt::Result {
        self.requests.collect(out)?;
        self.stages.collect(out)?;
        self.connections.collect(out)?;
        self.topics.collect(out)?;
        let collectors = self.collectors.lock().clone();
        collectors.iter().try_for_each(|collector| collector.collect(out))
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct WholeBroker(Arc<Metrics>);

impl prometheus_client::collector::Collector for WholeBroker {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.0.collect(&mut Scrape::new(encoder))
    }
}

#[cfg(test)]
mod tests;
