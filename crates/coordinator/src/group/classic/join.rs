//! JoinGroup, versions 0 to 9: KIP-345 (static members), KIP-389 (size of groups), KIP-394 (ids of new members),
//! KIP-814 (a leader that skips the assignment). Not here: how the join phase ends (`rebalance`).

use std::sync::Arc;

use jackdaw_base::Uuid;
use jackdaw_protocol::error_code::ErrorCode;

use super::answer::{self, join_refused};
use super::group::{CONSUMER_PROTOCOL_TYPE, ClassicGroup, Gathering, Phase};
use super::member::{Member, Waiting, distinct};
use super::pending::{self, PENDING_JOINS_MAX};
use super::{heartbeat, instance, patience, rebalance, replay, subscription};
use crate::group::record::{GroupId, MemberId};
use crate::group::request::{GroupAnswer, JoinGroup};
use crate::group::turn::Turn;
use crate::shard::Token;

/// JoinGroup.
pub fn join(turn: &mut Turn<'_>, token: Token, request: &JoinGroup) {
    if let Some(refused) = check(turn, request) {
        turn.answer(token, refused);
        return;
    }
    if turn.state.classic(&request.group).is_none() {
        let record = replay::empty_record(&request.group, turn.now.wall);
        turn.write(record);
    }
    match request.member.is_empty() {
        true => join_new(turn, token, request),
        false => join_known(turn, token, request),
    }
}

/// Everything for which a request is refused, whatever the group's state.
fn check(turn: &mut Turn<'_>, request: &JoinGroup) -> Option<GroupAnswer> {
    let settings = turn.world.settings(&request.group);
    let session_bounds = settings.classic_session_timeout_ms_min..=settings.classic_session_timeout_ms_max;
    if request.group.is_empty() {
        return Some(join_refused(&request.member, ErrorCode::InvalidGroupId));
    }
    if !session_bounds.contains(&request.session_timeout_ms) {
        return Some(join_refused(&request.member, ErrorCode::InvalidSessionTimeout));
    }
    let is_consumer = *request.protocol_type == *CONSUMER_PROTOCOL_TYPE;
    if is_consumer && !request.protocols.iter().all(|(_, metadata)| subscription::is_loadable(metadata)) {
        return Some(join_refused(&request.member, ErrorCode::InconsistentGroupProtocol));
    }
    let Some(group) = turn.state.classic(&request.group) else {
        let is_well_formed = !request.protocol_type.is_empty() && !request.protocols.is_empty();
        return match request.member.is_empty() {
            false => Some(join_refused(&request.member, ErrorCode::UnknownMemberId)),
            true if !is_well_formed => Some(join_refused("", ErrorCode::InconsistentGroupProtocol)),
            true => None,
        };
    };
    if !has_room(group, &request.member, settings.classic_size_max) {
        let known = group.member(&request.member).map(|member| Arc::clone(&member.id));
        if let Some(member) = known {
            rebalance::remove_member(turn, &request.group, &member);
        }
        return Some(join_refused("", ErrorCode::GroupMaxSizeReached));
    }
    if !group.admits(&request.protocol_type, &request.protocols) {
        return Some(join_refused(&request.member, ErrorCode::InconsistentGroupProtocol));
    }
    None
}

/// Whether one more member may join. Those that have joined count while members gather, so that the last ones to come
/// back find no place in a group whose size was reduced.
fn has_room(group: &ClassicGroup, member: &str, size_max: usize) -> bool {
    let known = group.member(member);
    match group.phase {
        Phase::Empty => true,
        Phase::PreparingRebalance(_) => known.is_some_and(Member::is_joining) || group.joining() < size_max,
        Phase::CompletingRebalance | Phase::Stable => known.is_some() || group.member_count() < size_max,
    }
}

/// A member without an id.
fn join_new(turn: &mut Turn<'_>, token: Token, request: &JoinGroup) {
    let prefix = request.instance.as_ref().unwrap_or(&request.client.id);
    let member = generate_id(prefix, turn.now.random);
    let Some(group) = turn.state.classic(&request.group) else { return };
    let replaced = request.instance.as_deref().and_then(|instance| group.static_member(instance)).cloned();
    let needs_second_join = request.requires_known_member_id && request.instance.is_none();
    match replaced {
        Some(old) => instance::replace(turn, token, request, &old, &member),
        None if needs_second_join && group.pending_joins >= PENDING_JOINS_MAX => {
            turn.answer(token, join_refused("", ErrorCode::GroupMaxSizeReached));
        }
        None if needs_second_join => hand_out_id(turn, token, request, &member),
        None => add(turn, token, request, member),
    }
}

