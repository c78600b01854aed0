//! LeaveGroup, versions 0 to 5: members leave alone, or many at once (KIP-345), static ones also by their instance ids.

use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use super::group::{ClassicGroup, Phase};
use super::{heartbeat, pending, rebalance};
use crate::group::record::{GroupId, MemberId};
use crate::group::request::{GroupAnswer, LeaveGroup, Leaving, Left};
use crate::group::turn::Turn;
use crate::shard::Token;

/// LeaveGroup.
pub fn leave(turn: &mut Turn<'_>, token: Token, request: &LeaveGroup) {
    if request.group.is_empty() {
        let left = Left { error: Some(ErrorCode::InvalidGroupId.into()), members: Vec::new() };
        turn.answer(token, GroupAnswer::Left(left));
        return;
    }
    let members: Vec<(Leaving, Option<ErrorCode>)> = request
        .members
        .iter()
        .map(|leaving| (leaving.clone(), remove(turn, &request.group, leaving).err()))
        .collect();
    if members.iter().any(|(_, error)| error.is_none()) {
        match turn.state.classic(&request.group).map(ClassicGroup::phase) {
            Some(Phase::Stable | Phase::CompletingRebalance) => {
                heartbeat::be_quiet(turn, &request.group);
                rebalance::prepare(turn, &request.group);
            }
            Some(Phase::PreparingRebalance(_)) => {
                rebalance::complete_if_nobody_is_missing(turn, &request.group);
            }
            Some(Phase::Empty) | None => {}
        }
    }
    let error = match (request.is_single, members.first()) {
        (true, Some((_, Some(code)))) => Some((*code).into()),
        _ => None,
    };
    turn.answer(token, GroupAnswer::Left(Left { error, members }));
}

fn remove(turn: &mut Turn<'_>, id: &GroupId, leaving: &Leaving) -> Result<(), ErrorCode> {
    if pending::is_pending(turn.state, id, &leaving.member) {
        pending::remove(turn, id, &leaving.member);
        return Ok(());
    }
    let group = turn.state.classic(id).ok_or(ErrorCode::UnknownMemberId)?;
    let member = find(group, leaving)?;
    rebalance::remove_member(turn, id, &member);
    Ok(())
}

/// An administrator names static members by their instance ids alone.
fn find(group: &ClassicGroup, leaving: &Leaving) -> Result<MemberId, ErrorCode> {
    if leaving.member.is_empty() {
        let instance = leaving.instance.as_deref().ok_or(ErrorCode::UnknownMemberId)?;
        return group.static_member(instance).cloned().ok_or(ErrorCode::UnknownMemberId);
    }
    let member = group.check_member(&leaving.member, leaving.instance.as_deref())?;
    Ok(Arc::clone(&member.id))
}
