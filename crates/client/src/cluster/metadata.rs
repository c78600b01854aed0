//! Snapshots of what a cluster says about itself, and how a new answer is folded into the last one.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::Uuid;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::describe_cluster_response::DescribeClusterResponse;
use jackdaw_protocol::messages::metadata_response::{
    MetadataResponse, MetadataResponsePartition, MetadataResponseTopic,
};

use crate::config::HostPort;
use crate::error::{Error, ErrorKind, Result};

/// A broker.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Broker {
    /// Its node id.
    pub id: i32,
    /// Where it listens.
    pub address: HostPort,
    /// Its rack.
    pub rack: Option<String>,
}

/// A topic.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TopicMetadata {
    /// Its name.
    pub name: Arc<str>,
    /// Its id; zero if the broker is too old to have ids.
    pub id: Uuid,
    /// Whether Kafka itself uses it.
    pub is_internal: bool,
    /// Its partitions by number, from 0, without a gap.
    pub partitions: Vec<PartitionMetadata>,
    /// What the caller may do with it, as a bit set; `i32::MIN` if it was not asked for.
    pub authorized_operations: i32,
}

/// A partition.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PartitionMetadata {
    /// Its number.
    pub index: i32,
    /// The broker that leads it.
    pub leader: Option<i32>,
    /// The number of that leadership, -1 if the broker is too old to say.
    pub leader_epoch: i32,
    /// Its replicas, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Those that are in sync.
    pub in_sync: Vec<i32>,
    /// Those that are offline.
    pub offline: Vec<i32>,
    /// What is wrong with it.
    pub error: Option<ErrorCode>,
}

/// What a cluster says about itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Metadata {
    /// The cluster's id.
    pub cluster_id: Option<String>,
    /// The broker to send changes to: with KRaft any one of them.
    pub controller: Option<i32>,
    /// The brokers by id.
    pub brokers: BTreeMap<i32, Broker>,
    /// The topics that were asked for, by name.
    pub topics: BTreeMap<Arc<str>, Arc<TopicMetadata>>,
    /// The same by id, as far as they have one.
    pub topics_by_id: BTreeMap<Uuid, Arc<TopicMetadata>>,
    /// What is wrong with topics that were asked for.
    pub topic_errors: BTreeMap<Arc<str>, ErrorCode>,
}

impl Metadata {
    /// A topic by its name.
    pub fn topic(&self, name: &str) -> Option<&Arc<TopicMetadata>> {
        self.topics.get(name)
    }

    /// A topic by its id.
    pub fn topic_by_id(&self, id: Uuid) -> Option<&Arc<TopicMetadata>> {
        self.topics_by_id.get(&id)
    }

    /// The node that leads a partition, with the leader epoch.
    ///
    /// # Errors
    /// `UnknownTopicOrPartition`, `LeaderNotAvailable`, or what the broker said about the topic.
    pub fn leader(&self, topic: &str, partition: i32) -> Result<(i32, i32)> {
        let place = |kind: ErrorKind| Error::new(kind).with_partition(topic, partition);
        if let Some(error) = self.topic_errors.get(topic) {
            return Err(Error::broker_error(*error).with_partition(topic, partition));
        }
        let found = self.topics.get(topic).and_then(|topic| topic.partition(partition));
        let found = found.ok_or_else(|| place(ErrorKind::UnknownTopicOrPartition))?;
        let leader = found.leader.ok_or_else(|| place(ErrorKind::LeaderNotAvailable))?;
        Ok((leader, found.leader_epoch))
    }

    /// The controllers of a cluster in the place of brokers, without topics.
    pub(super) fn of_controllers(response: &DescribeClusterResponse<'_>) -> Self {
        let controllers = response.brokers.iter().filter_map(|node| {
            let address = HostPort { host: node.host.to_string(), port: u16::try_from(node.port).ok()? };
            let rack = node.rack.as_ref().map(ToString::to_string);
            Some((node.broker_id, Broker { id: node.broker_id, address, rack }))
        });
        Self {
            cluster_id: Some(response.cluster_id.to_string()),
            controller: (response.controller_id >= 0).then_some(response.controller_id),
            brokers: controllers.collect(),
            ..Self::default()
        }
    }

    /// This metadata with an answer folded in. `Scope::All` forgets topics that the answer lacks.
    pub(super) fn merged(&self, response: &MetadataResponse<'_>, scope: Scope) -> Self {
        let mut merged = Self {
            cluster_id: response
                .cluster_id
                .as_ref()
                .map(ToString::to_string)
                .or_else(|| self.cluster_id.clone()),
            controller: (response.controller_id >= 0).then_some(response.controller_id),
            brokers: brokers(response),
            ..match scope {
                Scope::Some => self.clone(),
                Scope::All => Self::default(),
            }
        };
        for answered in &response.topics {
            let Some(name) = answered.name.as_deref() else { continue };
            let known = self.topics.get(name);
            merged.forget(name);
            match ErrorCode::from_code(answered.error_code).unwrap_or(ErrorCode::UnknownServerError) {
                ErrorCode::None => merged.insert(topic(name, answered, known.map(Arc::as_ref))),
                error => {
                    merged.topic_errors.insert(name.into(), error);
                    // Whoever uses it knows better than an answer that may pass: only "no such topic" is final.
                    if let Some(known) = known.filter(|_| error != ErrorCode::UnknownTopicOrPartition) {
                        merged.insert(TopicMetadata::clone(known));
                    }
                }
            }
        }
        merged
    }

