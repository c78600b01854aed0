//! Tests of [`Runtime`](super::Runtime).
