//! Heartbeats whose answers are kept back, and when they are given: as soon as there is something to say, which is how
//! a rebalance reaches a member at once instead of with its next heartbeat. Not here: who may be parked, and for how
//! long.

use std::sync::Arc;

use jackdaw_base::MonotonicNs;
use jackdaw_protocol::error_code::ErrorCode;

use super::heartbeat::{awaits_share, current_of, refused};
use super::membership::{self, Pace};
use super::{checks, classic_members, target};
use crate::group::parked::{ParkedHeartbeat, ParkedKind};
use crate::group::record::{GroupId, MemberId};
use crate::group::request::{ConsumerHeartbeatAnswer, GroupAnswer, Synced};
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;
use crate::shard::Token;

/// Keeps the answer to a heartbeat back.
pub(super) fn park(
    turn: &mut Turn<'_>,
    token: Token,
    group: &GroupId,
    member: &MemberId,
    generation_or_epoch: i32,
    kind: ParkedKind,
    until: MonotonicNs,
) {
    turn.state.parked.insert(group, member, ParkedHeartbeat { kind, token, generation_or_epoch, until });
    turn.state.timers.set(TimerKey::Parked(Arc::clone(group), Arc::clone(member)), until);
}

/// Who the members of a group are, as far as answering them goes.
enum Kind {
    Gone,
    Classic,
    Consumer,
}

fn kind_of(turn: &Turn<'_>, group: &GroupId, member: &MemberId) -> Kind {
    match turn.state.consumer(group).and_then(|consumer| consumer.members().get(member)) {
        None => Kind::Gone,
        Some(member) if member.is_classic() => Kind::Classic,
        Some(_) => Kind::Consumer,
    }
}

/// The group has changed: parked heartbeats that have something to hear are answered.
pub fn settle(turn: &mut Turn<'_>, group: &GroupId) {
    // Otherwise the next target has its deadline.
    if turn.state.timers.deadline(&TimerKey::ConsumerAssignment(Arc::clone(group))).is_none() {
        target::advance(turn, group);
    }
    let concerned: Vec<(MemberId, ParkedHeartbeat)> = turn
        .state
        .parked
        .of_group(group)
        .filter(|(member, parked)| is_concerned(turn, group, member, parked.kind))
        .map(|(member, parked)| (Arc::clone(member), parked.clone()))
        .collect();
    for (member, ParkedHeartbeat { kind, until, .. }) in concerned {
        match kind_of(turn, group, &member) {
            Kind::Gone => answer_gone(turn, group, &member),
            Kind::Classic if classic_members::has_to_rejoin(turn, group, &member) => {
                answer(turn, group, &member, Says::Epoch);
            }
            Kind::Classic => {}
            Kind::Consumer => match go_on(turn, group, &member, Pace::WithNews) {
                Says::Assignment => {
                    grant_time_saved(turn, group, &member, until);
                    answer(turn, group, &member, Says::Assignment);
                }
                // It waits for partitions, and there are none for it any more.
                Says::Epoch if kind == ParkedKind::Join && !awaits_share(turn, group, &member) => {
                    unpark(turn, group, &member);
                }
                Says::Epoch => {}
            },
        }
    }
}

/// Whether a parked heartbeat may have something to hear. Most have nothing, whoever else goes a step: nothing is
/// copied to find that out.
fn is_concerned(turn: &Turn<'_>, group: &GroupId, id: &MemberId, kind: ParkedKind) -> bool {
    let Some(consumer) = turn.state.consumer(group) else { return true };
    match consumer.members().get(id) {
        Some(member) if !member.is_classic() && kind == ParkedKind::Heartbeat => {
            consumer.can_go_on(id, member)
        }
        Some(_) | None => true,
    }
}

/// A member that has to give back partitions hears of it earlier than it would without parking. Its time to do so ends
/// no earlier: an application that polls just often enough for Kafka is not fenced here.
fn grant_time_saved(turn: &mut Turn<'_>, group: &GroupId, member: &MemberId, until: MonotonicNs) {
    let key = TimerKey::ConsumerRebalance(Arc::clone(group), Arc::clone(member));
    if let Some(deadline) = turn.state.timers.deadline(&key) {
        let saved_ns = until.0.saturating_sub(turn.now.monotonic.0);
        turn.state.timers.set(key, MonotonicNs(deadline.0.saturating_add(saved_ns)));
    }
}

