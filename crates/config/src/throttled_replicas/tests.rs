//! Tests of `throttled_replicas`.
