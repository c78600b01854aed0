//! Topics as they are: listed and described (Metadata, DescribeTopicPartitions of KIP-966).

use std::collections::BTreeMap;

use jackdaw_base::Uuid;
use jackdaw_protocol::messages::describe_topic_partitions_request::{
    Cursor, DescribeTopicPartitionsRequest, TopicRequest,
};
use jackdaw_protocol::messages::describe_topic_partitions_response::{
    DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
};
use jackdaw_protocol::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use jackdaw_protocol::messages::metadata_response::{MetadataResponsePartition, MetadataResponseTopic};

use super::acl_names::{AclOperation, operations_of};
use super::routing::{Subject, Target, is_unsupported, refusal_of};
use super::{Admin, Results};
use crate::error::Error;
use crate::topic_partition::TopicPartition;

/// How many partitions one answer may describe; Kafka's brokers cap it at 2000 by default.
const PAGE_PARTITIONS: i32 = 2000;
/// How many topics are asked for by name at once.
const PAGE_TOPICS: usize = 1000;

/// A topic's name, id and size.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicListing {
    /// Its name.
    pub name: String,
    /// Its id; zero on Kafka before 2.8.
    pub topic_id: Uuid,
    /// Whether Kafka keeps its own state in it.
    pub is_internal: bool,
    /// How many partitions it has.
    pub partition_count: usize,
}

/// A topic with its partitions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicDescription {
    /// Its name.
    pub name: String,
    /// Its id; zero on Kafka before 2.8.
    pub topic_id: Uuid,
    /// Whether Kafka keeps its own state in it.
    pub is_internal: bool,
    /// By index, from 0.
    pub partitions: Vec<PartitionDescription>,
    /// What the caller may do with it, where the broker says so.
    pub authorized_operations: Option<Vec<AclOperation>>,
}

/// One partition: who leads it and who has copies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionDescription {
    /// Its index.
    pub partition: i32,
    /// The node that leads it; `None` while nobody does.
    pub leader: Option<i32>,
    /// The number of that leadership, -1 if the broker does not say.
    pub leader_epoch: i32,
    /// All nodes with a copy, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Those that are in sync.
    pub in_sync: Vec<i32>,
    /// Those that may lead though they are not in sync (KIP-966); `None` if the broker does not say.
    pub eligible_leaders: Option<Vec<i32>>,
    /// The last eligible leaders that were known (KIP-966); `None` if the broker does not say.
    pub last_known_eligible_leaders: Option<Vec<i32>>,
    /// Those whose disk or node is gone.
    pub offline: Vec<i32>,
}

/// A part of the descriptions of all topics.
#[derive(Clone, Debug)]
pub struct TopicPage {
    /// What was described. The last topic may go on in the next page.
    pub topics: Results<String, TopicDescription>,
    /// Where the next page starts; `None` behind the last one.
    pub next: Option<TopicPartition>,
}

/// Topics by name.
pub(super) type TopicsMetadata = Results<String, TopicDescription>;

impl Admin {
    /// All topics that the caller may see, by name. Kafka's internal ones are marked, not left out.
    ///
    /// # Errors
    /// No broker answers in time.
    pub async fn list_topics(&self) -> Result<Vec<TopicListing>, Error> {
        let request = MetadataRequest { topics: None, ..metadata_request() };
        let answer = self.retry(|_| self.send(Target::Any, request.clone())).await?;
        let mut topics: Vec<TopicListing> = answer
            .topics
            .into_iter()
            .filter_map(|topic| {
                Some(TopicListing {
                    name: topic.name?.into_owned(),
                    topic_id: topic.topic_id,
                    is_internal: topic.is_internal,
                    partition_count: topic.partitions.len(),
                })
            })
            .collect();
        topics.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(topics)
    }

