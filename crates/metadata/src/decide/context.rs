//! What a decider knows beside the image: the time, chance, the way the request came, and how configurations
//! are read.

use jackdaw_base::{NodeId, TimestampMs};

use super::Chance;
use crate::rules::ConfigRules;

/// The circumstances of a decision.
pub struct Context<'c> {
    /// The wall clock.
    pub now: TimestampMs,
    /// Where ids and placements come from.
    pub chance: Chance,
    /// How the request came.
    pub via: Via,
    /// How configurations are checked and resolved.
    pub configs: &'c ConfigRules,
}

/// The way of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Via {
    /// Over this broker, which answers only for itself where a broker is meant.
    Broker(NodeId),
    /// Straight to a controller (KIP-919).
    Controller,
}
