//! Groups of the classic protocol: members join and sync, the one that leads assigns, the coordinator only passes
//! metadata and assignments on. One module for each request; a rebalance's course is `rebalance`. Not here: groups of
//! the consumer protocol, also not their members with the classic one.

mod answer;
mod convert;
mod describe;
mod group;
mod heartbeat;
mod instance;
mod join;
mod leave;
mod member;
mod newcomers;
mod patience;
mod pending;
mod rebalance;
mod replay;
mod subscription;
mod sync;
mod timers;

pub use convert::{adopt, refuse_waiting};
pub use group::{CONSUMER_PROTOCOL_TYPE, ClassicGroup, Gathering, Phase};
pub use heartbeat::{heartbeat, on_commit, settle, unpark};
pub use join::join;
pub use leave::leave;
pub use member::{Member, Protocol, Waiting};
pub use pending::PENDING_JOINS_MAX;
pub use rebalance::prepare;
pub use replay::{on_loaded, replay};
pub use sync::sync;
pub use timers::on_timer;

#[cfg(test)]
mod tests;