    /// Topics with their partitions, in pages, so that thousands of partitions cost no large answer. Brokers without
    /// DescribeTopicPartitions (before 3.8) are asked for everything at once, and say nothing of eligible leaders.
    pub async fn describe_topics(
        &self,
        names: impl IntoIterator<Item = impl Into<String>>,
    ) -> Results<String, TopicDescription> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let mut results = Results::new();
        for names in names.chunks(PAGE_TOPICS) {
            let described = self
                .each_at(Target::Any, names.iter().cloned(), move |_, names: Vec<String>, _| async move {
                    self.describe_by_page(names).await
                })
                .await;
            results.extend(described);
        }
        results
    }

    /// Topics by their ids, as [`Admin::describe_topics`] does by name (KIP-516).
    pub async fn describe_topics_by_id(
        &self,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Results<Uuid, TopicDescription> {
        self.each_at(Target::Any, ids, move |target, ids: Vec<Uuid>, _| async move {
            let topics = ids
                .iter()
                .map(|&topic_id| MetadataRequestTopic { topic_id, name: None, ..Default::default() })
                .collect();
            let request = MetadataRequest { topics: Some(topics), ..metadata_request() };
            let answer = self.send(target, request).await?;
            Ok(answer.topics.into_iter().map(|topic| (topic.topic_id, described(topic))).collect())
        })
        .await
    }

    /// One page of the descriptions of all topics, or of `names` if there are any, from `from` on: for lists that show
    /// what is there before everything is known.
    ///
    /// # Errors
    /// No broker answers in time, or none knows this API (before Kafka 3.8).
    pub async fn describe_topics_page(
        &self,
        names: &[String],
        from: Option<&TopicPartition>,
        partitions_max: i32,
    ) -> Result<TopicPage, Error> {
        let request = DescribeTopicPartitionsRequest {
            topics: names
                .iter()
                .map(|name| TopicRequest { name: name.clone().into(), ..Default::default() })
                .collect(),
            response_partition_limit: partitions_max,
            cursor: from.map(|from| Cursor {
                topic_name: from.topic.to_string().into(),
                partition_index: from.partition,
                ..Default::default()
            }),
            ..Default::default()
        };
        let answer = self.retry(|_| self.send(Target::Any, request.clone())).await?;
        let next = answer
            .next_cursor
            .map(|cursor| TopicPartition::new(cursor.topic_name.into_owned(), cursor.partition_index));
        let topics = answer
            .topics
            .into_iter()
            .filter_map(|topic| Some((topic.name.clone()?.into_owned(), page_topic(topic))))
            .collect();
        Ok(TopicPage { topics, next })
    }

    async fn describe_by_page(&self, mut names: Vec<String>) -> Result<TopicsMetadata, Error> {
        names.sort();
        let mut all = TopicsMetadata::new();
        let mut from = None;
        loop {
            // A cursor stands in front of everything that is still to come.
            let left = match &from {
                None => &names[..],
                Some(TopicPartition { topic, .. }) => {
                    &names[names.partition_point(|name| name.as_str() < &**topic)..]
                }
            };
            let page = match self.describe_topics_page(left, from.as_ref(), PAGE_PARTITIONS).await {
                Err(error) if is_unsupported(&error) => return self.metadata_of(&names).await,
                page => page?,
            };
            for (name, result) in page.topics {
                merge(&mut all, name, result);
            }
            match page.next {
                Some(next) if from.as_ref() != Some(&next) => from = Some(next),
                _ => return Ok(all),
            }
        }
    }

    /// What Metadata says of topics: once, without creating any.
    pub(super) async fn metadata_of(&self, names: &[String]) -> Result<TopicsMetadata, Error> {
        let topics = names
            .iter()
            .map(|name| MetadataRequestTopic { name: Some(name.clone().into()), ..Default::default() })
            .collect();
        let request = MetadataRequest { topics: Some(topics), ..metadata_request() };
        let answer = self.send(Target::Any, request).await?;
        Ok(answer
            .topics
            .into_iter()
            .filter_map(|topic| Some((topic.name.clone()?.into_owned(), described(topic))))
            .collect())
    }
}

fn metadata_request() -> MetadataRequest<'static> {
    MetadataRequest { allow_auto_topic_creation: false, ..Default::default() }
}

fn merge(all: &mut TopicsMetadata, name: String, result: Result<TopicDescription, Error>) {
    match (all.get_mut(&name), result) {
        (Some(Ok(there)), Ok(more)) => there.partitions.extend(more.partitions),
        (_, result) => {
            all.insert(name, result);
        }
    }
}

fn described(topic: MetadataResponseTopic<'_>) -> Result<TopicDescription, Error> {
    let subject = topic.name.as_deref().map_or_else(|| topic.topic_id.to_string(), str::to_owned);
    refusal_of(topic.error_code, Subject::Topic(&subject))?;
    let mut partitions: Vec<_> = topic.partitions.into_iter().map(partition).collect();
    partitions.sort_by_key(|partition| partition.partition);
    Ok(TopicDescription {
        name: topic.name.unwrap_or_default().into_owned(),
        topic_id: topic.topic_id,
        is_internal: topic.is_internal,
        partitions,
        authorized_operations: operations_of(topic.topic_authorized_operations),
    })
}

fn partition(partition: MetadataResponsePartition<'_>) -> PartitionDescription {
    PartitionDescription {
        partition: partition.partition_index,
        leader: (partition.leader_id >= 0).then_some(partition.leader_id),
        leader_epoch: partition.leader_epoch,
        replicas: partition.replica_nodes,
        in_sync: partition.isr_nodes,
        eligible_leaders: None,
        last_known_eligible_leaders: None,
        offline: partition.offline_replicas,
    }
}

fn page_topic(topic: DescribeTopicPartitionsResponseTopic<'_>) -> Result<TopicDescription, Error> {
    let name = topic.name.unwrap_or_default().into_owned();
    refusal_of(topic.error_code, Subject::Topic(&name))?;
    let mut partitions: Vec<_> = topic.partitions.into_iter().map(page_partition).collect();
    partitions.sort_by_key(|partition| partition.partition);
    Ok(TopicDescription {
        name,
        topic_id: topic.topic_id,
        is_internal: topic.is_internal,
        partitions,
        authorized_operations: operations_of(topic.topic_authorized_operations),
    })
}

fn page_partition(partition: DescribeTopicPartitionsResponsePartition<'_>) -> PartitionDescription {
    PartitionDescription {
        partition: partition.partition_index,
        leader: (partition.leader_id >= 0).then_some(partition.leader_id),
        leader_epoch: partition.leader_epoch,
        replicas: partition.replica_nodes,
        in_sync: partition.isr_nodes,
        eligible_leaders: partition.eligible_leader_replicas,
        last_known_eligible_leaders: partition.last_known_elr,
        offline: partition.offline_replicas,
    }
}

/// The topics of `partitions` in the shape of most requests: a name and its partitions.
pub(super) fn by_topic(partitions: &[TopicPartition]) -> BTreeMap<String, Vec<i32>> {
    let mut topics: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        topics.entry(partition.topic.to_string()).or_default().push(partition.partition);
    }
    topics
}
