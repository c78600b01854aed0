//! Groups of the consumer protocol (KIP-848): members say what they read, the coordinator assigns, and each member is
//! led from what it has to what it is to have, on its own. Everything that outlives a turn is a fold of records.
//!
//! ```text
//!   heartbeat ─▶ subscription ─▶ group epoch ─▶ target assignment ─▶ reconciliation ─▶ answer
//!                 (membership)      (+ hash)        (target)        (reconcile, C4)    (at once, or parked)
//! ```
//! Members that speak the classic protocol live in the same group ([`classic_join`] and so on); `migration` is how a
//! group changes from one protocol to the other.

mod checks;
mod classic_members;
mod deadlines;
mod describe;
mod group;
mod hash;
mod heartbeat;
mod leave;
mod member;
mod membership;
mod migration;
mod park;
mod protocol;
mod re2;
mod reconcile;
mod records;
mod regex;
mod replay;
mod target;
#[cfg(test)]
mod tests;

pub use classic_members::{classic_heartbeat, classic_join, classic_leave, classic_sync};
pub use deadlines::{on_loaded, on_timer, on_topics_changed, refresh};
pub use group::{ConsumerGroup, ResolvedRegex};
pub use heartbeat::heartbeat;
pub use member::{ClassicMetadata, Current, Held, Member, MemberState, Members, Subscription};
pub use park::{settle, unpark};
pub use replay::{
    replay_current_assignment, replay_group, replay_member, replay_regular_expression, replay_target_member,
    replay_target_metadata,
};
