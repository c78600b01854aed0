//! How a collector writes its samples: a family at a time. The only place that knows the Prometheus library's encoders.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use super::Histogram;

/// Something that has samples when it is asked. It is asked on the HTTP thread and must not wait for a lock that a
/// client's request may hold for long: gauges read atomics.
pub trait Collector: Send + Sync + 'static {
    /// Writes all its families, each under a name that nobody else uses.
    fn collect(&self, out: &mut Scrape<'_>) -> fmt::Result;
}

/// One scrape in progress.
pub struct Scrape<'a> {
    encoder: DescriptorEncoder<'a>,
}

impl<'a> Scrape<'a> {
    pub(super) fn new(encoder: DescriptorEncoder<'a>) -> Self {
        Self { encoder }
    }

    /// A family of counters. `name` comes without `_total`, which is added.
    pub fn counters(
        &mut self,
        name: &str,
        help: &str,
        fill: impl FnOnce(&mut Family<'_>) -> fmt::Result,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Counter, fill)
    }

    /// A family of gauges.
    pub fn gauges(
        &mut self,
        name: &str,
        help: &str,
        fill: impl FnOnce(&mut Family<'_>) -> fmt::Result,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Gauge, fill)
    }

    /// A family of histograms.
    pub fn histograms(
        &mut self,
        name: &str,
        help: &str,
        fill: impl FnOnce(&mut Family<'_>) -> fmt::Result,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Histogram, fill)
    }

    fn family(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        fill: impl FnOnce(&mut Family<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let encoder = self.encoder.encode_descriptor(name, help, None, kind)?;
        fill(&mut Family { encoder })
    }
}

/// The samples under one name. All have the same kind and the same label names.
pub struct Family<'a> {
    encoder: MetricEncoder<'a>,
}

impl Family<'_> {
    /// A counter's value.
    pub fn counter(&mut self, labels: &[(&str, &str)], value: u64) -> fmt::Result {
        self.with(labels, |encoder| encoder.encode_counter::<NoLabelSet, u64, u64>(&value, None))
    }

    /// A counter's value that is no whole number.
    pub fn counter_f64(&mut self, labels: &[(&str, &str)], value: f64) -> fmt::Result {
        self.with(labels, |encoder| encoder.encode_counter::<NoLabelSet, f64, u64>(&value, None))
    }

    /// A gauge's value.
    pub fn gauge(&mut self, labels: &[(&str, &str)], value: i64) -> fmt::Result {
        self.with(labels, |encoder| encoder.encode_gauge(&value))
    }

    /// A gauge's value that is no whole number.
    pub fn gauge_f64(&mut self, labels: &[(&str, &str)], value: f64) -> fmt::Result {
        self.with(labels, |encoder| encoder.encode_gauge(&value))
    }

    /// A histogram of durations, in units of `unit_ns` nanoseconds (a million for milliseconds).
    pub fn histogram(&mut self, labels: &[(&str, &str)], histogram: &Histogram, unit_ns: f64) -> fmt::Result {
        let snapshot = histogram.snapshot();
        let buckets: Vec<(f64, u64)> = snapshot
            .buckets
            .iter()
            .map(|(bound_ns, count)| (bound_ns.map_or(f64::MAX, |bound| bound as f64 / unit_ns), *count))
            .collect();
        self.with(labels, |encoder| {
            encoder.encode_histogram::<NoLabelSet>(
                snapshot.sum_ns as f64 / unit_ns,
                snapshot.count,
                &buckets,
                None,
            )
        })
    }

    fn with(
        &mut self,
        labels: &[(&str, &str)],
        encode: impl FnOnce(&mut MetricEncoder<'_>) -> fmt::Result,
    ) -> fmt::Result {
        if labels.is_empty() {
            return encode(&mut self.encoder);
        }
        encode(&mut self.encoder.encode_family(&labels)?)
    }
}
