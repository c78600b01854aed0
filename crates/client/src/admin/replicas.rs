//! Who leads partitions and where their copies are: elections and reassignments (KIP-183, 455, 460, 860).

use std::collections::BTreeMap;

use jackdaw_protocol::messages::alter_partition_reassignments_request::{
    AlterPartitionReassignmentsRequest, ReassignablePartition, ReassignableTopic,
};
use jackdaw_protocol::messages::elect_leaders_request::{ElectLeadersRequest, TopicPartitions};
use jackdaw_protocol::messages::list_partition_reassignments_request::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsTopics,
};

use super::routing::{Subject, Target, refusal};
use super::topics::by_topic;
use super::{Admin, Results};
use crate::error::Error;
use crate::topic_partition::TopicPartition;

/// Which leader is elected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ElectionType {
    /// The first copy of the list, if it is in sync.
    Preferred,
    /// Any copy that is there, if none is in sync: records may be lost.
    Unclean,
}

/// Whether a reassignment may change how many copies a partition has (Kafka 4.1, KIP-860).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ReplicationFactorChange {
    /// It may.
    #[default]
    Allowed,
    /// It is refused then; brokers before 4.1 cannot be asked so.
    Refused,
}

/// A reassignment under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reassignment {
    /// All copies, the coming and the going ones included.
    pub replicas: Vec<i32>,
    /// Those that are coming.
    pub adding: Vec<i32>,
    /// Those that are going.
    pub removing: Vec<i32>,
}

impl Admin {
    /// Elects leaders of `partitions`, or of all that need it. A partition that has the right leader already is refused
    /// with `ELECTION_NOT_NEEDED` if it was named.
    ///
    /// # Errors
    /// The controller cannot be asked in time, or refuses as a whole.
    pub async fn elect_leaders(
        &self,
        election: ElectionType,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<Results<TopicPartition, ()>, Error> {
        let answer = self
            .retry(move |timeout_ms| async move {
                let topic_partitions = partitions.map(|partitions| {
                    let topics = by_topic(partitions).into_iter().map(|(topic, partitions)| {
                        TopicPartitions { topic: topic.into(), partitions, ..Default::default() }
                    });
                    topics.collect()
                });
                let request = ElectLeadersRequest {
                    election_type: match election {
                        ElectionType::Preferred => 0,
                        ElectionType::Unclean => 1,
                    },
                    topic_partitions,
                    timeout_ms,
                    ..Default::default()
                };
                let answer = self.send(Target::Controller, request).await?;
                refusal(answer.error_code, &None, Subject::Nothing)?;
                Ok(answer)
            })
            .await?;
        let mut results = Results::new();
        for topic in answer.replica_election_results {
            for result in topic.partition_result {
                let partition = TopicPartition::new(&*topic.topic, result.partition_id);
                let elected =
                    refusal(result.error_code, &result.error_message, Subject::Partition(&partition));
                results.insert(partition, elected);
            }
        }
        Ok(results)
    }

    /// The reassignments under way of `partitions`, or of all.
    ///
    /// # Errors
    /// The controller cannot be asked in time, or refuses.
    pub async fn list_reassignments(
        &self,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<BTreeMap<TopicPartition, Reassignment>, Error> {
        let answer = self
            .retry(move |timeout_ms| async move {
                let topics = partitions.map(|partitions| {
                    let topics = by_topic(partitions).into_iter();
                    let topics = topics.map(|(name, partition_indexes)| ListPartitionReassignmentsTopics {
                        name: name.into(),
                        partition_indexes,
                        ..Default::default()
                    });
                    topics.collect()
                });
                let request = ListPartitionReassignmentsRequest { timeout_ms, topics, ..Default::default() };
                let answer = self.send(Target::Controller, request).await?;
                refusal(answer.error_code, &answer.error_message, Subject::Nothing)?;
                Ok(answer)
            })
            .await?;
        let mut reassignments = BTreeMap::new();
        for topic in answer.topics {
            for partition in topic.partitions {
                let reassignment = Reassignment {
                    replicas: partition.replicas,
                    adding: partition.adding_replicas,
                    removing: partition.removing_replicas,
                };
                let partition = TopicPartition::new(&*topic.name, partition.partition_index);
                reassignments.insert(partition, reassignment);
            }
        }
        Ok(reassignments)
    }

    /// Moves the copies of partitions to the nodes named, the preferred leader first; `None` stops a reassignment that
    /// is under way.
    ///
    /// # Errors
    /// The controller cannot be asked in time, or refuses as a whole.
    pub async fn alter_reassignments(
        &self,
        targets: &BTreeMap<TopicPartition, Option<Vec<i32>>>,
        factor: ReplicationFactorChange,
    ) -> Result<Results<TopicPartition, ()>, Error> {
        let answer = self
            .retry(move |timeout_ms| async move {
                let mut topics: BTreeMap<&str, Vec<ReassignablePartition<'static>>> = BTreeMap::new();
                for (partition, replicas) in targets {
                    topics.entry(&partition.topic).or_default().push(ReassignablePartition {
                        partition_index: partition.partition,
                        replicas: replicas.clone(),
                        ..Default::default()
                    });
                }
                let topics = topics.into_iter().map(|(name, partitions)| ReassignableTopic {
                    name: name.to_owned().into(),
                    partitions,
                    ..Default::default()
                });
                let request = AlterPartitionReassignmentsRequest {
                    timeout_ms,
                    allow_replication_factor_change: factor == ReplicationFactorChange::Allowed,
                    topics: topics.collect(),
                    ..Default::default()
                };
                let answer = self.send(Target::Controller, request).await?;
                refusal(answer.error_code, &answer.error_message, Subject::Nothing)?;
                Ok(answer)
            })
            .await?;
        let mut results = Results::new();
        for topic in answer.responses {
            for result in topic.partitions {
                let partition = TopicPartition::new(&*topic.name, result.partition_index);
                let begun = refusal(result.error_code, &result.error_message, Subject::Partition(&partition));
                results.insert(partition, begun);
            }
        }
        Ok(results)
    }
}
