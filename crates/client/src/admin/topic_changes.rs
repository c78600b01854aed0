//! Topics created, deleted and given more partitions (KIP-4, KIP-195, KIP-516): all by the controller.

use std::collections::BTreeMap;

use jackdaw_base::Uuid;
use jackdaw_protocol::messages::create_partitions_request::{
    CreatePartitionsAssignment, CreatePartitionsRequest, CreatePartitionsTopic,
};
use jackdaw_protocol::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreateTopicsRequest,
};
use jackdaw_protocol::messages::create_topics_response::CreatableTopicResult;
use jackdaw_protocol::messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};

use super::routing::{Subject, Target, is_unsupported, refusal};
use super::{Admin, Apply, ConfigEntry, Results};
use crate::error::Error;

/// A topic to be created. Without further words the broker's defaults decide partitions and copies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTopic {
    name: String,
    partitions: Option<i32>,
    replication_factor: Option<i16>,
    assignments: BTreeMap<i32, Vec<i32>>,
    configs: BTreeMap<String, String>,
}

impl NewTopic {
    /// A topic with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            partitions: None,
            replication_factor: None,
            assignments: BTreeMap::new(),
            configs: BTreeMap::new(),
        }
    }

    /// How many partitions.
    #[must_use]
    pub fn partitions(mut self, count: i32) -> Self {
        self.partitions = Some(count);
        self
    }

    /// How many copies of each.
    #[must_use]
    pub fn replication_factor(mut self, count: i16) -> Self {
        self.replication_factor = Some(count);
        self
    }

    /// The nodes of one partition's copies, the preferred leader first. With any assignment, all partitions need one, and
    /// neither their number nor that of copies may be said.
    #[must_use]
    pub fn assignment(mut self, partition: i32, brokers: impl Into<Vec<i32>>) -> Self {
        self.assignments.insert(partition, brokers.into());
        self
    }

    /// A configuration.
    #[must_use]
    pub fn config(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.configs.insert(name.into(), value.into());
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn to_wire(&self) -> CreatableTopic<'static> {
        CreatableTopic {
            name: self.name.clone().into(),
            num_partitions: self.partitions.unwrap_or(-1),
            replication_factor: self.replication_factor.unwrap_or(-1),
            assignments: self
                .assignments
                .iter()
                .map(|(&partition_index, brokers)| CreatableReplicaAssignment {
                    partition_index,
                    broker_ids: brokers.clone(),
                    ..Default::default()
                })
                .collect(),
            configs: self
                .configs
                .iter()
                .map(|(name, value)| CreatableTopicConfig {
                    name: name.clone().into(),
                    value: Some(value.clone().into()),
                    ..Default::default()
                })
                .collect(),
            ..Default::default()
        }
    }
}

/// What became of a new topic. Brokers before 2.4 say nothing, and those that keep its configuration from the caller
/// say only its id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreatedTopic {
    /// Its id; zero on Kafka before 2.8, and if it was only validated.
    pub topic_id: Uuid,
    /// How many partitions it has.
    pub partitions: Option<i32>,
    /// How many copies each has.
    pub replication_factor: Option<i16>,
    /// Its configuration.
    pub configs: Option<Vec<ConfigEntry>>,
}

/// How many partitions a topic is to have in all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPartitions {
    /// All partitions, those that exist included.
    pub total: i32,
    /// The nodes of each new partition's copies; empty lets the controller decide.
    pub assignments: Vec<Vec<i32>>,
}

impl NewPartitions {
    /// So many in all, placed by the controller.
    pub fn increase_to(total: i32) -> Self {
        Self { total, assignments: Vec::new() }
    }
}

impl Admin {
    /// Creates topics, or asks whether they could be created.
    pub async fn create_topics(
        &self,
        topics: impl IntoIterator<Item = NewTopic>,
        apply: Apply,
    ) -> Results<String, CreatedTopic> {
        let topics: BTreeMap<String, NewTopic> =
            topics.into_iter().map(|topic| (topic.name.clone(), topic)).collect();
        let topics = &topics;
        self.each_at(
            Target::Controller,
            topics.keys().cloned(),
            move |target, names: Vec<String>, timeout_ms| async move {
                let request = CreateTopicsRequest {
                    topics: names.iter().map(|name| topics[name].to_wire()).collect(),
                    timeout_ms,
                    validate_only: apply == Apply::ValidateOnly,
                    ..Default::default()
                };
                let answer = self.send(target, request).await?;
                Ok(answer.topics.into_iter().map(|topic| (topic.name.to_string(), created(topic))).collect())
            },
        )
        .await
    }

