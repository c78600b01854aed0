//! AlterPartition (KIP-497, KIP-704, KIP-903): a leader asks for another in-sync set; only the controller changes
//! it (R3).

use jackdaw_base::{LeaderEpoch, NodeId, PartitionIndex, TopicId};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::election::{can_lead, election_of, rules_of};
use super::partition_change::{PartitionChange, into_record};
use super::{Context, Decision, StaleBroker};
use crate::delta::Delta;
use crate::image::{Image, LeaderRecoveryState, Partition, Topic};

/// In-sync sets that a leader wants.
#[derive(Clone, Debug)]
pub struct AlterPartition {
    /// The leader.
    pub broker: NodeId,
    /// The epoch of its registration.
    pub broker_epoch: i64,
    /// The partitions, by topic, in the request's order.
    pub topics: Vec<(TopicId, Vec<WantedIsr>)>,
}

/// The in-sync set that a leader wants for one partition.
#[derive(Clone, Debug)]
pub struct WantedIsr {
    /// The partition.
    pub index: PartitionIndex,
    /// The leadership in which it asks.
    pub leader_epoch: LeaderEpoch,
    /// The registration that it knows.
    pub partition_epoch: i32,
    /// The set, each with the epoch of its registration; -1 where the leader does not know it.
    pub isr: Vec<(NodeId, i64)>,
    /// Whether the leader has recovered.
    pub recovery: LeaderRecoveryState,
}

/// The state of a partition after the request, or why it did not change.
pub type PartitionResult = Result<std::sync::Arc<Partition>, AlterPartitionError>;

/// The fate of each partition, by topic, in the request's order.
pub type AlterPartitionAnswer = Vec<(TopicId, Vec<(PartitionIndex, PartitionResult)>)>;

/// Why an in-sync set does not change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AlterPartitionError {
    /// No such topic.
    #[error("unknown topic id")]
    UnknownTopic,
    /// No such partition.
    #[error("unknown partition")]
    UnknownPartition,
    /// The leader knows more than we do: it should ask the real controller.
    #[error("the request is ahead of this controller")]
    NotController,
    /// The leader's epoch is over.
    #[error("the leader epoch is over")]
    FencedLeaderEpoch,
    /// Not the leader, or a set that cannot be.
    #[error("not the leader, or not a possible in-sync set")]
    InvalidRequest,
    /// The registration has changed meanwhile.
    #[error("the partition epoch is over")]
    InvalidUpdateVersion,
    /// A replica that is fenced, shutting down, gone or another process than the leader thinks.
    #[error("a replica of the set is not eligible")]
    IneligibleReplica,
    /// The change ended a reassignment that took the leadership away.
    #[error("another broker leads now")]
    NewLeaderElected,
}

impl AlterPartitionError {
    /// The wire's code.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::UnknownTopic => ErrorCode::UnknownTopicId,
            Self::UnknownPartition => ErrorCode::UnknownTopicOrPartition,
            Self::NotController => ErrorCode::NotController,
            Self::FencedLeaderEpoch => ErrorCode::FencedLeaderEpoch,
            Self::InvalidRequest => ErrorCode::InvalidRequest,
            Self::InvalidUpdateVersion => ErrorCode::InvalidUpdateVersion,
            Self::IneligibleReplica => ErrorCode::IneligibleReplica,
            Self::NewLeaderElected => ErrorCode::NewLeaderElected,
        }
    }
}

/// Decides about in-sync sets.
pub fn alter_partition(
    image: &Image,
    request: &AlterPartition,
    context: &Context<'_>,
) -> Result<Decision<AlterPartitionAnswer>, StaleBroker> {
    StaleBroker::check(image, request.broker, request.broker_epoch)?;
    // A partition may be there twice: the second change builds on the first.
    let mut after = image.clone();
    let mut records = Vec::new();
    let mut answer = Vec::new();
    for (topic_id, partitions) in &request.topics {
        let results = partitions.iter().map(|wanted| {
            let result = alter_one(&after, request.broker, *topic_id, wanted, context);
            let result = result.and_then(|record| {
                if let Some(record) = record {
                    after
                        .apply(&record, &mut Delta::default())
                        .expect("a change built from an image fits it");
                    records.push(record);
                }
                let partition = after.topics.partition(*topic_id, wanted.index);
                let partition = partition.ok_or(AlterPartitionError::UnknownPartition)?;
                match partition.leader == Some(request.broker) {
                    true => Ok(std::sync::Arc::clone(partition)),
                    false => Err(AlterPartitionError::NewLeaderElected),
                }
            });
            (wanted.index, result)
        });
        answer.push((*topic_id, results.collect()));
    }
    Ok(Decision { records, answer })
}

fn alter_one(
    image: &Image,
    broker: NodeId,
    topic_id: TopicId,
    wanted: &WantedIsr,
    context: &Context<'_>,
) -> Result<Option<MetadataRecord<'static>>, AlterPartitionError> {
    let topic: &Topic = image.topics.get(topic_id).ok_or(AlterPartitionError::UnknownTopic)?;
    let partition = topic.partition(wanted.index).ok_or(AlterPartitionError::UnknownPartition)?;
    check_epochs(partition, broker, wanted)?;
    check_isr(image, partition, wanted)?;
    let mut change = PartitionChange::new(partition, rules_of(image, context.configs, topic));
    change.election = election_of(image, context.configs, topic);
    change.isr = wanted.isr.iter().map(|(node, _)| *node).collect();
    change.recovery = wanted.recovery;
    let can_lead = |node: NodeId| can_lead(image, partition, node);
    Ok(change.build(image, topic_id, wanted.index, &can_lead).map(into_record))
}

fn check_epochs(
    partition: &Partition,
    broker: NodeId,
    wanted: &WantedIsr,
) -> Result<(), AlterPartitionError> {
    let is_ahead =
        wanted.leader_epoch > partition.leader_epoch || wanted.partition_epoch > partition.partition_epoch;
    match () {
        () if is_ahead => Err(AlterPartitionError::NotController),
        () if wanted.leader_epoch < partition.leader_epoch => Err(AlterPartitionError::FencedLeaderEpoch),
        () if partition.leader != Some(broker) => Err(AlterPartitionError::InvalidRequest),
        () if wanted.partition_epoch < partition.partition_epoch => {
            Err(AlterPartitionError::InvalidUpdateVersion)
        }
        () => Ok(()),
    }
}

fn check_isr(image: &Image, partition: &Partition, wanted: &WantedIsr) -> Result<(), AlterPartitionError> {
    let nodes: Vec<NodeId> = wanted.isr.iter().map(|(node, _)| *node).collect();
    let is_duplicate = |i: usize| nodes[..i].contains(&nodes[i]);
    let is_possible = !nodes.is_empty()
        && nodes.iter().all(|node| partition.replicas.contains(node))
        && !(0..nodes.len()).any(is_duplicate)
        && partition.leader.is_some_and(|leader| nodes.contains(&leader));
    let recovering = wanted.recovery == LeaderRecoveryState::Recovering;
    let was_recovered = partition.leader_recovery_state == LeaderRecoveryState::Recovered;
    if !is_possible || (recovering && (nodes.len() > 1 || was_recovered)) {
        return Err(AlterPartitionError::InvalidRequest);
    }
    let is_eligible = |(node, epoch): &(NodeId, i64)| {
        image.active_broker(*node).is_some_and(|broker| *epoch == -1 || broker.epoch == *epoch)
    };
    match wanted.isr.iter().all(is_eligible) {
        true => Ok(()),
        false => Err(AlterPartitionError::IneligibleReplica),
    }
}

#[cfg(test)]
pub(super) mod tests;