/// Answers the parked heartbeat of a member with what there is to say now.
pub fn unpark(turn: &mut Turn<'_>, group: &GroupId, member: &MemberId) {
    target::advance(turn, group);
    let says = match kind_of(turn, group, member) {
        Kind::Consumer => go_on(turn, group, member, Pace::AtOnce),
        Kind::Classic | Kind::Gone => Says::Epoch,
    };
    answer(turn, group, member, says);
}

/// What an answer says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    /// The member's epoch.
    Epoch,
    /// Also what it is to own, because that has changed.
    Assignment,
}

/// Lets a member that waits go on towards its target.
fn go_on(turn: &mut Turn<'_>, group: &GroupId, member: &MemberId, pace: Pace) -> Says {
    let before = current_of(turn, group, member);
    membership::reconcile(turn, group, member, None, false, pace);
    match before.assigned == current_of(turn, group, member).assigned {
        true => Says::Epoch,
        false => Says::Assignment,
    }
}

/// A member comes again: its parked heartbeat, which still has nothing to hear, is answered first.
pub(super) fn answer_parked(turn: &mut Turn<'_>, group: &GroupId, member: &MemberId) {
    answer(turn, group, member, Says::Epoch);
}

/// A member is about to go: its parked heartbeat is refused.
pub(super) fn answer_gone(turn: &mut Turn<'_>, group: &GroupId, member: &MemberId) {
    let kind = kind_of(turn, group, member);
    let Some(ParkedHeartbeat { token, kind: parked, .. }) = take(turn, group, member) else { return };
    let error = checks::unknown_member(member, group);
    match kind {
        _ if parked == ParkedKind::Sync => turn.answer(token, sync_refused(ErrorCode::UnknownMemberId)),
        Kind::Classic => turn.answer(token, GroupAnswer::Heartbeat(Err(ErrorCode::UnknownMemberId.into()))),
        Kind::Consumer | Kind::Gone => turn.answer(token, refused(error)),
    }
}

fn answer(turn: &mut Turn<'_>, group: &GroupId, member: &MemberId, says: Says) {
    match kind_of(turn, group, member) {
        Kind::Gone => answer_gone(turn, group, member),
        Kind::Classic => {
            let result = classic_members::heartbeat_result(turn, group, member);
            match take(turn, group, member) {
                // The group has changed its protocol meanwhile: whatever it would have been told is void.
                Some(ParkedHeartbeat { token, kind: ParkedKind::Sync, .. }) => {
                    turn.answer(token, sync_refused(ErrorCode::RebalanceInProgress));
                }
                Some(ParkedHeartbeat { token, .. }) => turn.answer(token, GroupAnswer::Heartbeat(result)),
                None => {}
            }
        }
        Kind::Consumer => {
            let Some(ParkedHeartbeat { token, kind, .. }) = take(turn, group, member) else { return };
            let current = current_of(turn, group, member);
            let heartbeat_interval_ms = turn.world.settings(group).consumer_heartbeat_interval_ms;
            turn.answer(
                token,
                GroupAnswer::ConsumerHeartbeat(ConsumerHeartbeatAnswer {
                    error: None,
                    member: Some(Arc::clone(member)),
                    member_epoch: current.epoch,
                    heartbeat_interval_ms,
                    // Who joins is always told what it has.
                    assignment: (says == Says::Assignment || kind == ParkedKind::Join)
                        .then(|| current.assignment()),
                }),
            );
        }
    }
}

fn take(turn: &mut Turn<'_>, group: &GroupId, member: &MemberId) -> Option<ParkedHeartbeat> {
    let parked = turn.state.parked.remove(group, member)?;
    turn.cancel_timer(&TimerKey::Parked(Arc::clone(group), Arc::clone(member)));
    Some(parked)
}

/// A SyncGroup that the group's present protocol has no answer to.
fn sync_refused(code: ErrorCode) -> GroupAnswer {
    GroupAnswer::Synced(Synced {
        error: Some(code.into()),
        protocol_type: None,
        protocol: None,
        assignment: Arc::default(),
    })
}
