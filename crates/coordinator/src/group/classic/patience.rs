//! Whose answers wait in a round that only takes. With a cooperative assignor partitions change hands in two rounds: in the
//! first their owner is told to give them up, and joins again; the second one hands them out. Whoever has nothing learns
//! nothing in the first round, and would hear of the second one in its next heartbeat, seconds later. So its JoinGroup is
//! answered in the second round. Members that keep what they have hear of the second round instead of their SyncGroup's
//! answer, if it comes soon.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::group::ClassicGroup;
use super::member::{Member, Waiting};
use super::subscription;
use crate::group::parked::{ParkedHeartbeat, ParkedKind};
use crate::group::record::{GroupId, MemberId};
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;
use crate::shard::Token;

/// A member that owns nothing has nothing to do before the next round.
const JOIN_MS: u64 = 3_000;
/// One that keeps what it owns wants to commit.
const SYNC_MS: u64 = 250;

type Partitions = BTreeSet<(Arc<str>, i32)>;

/// What a round means for its members.
#[derive(Default)]
pub struct Round {
    /// They have nothing and are given nothing.
    pub without: BTreeSet<MemberId>,
    /// They keep what they have, and are given nothing.
    pub unchanged: BTreeSet<MemberId>,
}

/// Whose JoinGroup waits until the leader has said whether it gets something in this round: followers without partitions,
/// if others have some. They could not go on before that anyway.
pub fn without_partitions(turn: &Turn<'_>, id: &GroupId) -> BTreeSet<MemberId> {
    let Some(group) = patient(turn, id) else { return BTreeSet::new() };
    let (without, with): (Vec<_>, Vec<_>) = owned(group).into_iter().partition(|(_, owned)| owned.is_empty());
    let is_follower = |member: &MemberId| group.leader() != Some(member);
    let without = without.into_iter().map(|(member, _)| member).filter(is_follower);
    if with.is_empty() { BTreeSet::new() } else { without.collect() }
}

/// Who waits for the next round, now that the leader has assigned; nobody, if there will be none.
pub fn waiting_for_next(turn: &Turn<'_>, id: &GroupId) -> Round {
    let Some(group) = patient(turn, id) else { return Round::default() };
    let owned = owned(group);
    if owned.iter().all(|(_, owned)| owned.is_empty()) {
        return Round::default();
    }
    let (mut round, mut takes) = (Round::default(), false);
    for (member, owned) in owned {
        let assigned = group.member(&member).map(|member| subscription::assigned(&member.assignment));
        let assigned = assigned.unwrap_or_default();
        takes |= !owned.is_subset(&assigned);
        match owned == assigned {
            true if owned.is_empty() => drop(round.without.insert(member)),
            true => drop(round.unchanged.insert(member)),
            false => {}
        }
    }
    if takes { round } else { Round::default() }
}

fn patient<'t>(turn: &'t Turn<'_>, id: &GroupId) -> Option<&'t ClassicGroup> {
    turn.state.classic(id).filter(|group| group.has_consumers() && turn.world.parks_answers())
}

fn owned(group: &ClassicGroup) -> Vec<(MemberId, Partitions)> {
    let protocol = group.protocol().map(Arc::as_ref);
    let of = |member: &Member| subscription::owned(&member.metadata(protocol));
    group.members().map(|member| (Arc::clone(&member.id), of(member))).collect()
}

/// Keeps the answer to a member's JoinGroup back for a while; it goes on waiting.
pub fn hold_join(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId) {
    let waiting = turn.state.classic(id).and_then(|group| group.member(member)).map(|member| member.waiting);
    if let Some(Waiting::Joined(token)) = waiting {
        park(turn, id, member, token, ParkedKind::Join, JOIN_MS);
    }
}

/// Keeps the answer to a member's SyncGroup back.
pub fn hold_sync(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId, token: Token) {
    park(turn, id, member, token, ParkedKind::Sync, SYNC_MS);
}

/// The member's JoinGroup, if it was kept back, waits by itself again, or was answered.
pub fn let_go(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId) {
    if turn.state.parked.get(id, member).is_some_and(|parked| parked.kind == ParkedKind::Join) {
        turn.state.parked.remove(id, member);
        turn.cancel_timer(&TimerKey::Parked(Arc::clone(id), Arc::clone(member)));
    }
}

fn park(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId, token: Token, kind: ParkedKind, ms: u64) {
    let Some(generation_or_epoch) = turn.state.classic(id).map(ClassicGroup::generation) else { return };
    let until = turn.now.monotonic.plus_ms(ms);
    turn.state.parked.insert(id, member, ParkedHeartbeat { kind, token, generation_or_epoch, until });
    turn.state.timers.set(TimerKey::Parked(Arc::clone(id), Arc::clone(member)), until);
}

#[cfg(test)]
mod tests;
