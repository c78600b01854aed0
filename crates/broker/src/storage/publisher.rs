//! Makes this node's partitions what the committed metadata says: new ones appear, deleted ones go, leaders and
//! settings change. Runs on the quorum's thread before anybody is answered, so that a created topic is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use jackdaw_base::{NodeId, PartitionIndex, TopicId};
use jackdaw_config::definitions::log;
use jackdaw_config::{Config, TopicConfig};
use jackdaw_metadata::image::{
    ConfigResource, LeaderRecoveryState, Partition as Registered, ResourceKind, Topic,
};
use jackdaw_metadata::rules::{self, dynamic_config};
use jackdaw_metadata::{Delta, Image};
use jackdaw_partition::{PartitionSettings, TopicPartitions};
use jackdaw_replica::{LeaderRecovery, PartitionRegistration};

use super::Storage;
use super::load::Wanted;
use super::settings::{partition_settings, producer_rules};
use crate::node::NodeSettings;
use crate::quorum::Publisher;

/// Follows the metadata on behalf of the storage.
pub struct PartitionPublisher {
    storage: Arc<Storage>,
    base: Config,
    config: Arc<ArcSwap<Config>>,
    settings: Arc<ArcSwap<NodeSettings>>,
}

impl PartitionPublisher {
    /// `base` is the configuration without its dynamic layers; `config` and `settings` are kept current.
    pub fn new(
        storage: Arc<Storage>,
        base: Config,
        config: Arc<ArcSwap<Config>>,
        settings: Arc<ArcSwap<NodeSettings>>,
    ) -> Self {
        Self { storage, base, config, settings }
    }

    fn local(&self) -> NodeId {
        self.storage.node_id
    }

    /// Applies dynamic broker configurations; true if any changed.
    fn follow_config(&mut self, delta: &Delta, image: &Image) -> bool {
        let mine = [ConfigResource::default_broker(), ConfigResource::broker(self.local())];
        if !mine.iter().any(|resource| delta.configs.contains_key(resource)) {
            return false;
        }
        let (config, problems) = self.base.with_dynamic(dynamic_config(image, self.local()));
        for problem in problems {
            tracing::warn!(%problem, "a dynamic configuration has no effect");
        }
        self.settings.store(Arc::new(NodeSettings::of(&config)));
        self.config.store(Arc::new(config));
        true
    }

    fn topic_settings(&self, image: &Image, topic: &str) -> Arc<PartitionSettings> {
        let config = self.config.load();
        let overrides = rules::settings(image.configs.get(&ConfigResource::topic(topic)));
        Arc::new(partition_settings(&TopicConfig::new(&config, &overrides), &config))
    }

    fn remove_deleted(&self, delta: &Delta) {
        let mut forgotten = Vec::new();
        for topic in delta.topics_deleted.values() {
            let Some(gone) = self.storage.partitions.remove(topic.id) else { continue };
            for partition in gone.partitions.iter().flatten() {
                partition.mark_deleted();
                self.storage.doom_partition(partition);
                forgotten.push(partition.id().clone());
            }
        }
        if !forgotten.is_empty() {
            self.storage.forget_rows(&forgotten);
        }
    }