/// KIP-394: whoever comes for the first time gets an id to come again with, so that retries of a lost answer do not
/// fill the group with members that nobody is.
fn hand_out_id(turn: &mut Turn<'_>, token: Token, request: &JoinGroup, member: &MemberId) {
    pending::add(turn, &request.group, member, request.session_timeout_ms);
    turn.answer(token, join_refused(member, ErrorCode::MemberIdRequired));
}

/// A member with an id.
fn join_known(turn: &mut Turn<'_>, token: Token, request: &JoinGroup) {
    let is_pending = pending::is_pending(turn.state, &request.group, &request.member);
    if is_pending && request.instance.is_none() {
        pending::remove(turn, &request.group, &request.member);
        add(turn, token, request, Arc::clone(&request.member));
        return;
    }
    let Some(group) = turn.state.classic(&request.group) else { return };
    let member = match group.check_member(&request.member, request.instance.as_deref()) {
        Ok(member) => member,
        Err(code) => {
            turn.answer(token, join_refused(&request.member, code));
            return;
        }
    };
    let has_changed = !member.supports_just(&request.protocols);
    let is_leader = group.leader() == Some(&request.member);
    let rebalances = match group.phase {
        Phase::PreparingRebalance(_) => true,
        Phase::CompletingRebalance => has_changed,
        // A leader that joins wants a new assignment: topics may have changed.
        Phase::Stable => is_leader || has_changed,
        // No member is in an empty group.
        Phase::Empty => false,
    };
    match rebalances {
        true => rejoin(turn, token, request),
        false => {
            // The answer to an earlier JoinGroup may have been lost; one that still waits is answered first.
            rebalance::welcome_waiting(turn, &request.group, &request.member);
            let Some(group) = turn.state.classic(&request.group) else { return };
            let joined = answer::joined(group, &request.member);
            turn.answer(token, GroupAnswer::Joined(joined));
            // It counts its own session from here, so we do (Kafka does not).
            heartbeat::renew(turn, &request.group, &request.member);
        }
    }
}

/// Adds a member and begins a rebalance. Its request waits until the join phase ends.
fn add(turn: &mut Turn<'_>, token: Token, request: &JoinGroup, id: MemberId) {
    let timeout_ms = turn.world.settings(&request.group).new_member_join_timeout_ms;
    if let Some(group) = turn.state.classic_mut(&request.group) {
        if let Phase::PreparingRebalance(Gathering::Initial { has_newcomer, .. }) = &mut group.phase {
            *has_newcomer = true;
        }
        if request.bears_waiting {
            group.newcomers.note(turn.now.monotonic, group.phase);
        }
        group.add(Member::joining(Arc::clone(&id), request, token), &request.protocol_type);
    }
    // Nobody sees whether a client whose JoinGroup waits is still there: a new one may have come again as another.
    rebalance::restart_session(turn, &request.group, &id, timeout_ms);
    heartbeat::end_quiet(turn, &request.group);
    rebalance::prepare_or_complete(turn, &request.group);
}

/// A member joins anew, perhaps with other protocols.
fn rejoin(turn: &mut Turn<'_>, token: Token, request: &JoinGroup) {
    update(turn, token, request, &request.group, &request.member);
    heartbeat::end_quiet(turn, &request.group);
    rebalance::prepare_or_complete(turn, &request.group);
}

/// Takes over what a member says of itself now; its request waits. One that it sent before is answered.
pub fn update(turn: &mut Turn<'_>, token: Token, request: &JoinGroup, group: &GroupId, member: &MemberId) {
    let before = turn.state.classic_mut(group).and_then(|group| {
        group.update(member, |member| {
            member.protocols = distinct(&request.protocols);
            member.rebalance_timeout_ms = request.rebalance_timeout_ms;
            member.session_timeout_ms = request.session_timeout_ms;
            std::mem::replace(&mut member.waiting, Waiting::Joined(token))
        })
    });
    if let Some(before) = before {
        patience::let_go(turn, group, member);
        answer::refuse(turn, before, member, ErrorCode::RebalanceInProgress);
    }
}

/// An id for a new member, as Kafka makes them: what it calls itself, and a random UUID in hexadecimal digits.
fn generate_id(prefix: &str, random: Uuid) -> MemberId {
    let Uuid(bytes) = random;
    let mut text = String::with_capacity(prefix.len() + 37);
    text.push_str(prefix);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 0 | 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0x0f] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    Arc::from(text)
}
