//! Committed offsets as a fold of the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jackdaw_base::{ProducerId, TimestampMs, Uuid};
use jackdaw_protocol::messages::offset_commit_value::OffsetCommitValue;

use crate::group::record::GroupId;
use crate::group::undo_map::{UndoMap, undo_of_parts};
use crate::shard::TransactionEnd;

/// A committed offset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommittedOffset {
    /// The offset of the next record to read.
    pub offset: i64,
    /// The epoch of the last record read; -1 unknown.
    pub leader_epoch: i32,
    /// The committer's own text.
    pub metadata: Arc<str>,
    /// When it was committed.
    pub committed: TimestampMs,
    /// From Kafkas before 2.1: when it expires.
    pub expires: Option<TimestampMs>,
    /// The topic's id; zero where the committer named none.
    pub topic_id: Uuid,
    /// Its place among the commits of this log: of two, the later one counts.
    sequence: u64,
}

/// Group, topic, partition.
pub type OffsetKey = (GroupId, Arc<str>, i32);

/// Offsets of an open transaction.
type Pending = Arc<BTreeMap<OffsetKey, CommittedOffset>>;

/// All committed offsets of a shard, with one level of undo.
#[derive(Clone, Debug, Default)]
pub struct Offsets {
    committed: UndoMap<OffsetKey, CommittedOffset>,
    /// By producer: what counts once its transaction is committed.
    pending: UndoMap<ProducerId, Pending>,
    /// Which producers have an offset pending there.
    pending_at: UndoMap<OffsetKey, BTreeSet<ProducerId>>,
    /// Only ever rises, so it needs no undo.
    sequence: u64,
}

impl Offsets {
    /// Folds a record.
    pub fn replay(
        &mut self,
        group: &GroupId,
        topic: &Arc<str>,
        partition: i32,
        value: Option<&OffsetCommitValue<'static>>,
    ) {
        let key = (GroupId::clone(group), Arc::clone(topic), partition);
        self.sequence += 1;
        match value {
            Some(value) => {
                self.committed.insert(key, CommittedOffset::from_value(value, self.sequence));
            }
            None => {
                self.committed.remove(&key);
                self.forget_pending(&key);
            }
        }
    }

    /// Folds a record of an open transaction.
    pub fn replay_pending(
        &mut self,
        producer: ProducerId,
        group: &GroupId,
        topic: &Arc<str>,
        partition: i32,
        value: &OffsetCommitValue<'static>,
    ) {
        let key = (GroupId::clone(group), Arc::clone(topic), partition);
        self.sequence += 1;
        let offset = CommittedOffset::from_value(value, self.sequence);
        if self.pending.get(&producer).is_none() {
            self.pending.insert(producer, Pending::default());
        }
        if let Some(pending) = self.pending.make_mut(&producer) {
            pending.insert(key.clone(), offset);
        }
        let mut producers = self.pending_at.get(&key).cloned().unwrap_or_default();
        producers.insert(producer);
        self.pending_at.insert(key, producers);
    }

    /// Folds the end of a transaction: its offsets count, unless a later commit has overtaken them, or they go.
    pub fn replay_transaction_end(&mut self, producer: ProducerId, end: TransactionEnd) {
        let Some(pending) = self.pending.remove(&producer) else { return };
        for (key, offset) in pending.iter() {
            self.forget_pending_of(producer, key);
            let is_latest =
                self.committed.get(key).is_none_or(|committed| committed.sequence < offset.sequence);
            if end == TransactionEnd::Committed && is_latest {
                self.committed.insert(key.clone(), offset.clone());
            }
        }
    }

    /// A committed offset.
    pub fn get(&self, group: &GroupId, topic: &Arc<str>, partition: i32) -> Option<&CommittedOffset> {
        self.committed.get(&(GroupId::clone(group), Arc::clone(topic), partition))
    }

    /// Whether an open transaction has an offset there.
    pub fn is_pending(&self, group: &GroupId, topic: &Arc<str>, partition: i32) -> bool {
        !self.pending_at.entries().is_empty()
            && self.pending_at.get(&(GroupId::clone(group), Arc::clone(topic), partition)).is_some()
    }

    /// Whether an open transaction has an offset of this group.
    pub fn has_pending(&self, group: &GroupId) -> bool {
        from_group(self.pending_at.entries(), group).next().is_some()
    }

