//! What happens to consumer groups by themselves: deadlines pass, the log was read, topics change.

use std::sync::Arc;

use super::member::MemberState;
use super::{leave, membership, regex, target};
use crate::group::record::{GroupId, MemberId};
use crate::group::state::{Group, Work};
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;

/// A deadline has passed: the keys of [`TimerKey`] that begin with `Consumer`.
pub fn on_timer(turn: &mut Turn<'_>, key: &TimerKey) {
    match key {
        TimerKey::ConsumerSession(group, member)
        | TimerKey::ConsumerClassicJoin(group, member)
        | TimerKey::ConsumerClassicSync(group, member) => fence(turn, group, member),
        TimerKey::ConsumerRebalance(group, member) => {
            let is_revoking = |state| state == MemberState::UnrevokedPartitions;
            let consumer = turn.state.consumer(group);
            let member_of = consumer.and_then(|consumer| consumer.members().get(member));
            if member_of.is_some_and(|member| is_revoking(member.current.state)) {
                fence(turn, group, member);
            }
        }
        TimerKey::ConsumerAssignment(group) => target::advance(turn, group),
        TimerKey::ConsumerRegex(group) => refresh(turn, group),
        TimerKey::ClassicSession(..)
        | TimerKey::ClassicPendingJoin(..)
        | TimerKey::ClassicJoin(_)
        | TimerKey::ClassicGather(_)
        | TimerKey::ClassicQuiet(_)
        | TimerKey::ClassicSync(_)
        | TimerKey::Parked(..)
        | TimerKey::OffsetExpiry => {}
    }
}

fn fence(turn: &mut Turn<'_>, group: &GroupId, member: &MemberId) {
    if turn.state.consumer(group).is_some_and(|consumer| consumer.members().contains_key(member)) {
        leave::remove(turn, group, &[Arc::clone(member)]);
    }
}

/// Topics were created, deleted or changed: each group with members looks at what it reads.
pub fn on_topics_changed(turn: &mut Turn<'_>) {
    let has_members = |group: &Group| matches!(group, Group::Consumer(consumer) if !consumer.is_empty());
    let groups = turn.state.groups.entries().iter().filter(|(_, group)| has_members(group));
    let groups: Vec<GroupId> = groups.map(|(id, _)| Arc::clone(id)).collect();
    for group in groups {
        turn.state.work.insert(Work::Refresh(group), ());
    }
}

/// Looks at the topics that a group reads. If they are not what they were, the group's next epoch begins.
pub fn refresh(turn: &mut Turn<'_>, group: &GroupId) {
    regex::refresh(turn, group);
    let Some(consumer) = turn.state.consumer(group).filter(|consumer| !consumer.is_empty()) else { return };
    if consumer.current_hash(turn.world.topics()) != consumer.metadata_hash {
        membership::bump(turn, group);
    }
}

/// The log was read: sessions begin to run, and topics may have changed since it was written.
pub fn on_loaded(turn: &mut Turn<'_>, group: &GroupId) {
    let Some(consumer) = turn.state.consumer(group) else { return };
    let settings = turn.world.settings(group);
    let members: Vec<(MemberId, Option<i32>)> = consumer
        .members()
        .iter()
        .map(|(id, member)| {
            let is_revoking =
                !member.is_classic() && member.current.state == MemberState::UnrevokedPartitions;
            (Arc::clone(id), is_revoking.then_some(member.subscription.rebalance_timeout_ms))
        })
        .collect();
    for (member, rebalance_timeout_ms) in members {
        membership::renew_session(turn, group, &member, settings.consumer_session_timeout_ms);
        if let Some(timeout_ms) = rebalance_timeout_ms {
            let timer = TimerKey::ConsumerRebalance(Arc::clone(group), member);
            turn.set_timer(timer, i64::from(timeout_ms));
        }
    }
    refresh(turn, group);
}
