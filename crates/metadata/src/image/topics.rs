//! Topics by id and by name, and the records that change them. Topic configurations are in `configs`.

use std::sync::Arc;

use jackdaw_base::topic_name::collision_key;
use jackdaw_base::{DirectoryId, LeaderEpoch, NodeId, PartitionIndex, TopicId};
use jackdaw_protocol::messages::clear_elr_record::ClearElrRecord;
use jackdaw_protocol::messages::partition_change_record::PartitionChangeRecord;
use jackdaw_protocol::messages::partition_record::PartitionRecord;
use jackdaw_protocol::messages::remove_topic_record::RemoveTopicRecord;
use jackdaw_protocol::messages::topic_record::TopicRecord;
use rpds::RedBlackTreeMapSync;

use super::partition::{NO_LEADER, NO_LEADER_CHANGE, NO_RECOVERY_CHANGE, nodes};
use super::{LeaderRecoveryState, Partition, ReplayError};
use crate::delta::Delta;

/// A topic with its partitions. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Topic {
    /// Its id (KIP-516).
    pub id: TopicId,
    /// Its name.
    pub name: Arc<str>,
    /// Its partitions, by number.
    pub partitions: RedBlackTreeMapSync<PartitionIndex, Arc<Partition>>,
}

impl Topic {
    /// One partition.
    pub fn partition(&self, index: PartitionIndex) -> Option<&Arc<Partition>> {
        self.partitions.get(&index)
    }

    /// How many partitions it has.
    pub fn partition_count(&self) -> usize {
        self.partitions.size()
    }
}

/// All topics.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Topics {
    by_id: RedBlackTreeMapSync<TopicId, Topic>,
    by_name: RedBlackTreeMapSync<Arc<str>, TopicId>,
    /// Names with a `.` or a `_`, by what they become in metric names.
    colliding: RedBlackTreeMapSync<Arc<str>, Arc<[Arc<str>]>>,
    partition_count: usize,
}

impl Topics {
    /// A topic by its id.
    pub fn get(&self, id: TopicId) -> Option<&Topic> {
        self.by_id.get(&id)
    }

    /// A topic by its name.
    pub fn by_name(&self, name: &str) -> Option<&Topic> {
        self.by_id.get(self.by_name.get(name)?)
    }

    /// A topic's id by its name.
    pub fn id_of(&self, name: &str) -> Option<TopicId> {
        self.by_name.get(name).copied()
    }

    /// A partition by topic id and number.
    pub fn partition(&self, id: TopicId, index: PartitionIndex) -> Option<&Arc<Partition>> {
        self.get(id)?.partition(index)
    }

    /// All topics, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Topic> {
        self.by_name.values().filter_map(|id| self.by_id.get(id))
    }

    /// All topics, by id.
    pub fn iter_by_id(&self) -> impl Iterator<Item = &Topic> {
        self.by_id.values()
    }

    /// The topics whose name comes at or after `name`, by name (KIP-966's cursor).
    pub fn iter_from<'s>(&'s self, name: &str) -> impl Iterator<Item = &'s Topic> {
        let start: Arc<str> = Arc::from(name);
        self.by_name.range(start..).filter_map(|(_, id)| self.by_id.get(id))
    }

    /// How many topics there are.
    pub fn len(&self) -> usize {
        self.by_id.size()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// How many partitions all topics have together.
    pub fn partition_count(&self) -> usize {
        self.partition_count
    }

    /// Existing names that `name` collides with in metric names, `name` itself among them if it exists.
    pub fn collisions_with(&self, name: &str) -> &[Arc<str>] {
        match has_collision_character(name) {
            true => self.colliding.get(collision_key(name).as_str()).map_or(&[], |names| names),
            false => &[],
        }
    }

    pub(super) fn replay_topic(
        &mut self,
        record: &TopicRecord<'_>,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        let id = record.topic_id;
        let name: Arc<str> = Arc::from(record.name.as_ref());
        if self.by_id.contains_key(&id) {
            return Err(ReplayError::TopicIdExists { id });
        }
        if self.by_name.contains_key(&name) {
            return Err(ReplayError::TopicNameExists { name: name.to_string() });
        }
        self.by_name.insert_mut(Arc::clone(&name), id);
        if has_collision_character(&name) {
            let key: Arc<str> = Arc::from(collision_key(&name));
            let mut names = self.colliding.get(&key).map_or_else(Vec::new, |names| names.to_vec());
            names.push(Arc::clone(&name));
            self.colliding.insert_mut(key, names.into());
        }
        delta.topic_created(id, Arc::clone(&name));
        self.by_id.insert_mut(id, Topic { id, name, partitions: RedBlackTreeMapSync::default() });
        Ok(())
    }

    pub(super) fn replay_partition(
        &mut self,
        record: &PartitionRecord<'_>,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        let (id, index) = (record.topic_id, PartitionIndex(record.partition_id));
        let topic = self.by_id.get(&id).ok_or(ReplayError::UnknownTopicId { id })?;
        let partition = from_record(record).ok_or(ReplayError::MalformedPartition { id, index })?;
        self.put(topic.clone(), index, partition, delta);
        Ok(())
    }

    pub(super) fn replay_change(
        &mut self,
        record: &PartitionChangeRecord<'_>,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        let (id, index) = (record.topic_id, PartitionIndex(record.partition_id));
        let topic = self.by_id.get(&id).ok_or(ReplayError::UnknownTopicId { id })?;
        let before = topic.partition(index).ok_or(ReplayError::UnknownPartition { id, index })?;
        let partition = merge(before, record).ok_or(ReplayError::MalformedPartition { id, index })?;
        self.put(topic.clone(), index, partition, delta);
        Ok(())
    }

    /// Removes the topic and returns its name, so that its configurations go with it.
    pub(super) fn replay_remove(
        &mut self,
        record: &RemoveTopicRecord<'_>,
        delta: &mut Delta,
    ) -> Result<Arc<str>, ReplayError> {
        let id = record.topic_id;
        let topic = self.by_id.get(&id).cloned().ok_or(ReplayError::UnknownTopicId { id })?;
        self.by_id.remove_mut(&id);
        self.by_name.remove_mut(&topic.name);
        self.forget_collision(&topic.name);
        self.partition_count -= topic.partition_count();
        let name = Arc::clone(&topic.name);
        delta.topic_deleted(topic);
        Ok(name)
    }

    pub(super) fn replay_clear_elr(
        &mut self,
        record: &ClearElrRecord<'_>,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        let topics: Vec<Topic> = match record.topic_name.as_ref() {
            "" => self.by_id.values().cloned().collect(),
            name => vec![
                self.by_name(name)
                    .cloned()
                    .ok_or_else(|| ReplayError::UnknownTopicName { name: name.to_owned() })?,
            ],
        };
        for topic in topics {
            for (index, partition) in topic.partitions.iter() {
                if partition.eligible_leader_replicas.is_empty() && partition.last_known_elr.is_empty() {
                    continue;
                }
                let cleared = Partition {
                    eligible_leader_replicas: Box::default(),
                    last_known_elr: Box::default(),
                    partition_epoch: partition.partition_epoch + 1,
                    ..Partition::clone(partition)
                };
                let current = self.by_id.get(&topic.id).cloned().unwrap_or_else(|| topic.clone());
                self.put(current, *index, cleared, delta);
            }
        }
        Ok(())
    }

    fn put(&mut self, mut topic: Topic, index: PartitionIndex, partition: Partition, delta: &mut Delta) {
        let before = topic.partitions.get(&index).cloned();
        if before.is_none() {
            self.partition_count += 1;
        }
        delta.partition_changed(topic.id, index, before);
        topic.partitions.insert_mut(index, Arc::new(partition));
        self.by_id.insert_mut(topic.id, topic);
    }

    fn forget_collision(&mut self, name: &str) {
        if !has_collision_character(name) {
            return;
        }
        let key = collision_key(name);
        let Some(names) = self.colliding.get(key.as_str()) else { return };
        let rest: Arc<[Arc<str>]> = names.iter().filter(|other| other.as_ref() != name).cloned().collect();
        match rest.is_empty() {
            true => self.colliding.remove_mut(key.as_str()),
            false => {
                self.colliding.insert_mut(Arc::from(key), rest);
                true
            }
        };
    }
}

