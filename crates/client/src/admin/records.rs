//! Records deleted from the front of partitions (KIP-107): by their leaders.

use std::collections::BTreeMap;

use jackdaw_protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic,
};

use super::routing::{Subject, refusal_of};
use super::topics::by_topic;
use super::{Admin, Results};
use crate::topic_partition::TopicPartition;

/// Instead of an offset: everything up to the high watermark.
pub const UP_TO_HIGH_WATERMARK: i64 = -1;

impl Admin {
    /// Deletes all records before the given offsets (or [`UP_TO_HIGH_WATERMARK`]). The result is the first offset that
    /// is left.
    pub async fn delete_records(
        &self,
        before: impl IntoIterator<Item = (TopicPartition, i64)>,
    ) -> Results<TopicPartition, i64> {
        let before: BTreeMap<TopicPartition, i64> = before.into_iter().collect();
        let before = &before;
        let call = move |target, partitions: Vec<TopicPartition>, timeout_ms| async move {
            let topics = by_topic(&partitions).into_iter().map(|(name, indexes)| DeleteRecordsTopic {
                partitions: indexes
                    .into_iter()
                    .map(|partition_index| DeleteRecordsPartition {
                        partition_index,
                        offset: before[&TopicPartition::new(name.as_str(), partition_index)],
                        ..Default::default()
                    })
                    .collect(),
                name: name.into(),
                ..Default::default()
            });
            let request = DeleteRecordsRequest { topics: topics.collect(), timeout_ms, ..Default::default() };
            let answer = self.send(target, request).await?;
            let mut results = Results::new();
            for topic in answer.topics {
                for result in topic.partitions {
                    let partition = TopicPartition::new(&*topic.name, result.partition_index);
                    let deleted = refusal_of(result.error_code, Subject::Partition(&partition));
                    results.insert(partition, deleted.map(|()| result.low_watermark));
                }
            }
            Ok(results)
        };
        self.each_by_leader(before.keys().cloned(), call).await
    }
}
