//! The course of a rebalance: it is prepared, members are gathered, the join phase ends, those that do not sync are
//! removed. Not here: what brings a rebalance about (`join`, `leave`, `timers`), and how it ends well (`sync`).

use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use super::answer;
use super::group::{ClassicGroup, Gathering, Phase};
use super::member::{Member, Waiting};
use super::newcomers::Newcomers;
use super::{patience, replay};
use crate::group::record::{GroupId, MemberId};
use crate::group::request::GroupAnswer;
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;

/// Where nobody came back, this long at least passes before the next look, whatever members ask for.
const RETRY_MS_MIN: i32 = 100;

/// Begins a rebalance; one that is being prepared ends if nobody is missing.
pub fn prepare_or_complete(turn: &mut Turn<'_>, id: &GroupId) {
    match turn.state.classic(id).map(ClassicGroup::phase) {
        Some(Phase::PreparingRebalance(_)) => complete_if_nobody_is_missing(turn, id),
        Some(Phase::Empty | Phase::CompletingRebalance | Phase::Stable) => prepare(turn, id),
        None => {}
    }
}

/// Begins a rebalance. Members that wait for an assignment have to join again.
pub fn prepare(turn: &mut Turn<'_>, id: &GroupId) {
    let Some(phase) = turn.state.classic(id).map(ClassicGroup::phase) else { return };
    if phase == Phase::CompletingRebalance {
        send_back_to_join(turn, id);
    }
    turn.cancel_timer(&TimerKey::ClassicSync(Arc::clone(id)));
    let initial_delay_ms = turn.world.settings(id).initial_rebalance_delay_ms.max(0);
    let wall = turn.now.wall;
    let Some(group) = turn.state.classic_mut(id) else { return };
    group.pending_syncs.clear();
    group.since = Some(wall);
    if phase != Phase::Empty {
        group.phase = Phase::PreparingRebalance(Gathering::Again);
        complete_or_wait(turn, id);
        return;
    }
    if initial_delay_ms == 0 {
        group.phase = Phase::PreparingRebalance(Gathering::Again);
        complete_or_wait(turn, id);
        return;
    }
    let remaining_ms = group.rebalance_timeout_ms().saturating_sub(initial_delay_ms).max(0);
    group.phase = Phase::PreparingRebalance(Gathering::Initial {
        delay_ms: initial_delay_ms,
        remaining_ms,
        has_newcomer: false,
    });
    turn.set_timer(TimerKey::ClassicJoin(Arc::clone(id)), i64::from(initial_delay_ms));
}

/// Ends the join phase if all members have joined. The first one of a group that was empty takes its time.
pub fn complete_if_nobody_is_missing(turn: &mut Turn<'_>, id: &GroupId) {
    let is_complete = turn.state.classic(id).is_some_and(|group| {
        group.phase == Phase::PreparingRebalance(Gathering::Again) && group.has_everybody_joined()
    });
    if is_complete {
        complete_unless_more_come(turn, id);
    }
}

/// Ends the join phase, all having joined, unless others are about to come: then a deadline sees to it.
fn complete_unless_more_come(turn: &mut Turn<'_>, id: &GroupId) {
    let newcomers = turn.state.classic(id).map(|group| group.newcomers).unwrap_or_default();
    let until = newcomers.expected_until().filter(|_| turn.world.parks_answers());
    match until.filter(|until| *until > turn.now.monotonic) {
        Some(until) => turn.state.timers.set(TimerKey::ClassicGather(Arc::clone(id)), until),
        None => complete(turn, id),
    }
}

/// Ends the join phase if all members have joined, also the first one of a group that was empty: nobody is waited for
/// who is known to be gone.
pub fn complete_if_everybody_joined(turn: &mut Turn<'_>, id: &GroupId) {
    if turn.state.classic(id).is_some_and(ClassicGroup::has_everybody_joined) {
        complete(turn, id);
    }
}

