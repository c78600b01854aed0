//! Tests of `synonyms`.
