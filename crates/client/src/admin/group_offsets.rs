//! The offsets that groups have committed: read, set, deleted (KIP-222, 496, 709, 848). Members commit their own: see the
//! consumer.

use std::collections::BTreeMap;

use jackdaw_protocol::messages::offset_commit_request::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use jackdaw_protocol::messages::offset_delete_request::{
    OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use jackdaw_protocol::messages::offset_fetch_request::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};

use super::routing::{Subject, Target, is_unsupported, refusal_of};
use super::topics::by_topic;
use super::{Admin, Results};
use crate::cluster::CoordinatorKind;
use crate::error::Error;
use crate::topic_partition::TopicPartition;

/// The versions of OffsetFetch and OffsetCommit that name topics instead of giving their ids (KIP-848).
const BELOW_TOPIC_IDS: std::ops::RangeInclusive<i16> = 0..=9;

/// An offset that a group has committed: the next one that it reads.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CommittedOffset {
    /// The offset.
    pub offset: i64,
    /// The leader epoch of the last record before it, if it was said.
    pub leader_epoch: Option<i32>,
    /// What the committer wrote beside it.
    pub metadata: String,
}

impl CommittedOffset {
    /// An offset alone.
    pub fn new(offset: i64) -> Self {
        Self { offset, leader_epoch: None, metadata: String::new() }
    }

    /// As answers carry it; `None` if there is none.
    pub(crate) fn of_wire(offset: i64, leader_epoch: i32, metadata: Option<String>) -> Option<Self> {
        (offset >= 0).then(|| Self {
            offset,
            leader_epoch: (leader_epoch >= 0).then_some(leader_epoch),
            metadata: metadata.unwrap_or_default(),
        })
    }
}

impl From<i64> for CommittedOffset {
    fn from(offset: i64) -> Self {
        Self::new(offset)
    }
}

