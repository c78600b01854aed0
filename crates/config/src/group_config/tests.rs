//! Tests of `group_config`.
