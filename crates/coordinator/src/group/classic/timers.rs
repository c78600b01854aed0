//! Deadlines of classic groups: sessions, ids that nobody came back with, the join phase, the sync phase.

use super::group::{ClassicGroup, Phase};
use super::member::Member;
use super::{heartbeat, pending, rebalance};
use crate::group::record::{GroupId, MemberId};
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;

/// A deadline has passed: `ClassicSession`, `ClassicPendingJoin`, `ClassicJoin`, `ClassicGather`, `ClassicQuiet`,
/// `ClassicSync`. Others are not ours.
pub fn on_timer(turn: &mut Turn<'_>, key: &TimerKey) {
    match key {
        TimerKey::ClassicSession(group, member) => on_session_end(turn, group, member),
        TimerKey::ClassicPendingJoin(group, _) => on_id_forgotten(turn, group),
        TimerKey::ClassicJoin(group) => rebalance::on_join_deadline(turn, group),
        TimerKey::ClassicQuiet(group) => on_quiet_end(turn, group),
        TimerKey::ClassicGather(group) => rebalance::complete_if_nobody_is_missing(turn, group),
        TimerKey::ClassicSync(group) => rebalance::on_sync_deadline(turn, group),
        _ => {}
    }
}

/// A member was silent for too long. One that waits for an answer of ours was not silent by its own will.
fn on_session_end(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId) {
    let Some(group) = turn.state.classic(id) else { return };
    if group.member(member).is_none_or(Member::is_owed_an_answer) {
        return;
    }
    rebalance::remove_member(turn, id, member);
    go_on_without(turn, id);
}

/// Those whose heartbeats wait hear that somebody has left.
fn on_quiet_end(turn: &mut Turn<'_>, id: &GroupId) {
    if turn.state.classic(id).is_some() {
        heartbeat::settle(turn, id);
    }
}

/// Nobody came with an id: a rebalance that waited for it may end.
fn on_id_forgotten(turn: &mut Turn<'_>, id: &GroupId) {
    pending::on_deadline(turn, id);
    if let Some(Phase::PreparingRebalance(_)) = turn.state.classic(id).map(ClassicGroup::phase) {
        rebalance::complete_if_everybody_joined(turn, id);
    }
}

/// Somebody is gone for good: the others share what was theirs, or are no longer held up.
fn go_on_without(turn: &mut Turn<'_>, id: &GroupId) {
    match turn.state.classic(id).map(ClassicGroup::phase) {
        Some(Phase::Stable | Phase::CompletingRebalance) => rebalance::prepare(turn, id),
        Some(Phase::PreparingRebalance(_)) => rebalance::complete_if_everybody_joined(turn, id),
        Some(Phase::Empty) | None => {}
    }
}
