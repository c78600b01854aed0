//! Tests of `client_metrics_config`.

use super::*;

#[test]
fn patterns_match_whole_properties() {
    let overrides = [("interval.ms", "1000"), ("match", "client_id=a.*|b,client_source_port=90[0-9]+")];
    let overrides = overrides.map(|(name, text)| (name.to_owned(), text.to_owned())).into_iter().collect();
    let config = ClientMetricsConfig::new(&overrides);
    assert_eq!((config.interval_ms, config.metrics.len(), config.matches.len()), (1000, 0, 2));
    let id = &config.matches["client_id"];
    assert!(id.is_match("abc") && id.is_match("b") && !id.is_match("xabc") && !id.is_match("bc"));
}

#[test]
fn what_is_no_pattern_of_a_known_property_is_refused() {
    let is_allowed = |entry: &str| parse_matches(&[entry.to_owned()]).is_ok();
    assert!(is_allowed(" client_id = a.* "));
    for entry in ["foo=bar", "client_id=(", "client_id", "client_id=", "=a", "client_id=a=b", ""] {
        assert!(!is_allowed(entry), "{entry}");
    }
}
