//! Tests of `protection`.
