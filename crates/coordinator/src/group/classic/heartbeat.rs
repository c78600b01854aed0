//! Heartbeat, versions 0 to 4. One of a settled member with nothing to hear may be kept back (parked) until its group
//! begins a rebalance, so that it hears of it at once. Not here: which clients bear that; the host says so by
//! `park_until`.

use std::sync::Arc;

use jackdaw_base::MonotonicNs;
use jackdaw_protocol::error_code::ErrorCode;

use super::answer;
use super::group::{ClassicGroup, Phase};
use super::rebalance;
use crate::group::parked::{ParkedHeartbeat, ParkedKind};
use crate::group::record::{GroupId, MemberId};
use crate::group::request::{Heartbeat, OffsetCommit};
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;
use crate::shard::Token;

/// A heartbeat is kept back for no more than this part of the member's session: the next one comes in time.
const SESSION_PARTS: u64 = 3;
/// So long after a member has left the others hear of it.
const QUIET_MS: i64 = 500;

/// Heartbeat. An earlier one of the same member that is still kept back is answered first.
pub fn heartbeat(turn: &mut Turn<'_>, token: Token, request: &Heartbeat) {
    unpark(turn, &request.group, &request.member);
    let instance = request.instance.as_deref();
    let result = match request.group.is_empty() {
        true => Err(ErrorCode::InvalidGroupId),
        false => verdict(turn.state.classic(&request.group), &request.member, instance, request.generation),
    };
    let is_heard = matches!(result, Ok(()) | Err(ErrorCode::RebalanceInProgress));
    let Some(session_timeout_ms) =
        session_timeout_ms(turn, &request.group, &request.member).filter(|_| is_heard)
    else {
        answer::heartbeat(turn, token, result);
        return;
    };
    rebalance::restart_session(turn, &request.group, &request.member, session_timeout_ms);
    match request.park_until {
        Some(until) if result.is_ok() && is_settled(turn, &request.group, &request.member) => {
            park(turn, token, request, until, session_timeout_ms);
        }
        Some(_) | None => answer::heartbeat(turn, token, result),
    }
}

/// What a heartbeat is answered, as the group stands.
fn verdict(
    group: Option<&ClassicGroup>,
    member: &str,
    instance: Option<&str>,
    generation: i32,
) -> Result<(), ErrorCode> {
    let group = group.ok_or(ErrorCode::UnknownMemberId)?;
    group.check_member(member, instance)?;
    if generation != group.generation() {
        return Err(ErrorCode::IllegalGeneration);
    }
    match group.phase {
        Phase::Empty => Err(ErrorCode::UnknownMemberId),
        Phase::PreparingRebalance(_) => Err(ErrorCode::RebalanceInProgress),
        // Members heartbeat as soon as they have joined.
        Phase::CompletingRebalance | Phase::Stable => Ok(()),
    }
}

/// A member has left. Those whose heartbeats wait hear of it a little later: whole services leave one member after the
/// other, and who is about to leave, too, could not commit in a rebalance.
pub fn be_quiet(turn: &mut Turn<'_>, id: &GroupId) {
    if turn.world.parks_answers() {
        turn.set_timer(TimerKey::ClassicQuiet(Arc::clone(id)), QUIET_MS);
    }
}

/// Somebody has come: all hear of it at once.
pub fn end_quiet(turn: &mut Turn<'_>, id: &GroupId) {
    turn.cancel_timer(&TimerKey::ClassicQuiet(Arc::clone(id)));
}

/// The group has changed: parked heartbeats that have something to hear are answered. The group may be gone.
pub fn settle(turn: &mut Turn<'_>, id: &GroupId) {
    let state = &*turn.state;
    let group = state.classic(id);
    let is_quiet = state.timers.deadline(&TimerKey::ClassicQuiet(Arc::clone(id))).is_some();
    let heard: Vec<MemberId> = state
        .parked
        .of_group(id)
        .filter(|(member, parked)| match verdict(group, member, None, parked.generation_or_epoch) {
            Ok(()) => false,
            Err(ErrorCode::RebalanceInProgress) => !is_quiet,
            Err(_) => true,
        })
        .map(|(member, _)| Arc::clone(member))
        .collect();
    for member in heard {
        unpark(turn, id, &member);
    }
}

