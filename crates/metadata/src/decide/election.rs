//! What brokers that come and go mean for leaders and in-sync sets (M4): changes of all partitions they concern.

use jackdaw_base::{NodeId, PartitionIndex};
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::partition_change::{Election, PartitionChange, Rules, into_record};
use crate::image::{Image, Partition, Topic};
use crate::metadata_version::MetadataVersion;
use crate::rules::ConfigRules;

/// What happens to a broker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BrokerEvent {
    /// It is fenced, shuts down or is unregistered: it leaves the in-sync sets and leads nothing.
    Leaves(NodeId),
    /// It is unfenced: partitions without a leader may have one again.
    Comes(NodeId),
    /// It came back from a stop without a flush: it is not eligible any more either.
    StoppedUncleanly(NodeId),
}

/// The rules for the partitions of `topic`.
pub(super) fn rules_of(image: &Image, configs: &ConfigRules, topic: &Topic) -> Rules {
    let replication_factor =
        topic.partition(PartitionIndex(0)).map_or(usize::MAX, |partition| partition.replicas.len());
    Rules {
        version: image.features.metadata_version().unwrap_or(MetadataVersion::OLDEST),
        elr_enabled: image.features.eligible_leader_replicas_enabled(),
        min_isr: configs.min_insync_replicas(image, &topic.name).min(replication_factor),
    }
}

/// Whether `node` may lead `partition` as things are: alive, and the replica's directory online.
pub(super) fn can_lead(image: &Image, partition: &Partition, node: NodeId) -> bool {
    image.active_broker(node).is_some_and(|broker| {
        partition.directory_of(node).is_some_and(|directory| broker.has_online_directory(directory))
    })
}

/// Whether `event` concerns a partition at all.
fn concerns(partition: &Partition, event: BrokerEvent) -> bool {
    match event {
        BrokerEvent::Leaves(node) => partition.isr.contains(&node),
        BrokerEvent::Comes(_) => partition.leader.is_none(),
        BrokerEvent::StoppedUncleanly(node) => {
            partition.isr.contains(&node) || partition.eligible_leader_replicas.contains(&node)
        }
    }
}

/// The changes of all partitions that `event` concerns.
pub(super) fn partition_changes(
    image: &Image,
    configs: &ConfigRules,
    event: BrokerEvent,
) -> Vec<MetadataRecord<'static>> {
    changes_where(image, configs, event, &|_, _, partition| concerns(partition, event))
}

/// The changes that `event` means for those partitions that `select` names.
pub(super) fn changes_where(
    image: &Image,
    configs: &ConfigRules,
    event: BrokerEvent,
    select: &dyn Fn(&Topic, PartitionIndex, &Partition) -> bool,
) -> Vec<MetadataRecord<'static>> {
    let mut records = Vec::new();
    for topic in image.topics.iter_by_id() {
        let mut of_topic = None;
        for (index, partition) in topic.partitions.iter().filter(|(index, p)| select(topic, **index, p)) {
            // Resolved once per topic, and only for topics that are concerned.
            let (rules, election) = *of_topic
                .get_or_insert_with(|| (rules_of(image, configs, topic), election_of(image, configs, topic)));
            let change = changed_by(image, topic, *index, partition, event, rules, election);
            records.extend(change);
        }
    }
    records
}

/// How leaders of a topic are chosen when nobody asked for a certain way.
pub(super) fn election_of(image: &Image, configs: &ConfigRules, topic: &Topic) -> Election {
    match configs.unclean_leader_election_enabled(image, &topic.name) {
        true => Election::Unclean,
        false => Election::Online,
    }
}

fn changed_by(
    image: &Image,
    topic: &Topic,
    index: PartitionIndex,
    partition: &Partition,
    event: BrokerEvent,
    rules: Rules,
    election: Election,
) -> Option<MetadataRecord<'static>> {
    let leaving = match event {
        BrokerEvent::Leaves(node) | BrokerEvent::StoppedUncleanly(node) => Some(node),
        BrokerEvent::Comes(_) => None,
    };
    let can_lead = |node: NodeId| match event {
        BrokerEvent::Comes(coming) if coming == node => image.cluster.broker(node).is_some_and(|broker| {
            partition.directory_of(node).is_some_and(|directory| broker.has_online_directory(directory))
        }),
        _ => leaving != Some(node) && can_lead(image, partition, node),
    };
    let mut change = PartitionChange::new(partition, rules);
    change.election = election;
    change.isr.retain(|node| leaving != Some(*node));
    if let BrokerEvent::StoppedUncleanly(node) = event {
        change.unclean_shutdown = Some(node);
    }
    change.build(image, topic.id, index, &can_lead).map(into_record)
}
