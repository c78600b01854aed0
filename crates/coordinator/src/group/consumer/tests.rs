//! Consumer groups as their members see them: heartbeats in, answers and records out, through the shard and its runtime.

mod driver;
mod fencing;
mod join;
mod log;
mod migration;
mod parking;
mod random;
mod rebalance;
mod regexes;
mod static_members;
mod topics;