/// The time of the join phase is up: it ends, unless members came lately to a group that was empty.
pub fn on_join_deadline(turn: &mut Turn<'_>, id: &GroupId) {
    let initial_delay_ms = turn.world.settings(id).initial_rebalance_delay_ms.max(0);
    match turn.state.classic(id).map(ClassicGroup::phase) {
        Some(Phase::PreparingRebalance(Gathering::Initial {
            delay_ms,
            remaining_ms,
            has_newcomer: true,
        })) if remaining_ms > 0 => {
            let next_delay_ms = initial_delay_ms.min(remaining_ms);
            if let Some(group) = turn.state.classic_mut(id) {
                group.phase = Phase::PreparingRebalance(Gathering::Initial {
                    delay_ms: next_delay_ms,
                    remaining_ms: remaining_ms.saturating_sub(delay_ms).max(0),
                    has_newcomer: false,
                });
            }
            turn.set_timer(TimerKey::ClassicJoin(Arc::clone(id)), i64::from(next_delay_ms));
        }
        Some(Phase::PreparingRebalance(_)) => complete(turn, id),
        Some(Phase::Empty | Phase::CompletingRebalance | Phase::Stable) | None => {}
    }
}

/// The time to sync is up: who has not synced is removed, and the others join again.
pub fn on_sync_deadline(turn: &mut Turn<'_>, id: &GroupId) {
    let Some(group) = turn.state.classic(id) else { return };
    let late: Vec<MemberId> = group.pending_syncs.iter().cloned().collect();
    if late.is_empty() || !matches!(group.phase, Phase::CompletingRebalance | Phase::Stable) {
        return;
    }
    for member in &late {
        remove_member(turn, id, member);
    }
    prepare(turn, id);
}

/// Takes a member out of the group. What it waits for is refused with `UNKNOWN_MEMBER_ID`, so that it begins anew if it
/// is still there.
pub fn remove_member(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId) {
    turn.cancel_timer(&TimerKey::ClassicSession(Arc::clone(id), Arc::clone(member)));
    let removed = turn.state.classic_mut(id).and_then(|group| group.remove(member));
    if let Some(removed) = removed {
        patience::let_go(turn, id, member);
        answer::refuse(turn, removed.waiting, "", ErrorCode::UnknownMemberId);
    }
}

/// The group's own deadlines are taken away: no phase of it ends by itself.
pub fn cancel_deadlines(turn: &mut Turn<'_>, id: &GroupId) {
    for key in [TimerKey::ClassicJoin, TimerKey::ClassicGather, TimerKey::ClassicQuiet, TimerKey::ClassicSync]
    {
        turn.cancel_timer(&key(Arc::clone(id)));
    }
}

/// The session of a member begins anew.
pub fn restart_session(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId, timeout_ms: i32) {
    let key = TimerKey::ClassicSession(Arc::clone(id), Arc::clone(member));
    turn.set_timer(key, i64::from(timeout_ms));
}

/// Ends the join phase: dynamic members that did not come are removed, the next generation begins.
fn complete(turn: &mut Turn<'_>, id: &GroupId) {
    turn.cancel_timer(&TimerKey::ClassicJoin(Arc::clone(id)));
    turn.cancel_timer(&TimerKey::ClassicGather(Arc::clone(id)));
    let Some(group) = turn.state.classic(id) else { return };
    let is_lost = |member: &&Member| !member.is_joining() && member.instance.is_none();
    let lost: Vec<MemberId> = group.members().filter(is_lost).map(|member| Arc::clone(&member.id)).collect();
    for member in &lost {
        remove_member(turn, id, member);
    }
    let Some(group) = turn.state.classic_mut(id) else { return };
    let has_leader = elect_leader(group);
    if group.member_count() > 0 && !has_leader {
        // Only static members are left, and none has come: their sessions decide.
        group.phase = Phase::PreparingRebalance(Gathering::Again);
        let wait_ms = group.rebalance_timeout_ms().max(RETRY_MS_MIN);
        turn.set_timer(TimerKey::ClassicJoin(Arc::clone(id)), i64::from(wait_ms));
        return;
    }
    begin_generation(turn, id);
}

