//! What groups have committed: commits, fetches, deletions, expiry. Not here: whether a member may commit (that is its
//! group's question).

mod commit;
mod delete;
mod expire;
mod fetch;
mod table;

#[cfg(test)]
mod tests;

pub use commit::commit;
pub use delete::delete;
pub use expire::{expire, on_expiry, on_topic_deleted};
pub use fetch::fetch;
pub use table::{CommittedOffset, OffsetKey, Offsets};
