//! Tests of `nearest`.
