//! What metadata mean for a producer: partitions that are new, leaders that have moved.

use std::sync::Arc;

use super::packing::Packing;
use super::partition::Partition;
use super::shared::Shared;
use super::topics::Topic;
use crate::cluster::TopicMetadata;

impl Shared {
    /// Takes over new partitions and leaders of all topics in use.
    pub(super) fn take_metadata(&self) {
        let metadata = self.cluster.metadata();
        for topic in self.topics.all() {
            if let Some(known) = metadata.topic(&topic.name) {
                self.update_topic(known);
            }
        }
        self.locked.lock().dispatch.on_metadata();
    }

    /// Takes over what metadata say about a topic.
    pub(super) fn update_topic(&self, metadata: &TopicMetadata) {
        let _changing = self.topics.changing.lock();
        let known = self.topics.get(&metadata.name);
        let mut partitions = known.as_ref().map_or_else(Vec::new, |topic| topic.partitions.clone());
        let packing = known.as_ref().map_or_else(|| Arc::new(Packing::new()), |it| Arc::clone(&it.packing));
        {
            let mut locked = self.locked.lock();
            for (partition, found) in partitions.iter().zip(&metadata.partitions) {
                locked.dispatch.set_leader(partition.id, found.leader);
                partition.set_available(found.leader.is_some());
            }
            for found in metadata.partitions.iter().skip(partitions.len()) {
                let name = Arc::clone(&metadata.name);
                let id = locked.dispatch.add_partition(found.leader);
                let (packing, has_leader) = (Arc::clone(&packing), found.leader.is_some());
                let partition = Arc::new(Partition::new(id, name, found.index, packing, has_leader));
                locked.partitions.push(Arc::clone(&partition));
                partitions.push(partition);
            }
        }
        let is_news = known.is_none_or(|known| known.partitions.len() != partitions.len());
        if is_news && !partitions.is_empty() {
            self.topics.set(Topic::new(Arc::clone(&metadata.name), partitions, packing));
        }
    }
}
