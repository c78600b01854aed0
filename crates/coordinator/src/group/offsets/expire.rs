//! Offsets that nobody wants any more: of deleted topics, and of groups that are gone or read other topics now, after
//! `offsets.retention.minutes` (KIP-211). An empty group goes with its last offset.

use std::collections::BTreeSet;
use std::sync::Arc;

use jackdaw_base::{TimestampMs, Uuid};

use super::table::CommittedOffset;
use crate::group::expiry::ExpiryBase;
use crate::group::record::{GroupId, GroupRecord};
use crate::group::state::{Group, GroupState, Work};
use crate::group::timers::TimerKey;
use crate::group::turn::{Turn, records_within_max};
use crate::shard::Extent;

/// A step writes at most this part of a batch, so that little is decided in vain when the batch is full.
const STEPS_PER_BATCH: usize = 16;

/// It is time to look for old offsets: every group is looked at in a step of its own.
pub fn on_expiry(turn: &mut Turn<'_>) {
    let groups: Vec<GroupId> = turn.state.groups.entries().keys().cloned().collect();
    for group in groups {
        turn.state.work.insert(Work::ExpireOffsets(group), ());
    }
    let interval_ms = turn.world.settings("").offsets_retention_check_interval_ms;
    turn.set_timer(TimerKey::OffsetExpiry, interval_ms);
}

/// Removes what has expired of a group; and the group itself, if it is empty and nothing is left.
pub fn expire(turn: &mut Turn<'_>, group: &GroupId) {
    let Some(found) = turn.state.groups.get(group).cloned() else { return };
    let retention_ms = turn.world.settings(group).offsets_retention_ms;
    let (expired, is_last) = expired(turn.state, group, &found, turn.now.wall, retention_ms);
    let expired = expired.into_iter();
    let mut records: Vec<GroupRecord> =
        expired.map(|(topic, partition)| GroupRecord::offset_tombstone(group, &topic, partition)).collect();
    if is_last && found.is_empty() {
        records.extend(found.tombstones());
    }
    if turn.write_within(step_bytes(turn), records) == Extent::Part {
        turn.state.work.insert(Work::ExpireOffsets(Arc::clone(group)), ());
    }
}

fn step_bytes(turn: &Turn<'_>) -> usize {
    turn.out.batch_room_bytes / STEPS_PER_BATCH
}

/// What has expired, and whether that is all there is.
fn expired(
    state: &GroupState,
    id: &GroupId,
    group: &Group,
    now: TimestampMs,
    retention_ms: i64,
) -> (Vec<(Arc<str>, i32)>, bool) {
    let base = group.expiry_base();
    let mut expired = Vec::new();
    let mut is_last = !state.offsets.has_pending(id);
    let mut subscribed: Option<(&Arc<str>, bool)> = None;
    for (topic, partition, offset) in state.offsets.of_group(id) {
        let is_subscribed = match subscribed {
            Some((last, is_subscribed)) if last == topic => is_subscribed,
            _ => group.subscribes_to(topic),
        };
        subscribed = Some((topic, is_subscribed));
        let is_expired = !is_subscribed
            && has_expired(offset, base, now, retention_ms)
            && !state.offsets.is_pending(id, topic, partition);
        match is_expired {
            true => expired.push((Arc::clone(topic), partition)),
            false => is_last = false,
        }
    }
    (expired, is_last)
}

fn has_expired(offset: &CommittedOffset, base: ExpiryBase, now: TimestampMs, retention_ms: i64) -> bool {
    let since = match base {
        ExpiryBase::Never => return false,
        ExpiryBase::Commit => offset.committed,
        ExpiryBase::Empty(empty) => empty.max(offset.committed),
    };
    match offset.expires {
        Some(expires) => now >= expires,
        None => now.since_ms(since) >= retention_ms,
    }
}

/// A topic was deleted: what was committed for it goes, in all groups. Offsets of a new topic of that name stay.
pub fn on_topic_deleted(turn: &mut Turn<'_>, topic: &Arc<str>, id: Uuid) {
    let room_bytes = step_bytes(turn);
    let offsets = &turn.state.offsets;
    let groups = offsets.groups();
    let committed = groups.iter().flat_map(|group| {
        let of_topic = offsets.of_topic(group, topic);
        let of_deleted =
            of_topic.filter(|(_, offset)| offset.topic_id == id || offset.topic_id == Uuid::ZERO);
        of_deleted.map(move |(partition, _)| (group, partition))
    });
    // A partition may be among both; it goes once.
    let enough = records_within_max(room_bytes) + 1;
    let found: BTreeSet<(&GroupId, i32)> =
        offsets.pending_of_topic(topic).take(enough).chain(committed.take(enough)).collect();
    let found = found.into_iter();
    let tombstones: Vec<GroupRecord> =
        found.map(|(group, partition)| GroupRecord::offset_tombstone(group, topic, partition)).collect();
    if turn.write_within(room_bytes, tombstones) == Extent::Part {
        turn.state.work.insert(Work::TopicDeleted(Arc::clone(topic), id), ());
    }
}