/// Answers the parked request of a member with what there is to say now.
pub fn unpark(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId) {
    rebalance::welcome_waiting(turn, id, member);
    let Some(parked) = take_parked(turn, id, member) else { return };
    let group = turn.state.classic(id);
    let result = verdict(group, member, None, parked.generation_or_epoch);
    match parked.kind {
        // It waits by itself again: members are gathered anew.
        ParkedKind::Join => {}
        ParkedKind::Heartbeat => answer::heartbeat(turn, parked.token, result),
        ParkedKind::Sync => {
            let answer = result.and_then(|()| {
                let found = group.and_then(|group| Some(answer::synced(group, group.member(member)?)));
                found.ok_or(ErrorCode::UnknownMemberId)
            });
            turn.answer(parked.token, answer.unwrap_or_else(answer::sync_refused));
        }
    }
}

/// Answers the parked request of a member with an error.
pub fn refuse_parked(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId, code: ErrorCode) {
    let Some(parked) = take_parked(turn, id, member) else { return };
    match parked.kind {
        // Whoever refuses what the member waits for sees to it.
        ParkedKind::Join => {}
        ParkedKind::Heartbeat => answer::heartbeat(turn, parked.token, Err(code)),
        ParkedKind::Sync => turn.answer(parked.token, answer::sync_refused(code)),
    }
}

fn take_parked(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId) -> Option<ParkedHeartbeat> {
    let parked = turn.state.parked.remove(id, member)?;
    turn.cancel_timer(&TimerKey::Parked(Arc::clone(id), Arc::clone(member)));
    Some(parked)
}

/// A commit of a member was taken: it is alive, as by a heartbeat.
pub fn on_commit(turn: &mut Turn<'_>, commit: &OffsetCommit) {
    let phase = turn.state.classic(&commit.group).map(ClassicGroup::phase);
    if matches!(phase, Some(Phase::Stable | Phase::PreparingRebalance(_)))
        && let Some(timeout_ms) = session_timeout_ms(turn, &commit.group, &commit.member)
    {
        rebalance::restart_session(turn, &commit.group, &commit.member, timeout_ms);
    }
}

/// A member was heard of.
pub(super) fn renew(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId) {
    if let Some(timeout_ms) = session_timeout_ms(turn, id, member) {
        rebalance::restart_session(turn, id, member, timeout_ms);
    }
}

fn session_timeout_ms(turn: &Turn<'_>, id: &GroupId, member: &MemberId) -> Option<i32> {
    let member = turn.state.classic(id)?.member(member)?;
    Some(member.session_timeout_ms)
}

/// Whether the member has its assignment and nothing under way.
fn is_settled(turn: &Turn<'_>, id: &GroupId, member: &MemberId) -> bool {
    turn.state
        .classic(id)
        .is_some_and(|group| group.phase == Phase::Stable && !group.pending_syncs.contains(member))
}

fn park(turn: &mut Turn<'_>, token: Token, request: &Heartbeat, until: MonotonicNs, session_timeout_ms: i32) {
    let session_ns = u64::try_from(session_timeout_ms).unwrap_or(0).saturating_mul(1_000_000);
    let latest = MonotonicNs(turn.now.monotonic.0.saturating_add(session_ns / SESSION_PARTS));
    let until = until.min(latest);
    let kind = ParkedKind::Heartbeat;
    let parked = ParkedHeartbeat { kind, token, generation_or_epoch: request.generation, until };
    turn.state.parked.insert(&request.group, &request.member, parked);
    let key = TimerKey::Parked(Arc::clone(&request.group), Arc::clone(&request.member));
    turn.state.timers.set(key, until);
}