fn has_collision_character(name: &str) -> bool {
    name.contains(['.', '_'])
}

/// A full registration; `None` if the record contradicts itself.
fn from_record(record: &PartitionRecord<'_>) -> Option<Partition> {
    let replicas = nodes(&record.replicas);
    Some(Partition {
        directories: checked_directories(&record.directories, replicas.len())?,
        replicas,
        isr: nodes(&record.isr),
        eligible_leader_replicas: nodes(record.eligible_leader_replicas.as_deref().unwrap_or_default()),
        last_known_elr: nodes(record.last_known_elr.as_deref().unwrap_or_default()),
        removing_replicas: nodes(&record.removing_replicas),
        adding_replicas: nodes(&record.adding_replicas),
        leader: (record.leader != NO_LEADER).then_some(NodeId(record.leader)),
        leader_recovery_state: LeaderRecoveryState::from_code(record.leader_recovery_state)?,
        leader_epoch: LeaderEpoch(record.leader_epoch),
        partition_epoch: record.partition_epoch,
    })
}

/// `before` with what the record names; `None` if the result would contradict itself.
fn merge(before: &Partition, record: &PartitionChangeRecord<'_>) -> Option<Partition> {
    let changed =
        |ids: &Option<Vec<i32>>, old: &super::Nodes| ids.as_deref().map_or_else(|| old.clone(), nodes);
    let replicas = changed(&record.replicas, &before.replicas);
    let directories = record.directories.as_deref().unwrap_or(&before.directories);
    let (leader, leader_epoch) = match record.leader {
        NO_LEADER_CHANGE => (before.leader, before.leader_epoch),
        NO_LEADER => (None, LeaderEpoch(before.leader_epoch.0 + 1)),
        id => (Some(NodeId(id)), LeaderEpoch(before.leader_epoch.0 + 1)),
    };
    Some(Partition {
        directories: checked_directories(directories, replicas.len())?,
        replicas,
        isr: changed(&record.isr, &before.isr),
        eligible_leader_replicas: changed(&record.eligible_leader_replicas, &before.eligible_leader_replicas),
        last_known_elr: changed(&record.last_known_elr, &before.last_known_elr),
        removing_replicas: changed(&record.removing_replicas, &before.removing_replicas),
        adding_replicas: changed(&record.adding_replicas, &before.adding_replicas),
        leader,
        leader_recovery_state: match record.leader_recovery_state {
            NO_RECOVERY_CHANGE => before.leader_recovery_state,
            code => LeaderRecoveryState::from_code(code)?,
        },
        leader_epoch,
        partition_epoch: before.partition_epoch + 1,
    })
}

/// One directory per replica. Records from before KIP-858 name none: then every replica is where it always was.
fn checked_directories(directories: &[DirectoryId], replica_count: usize) -> Option<Box<[DirectoryId]>> {
    if directories.iter().all(DirectoryId::is_zero) {
        return Some(vec![DirectoryId::ZERO; replica_count].into());
    }
    (directories.len() == replica_count).then(|| directories.into())
}