/// Where the leader did not join, one that did becomes it. False if nobody joined.
fn elect_leader(group: &mut ClassicGroup) -> bool {
    let has_joined = |id: &MemberId| group.member(id).is_some_and(Member::is_joining);
    if group.leader.as_ref().is_some_and(has_joined) {
        return true;
    }
    let first = group.members().find(|member| member.is_joining()).map(|member| Arc::clone(&member.id));
    match first {
        Some(first) => {
            group.leader = Some(first);
            true
        }
        None => false,
    }
}

fn begin_generation(turn: &mut Turn<'_>, id: &GroupId) {
    let wall = turn.now.wall;
    let Some(group) = turn.state.classic_mut(id) else { return };
    group.generation = group.generation.checked_add(1).unwrap_or(0);
    group.protocol = group.elect_protocol();
    group.since = Some(wall);
    group.pending_syncs.clear();
    group.newcomers = Newcomers::default();
    group.read_topics();
    if group.member_count() == 0 {
        group.leader = None;
        group.phase = Phase::Empty;
        let record = replay::record(group);
        turn.write(record);
        return;
    }
    group.phase = Phase::CompletingRebalance;
    group.pending_syncs = group.member_ids().into_iter().collect();
    let sync_timeout_ms = group.rebalance_timeout_ms();
    let members = group.member_ids();
    let waiting = patience::without_partitions(turn, id);
    for member in members {
        match waiting.contains(&member) {
            true => patience::hold_join(turn, id, &member),
            false => welcome(turn, id, &member),
        }
    }
    turn.set_timer(TimerKey::ClassicSync(Arc::clone(id)), i64::from(sync_timeout_ms));
}

/// A member whose JoinGroup waits for a round in which it gets something is told of the present one.
pub fn welcome_waiting(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId) {
    let Some(group) = turn.state.classic(id) else { return };
    let has_generation = matches!(group.phase, Phase::CompletingRebalance | Phase::Stable);
    if has_generation && group.member(member).is_some_and(Member::is_joining) {
        welcome(turn, id, member);
    }
}

/// Tells a member of the new generation. Its session begins anew, also if it is a static one that has not joined.
fn welcome(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId) {
    patience::let_go(turn, id, member);
    let Some(group) = turn.state.classic_mut(id) else { return };
    let changed = group.update(member, |member| {
        member.is_new = false;
        (std::mem::take(&mut member.waiting), member.session_timeout_ms)
    });
    let Some((waiting, session_timeout_ms)) = changed else { return };
    let joined = answer::joined(group, member);
    if let Waiting::Joined(token) = waiting {
        turn.answer(token, GroupAnswer::Joined(joined));
    }
    restart_session(turn, id, member, session_timeout_ms);
}

/// Ends the join phase if all are there, else it ends with the patience of the most patient member.
fn complete_or_wait(turn: &mut Turn<'_>, id: &GroupId) {
    let Some(group) = turn.state.classic(id) else { return };
    let wait_ms = i64::from(group.rebalance_timeout_ms());
    turn.set_timer(TimerKey::ClassicJoin(Arc::clone(id)), wait_ms);
    complete_if_nobody_is_missing(turn, id);
}

/// Members that wait for the assignment of a generation that is over hear so, and their sessions go on.
fn send_back_to_join(turn: &mut Turn<'_>, id: &GroupId) {
    let Some(group) = turn.state.classic_mut(id) else { return };
    for member in group.member_ids() {
        let Some(group) = turn.state.classic_mut(id) else { return };
        let changed = group.update(&member, |member| {
            member.assignment = Arc::default();
            let waiting = match member.waiting {
                Waiting::Synced(_) => std::mem::take(&mut member.waiting),
                Waiting::No | Waiting::Joined(_) => Waiting::No,
            };
            (waiting, member.session_timeout_ms)
        });
        if let Some((Waiting::Synced(token), session_timeout_ms)) = changed {
            turn.answer(token, answer::sync_refused(ErrorCode::RebalanceInProgress));
            restart_session(turn, id, &member, session_timeout_ms);
        }
    }
}
