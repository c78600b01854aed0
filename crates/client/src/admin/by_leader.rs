//! Requests that only the leader of a partition can answer: each goes to where Metadata say that it is.

use std::collections::BTreeMap;
use std::future::Future;

use jackdaw_protocol::error_code::ErrorCode;

use super::routing::{Routes, Target};
use super::topics::TopicsMetadata;
use super::{Admin, Results};
use crate::error::Error;
use crate::topic_partition::TopicPartition;

impl Admin {
    /// Partitions to their leaders.
    pub(super) async fn each_by_leader<V, F>(
        &self,
        partitions: impl IntoIterator<Item = TopicPartition>,
        call: impl Fn(Target, Vec<TopicPartition>, i32) -> F,
    ) -> Results<TopicPartition, V>
    where
        F: Future<Output = Result<Results<TopicPartition, V>, Error>>,
    {
        self.each(partitions, |partitions| self.leaders(partitions), call).await
    }

    async fn leaders(&self, partitions: Vec<TopicPartition>) -> Result<Routes<TopicPartition>, Error> {
        let topics: Vec<String> = {
            let mut topics: Vec<&str> = partitions.iter().map(|partition| &*partition.topic).collect();
            topics.dedup();
            topics.into_iter().map(str::to_owned).collect()
        };
        let described = self.metadata_of(&topics).await?;
        let mut routes: BTreeMap<Target, Vec<TopicPartition>> = BTreeMap::new();
        let mut refused = BTreeMap::new();
        for partition in partitions {
            match leader_of(&described, &partition) {
                Ok(node) => routes.entry(Target::Node(node)).or_default().push(partition),
                Err(error) => {
                    refused.insert(partition, error);
                }
            }
        }
        Ok((routes, refused))
    }
}

fn leader_of(described: &TopicsMetadata, partition: &TopicPartition) -> Result<i32, Error> {
    let (topic, index) = (&*partition.topic, partition.partition);
    let error = |code| Error::broker_error(code).with_partition(topic, index);
    let unknown = || error(ErrorCode::UnknownTopicOrPartition);
    let described = described.get(topic).ok_or_else(unknown)?.as_ref().map_err(Error::clone)?;
    let found =
        described.partitions.iter().find(|partition| partition.partition == index).ok_or_else(unknown)?;
    found.leader.ok_or_else(|| error(ErrorCode::LeaderNotAvailable))
}
