//! Committed offsets as a fold of the log.

use std::sync::Arc;

use jackdaw_base::{TimestampMs, Uuid};
use jackdaw_protocol::messages::offset_commit_value::OffsetCommitValue;

use crate::group::record::GroupId;
use crate::group::undo_map::UndoMap;

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
}

/// Group, topic, partition.
pub type OffsetKey = (GroupId, Arc<str>, i32);

/// All committed offsets of a shard, with one level of undo.
#[derive(Clone, Debug, Default)]
pub struct Offsets {
    committed: UndoMap<OffsetKey, CommittedOffset>,
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
        match value {
            Some(value) => self.committed.insert(key, CommittedOffset::from_value(value)),
            None => {
                self.committed.remove(&key);
            }
        }
    }

    /// A committed offset.
    pub fn get(&self, group: &GroupId, topic: &Arc<str>, partition: i32) -> Option<&CommittedOffset> {
        self.committed.get(&(GroupId::clone(group), Arc::clone(topic), partition))
    }

    /// All of a group, in the order of topics and partitions.
    pub fn of_group<'a>(
        &'a self,
        group: &'a GroupId,
    ) -> impl Iterator<Item = (&'a Arc<str>, i32, &'a CommittedOffset)> {
        let first = (GroupId::clone(group), Arc::from(""), i32::MIN);
        self.committed
            .entries()
            .range(first..)
            .take_while(move |((of, _, _), _)| of == group)
            .map(|((_, topic, partition), offset)| (topic, *partition, offset))
    }

    /// All of all groups.
    pub fn all(&self) -> impl Iterator<Item = (&OffsetKey, &CommittedOffset)> {
        self.committed.entries().iter()
    }

    /// See [`UndoMap::mark`].
    pub fn mark(&mut self) {
        self.committed.mark();
    }

    /// See [`UndoMap::begin_step`].
    pub fn begin_step(&mut self) {
        self.committed.begin_step();
    }

    /// See [`UndoMap::keep`].
    pub fn keep(&mut self) {
        self.committed.keep();
    }

    /// See [`UndoMap::roll_back`].
    pub fn roll_back(&mut self) {
        self.committed.roll_back();
    }

    /// See [`UndoMap::roll_back_step`].
    pub fn roll_back_step(&mut self) {
        self.committed.roll_back_step();
    }
}

impl CommittedOffset {
    fn from_value(value: &OffsetCommitValue<'static>) -> Self {
        Self {
            offset: value.offset,
            leader_epoch: value.leader_epoch,
            metadata: Arc::from(value.metadata.as_ref()),
            committed: TimestampMs(value.commit_timestamp),
            expires: (value.expire_timestamp >= 0).then_some(TimestampMs(value.expire_timestamp)),
            topic_id: value.topic_id,
        }
    }
}