    /// Opens what is new in the changed topics and puts it into the table.
    fn follow_topics(&self, delta: &Delta, image: &Image) {
        let mut wanted = Vec::new();
        let mut places: Vec<(TopicId, PartitionIndex)> = Vec::new();
        let producers = producer_rules(&self.config.load());
        for (id, partitions) in &delta.partitions {
            let Some(topic) = image.topics.get(*id) else { continue };
            let known = self.storage.partitions.by_id(*id);
            let settings = self.topic_settings(image, &topic.name);
            for index in partitions.keys() {
                let Some(registered) = topic.partition(*index) else { continue };
                let is_here = registered.replicas.contains(&self.local());
                let is_open = known.as_ref().is_some_and(|known| known.get(*index).is_some());
                if is_here && !is_open {
                    wanted.push(Wanted {
                        topic: Arc::clone(&topic.name),
                        topic_id: *id,
                        index: *index,
                        settings: Arc::clone(&settings),
                        producers,
                        directory: registered.directory_of(self.local()),
                    });
                    places.push((*id, *index));
                }
            }
        }
        let threads =
            usize::try_from(self.config.load().get(log::NUM_RECOVERY_THREADS_PER_DATA_DIR)).unwrap_or(1);
        let opened = self.storage.open_all(&wanted, threads.max(1) * self.storage.directories.len());
        let mut by_topic: BTreeMap<TopicId, Vec<_>> = BTreeMap::new();
        for ((id, index), partition) in places.into_iter().zip(opened) {
            by_topic.entry(id).or_default().push((index, partition));
        }
        let _table = self.storage.table_lock.lock();
        let mut topics = Vec::with_capacity(by_topic.len());
        for (id, opened) in by_topic {
            let Some(topic) = image.topics.get(id) else { continue };
            topics.push(self.merged(topic, opened));
        }
        let is_new = !topics.is_empty();
        self.storage.partitions.insert_all(topics);
        if is_new {
            self.storage.on_placed();
        }
    }

    fn merged(
        &self,
        topic: &Topic,
        opened: Vec<(PartitionIndex, Arc<jackdaw_partition::Partition>)>,
    ) -> TopicPartitions {
        let known = self.storage.partitions.by_id(topic.id);
        let mut partitions = known.map_or_else(Vec::new, |known| known.partitions.clone());
        for (index, partition) in opened {
            let index = usize::try_from(index.0).expect("the metadata numbers partitions from 0");
            if partitions.len() <= index {
                partitions.resize(index + 1, None);
            }
            partitions[index] = Some(partition);
        }
        TopicPartitions { name: Arc::clone(&topic.name), id: topic.id, partitions }
    }

    /// Tells each changed partition who leads.
    fn follow_registrations(&self, delta: &Delta, image: &Image) {
        let now = self.storage.clock.monotonic();
        for (id, partitions) in &delta.partitions {
            let Some(known) = self.storage.partitions.by_id(*id) else { continue };
            for index in partitions.keys() {
                let registered = image.topics.partition(*id, *index);
                if let (Some(partition), Some(registered)) = (known.get(*index), registered) {
                    partition.on_registration(&registration(registered), now);
                }
            }
        }
    }

    fn follow_topic_configs(&self, delta: &Delta, image: &Image, has_new_defaults: bool) {
        let now = self.storage.clock.monotonic();
        let changed: BTreeSet<&str> = match has_new_defaults {
            true => image.topics.iter().map(|topic| &*topic.name).collect(),
            false => {
                let topics = delta.configs.keys().filter(|resource| resource.kind == ResourceKind::Topic);
                topics.map(|resource| &*resource.name).collect()
            }
        };
        for name in changed {
            let Some(topic) = self.storage.partitions.by_name(name) else { continue };
            let settings = self.topic_settings(image, name);
            for partition in topic.partitions.iter().flatten() {
                partition.set_settings(Arc::clone(&settings), now);
            }
        }
    }
}

impl Publisher for PartitionPublisher {
    fn publish(&mut self, delta: &Delta, image: &Arc<Image>) {
        let has_new_defaults = self.follow_config(delta, image);
        self.remove_deleted(delta);
        self.follow_topics(delta, image);
        self.follow_registrations(delta, image);
        self.follow_topic_configs(delta, image, has_new_defaults);
    }
}

/// What the metadata says of a partition, as its replica takes it.
pub fn registration(registered: &Registered) -> PartitionRegistration {
    PartitionRegistration {
        leader: registered.leader,
        leader_epoch: registered.leader_epoch,
        partition_epoch: registered.partition_epoch,
        replicas: registered.replicas.iter().copied().collect(),
        isr: registered.isr.iter().copied().collect(),
        recovery: match registered.leader_recovery_state {
            LeaderRecoveryState::Recovered => LeaderRecovery::Recovered,
            LeaderRecoveryState::Recovering => LeaderRecovery::Recovering,
        },
    }
}
