//! One subscription to client metrics (KIP-714): which clients push what, and how often.

use std::collections::BTreeMap;

use regex_lite::Regex;

use crate::client_match::parse_matches;
use crate::definitions::client_metrics;
use crate::resource_kind::ResourceKind;
use crate::values::Values;

/// The settings of one subscription.
#[derive(Clone, Debug)]
pub struct ClientMetricsConfig {
    /// `interval.ms`.
    pub interval_ms: i32,
    /// `metrics`: prefixes of names; `*` or none alone means all or nothing, as Kafka says.
    pub metrics: Vec<String>,
    /// `match`: a client is meant if each of these properties matches whole.
    pub matches: BTreeMap<String, Regex>,
}

impl ClientMetricsConfig {
    /// The settings of a subscription with these overrides; overrides that are not allowed have no effect.
    pub fn new(overrides: &BTreeMap<String, String>) -> Self {
        let mut values = Values::defaults(ResourceKind::ClientMetrics);
        values.overlay(overrides);
        Self {
            interval_ms: values.get(client_metrics::INTERVAL_MS),
            metrics: values.get(client_metrics::METRICS),
            // They parse: `Validator::ClientMatch` lets no other entry into the metadata, and the overlay takes none.
            matches: parse_matches(&values.get(client_metrics::MATCH)).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
