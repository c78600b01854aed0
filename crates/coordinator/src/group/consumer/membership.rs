//! What happens to a member of a consumer group, whatever protocol it speaks: it takes its place, changes its wishes,
//! goes a step towards its target. Writes records; checks nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use jackdaw_base::Uuid;

use super::group::ConsumerGroup;
use super::member::{Current, Held, Member, MemberState, Subscription};
use super::reconcile::{Owned, Reconciliation};
use super::{park, records, regex};
use crate::group::assignor::Partitions;
use crate::group::record::{GroupId, GroupRecord, MemberId};
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;
use crate::group::world::Topics;

/// Which place a member takes in its group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// It is there already.
    Present,
    /// A new one.
    New,
    /// That of the member that had its instance id before.
    Replaces(MemberId),
}

/// Lets a static member take the place of another: what that one has and is to have is now its own.
pub(super) fn take_place(turn: &mut Turn<'_>, group: &GroupId, member: &MemberId, place: &Place) {
    let Place::Replaces(old) = place else { return };
    let Some(consumer) = turn.state.consumer(group) else { return };
    let Some(Member { subscription, current }) = consumer.members().get(old).cloned() else { return };
    let target = consumer.target(old).cloned().unwrap_or_default();
    let current = Current { epoch: 0, previous_epoch: 0, ..Arc::unwrap_or_clone(current) };
    park::answer_gone(turn, group, old);
    cancel_timers(turn, group, old);
    for record in records::member_tombstones(group, old) {
        turn.write(record);
    }
    turn.write(records::subscription(group, member, &subscription));
    turn.write(records::target(group, member, &target));
    turn.write(records::current(group, member, &current));
}

/// Writes what a member wishes, where that differs from `old`. Returns whether it reads other topics than before.
pub(super) fn set_subscription(
    turn: &mut Turn<'_>,
    group: &GroupId,
    member: &MemberId,
    old: &Subscription,
    new: Subscription,
) -> bool {
    let is_known = turn.state.consumer(group).is_some_and(|consumer| consumer.members().contains_key(member));
    if is_known && *old == new {
        return false;
    }
    turn.write(records::subscription(group, member, &new));
    let is_regex_changed = old.regex() != new.regex();
    if is_regex_changed {
        drop_unused_regexes(turn, group);
        regex::refresh(turn, group);
    }
    is_regex_changed || old.topics != new.topics
}

/// Ends regular expressions that no member has any more.
pub(super) fn drop_unused_regexes(turn: &mut Turn<'_>, group: &GroupId) {
    let Some(consumer) = turn.state.consumer(group) else { return };
    let is_unused = |regex: &&Arc<str>| consumer.regex_count(regex) == 0;
    let tombstones: Vec<GroupRecord> = consumer
        .regexes
        .keys()
        .filter(is_unused)
        .map(|regex| records::regex_tombstone(group, regex))
        .collect();
    for record in tombstones {
        turn.write(record);
    }
}

/// The group's next epoch, with the hash of the topics that its members read now.
pub(super) fn bump(turn: &mut Turn<'_>, group: &GroupId) {
    let Some(consumer) = turn.state.consumer(group) else { return };
    let hash = consumer.current_hash(turn.world.topics());
    let record = records::epoch(group, consumer.epoch.saturating_add(1), hash);
    turn.write(record);
}

/// When a member goes on to the group's epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pace {
    /// As soon as it can: it is about to be told.
    AtOnce,
    /// Together with a change of its partitions: until there is one its answer waits, and it has the epoch that it knows.
    WithNews,
}

/// Lets a member go as far towards its target as it can, and writes where it is then.
pub(super) fn reconcile(
    turn: &mut Turn<'_>,
    group: &GroupId,
    id: &MemberId,
    owned: Owned<'_>,
    has_subscription_changed: bool,
    pace: Pace,
) {
    let Some(consumer) = turn.state.consumer(group) else { return };
    let Some(member) = consumer.members().get(id) else { return };
    if !has_subscription_changed && member.current.is_settled_in(consumer.target_epoch) {
        return;
    }
    let read = ids_read_by(consumer, member, turn.world.topics());
    let nothing = Partitions::new();
    let reconciliation = Reconciliation {
        current: &member.current,
        target_epoch: consumer.target_epoch,
        target: consumer.target(id).map_or(&nothing, Arc::as_ref),
        has_subscription_changed,
        owned,
        reads: &|topic| read.contains(&topic),
        is_held_by_other: &|topic, partition| {
            consumer.holder(topic, partition).is_some_and(|holder| holder != id)
        },
    };
    // A state of a later Kafka was refused before anything was written.
    let Ok(next) = reconciliation.next() else { return };
    let next = match pace {
        Pace::AtOnce => next,
        Pace::WithNews => without_epoch_alone(&member.current, next),
    };
    if next == *member.current {
        return;
    }
    let is_classic = member.is_classic();
    let rebalance_timeout_ms = member.subscription.rebalance_timeout_ms;
    turn.write(records::current(group, id, &next));
    // Members with the classic protocol have deadlines to join and to sync instead.
    if !is_classic {
        let timer = TimerKey::ConsumerRebalance(Arc::clone(group), Arc::clone(id));
        match next.state {
            MemberState::UnrevokedPartitions => turn.set_timer(timer, i64::from(rebalance_timeout_ms)),
            _ => turn.cancel_timer(&timer),
        }
    }
}

/// The step, unless an epoch is all that it brings. Then the member stays where it is; what it has given back is free.
fn without_epoch_alone(current: &Current, next: Current) -> Current {
    let is_epoch_alone = next.epoch != current.epoch
        && next.assigned == current.assigned
        && next.state != MemberState::UnrevokedPartitions;
    match (is_epoch_alone, current.state) {
        (false, _) => next,
        (true, MemberState::UnrevokedPartitions) => {
            Current { state: MemberState::Stable, revoking: Held::new(), ..current.clone() }
        }
        (true, _) => current.clone(),
    }
}

/// The ids of the topics that a member reads and that exist.
fn ids_read_by(group: &ConsumerGroup, member: &Member, topics: &dyn Topics) -> BTreeSet<Uuid> {
    let names = group.names_of(&member.subscription);
    names.iter().filter_map(|name| topics.by_name(name)).map(|topic| topic.id).collect()
}

/// The member's session begins anew.
pub(super) fn renew_session(turn: &mut Turn<'_>, group: &GroupId, member: &MemberId, timeout_ms: i32) {
    let timer = TimerKey::ConsumerSession(Arc::clone(group), Arc::clone(member));
    turn.set_timer(timer, i64::from(timeout_ms));
}

/// Takes away all deadlines of a member.
pub(super) fn cancel_timers(turn: &mut Turn<'_>, group: &GroupId, member: &MemberId) {
    for key in [
        TimerKey::ConsumerSession,
        TimerKey::ConsumerRebalance,
        TimerKey::ConsumerClassicJoin,
        TimerKey::ConsumerClassicSync,
    ] {
        turn.cancel_timer(&key(Arc::clone(group), Arc::clone(member)));
    }
}
