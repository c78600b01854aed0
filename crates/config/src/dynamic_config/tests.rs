//! Tests of `dynamic_config`.
