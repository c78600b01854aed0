//! One subscription to client metrics (KIP-714): which clients push what, and how often.

use std::collections::BTreeMap;

use regex_lite::Regex;

use crate::definition::ResourceKind;
use crate::definitions::client_metrics;
use crate::error::Problem;
use crate::values::Values;

/// The properties of a client that a subscription may match.
pub const MATCH_PARAMETERS: [&str; 6] = [
    "client_instance_id",
    "client_id",
    "client_software_name",
    "client_software_version",
    "client_source_address",
    "client_source_port",
];

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

/// Reads `parameter=pattern` entries. A pattern has to match the whole property.
pub fn parse_matches(entries: &[String]) -> Result<BTreeMap<String, Regex>, Problem> {
    let mut matches = BTreeMap::new();
    for entry in entries {
        let refused = || Problem::NotAMatch(entry.clone());
        let (parameter, pattern) = entry.split_once('=').ok_or_else(refused)?;
        let (parameter, pattern) = (parameter.trim(), pattern.trim());
        if !MATCH_PARAMETERS.contains(&parameter) || pattern.is_empty() || pattern.contains('=') {
            return Err(refused());
        }
        let whole = Regex::new(&format!("^(?:{pattern})$")).map_err(|_| refused())?;
        matches.insert(parameter.to_owned(), whole);
    }
    Ok(matches)
}

#[cfg(test)]
mod tests;
