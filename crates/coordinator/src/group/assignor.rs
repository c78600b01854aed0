//! Assignors of the consumer protocol: who reads what.
