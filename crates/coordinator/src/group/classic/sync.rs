//! SyncGroup, versions 0 to 5: the leader's assignment is written and handed to all (KIP-559: protocols are checked).

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use super::answer;
use super::group::{ClassicGroup, Phase};
use super::member::Waiting;
use super::{heartbeat, patience, rebalance, replay};
use crate::group::record::GroupId;
use crate::group::request::SyncGroup;
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;
use crate::shard::Token;

/// SyncGroup.
pub fn sync(turn: &mut Turn<'_>, token: Token, request: &SyncGroup) {
    heartbeat::unpark(turn, &request.group, &request.member);
    let phase = match check(turn, request) {
        Ok(phase) => phase,
        Err(code) => {
            turn.answer(token, answer::sync_refused(code));
            return;
        }
    };
    note_synced(turn, request);
    match phase {
        Phase::CompletingRebalance => wait_or_assign(turn, token, request),
        Phase::Empty | Phase::PreparingRebalance(_) | Phase::Stable => {
            // It counts its own session from here, so we do (Kafka does not).
            heartbeat::renew(turn, &request.group, &request.member);
            let group = turn.state.classic(&request.group);
            let answer = group.and_then(|group| Some(answer::synced(group, group.member(&request.member)?)));
            turn.answer(token, answer.unwrap_or_else(|| answer::sync_refused(ErrorCode::UnknownMemberId)));
        }
    }
}

/// Whether the member belongs to the generation it names, and the group waits for its sync or has an assignment for it.
fn check(turn: &Turn<'_>, request: &SyncGroup) -> Result<Phase, ErrorCode> {
    if request.group.is_empty() {
        return Err(ErrorCode::InvalidGroupId);
    }
    let group = turn.state.classic(&request.group).ok_or(ErrorCode::UnknownMemberId)?;
    group.check_member(&request.member, request.instance.as_deref())?;
    if request.generation != group.generation() {
        return Err(ErrorCode::IllegalGeneration);
    }
    let differs = |theirs: &Option<Arc<str>>, ours: &Option<Arc<str>>| {
        theirs.is_some() && ours.is_some() && theirs != ours
    };
    if differs(&request.protocol_type, &group.protocol_type) || differs(&request.protocol, &group.protocol) {
        return Err(ErrorCode::InconsistentGroupProtocol);
    }
    match group.phase {
        Phase::PreparingRebalance(_) => Err(ErrorCode::RebalanceInProgress),
        Phase::Empty => Err(ErrorCode::UnknownMemberId),
        Phase::CompletingRebalance | Phase::Stable => Ok(group.phase),
    }
}

/// The member has synced: when all have, nobody is removed for not doing it.
fn note_synced(turn: &mut Turn<'_>, request: &SyncGroup) {
    let is_pending =
        turn.state.classic(&request.group).is_some_and(|group| group.pending_syncs.contains(&request.member));
    if !is_pending {
        return;
    }
    let Some(group) = turn.state.classic_mut(&request.group) else { return };
    group.pending_syncs.remove(&request.member);
    if group.pending_syncs.is_empty() {
        turn.cancel_timer(&TimerKey::ClassicSync(Arc::clone(&request.group)));
    }
}

fn wait_or_assign(turn: &mut Turn<'_>, token: Token, request: &SyncGroup) {
    let before = turn.state.classic_mut(&request.group).and_then(|group| {
        group.update(&request.member, |member| std::mem::replace(&mut member.waiting, Waiting::Synced(token)))
    });
    if let Some(before) = before {
        answer::refuse(turn, before, &request.member, ErrorCode::RebalanceInProgress);
    }
    let is_leader =
        turn.state.classic(&request.group).and_then(ClassicGroup::leader) == Some(&request.member);
    if is_leader {
        assign(turn, request);
    }
}

/// The group is stable with this assignment. Who is not in it gets an empty one; who has left is passed over.
fn assign(turn: &mut Turn<'_>, request: &SyncGroup) {
    let assignments: BTreeMap<&str, &Arc<[u8]>> =
        request.assignments.iter().map(|(member, assignment)| (&**member, assignment)).collect();
    let wall = turn.now.wall;
    let Some(group) = turn.state.classic_mut(&request.group) else { return };
    for member in group.member_ids() {
        let assignment = assignments.get(&*member).map(|assignment| Arc::clone(assignment));
        group.update(&member, |member| member.assignment = assignment.unwrap_or_default());
    }
    group.since = Some(wall);
    let record = replay::record(group);
    turn.write(record);
    answer_all(turn, &request.group);
}

/// Everybody who waits hears of its assignment, except whom the next round concerns first. Sessions begin anew: they did
/// not end while members waited.
fn answer_all(turn: &mut Turn<'_>, id: &GroupId) {
    let round = patience::waiting_for_next(turn, id);
    let Some(group) = turn.state.classic(id) else { return };
    for member in group.member_ids() {
        if !round.without.contains(&member) {
            rebalance::welcome_waiting(turn, id, &member);
        }
        let Some(group) = turn.state.classic_mut(id) else { return };
        let changed = group.update(&member, |member| {
            let waiting = match member.waiting {
                Waiting::Synced(_) => std::mem::take(&mut member.waiting),
                Waiting::No | Waiting::Joined(_) => Waiting::No,
            };
            (waiting, member.session_timeout_ms)
        });
        let answer = group.member(&member).map(|member| answer::synced(group, member));
        if let (Some((Waiting::Synced(token), session_timeout_ms)), Some(answer)) = (changed, answer) {
            match round.unchanged.contains(&member) {
                true => patience::hold_sync(turn, id, &member, token),
                false => turn.answer(token, answer),
            }
            rebalance::restart_session(turn, id, &member, session_timeout_ms);
        }
    }
}
