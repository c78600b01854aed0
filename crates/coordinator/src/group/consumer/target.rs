//! The target assignment: what each member is to have in the group's epoch. Not here: how members get there.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::Uuid;

use super::group::ConsumerGroup;
use super::member::Subscription;
use super::records;
use crate::group::assignor::{Assignor, PartitionCounts, Partitions, Subscriber};
use crate::group::record::{GroupId, GroupRecord, MemberId};
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;
use crate::group::world::{GroupSettings, Topics};

/// Brings the target assignment to the group's epoch, if it is behind and the last one is old enough
/// (`group.consumer.assignment.interval.ms`). Otherwise a deadline sees to it.
pub fn advance(turn: &mut Turn<'_>, group: &GroupId) {
    let Some(consumer) = turn.state.consumer(group) else { return };
    if consumer.epoch <= consumer.target_epoch || consumer.is_empty() {
        return;
    }
    let settings = turn.world.settings(group);
    let interval_ms = i64::from(settings.assignment_interval_ms.max(0));
    let made_ms = consumer.target_timestamp_ms;
    let now_ms = turn.now.wall.0;
    let wait_ms = made_ms.saturating_add(interval_ms).saturating_sub(now_ms).min(interval_ms);
    if made_ms != 0 && wait_ms > 0 {
        turn.set_timer(TimerKey::ConsumerAssignment(Arc::clone(group)), wait_ms);
        return;
    }
    let new = assign(consumer, &settings, turn.world.topics());
    let mut written: Vec<GroupRecord> = Vec::new();
    for (member, partitions) in &new {
        if consumer.targets.get(member).map(Arc::as_ref) != Some(partitions) {
            written.push(records::target(group, member, partitions));
        }
    }
    written.push(records::target_epoch(group, consumer.epoch, now_ms));
    turn.cancel_timer(&TimerKey::ConsumerAssignment(Arc::clone(group)));
    for record in written {
        turn.write(record);
    }
}

/// The assignor that the group uses: the one that most members wish, if it is offered, or else the first offered one.
pub fn assignor_of(group: &ConsumerGroup, settings: &GroupSettings) -> Assignor {
    let offered = &settings.consumer_assignors;
    let wished = group.preferred_assignor().filter(|wished| offered.contains(wished));
    wished.or(offered.first()).and_then(|name| Assignor::by_name(name)).unwrap_or(Assignor::Uniform)
}

/// The topics that each member reads. Most members read what the one before them reads: that is looked up once.
fn read_by_members(group: &ConsumerGroup, ids: &BTreeMap<&Arc<str>, Uuid>) -> Vec<Arc<[Uuid]>> {
    let mut read: Vec<Arc<[Uuid]>> = Vec::with_capacity(group.members.len());
    let mut before: Option<&Subscription> = None;
    for member in group.members.values() {
        let of = &*member.subscription;
        let is_same = before.is_some_and(|before| before.regex() == of.regex() && before.topics == of.topics);
        let topics = match read.last().filter(|_| is_same) {
            Some(last) => Arc::clone(last),
            None => {
                let names = group.names_of(of);
                let mut topics: Vec<Uuid> = names.iter().filter_map(|name| ids.get(name).copied()).collect();
                topics.sort_unstable();
                Arc::from(topics)
            }
        };
        read.push(topics);
        before = Some(of);
    }
    read
}

/// What each member is to have.
fn assign(
    group: &ConsumerGroup,
    settings: &GroupSettings,
    topics: &dyn Topics,
) -> BTreeMap<MemberId, Partitions> {
    let mut counts = PartitionCounts::new();
    let mut ids: BTreeMap<&Arc<str>, Uuid> = BTreeMap::new();
    for name in group.subscribed_names() {
        if let Some(topic) = topics.by_name(name) {
            counts.insert(topic.id, i32::try_from(topic.partition_racks.len()).unwrap_or(i32::MAX));
            ids.insert(name, topic.id);
        }
    }
    let read = read_by_members(group, &ids);
    let nothing = Partitions::new();
    let subscribers: Vec<Subscriber<'_>> = group
        .members
        .iter()
        .zip(&read)
        .map(|((id, member), read)| Subscriber {
            member: id,
            instance: member.subscription.instance.as_deref(),
            topics: read,
            owned: group.targets.get(id).map_or(&nothing, Arc::as_ref),
        })
        .collect();
    let assignments = assignor_of(group, settings).assign(&subscribers, &counts);
    group.members.keys().cloned().zip(assignments).collect()
}
