//! Tests of `quorum_voters`.