impl Admin {
    /// What a group has committed: for `partitions`, or for everything that it has an offset for. Partitions without an
    /// offset are left out.
    ///
    /// # Errors
    /// The coordinator cannot be asked, or refuses.
    pub async fn list_group_offsets(
        &self,
        group: &str,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<Results<TopicPartition, CommittedOffset>, Error> {
        self.at_coordinator(CoordinatorKind::Group, group, move |target| async move {
            self.fetch_offsets(target, group, partitions).await
        })
        .await
    }

    async fn fetch_offsets(
        &self,
        target: Target,
        group: &str,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<Results<TopicPartition, CommittedOffset>, Error> {
        let topics = partitions.map(by_topic);
        let group_request = OffsetFetchRequestGroup {
            group_id: group.to_owned().into(),
            topics: topics.as_ref().map(|topics| {
                let topics = topics.iter().map(|(name, indexes)| OffsetFetchRequestTopics {
                    name: name.clone().into(),
                    partition_indexes: indexes.clone(),
                    ..Default::default()
                });
                topics.collect()
            }),
            ..Default::default()
        };
        let request = OffsetFetchRequest { groups: vec![group_request], ..Default::default() };
        let answer = match self.send_in(target, request, BELOW_TOPIC_IDS).await {
            Err(error) if is_unsupported(&error) => {
                return self.fetch_offsets_of_one(target, group, topics).await;
            }
            answer => answer?,
        };
        let mut results = Results::new();
        for group in answer.groups {
            refusal_of(group.error_code, Subject::Named("group", &group.group_id))?;
            for topic in group.topics {
                for found in topic.partitions {
                    let partition = TopicPartition::new(&*topic.name, found.partition_index);
                    let metadata = found.metadata.map(|text| text.into_owned());
                    let offset = CommittedOffset::of_wire(
                        found.committed_offset,
                        found.committed_leader_epoch,
                        metadata,
                    );
                    note(&mut results, partition, found.error_code, offset);
                }
            }
        }
        Ok(results)
    }

    /// As brokers before 3.0 are asked (KIP-709 brought the lists of groups).
    async fn fetch_offsets_of_one(
        &self,
        target: Target,
        group: &str,
        topics: Option<BTreeMap<String, Vec<i32>>>,
    ) -> Result<Results<TopicPartition, CommittedOffset>, Error> {
        let topics = topics.map(|topics| {
            let topics = topics.into_iter().map(|(name, partition_indexes)| OffsetFetchRequestTopic {
                name: name.into(),
                partition_indexes,
                ..Default::default()
            });
            topics.collect()
        });
        let request = OffsetFetchRequest { group_id: group.to_owned().into(), topics, ..Default::default() };
        let answer = self.send(target, request).await?;
        refusal_of(answer.error_code, Subject::Named("group", group))?;
        let mut results = Results::new();
        for topic in answer.topics {
            for found in topic.partitions {
                let partition = TopicPartition::new(&*topic.name, found.partition_index);
                let metadata = found.metadata.map(|text| text.into_owned());
                let offset =
                    CommittedOffset::of_wire(found.committed_offset, found.committed_leader_epoch, metadata);
                note(&mut results, partition, found.error_code, offset);
            }
        }
        Ok(results)
    }

    /// Sets the offsets of a group that has no members (in the new protocol, none that reads those topics).
    ///
    /// # Errors
    /// The coordinator cannot be asked.
    pub async fn alter_group_offsets(
        &self,
        group: &str,
        offsets: impl IntoIterator<Item = (TopicPartition, CommittedOffset)>,
    ) -> Result<Results<TopicPartition, ()>, Error> {
        let offsets: BTreeMap<TopicPartition, CommittedOffset> = offsets.into_iter().collect();
        let offsets = &offsets;
        self.at_coordinator(CoordinatorKind::Group, group, move |target| async move {
            let request = commit_request(group, offsets);
            let answer = self.send_in(target, request, BELOW_TOPIC_IDS).await?;
            let mut results = Results::new();
            for topic in answer.topics {
                for result in topic.partitions {
                    let partition = TopicPartition::new(&*topic.name, result.partition_index);
                    let set = refusal_of(result.error_code, Subject::Partition(&partition));
                    retriable(&set)?;
                    results.insert(partition, set);
                }
            }
            Ok(results)
        })
        .await
    }

    /// Deletes offsets of a group (KIP-496) whose members, if any, do not read those topics.
    ///
    /// # Errors
    /// The coordinator cannot be asked, or refuses as a whole.
    pub async fn delete_group_offsets(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<Results<TopicPartition, ()>, Error> {
        self.at_coordinator(CoordinatorKind::Group, group, move |target| async move {
            let topics = by_topic(partitions).into_iter().map(|(name, indexes)| OffsetDeleteRequestTopic {
                name: name.into(),
                partitions: indexes
                    .into_iter()
                    .map(|partition_index| OffsetDeleteRequestPartition {
                        partition_index,
                        ..Default::default()
                    })
                    .collect(),
            });
            let request = OffsetDeleteRequest { group_id: group.to_owned().into(), topics: topics.collect() };
            let answer = self.send(target, request).await?;
            refusal_of(answer.error_code, Subject::Named("group", group))?;
            let mut results = Results::new();
            for topic in answer.topics {
                for result in topic.partitions {
                    let partition = TopicPartition::new(&*topic.name, result.partition_index);
                    let deleted = refusal_of(result.error_code, Subject::Partition(&partition));
                    results.insert(partition, deleted);
                }
            }
            Ok(results)
        })
        .await
    }
}

/// An error that a retry can help with is one of the whole attempt.
fn retriable(result: &Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.is_retriable() => Err(error.clone()),
        _ => Ok(()),
    }
}

fn note(
    results: &mut Results<TopicPartition, CommittedOffset>,
    partition: TopicPartition,
    error_code: i16,
    offset: Option<CommittedOffset>,
) {
    match (refusal_of(error_code, Subject::Partition(&partition)), offset) {
        (Err(error), _) => {
            results.insert(partition, Err(error));
        }
        (Ok(()), Some(offset)) => {
            results.insert(partition, Ok(offset));
        }
        (Ok(()), None) => {}
    }
}

fn commit_request(
    group: &str,
    offsets: &BTreeMap<TopicPartition, CommittedOffset>,
) -> OffsetCommitRequest<'static> {
    let mut topics: BTreeMap<&str, Vec<OffsetCommitRequestPartition<'static>>> = BTreeMap::new();
    for (partition, offset) in offsets {
        topics.entry(&partition.topic).or_default().push(OffsetCommitRequestPartition {
            partition_index: partition.partition,
            committed_offset: offset.offset,
            committed_leader_epoch: offset.leader_epoch.unwrap_or(-1),
            committed_metadata: Some(offset.metadata.clone().into()),
            ..Default::default()
        });
    }
    OffsetCommitRequest {
        group_id: group.to_owned().into(),
        generation_id_or_member_epoch: -1,
        topics: topics
            .into_iter()
            .map(|(name, partitions)| OffsetCommitRequestTopic {
                name: name.to_owned().into(),
                partitions,
                ..Default::default()
            })
            .collect(),
        ..Default::default()
    }
}