    /// Deletes topics by name.
    pub async fn delete_topics(
        &self,
        names: impl IntoIterator<Item = impl Into<String>>,
    ) -> Results<String, ()> {
        let names = names.into_iter().map(Into::into);
        self.each_at(Target::Controller, names, move |target, names: Vec<String>, timeout_ms| async move {
            let request = DeleteTopicsRequest {
                topics: names
                    .iter()
                    .map(|name| DeleteTopicState { name: Some(name.clone().into()), ..Default::default() })
                    .collect(),
                timeout_ms,
                ..Default::default()
            };
            let by_name_alone = DeleteTopicsRequest {
                topic_names: names.iter().map(|name| name.clone().into()).collect(),
                timeout_ms,
                ..Default::default()
            };
            let answer = match self.send(target, request).await {
                // Kafka before 2.8 knows the list of names only.
                Err(error) if is_unsupported(&error) => self.send(target, by_name_alone).await?,
                answer => answer?,
            };
            let results = answer.responses.into_iter().filter_map(|topic| {
                let name = topic.name?.into_owned();
                let result = refusal(topic.error_code, &topic.error_message, Subject::Topic(&name));
                Some((name, result))
            });
            Ok(results.collect())
        })
        .await
    }

    /// Deletes topics by id (KIP-516): a topic that was created again meanwhile is spared.
    pub async fn delete_topics_by_id(&self, ids: impl IntoIterator<Item = Uuid>) -> Results<Uuid, ()> {
        self.each_at(Target::Controller, ids, move |target, ids: Vec<Uuid>, timeout_ms| async move {
            let request = DeleteTopicsRequest {
                topics: ids
                    .iter()
                    .map(|&topic_id| DeleteTopicState { topic_id, ..Default::default() })
                    .collect(),
                timeout_ms,
                ..Default::default()
            };
            let answer = self.send(target, request).await?;
            let results = answer.responses.into_iter().map(|topic| {
                let id = topic.topic_id.to_string();
                (topic.topic_id, refusal(topic.error_code, &topic.error_message, Subject::Topic(&id)))
            });
            Ok(results.collect())
        })
        .await
    }

    /// Gives topics more partitions, or asks whether it could be done. Partitions are never taken away.
    pub async fn create_partitions(
        &self,
        topics: impl IntoIterator<Item = (impl Into<String>, NewPartitions)>,
        apply: Apply,
    ) -> Results<String, ()> {
        let topics: BTreeMap<String, NewPartitions> =
            topics.into_iter().map(|(name, partitions)| (name.into(), partitions)).collect();
        let topics = &topics;
        self.each_at(
            Target::Controller,
            topics.keys().cloned(),
            move |target, names: Vec<String>, timeout_ms| async move {
                let request = CreatePartitionsRequest {
                    topics: names.iter().map(|name| more_partitions(name, &topics[name])).collect(),
                    timeout_ms,
                    validate_only: apply == Apply::ValidateOnly,
                    ..Default::default()
                };
                let answer = self.send(target, request).await?;
                let results = answer.results.into_iter().map(|topic| {
                    let name = topic.name.into_owned();
                    let result = refusal(topic.error_code, &topic.error_message, Subject::Topic(&name));
                    (name, result)
                });
                Ok(results.collect())
            },
        )
        .await
    }
}

fn created(topic: CreatableTopicResult<'_>) -> Result<CreatedTopic, Error> {
    refusal(topic.error_code, &topic.error_message, Subject::Topic(&topic.name))?;
    Ok(CreatedTopic {
        topic_id: topic.topic_id,
        partitions: (topic.num_partitions >= 0).then_some(topic.num_partitions),
        replication_factor: (topic.replication_factor >= 0).then_some(topic.replication_factor),
        configs: topic.configs.map(|configs| configs.into_iter().map(ConfigEntry::of_new_topic).collect()),
    })
}

fn more_partitions(name: &str, partitions: &NewPartitions) -> CreatePartitionsTopic<'static> {
    let assignments: Vec<_> = partitions
        .assignments
        .iter()
        .map(|brokers| CreatePartitionsAssignment { broker_ids: brokers.clone(), ..Default::default() })
        .collect();
    CreatePartitionsTopic {
        name: name.to_owned().into(),
        count: partitions.total,
        assignments: (!assignments.is_empty()).then_some(assignments),
        ..Default::default()
    }
}