    /// All of a group, in the order of topics and partitions.
    pub fn of_group<'a>(
        &'a self,
        group: &'a GroupId,
    ) -> impl Iterator<Item = (&'a Arc<str>, i32, &'a CommittedOffset)> {
        from_group(self.committed.entries(), group)
            .map(|((_, topic, partition), offset)| (topic, *partition, offset))
    }

    /// Topics and partitions for which a group has anything, be it in an open transaction; all of them, or at least so
    /// many.
    pub fn everything_of_group(&self, group: &GroupId, enough: usize) -> BTreeSet<(Arc<str>, i32)> {
        let committed = from_group(self.committed.entries(), group).map(|(key, _)| key).take(enough);
        let pending = from_group(self.pending_at.entries(), group).map(|(key, _)| key).take(enough);
        committed.chain(pending).map(|(_, topic, partition)| (Arc::clone(topic), *partition)).collect()
    }

    /// Groups and partitions for which open transactions have offsets of a topic.
    pub fn pending_of_topic<'a>(&'a self, topic: &'a Arc<str>) -> impl Iterator<Item = (&'a GroupId, i32)> {
        let keys = self.pending_at.entries().keys().filter(move |(_, of, _)| of == topic);
        keys.map(|(group, _, partition)| (group, *partition))
    }

    /// All of a group for a topic, in the order of partitions.
    pub fn of_topic<'a>(
        &'a self,
        group: &GroupId,
        topic: &'a Arc<str>,
    ) -> impl Iterator<Item = (i32, &'a CommittedOffset)> {
        let first = (GroupId::clone(group), Arc::clone(topic), i32::MIN);
        let last = (GroupId::clone(group), Arc::clone(topic), i32::MAX);
        self.committed.entries().range(first..=last).map(|((_, _, partition), offset)| (*partition, offset))
    }

    /// The groups that have committed offsets, in their order. Costs as much as there are groups, not offsets.
    pub fn groups(&self) -> Vec<GroupId> {
        let mut groups: Vec<GroupId> = Vec::new();
        let mut next = self.committed.entries().keys().next();
        while let Some((group, _, _)) = next {
            groups.push(GroupId::clone(group));
            // The id that follows directly in the order of strings.
            let behind = (GroupId::from(format!("{group}\0")), Arc::from(""), i32::MIN);
            next = self.committed.entries().range(behind..).next().map(|(key, _)| key);
        }
        groups
    }

    /// A deleted offset takes with it what transactions have pending there.
    fn forget_pending(&mut self, key: &OffsetKey) {
        for producer in self.pending_at.get(key).cloned().unwrap_or_default() {
            self.forget_pending_of(producer, key);
            let Some(pending) = self.pending.make_mut(&producer) else { continue };
            pending.remove(key);
            if pending.is_empty() {
                self.pending.remove(&producer);
            }
        }
    }

    fn forget_pending_of(&mut self, producer: ProducerId, key: &OffsetKey) {
        let Some(mut producers) = self.pending_at.get(key).cloned() else { return };
        producers.remove(&producer);
        match producers.is_empty() {
            true => {
                self.pending_at.remove(key);
            }
            false => self.pending_at.insert(key.clone(), producers),
        }
    }
}

undo_of_parts!(Offsets: committed, pending, pending_at);

fn from_group<'a, V>(
    entries: &'a BTreeMap<OffsetKey, V>,
    group: &GroupId,
) -> impl Iterator<Item = (&'a OffsetKey, &'a V)> {
    let group = GroupId::clone(group);
    let first = (GroupId::clone(&group), Arc::from(""), i32::MIN);
    entries.range(first..).take_while(move |((of, _, _), _)| *of == group)
}

impl CommittedOffset {
    fn from_value(value: &OffsetCommitValue<'static>, sequence: u64) -> Self {
        Self {
            offset: value.offset,
            leader_epoch: value.leader_epoch,
            metadata: Arc::from(value.metadata.as_ref()),
            committed: TimestampMs(value.commit_timestamp),
            expires: (value.expire_timestamp >= 0).then_some(TimestampMs(value.expire_timestamp)),
            topic_id: value.topic_id,
            sequence,
        }
    }
}
