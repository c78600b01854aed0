//! Whose SyncGroup is answered later. With a cooperative assignor a round that takes partitions from somebody hands them to
//! nobody: their owner gives them up and joins again, and the next round hands them out. Members that gain nothing in the
//! first round would hear of the second one in their next heartbeat, seconds later. So they wait for it, for a short time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jackdaw_base::MonotonicNs;

use super::group::ClassicGroup;
use super::subscription;
use crate::group::parked::{ParkedHeartbeat, ParkedKind};
use crate::group::record::{GroupId, MemberId};
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;
use crate::shard::Token;

/// A member that owns nothing has nothing to do before the next round.
const WITHOUT_PARTITIONS_MS: u64 = 3_000;
/// One that keeps what it owns wants to commit.
const WITH_PARTITIONS_MS: u64 = 250;

type Partitions = BTreeSet<(Arc<str>, i32)>;

/// The members whose answers wait, and how long in milliseconds.
pub fn of(turn: &Turn<'_>, id: &GroupId) -> BTreeMap<MemberId, u64> {
    let group = turn.state.classic(id).filter(|group| group.has_consumers() && turn.world.parks_answers());
    group.map(of_group).unwrap_or_default()
}

fn of_group(group: &ClassicGroup) -> BTreeMap<MemberId, u64> {
    let protocol = group.protocol().map(Arc::as_ref);
    let owned: Vec<(MemberId, Partitions)> = group
        .members()
        .map(|member| (Arc::clone(&member.id), subscription::owned(&member.metadata(protocol))))
        .collect();
    if owned.iter().all(|(_, owned)| owned.is_empty()) {
        return BTreeMap::new();
    }
    let mut patience = BTreeMap::new();
    let mut has_losers = false;
    for (member, owned) in owned {
        let Some(assignment) = group.member(&member).map(|member| Arc::clone(&member.assignment)) else {
            continue;
        };
        let assigned = subscription::assigned(&assignment);
        has_losers |= !owned.is_subset(&assigned);
        if owned == assigned {
            let ms = if owned.is_empty() { WITHOUT_PARTITIONS_MS } else { WITH_PARTITIONS_MS };
            patience.insert(member, ms);
        }
    }
    if has_losers { patience } else { BTreeMap::new() }
}

/// Keeps the answer to a member's SyncGroup back.
pub fn park(turn: &mut Turn<'_>, id: &GroupId, member: &MemberId, token: Token, ms: u64) {
    let Some(generation_or_epoch) = turn.state.classic(id).map(ClassicGroup::generation) else { return };
    let until = MonotonicNs(turn.now.monotonic.0.saturating_add(ms * 1_000_000));
    let parked = ParkedHeartbeat { kind: ParkedKind::Sync, token, generation_or_epoch, until };
    turn.state.parked.insert(id, member, parked);
    turn.state.timers.set(TimerKey::Parked(Arc::clone(id), Arc::clone(member)), until);
}
