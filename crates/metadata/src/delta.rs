//! What changed between two published images: names of things, and what went away. The new state is in the
//! image that is published with it, so that a publisher looks only at what it is about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jackdaw_base::{NodeId, PartitionIndex, TopicId, Uuid};

use crate::image::{ConfigResource, Image, Partition, QuotaEntity, ScramMechanism, Topic};

/// Changes since the last publication. They add up over records, so that a thing that came and went shows nowhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delta {
    /// Features whose finalized level was written.
    pub features: BTreeSet<String>,
    /// Brokers that registered, changed or went away.
    pub brokers: BTreeSet<NodeId>,
    /// Controllers that registered.
    pub controllers: BTreeSet<NodeId>,
    /// New topics.
    pub topics_created: BTreeMap<TopicId, Arc<str>>,
    /// Topics that are gone, as they were last.
    pub topics_deleted: BTreeMap<TopicId, Topic>,
    /// Partitions that are new (`None`) or changed, with their state before; those of created topics among them.
    pub partitions: BTreeMap<TopicId, BTreeMap<PartitionIndex, Option<Arc<Partition>>>>,
    /// Names of the values that were set or removed.
    pub configs: BTreeMap<ConfigResource, BTreeSet<String>>,
    /// Entities with changed quotas.
    pub client_quotas: BTreeSet<QuotaEntity>,
    /// ACLs that came or went.
    pub acls: BTreeSet<Uuid>,
    /// SCRAM credentials that were set or removed.
    pub scram: BTreeSet<(ScramMechanism, String)>,
    /// Delegation tokens that were set or removed.
    pub delegation_tokens: BTreeSet<String>,
    /// Whether a block of producer ids was handed out.
    pub producer_ids: bool,
}

/// What a broker has to do about one partition.
#[derive(Clone, Debug, PartialEq)]
pub enum LocalChange {
    /// It leads, or goes on leading with another registration.
    Lead(Arc<Partition>),
    /// It follows, or waits without a leader.
    Follow(Arc<Partition>),
    /// It holds a replica no longer: the reassignment took it away or the topic is gone.
    Drop,
}

impl Delta {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What `after` has that `before` has not, and the other way round: for images that came from snapshots.
    pub fn between(before: &Image, after: &Image) -> Self {
        let mut delta = Self::default();
        delta.compare_features_and_nodes(before, after);
        delta.compare_topics(before, after);
        delta.compare_configs_and_quotas(before, after);
        delta.compare_security(before, after);
        delta.producer_ids = before.next_producer_id != after.next_producer_id;
        delta
    }

    /// What `broker` has to do about partitions, by topic id; `image` is the new state.
    pub fn local_changes(
        &self,
        image: &Image,
        broker: NodeId,
    ) -> Vec<(TopicId, PartitionIndex, LocalChange)> {
        let mut changes = Vec::new();
        for topic in self.topics_deleted.values() {
            let held = topic.partitions.iter().filter(|(_, partition)| partition.replicas.contains(&broker));
            changes.extend(held.map(|(index, _)| (topic.id, *index, LocalChange::Drop)));
        }
        for (id, partitions) in &self.partitions {
            for (index, before) in partitions {
                let Some(partition) = image.topics.partition(*id, *index) else { continue };
                let was_here = before.as_ref().is_some_and(|before| before.replicas.contains(&broker));
                let change = match partition.replicas.contains(&broker) {
                    true if partition.leader == Some(broker) => LocalChange::Lead(Arc::clone(partition)),
                    true => LocalChange::Follow(Arc::clone(partition)),
                    false if was_here => LocalChange::Drop,
                    false => continue,
                };
                changes.push((*id, *index, change));
            }
        }
        changes
    }

    pub(crate) fn feature_changed(&mut self, name: &str) {
        self.features.insert(name.to_owned());
    }

    pub(crate) fn broker_changed(&mut self, id: NodeId) {
        self.brokers.insert(id);
    }

    pub(crate) fn controller_changed(&mut self, id: NodeId) {
        self.controllers.insert(id);
    }

    pub(crate) fn topic_created(&mut self, id: TopicId, name: Arc<str>) {
        self.topics_created.insert(id, name);
    }

