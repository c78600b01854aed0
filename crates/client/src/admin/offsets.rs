//! Offsets by time and by place (ListOffsets: KIP-79, 207, 734, 1005, 1023), asked of the leaders.

use std::collections::BTreeMap;

use jackdaw_protocol::messages::list_offsets_request::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use jackdaw_protocol::messages::list_offsets_response::ListOffsetsResponse;

use super::routing::{Subject, refusal_of};
use super::topics::by_topic;
use super::{Admin, Results};
use crate::config::IsolationLevel;
use crate::topic_partition::TopicPartition;

/// Which offset of a partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum OffsetSpec {
    /// The first that is there.
    Earliest,
    /// The one behind the last.
    Latest,
    /// That of the record with the largest timestamp (KIP-734).
    MaxTimestamp,
    /// The first that is on the broker's own disk (KIP-405).
    EarliestLocal,
    /// The last that is in remote storage (KIP-1005).
    LatestTiered,
    /// The first that is not in remote storage yet (KIP-1023).
    EarliestPendingUpload,
    /// The first record at or after this time, in milliseconds since 1970.
    Timestamp(i64),
}

impl OffsetSpec {
    /// What stands in the request.
    pub fn wire_timestamp(self) -> i64 {
        match self {
            Self::Latest => -1,
            Self::Earliest => -2,
            Self::MaxTimestamp => -3,
            Self::EarliestLocal => -4,
            Self::LatestTiered => -5,
            Self::EarliestPendingUpload => -6,
            Self::Timestamp(timestamp_ms) => timestamp_ms,
        }
    }
}

/// An offset that was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FoundOffset {
    /// The offset.
    pub offset: i64,
    /// The timestamp of the record there, where one was looked for.
    pub timestamp_ms: Option<i64>,
    /// The leader epoch in which the record was written, if the broker says so.
    pub leader_epoch: Option<i32>,
}

impl Admin {
    /// The offsets at the given places; `None` where no record is as late as was asked for.
    ///
    /// ```no_run
    /// # use jackdaw_client::admin::{Admin, OffsetSpec};
    /// # use jackdaw_client::config::IsolationLevel;
    /// # use jackdaw_client::TopicPartition;
    /// # async fn example(admin: Admin) -> Result<(), jackdaw_client::Error> {
    /// let partition = TopicPartition::new("orders", 0);
    /// let ends = admin.list_offsets([(partition.clone(), OffsetSpec::Latest)], IsolationLevel::ReadUncommitted).await;
    /// for (partition, end) in ends {
    ///     println!("{partition} ends at {:?}", end?.map(|found| found.offset));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list_offsets(
        &self,
        specs: impl IntoIterator<Item = (TopicPartition, OffsetSpec)>,
        isolation: IsolationLevel,
    ) -> Results<TopicPartition, Option<FoundOffset>> {
        let specs: BTreeMap<TopicPartition, OffsetSpec> = specs.into_iter().collect();
        let specs = &specs;
        let call = move |target, partitions: Vec<TopicPartition>, timeout_ms| async move {
            let topics = by_topic(&partitions).into_iter().map(|(name, indexes)| ListOffsetsTopic {
                partitions: indexes
                    .into_iter()
                    .map(|partition_index| ListOffsetsPartition {
                        partition_index,
                        timestamp: specs[&TopicPartition::new(name.as_str(), partition_index)]
                            .wire_timestamp(),
                        ..Default::default()
                    })
                    .collect(),
                name: name.into(),
                ..Default::default()
            });
            let request = ListOffsetsRequest {
                replica_id: -1,
                isolation_level: isolation.code(),
                topics: topics.collect(),
                timeout_ms,
                ..Default::default()
            };
            Ok(found(self.send(target, request).await?))
        };
        self.each_by_leader(specs.keys().cloned(), call).await
    }
}

/// What an answer says of each partition.
pub(crate) fn found(answer: ListOffsetsResponse<'_>) -> Results<TopicPartition, Option<FoundOffset>> {
    let mut results = Results::new();
    for topic in answer.topics {
        for result in topic.partitions {
            let partition = TopicPartition::new(&*topic.name, result.partition_index);
            let found = refusal_of(result.error_code, Subject::Partition(&partition)).map(|()| {
                (result.offset >= 0).then_some(FoundOffset {
                    offset: result.offset,
                    timestamp_ms: (result.timestamp >= 0).then_some(result.timestamp),
                    leader_epoch: (result.leader_epoch >= 0).then_some(result.leader_epoch),
                })
            });
            results.insert(partition, found);
        }
    }
    results
}
