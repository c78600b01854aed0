//! The partitions of this node by name: what a request's topic and number mean. Read on every request, written when
//! the metadata changes.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jackdaw_base::{PartitionIndex, TopicId};

use crate::partition::Partition;

/// The partitions of one topic that are on this node.
#[derive(Clone)]
pub struct TopicPartitions {
    /// Its name.
    pub name: Arc<str>,
    /// Its id.
    pub id: TopicId,
    /// By number; `None` where the partition is on other nodes only.
    pub partitions: Vec<Option<Arc<Partition>>>,
}

impl TopicPartitions {
    /// The partition with this number.
    pub fn get(&self, index: PartitionIndex) -> Option<&Arc<Partition>> {
        self.partitions.get(usize::try_from(index.0).ok()?)?.as_ref()
    }
}

/// How many parts the names are spread over, so that a change copies only one of them.
const SHARDS: usize = 64;

type Shard<K> = ArcSwap<HashMap<K, Arc<TopicPartitions>>>;

/// All topics with partitions on this node.
pub struct PartitionTable {
    by_name: Vec<Shard<Arc<str>>>,
    by_id: Vec<Shard<TopicId>>,
}

impl Default for PartitionTable {
    fn default() -> Self {
        Self {
            by_name: (0..SHARDS).map(|_| ArcSwap::default()).collect(),
            by_id: (0..SHARDS).map(|_| ArcSwap::default()).collect(),
        }
    }
}

fn shard_of(bytes: &[u8]) -> usize {
    bytes.iter().fold(0usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(*byte))) % SHARDS
}

impl PartitionTable {
    /// The topic with this name.
    pub fn by_name(&self, name: &str) -> Option<Arc<TopicPartitions>> {
        self.by_name[shard_of(name.as_bytes())].load().get(name).cloned()
    }

    /// The topic with this id.
    pub fn by_id(&self, id: TopicId) -> Option<Arc<TopicPartitions>> {
        self.by_id[shard_of(&id.0)].load().get(&id).cloned()
    }

    /// Puts a topic in, or a newer form of it in its place.
    pub fn insert(&self, topic: TopicPartitions) {
        self.insert_all(vec![topic]);
    }

    /// Puts many topics in; each shard is copied once.
    pub fn insert_all(&self, topics: Vec<TopicPartitions>) {
        let topics: Vec<Arc<TopicPartitions>> = topics.into_iter().map(Arc::new).collect();
        for shard in 0..SHARDS {
            let mine: Vec<_> =
                topics.iter().filter(|topic| shard_of(topic.name.as_bytes()) == shard).collect();
            if !mine.is_empty() {
                self.by_name[shard].rcu(|map| {
                    let mut map = HashMap::clone(map);
                    map.extend(mine.iter().map(|topic| (Arc::clone(&topic.name), Arc::clone(topic))));
                    map
                });
            }
            let mine: Vec<_> = topics.iter().filter(|topic| shard_of(&topic.id.0) == shard).collect();
            if !mine.is_empty() {
                self.by_id[shard].rcu(|map| {
                    let mut map = HashMap::clone(map);
                    map.extend(mine.iter().map(|topic| (topic.id, Arc::clone(topic))));
                    map
                });
            }
        }
    }

    /// Takes a topic out and returns it. A topic that was created again under the same name stays.
    pub fn remove(&self, id: TopicId) -> Option<Arc<TopicPartitions>> {
        let topic = self.by_id(id)?;
        self.by_id[shard_of(&id.0)].rcu(|map| {
            let mut map = HashMap::clone(map);
            map.remove(&id);
            map
        });
        self.by_name[shard_of(topic.name.as_bytes())].rcu(|map| {
            let mut map = HashMap::clone(map);
            if map.get(&topic.name).is_some_and(|other| other.id == id) {
                map.remove(&topic.name);
            }
            map
        });
        Some(topic)
    }

    /// All partitions on this node, in no particular order.
    pub fn all(&self) -> Vec<Arc<Partition>> {
        let mut all = Vec::new();
        for shard in &self.by_name {
            for topic in shard.load().values() {
                all.extend(topic.partitions.iter().flatten().cloned());
            }
        }
        all
    }
}