    /// `topic` is its last state. One that was created since the last publication leaves no trace.
    pub(crate) fn topic_deleted(&mut self, mut topic: Topic) {
        let changed = self.partitions.remove(&topic.id).unwrap_or_default();
        if self.topics_created.remove(&topic.id).is_some() {
            return;
        }
        for (index, before) in changed {
            match before {
                Some(before) => topic.partitions.insert_mut(index, before),
                None => {
                    topic.partitions.remove_mut(&index);
                }
            }
        }
        self.topics_deleted.insert(topic.id, topic);
    }

    pub(crate) fn partition_changed(
        &mut self,
        id: TopicId,
        index: PartitionIndex,
        before: Option<Arc<Partition>>,
    ) {
        self.partitions.entry(id).or_default().entry(index).or_insert(before);
    }

    pub(crate) fn config_changed(&mut self, resource: &ConfigResource, name: &str) {
        self.configs.entry(resource.clone()).or_default().insert(name.to_owned());
    }

    pub(crate) fn client_quota_changed(&mut self, entity: &QuotaEntity) {
        self.client_quotas.insert(entity.clone());
    }

    pub(crate) fn acl_changed(&mut self, id: Uuid) {
        self.acls.insert(id);
    }

    pub(crate) fn scram_changed(&mut self, key: (ScramMechanism, String)) {
        self.scram.insert(key);
    }

    pub(crate) fn delegation_token_changed(&mut self, id: &str) {
        self.delegation_tokens.insert(id.to_owned());
    }

    pub(crate) fn producer_ids_changed(&mut self) {
        self.producer_ids = true;
    }

    fn compare_features_and_nodes(&mut self, before: &Image, after: &Image) {
        for (name, _) in before.features.finalized().into_iter().chain(after.features.finalized()) {
            if before.features.level(name) != after.features.level(name) {
                self.feature_changed(name);
            }
        }
        let (old, new) = (&before.cluster, &after.cluster);
        for id in old.brokers.keys().chain(new.brokers.keys()) {
            if old.brokers.get(id) != new.brokers.get(id) {
                self.broker_changed(*id);
            }
        }
        for id in old.controllers.keys().chain(new.controllers.keys()) {
            if old.controllers.get(id) != new.controllers.get(id) {
                self.controller_changed(*id);
            }
        }
    }

    fn compare_topics(&mut self, before: &Image, after: &Image) {
        for topic in before.topics.iter_by_id().filter(|topic| after.topics.get(topic.id).is_none()) {
            self.topic_deleted(topic.clone());
        }
        for topic in after.topics.iter_by_id() {
            let old = before.topics.get(topic.id);
            if old.is_none() {
                self.topic_created(topic.id, Arc::clone(&topic.name));
            }
            for (index, partition) in topic.partitions.iter() {
                let previous = old.and_then(|old| old.partition(*index));
                if previous != Some(partition) {
                    self.partition_changed(topic.id, *index, previous.cloned());
                }
            }
        }
    }

    fn compare_configs_and_quotas(&mut self, before: &Image, after: &Image) {
        for (resource, entries) in before.configs.iter().chain(after.configs.iter()) {
            for name in entries.keys() {
                if before.configs.value(resource, name) != after.configs.value(resource, name) {
                    self.config_changed(resource, name);
                }
            }
        }
        let (old, new) = (&before.client_quotas.entities, &after.client_quotas.entities);
        for entity in old.keys().chain(new.keys()) {
            if old.get(entity) != new.get(entity) {
                self.client_quota_changed(entity);
            }
        }
    }

    fn compare_security(&mut self, before: &Image, after: &Image) {
        let (old, new) = (&before.security, &after.security);
        let changed =
            old.acls.keys().chain(new.acls.keys()).filter(|id| old.acls.get(id) != new.acls.get(id));
        self.acls.extend(changed.copied());
        let changed =
            old.scram.keys().chain(new.scram.keys()).filter(|key| old.scram.get(key) != new.scram.get(key));
        self.scram.extend(changed.cloned());
        let (old, new) = (&old.delegation_tokens, &new.delegation_tokens);
        let changed = old.keys().chain(new.keys()).filter(|id| old.get(*id) != new.get(*id));
        self.delegation_tokens.extend(changed.cloned());
    }
}

#[cfg(test)]
mod tests;
