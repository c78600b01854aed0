//! Tests of `offset_reset`.
