//! Ids that were given out to members which have to come again with them (KIP-394). Such an id is its deadline: a group
//! only counts them, so that a group with many of them is as quick to change as any other.

use std::sync::Arc;

use crate::group::record::{GroupId, MemberId};
use crate::group::state::GroupState;
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;

/// So many ids are given out in one group to members that have not come again; each is forgotten after its session.
pub const PENDING_JOINS_MAX: usize = 100_000;

/// Whether this id was given out, and nobody has come with it.
pub fn is_pending(state: &GroupState, id: &GroupId, member: &MemberId) -> bool {
    state.timers.deadline(&key(id, member)).is_some()
}

/// Gives an id out.
pub fn add(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId, session_timeout_ms: i32) {
    if let Some(group) = turn.state.classic_mut(id) {
        group.pending_joins += 1;
    }
    turn.set_timer(key(id, member), i64::from(session_timeout_ms));
}

/// Somebody has come with the id, or will not.
pub fn remove(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId) {
    if is_pending(turn.state, id, member) {
        turn.cancel_timer(&key(id, member));
        on_deadline(turn, id);
    }
}

/// The deadline of an id of this group has passed: it is forgotten.
pub fn on_deadline(turn: &mut Turn<'_>, id: &GroupId) {
    if let Some(group) = turn.state.classic_mut(id) {
        group.pending_joins = group.pending_joins.saturating_sub(1);
    }
}

/// All ids of a group are forgotten, with the group.
pub fn forget_all(state: &mut GroupState, id: &GroupId) {
    let first = TimerKey::ClassicPendingJoin(Arc::clone(id), Arc::from(""));
    let is_ours = |key: &&TimerKey| matches!(key, TimerKey::ClassicPendingJoin(group, _) if group == id);
    let keys: Vec<TimerKey> = state.timers.keys_from(&first).take_while(is_ours).cloned().collect();
    for key in &keys {
        state.timers.cancel(key);
    }
}

fn key(id: &GroupId, member: &MemberId) -> TimerKey {
    TimerKey::ClassicPendingJoin(Arc::clone(id), Arc::clone(member))
}
