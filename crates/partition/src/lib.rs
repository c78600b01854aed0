//! The only door to a log: one lock over log, replica and producer state, and those who wait for its watermarks.
//! Everything that wants records in or out (clients, coordinators, followers, the quorum) enters by the few verbs of
//! [`Partition`]. Not here: the protocol's requests, sockets, tasks.
//!
//! ```text
//!  append ─▶ check (no lock) ─▶ [lock: sequence, offset, write] ─▶ watermark moves ─▶ waiters' signals
//!  read   ─▶ [lock: plan] ─▶ slice of a file
//! ```

#[cfg(test)]
extern crate self as jackdaw_partition;

mod append;
mod failure;
mod flush;
mod maintain;
mod offsets;
mod partition;
mod read;
mod settings;
mod subscribe;
mod table;
mod waiters;
mod watermarks;

pub use append::{AckStatus, AppendError, Appended, Origin, RequiredAcks};
pub use failure::Unavailable;
pub use maintain::{DeleteRecordsError, RetentionReport};
pub use offsets::{EpochEndOffset, ListedOffset, OffsetError, OffsetQuery};
pub use partition::{Partition, PartitionId, Placement};
pub use read::{Isolation, ReadError, ReadPlan, ReadQuery, Reader};
pub use settings::PartitionSettings;
pub use subscribe::Subscription;
pub use table::{PartitionTable, TopicPartitions};
pub use waiters::Watch;
pub use watermarks::Watermarks;
