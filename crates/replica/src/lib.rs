//! One replica of one data partition, as pure state: the leader's in-sync set and high watermark, the follower's
//! truncation. Not here: the log itself, requests, clocks, and what changes the ISR (the controller alone does, R3).
//!
//! ```text
//!            on_registration (leader = this node)
//!   Follower ------------------------------------> Leader
//!            <------------------------------------
//!            on_registration (leader = another node, or none)
//! ```
//!
//! **The end of a replica** is everywhere in this crate its *effective* end: with `flush.messages=1` the flushed end, else
//! the written one (L9). The caller knows which; here it is one offset.

pub mod acknowledgement;
pub mod broker_view;
pub mod epoch_check;
pub mod follower;
pub mod isr;
pub mod leader;
mod node_set;
pub mod progress;
pub mod registration;
pub mod replica;
pub mod truncation;

pub use acknowledgement::{AcksAllStatus, NotEnoughReplicas};
pub use broker_view::{BrokerView, Brokers, NoBrokers};
pub use epoch_check::{EpochError, check_leader_epoch};
pub use follower::FollowerState;
pub use isr::{IsrAnswer, IsrChange, IsrChangeError, IsrOutcome, IsrState};
pub use leader::{FollowerFetch, FollowerFetchError, LeaderState};
pub use node_set::NodeSet;
pub use progress::FollowerProgress;
pub use registration::{LeaderRecovery, PartitionRegistration, ReplicationLimits};
pub use replica::{Replica, Role, RoleChange};
pub use truncation::{Divergence, EpochEnd, LeaderRange, OutOfRangePlan, Truncation};
