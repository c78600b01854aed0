//! What groups have committed. Deciding about commits, fetches and deletions, expiry. Not here: whether a member may
//! commit (that is its group's question).

mod table;

pub use table::{CommittedOffset, Offsets};

use std::sync::Arc;

use super::record::GroupId;
use super::request::{OffsetCommit, OffsetFetch};
use super::turn::Turn;
use crate::shard::Token;

/// OffsetCommit.
pub fn commit(turn: &mut Turn<'_>, token: Token, request: &OffsetCommit) {
    let _ = (turn, token, request);
}

/// OffsetFetch.
pub fn fetch(turn: &mut Turn<'_>, token: Token, request: &OffsetFetch) {
    let _ = (turn, token, request);
}

/// OffsetDelete.
pub fn delete(turn: &mut Turn<'_>, token: Token, group: &GroupId, topics: &[(Arc<str>, Vec<i32>)]) {
    let _ = (turn, token, group, topics);
}

/// It is time to look for old offsets.
pub fn on_expiry(turn: &mut Turn<'_>) {
    let _ = turn;
}

/// Removes what has expired of a group.
pub fn expire(turn: &mut Turn<'_>, group: &GroupId) {
    let _ = (turn, group);
}

/// A topic was deleted.
pub fn on_topic_deleted(turn: &mut Turn<'_>, topic: &Arc<str>) {
    let _ = (turn, topic);
}
