//! Tests of `definitions`.
