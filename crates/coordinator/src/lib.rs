//! Coordinators: state machines whose state is a fold of an internal topic's partition (C1). [`runtime`] hosts any
//! [`Shard`]: decide, append, replay, answer on commit, roll back. [`group`] is the shard of `__consumer_offsets`.
//! Everything here is pure: time, chance, topics and configurations are arguments; callers are tokens.
//!
//! ```text
//!  request ─▶ turn [decide ─▶ records ─▶ replay] ─▶ append (host) ─▶ commit (host) ─▶ answers leave
//!                                                     └ failed: the turn is rolled back, its requests are refused
//! ```

#[cfg(test)]
pub(crate) mod fixture;
pub mod group;
#[cfg(test)]
mod model;
pub mod runtime;
pub mod shard;

pub use runtime::{Answered, Refusal, Runtime, RuntimeLimits};
pub use shard::{Moment, Output, Progress, Shard, StepKind, Token, TransactionEnd};
