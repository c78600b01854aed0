//! Tests of `client_metrics_config`.
