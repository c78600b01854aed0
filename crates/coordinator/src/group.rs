//! The coordinator of groups: one shard per partition of `__consumer_offsets`. Each protocol decides in a module of
//! its own ([`classic`], [`consumer`]), committed offsets are in [`offsets`], questions about groups in [`admin`];
//! [`GroupShard`] sends each request to the right one.

pub mod admin;
pub mod assignor;
pub mod classic;
pub mod consumer;
pub mod expiry;
pub mod offsets;
pub mod parked;
pub mod record;
pub mod request;
pub mod state;
pub mod timers;
pub mod turn;
pub mod undo_map;
pub mod world;

mod replay;
mod shard;

pub use record::GroupRecord;
pub use request::{GroupAnswer, GroupError, GroupRequest};
pub use shard::GroupShard;
pub use world::{GroupSettings, TopicInfo, Topics, World};
