//! A static member comes back without its id (KIP-345): it takes the place of the one it was, and gets a new id.

use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use super::group::{ClassicGroup, Phase};
use super::member::Waiting;
use super::{answer, heartbeat, join, rebalance, replay};
use crate::group::record::MemberId;
use crate::group::request::{GroupAnswer, JoinGroup};
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;
use crate::shard::Token;

/// Replaces a static member. Whoever used its old id is fenced.
pub fn replace(turn: &mut Turn<'_>, token: Token, request: &JoinGroup, old: &MemberId, new: &MemberId) {
    let id = &request.group;
    let Some(group) = turn.state.classic(id) else { return };
    let leader_before = group.leader().cloned();
    let waiting = group.member(old).map(|member| member.waiting).unwrap_or_default();
    answer::refuse(turn, waiting, old, ErrorCode::FencedInstanceId);
    heartbeat::refuse_parked(turn, id, old, ErrorCode::FencedInstanceId);
    turn.cancel_timer(&TimerKey::ClassicSession(Arc::clone(id), Arc::clone(old)));
    if let Some(group) = turn.state.classic_mut(id) {
        group.rename(old, new);
    }
    join::update(turn, token, request, id, new);
    rebalance::restart_session(turn, id, new, request.session_timeout_ms);

    match turn.state.classic(id).map(ClassicGroup::phase) {
        Some(Phase::Stable) if keeps_protocol(turn, request) => {
            let leader = leader_before.unwrap_or_default();
            keep_generation(turn, token, request, new, leader);
        }
        Some(Phase::Stable) => rebalance::prepare_or_complete(turn, id),
        // The leader may have been told of the old id already; its assignment would miss the new one.
        Some(Phase::CompletingRebalance) => rebalance::prepare(turn, id),
        Some(Phase::PreparingRebalance(_)) => rebalance::complete_if_nobody_is_missing(turn, id),
        Some(Phase::Empty) | None => {}
    }
}

fn keeps_protocol(turn: &Turn<'_>, request: &JoinGroup) -> bool {
    turn.state.classic(&request.group).is_some_and(|group| group.elect_protocol() == group.protocol)
}

/// The member goes on with the assignment of the one it replaces: nobody else notices. One that was the leader is not
/// to assign anew: it is told so (KIP-814), or, if it does not understand that, that the old one leads.
fn keep_generation(
    turn: &mut Turn<'_>,
    token: Token,
    request: &JoinGroup,
    member: &MemberId,
    leader_before: MemberId,
) {
    let Some(group) = turn.state.classic_mut(&request.group) else { return };
    group.update(member, |member| member.waiting = Waiting::No);
    let record = replay::record(group);
    let mut joined = answer::joined(group, member);
    if request.supports_skipping_assignment {
        joined.skip_assignment = group.leader() == Some(member);
    } else {
        joined.leader = leader_before;
        joined.members = Vec::new();
    }
    turn.write(record);
    turn.answer(token, GroupAnswer::Joined(joined));
}
