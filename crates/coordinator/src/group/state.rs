//! Everything a group shard knows, with one level of undo.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::Uuid;

use super::classic::ClassicGroup;
use super::consumer::ConsumerGroup;
use super::expiry::ExpiryBase;
use super::offsets::Offsets;
use super::parked::Parked;
use super::record::{GroupId, GroupRecord, MemberId};
use super::timers::Timers;
use super::undo_map::{UndoMap, undo_of_parts};
use super::world::Topics;

/// A group. One that was only ever committed to (a simple group) is an empty classic group without a protocol type.
#[derive(Clone, Debug)]
pub enum Group {
    /// Members join and sync; the leader assigns.
    Classic(ClassicGroup),
    /// Members heartbeat; the coordinator assigns (KIP-848).
    Consumer(ConsumerGroup),
}

impl Group {
    /// Kafka's name of its state.
    pub fn state_name(&self) -> &'static str {
        match self {
            Self::Classic(group) => group.state_name(),
            Self::Consumer(group) => group.state_name(),
        }
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Classic(group) => group.is_empty(),
            Self::Consumer(group) => group.is_empty(),
        }
    }

    /// Whether a member is known to read this topic.
    pub fn subscribes_to(&self, topic: &str) -> bool {
        match self {
            Self::Classic(group) => group.subscribes_to(topic),
            Self::Consumer(group) => group.subscribes_to(topic),
        }
    }

    /// From when on its offsets expire.
    pub fn expiry_base(&self) -> ExpiryBase {
        match self {
            Self::Classic(group) => group.expiry_base(),
            Self::Consumer(group) => group.expiry_base(),
        }
    }

    /// Who owns which partition.
    pub fn owners(&self) -> Owners<'_> {
        match self {
            Self::Classic(group) => Owners::Classic(group.owners()),
            Self::Consumer(group) => Owners::Consumer(group),
        }
    }

    /// The records that end it.
    pub fn tombstones(&self) -> Vec<GroupRecord> {
        match self {
            Self::Classic(group) => group.tombstones(),
            Self::Consumer(group) => group.tombstones(),
        }
    }
}

/// Which member owns which partition of a group's topics, to be asked for many of them.
#[derive(Debug)]
pub enum Owners<'a> {
    /// By topic and partition, read from the members' assignments.
    Classic(BTreeMap<(Arc<str>, i32), (MemberId, Arc<str>)>),
    /// The group knows.
    Consumer(&'a ConsumerGroup),
}

impl Owners<'_> {
    /// The member that owns a partition, with its client's id.
    pub fn of(&self, topics: &dyn Topics, topic: &Arc<str>, partition: i32) -> Option<(MemberId, Arc<str>)> {
        match self {
            Self::Classic(owners) => owners.get(&(Arc::clone(topic), partition)).cloned(),
            Self::Consumer(group) => group.owner_of(topics.by_name(topic)?.id, partition),
        }
    }
}

/// Work that a turn leaves for its next steps, in the order in which it is done.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Work {
    /// The log was read: deadlines of this group begin to run.
    Loaded(GroupId),
    /// Topics have changed: the group looks at what its members read.
    Refresh(GroupId),
    /// The group has changed: parked heartbeats of its members may have something to hear.
    Settle(GroupId),
    /// The topic was deleted: its offsets go.
    TopicDeleted(Arc<str>, Uuid),
    /// Offsets of this group may have expired.
    ExpireOffsets(GroupId),
}

/// The state of a group shard.
#[derive(Clone, Debug, Default)]
pub struct GroupState {
    /// The groups.
    pub groups: UndoMap<GroupId, Arc<Group>>,
    /// What they have committed.
    pub offsets: Offsets,
    /// Deadlines.
    pub timers: Timers,
    /// Heartbeats that wait for something to say.
    pub parked: Parked,
    /// What is left to do.
    pub work: UndoMap<Work, ()>,
}

impl GroupState {
    /// The group, if it has the classic protocol.
    pub fn classic(&self, group: &str) -> Option<&ClassicGroup> {
        match self.groups.get(group).map(Arc::as_ref) {
            Some(Group::Classic(classic)) => Some(classic),
            Some(Group::Consumer(_)) | None => None,
        }
    }

    /// The group, if it has the classic protocol, to be changed.
    pub fn classic_mut(&mut self, group: &GroupId) -> Option<&mut ClassicGroup> {
        match self.groups.make_mut(group) {
            Some(Group::Classic(classic)) => Some(classic),
            Some(Group::Consumer(_)) | None => None,
        }
    }

    /// The group, if it has the consumer protocol.
    pub fn consumer(&self, group: &str) -> Option<&ConsumerGroup> {
        match self.groups.get(group).map(Arc::as_ref) {
            Some(Group::Consumer(consumer)) => Some(consumer),
            Some(Group::Classic(_)) | None => None,
        }
    }

    /// The group, if it has the consumer protocol, to be changed.
    pub fn consumer_mut(&mut self, group: &GroupId) -> Option<&mut ConsumerGroup> {
        match self.groups.make_mut(group) {
            Some(Group::Consumer(consumer)) => Some(consumer),
            Some(Group::Classic(_)) | None => None,
        }
    }
}

undo_of_parts!(GroupState: groups, offsets, timers, parked, work);