    /// This metadata with newer leaders that an answer named; `None` if nothing of it is news.
    pub(super) fn with_news(&self, news: &LeaderNews) -> Option<Self> {
        let mut metadata = None;
        for named in &news.leaders {
            let current = metadata.as_ref().unwrap_or(self);
            let Some(topic) = current.topics.get(&named.topic) else { continue };
            let Some(known) = topic.partition(named.partition) else { continue };
            let home = news.brokers.iter().find(|broker| broker.id == named.leader);
            let is_reachable = home.is_some() || current.brokers.contains_key(&named.leader);
            if known.leader_epoch >= named.leader_epoch || !is_reachable {
                continue;
            }
            let mut changed = TopicMetadata::clone(topic);
            if let Some(partition) = changed.partitions.get_mut(known.index as usize) {
                partition.leader = Some(named.leader);
                partition.leader_epoch = named.leader_epoch;
            }
            let metadata = metadata.get_or_insert_with(|| self.clone());
            metadata.insert(changed);
            metadata.brokers.extend(home.map(|broker| (broker.id, broker.clone())));
        }
        metadata
    }

    fn insert(&mut self, topic: TopicMetadata) {
        let topic = Arc::new(topic);
        if !topic.id.is_zero() {
            self.topics_by_id.insert(topic.id, Arc::clone(&topic));
        }
        self.topics.insert(Arc::clone(&topic.name), topic);
    }

    /// Drops a topic, as if it had never been asked for.
    pub(super) fn forget(&mut self, name: &str) {
        self.topic_errors.remove(name);
        if let Some(topic) = self.topics.remove(name) {
            self.topics_by_id.remove(&topic.id);
        }
    }
}

/// What an answer to Produce or Fetch tells beside its errors (KIP-951): who leads now, and where these brokers live.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct LeaderNews {
    pub(crate) brokers: Vec<Broker>,
    pub(crate) leaders: Vec<NamedLeader>,
}

/// A leader as an answer names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NamedLeader {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    pub(crate) leader: i32,
    pub(crate) leader_epoch: i32,
}

impl LeaderNews {
    /// Notes where a broker lives; a port that is none is left out.
    pub(crate) fn add_broker(&mut self, id: i32, host: &str, port: i32, rack: Option<&str>) {
        if let Ok(port) = u16::try_from(port) {
            let address = HostPort { host: host.to_owned(), port };
            self.brokers.push(Broker { id, address, rack: rack.map(str::to_owned) });
        }
    }
}

/// What an answer is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scope {
    /// The topics in it.
    Some,
    /// All topics there are.
    All,
}

impl TopicMetadata {
    /// A partition by its number.
    pub fn partition(&self, index: i32) -> Option<&PartitionMetadata> {
        usize::try_from(index).ok().and_then(|index| self.partitions.get(index))
    }
}

fn brokers(response: &MetadataResponse<'_>) -> BTreeMap<i32, Broker> {
    let brokers = response.brokers.iter().filter_map(|broker| {
        let port = u16::try_from(broker.port).ok()?;
        let address = HostPort { host: broker.host.to_string(), port };
        let rack = broker.rack.as_ref().map(ToString::to_string);
        Some((broker.node_id, Broker { id: broker.node_id, address, rack }))
    });
    brokers.collect()
}

fn topic(name: &str, answered: &MetadataResponseTopic<'_>, known: Option<&TopicMetadata>) -> TopicMetadata {
    // A topic that was created again starts anew.
    let known = known.filter(|known| known.id == answered.topic_id);
    let mut partitions: Vec<_> =
        answered.partitions.iter().map(|answered| partition(answered, known)).collect();
    partitions.sort_by_key(|partition| partition.index);
    // Positions are numbers everywhere: what lies behind a gap cannot be used until the gap has closed.
    let without_gap =
        (0..).zip(&partitions).take_while(|(index, partition)| *index == partition.index).count();
    partitions.truncate(without_gap);
    TopicMetadata {
        name: name.into(),
        id: answered.topic_id,
        is_internal: answered.is_internal,
        partitions,
        authorized_operations: answered.topic_authorized_operations,
    }
}

fn partition(answered: &MetadataResponsePartition<'_>, known: Option<&TopicMetadata>) -> PartitionMetadata {
    // An answer of a broker that lags behind must not bring an old leader back (KIP-320).
    let newer = known
        .and_then(|known| known.partition(answered.partition_index))
        .filter(|known| answered.leader_epoch >= 0 && known.leader_epoch > answered.leader_epoch);
    if let Some(newer) = newer {
        return newer.clone();
    }
    let error = ErrorCode::from_code(answered.error_code).unwrap_or(ErrorCode::UnknownServerError);
    PartitionMetadata {
        index: answered.partition_index,
        leader: (answered.leader_id >= 0).then_some(answered.leader_id),
        leader_epoch: answered.leader_epoch,
        replicas: answered.replica_nodes.clone(),
        in_sync: answered.isr_nodes.clone(),
        offline: answered.offline_replicas.clone(),
        error: (!error.is_none()).then_some(error),
    }
}

#[cfg(test)]
mod tests;
