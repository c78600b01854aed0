//! Log directories of brokers: what is in them, and moving a copy between them (KIP-113, 827, 1066).

use std::collections::BTreeMap;

use jackdaw_protocol::messages::alter_replica_log_dirs_request::{
    AlterReplicaLogDir, AlterReplicaLogDirTopic, AlterReplicaLogDirsRequest,
};
use jackdaw_protocol::messages::describe_log_dirs_request::{DescribableLogDirTopic, DescribeLogDirsRequest};
use jackdaw_protocol::messages::describe_log_dirs_response::DescribeLogDirsResult;

use super::routing::{Subject, refusal_of};
use super::topics::by_topic;
use super::{Admin, Results};
use crate::error::Error;
use crate::topic_partition::TopicPartition;

/// A copy of a partition in a log directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogDirReplica {
    /// Bytes of its segments.
    pub size_bytes: i64,
    /// How far it is behind: the high watermark, or the copy that it will replace.
    pub offset_lag: i64,
    /// Whether it will replace the one in another directory of this broker.
    pub is_future: bool,
}

/// A log directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogDir {
    /// What is in it.
    pub replicas: BTreeMap<TopicPartition, LogDirReplica>,
    /// The size of its volume, if the broker says so (KIP-827).
    pub total_bytes: Option<i64>,
    /// What is free there.
    pub usable_bytes: Option<i64>,
    /// Whether it takes no new partitions (KIP-1066).
    pub is_cordoned: bool,
}

impl Admin {
    /// The log directories of `brokers` (all of them if there are none) by path, with `partitions` or with everything
    /// that is in them. An error of a directory is its own: it may be offline.
    ///
    /// # Errors
    /// The brokers cannot be found.
    pub async fn describe_log_dirs(
        &self,
        brokers: &[i32],
        partitions: Option<&[TopicPartition]>,
    ) -> Result<Results<i32, Results<String, LogDir>>, Error> {
        let call = move |target| async move {
            let topics = partitions.map(|partitions| {
                let topics = by_topic(partitions).into_iter().map(|(topic, partitions)| {
                    DescribableLogDirTopic { topic: topic.into(), partitions, ..Default::default() }
                });
                topics.collect()
            });
            let answer = self.send(target, DescribeLogDirsRequest { topics, ..Default::default() }).await?;
            refusal_of(answer.error_code, Subject::Nothing)?;
            let results = answer.results.into_iter();
            Ok(results.map(|dir| (dir.log_dir.to_string(), log_dir(dir))).collect())
        };
        match brokers {
            [] => self.each_broker(call).await,
            brokers => Ok(self.each_of(brokers.iter().copied(), call).await),
        }
    }

    /// Moves the copies that one broker has of `partitions` to its directory `path`.
    pub async fn alter_replica_log_dirs(
        &self,
        broker: i32,
        moves: &BTreeMap<TopicPartition, String>,
    ) -> Results<TopicPartition, ()> {
        let target = super::routing::Target::Node(broker);
        self.each_at(
            target,
            moves.keys().cloned(),
            move |target, partitions: Vec<TopicPartition>, _| async move {
                let mut dirs: BTreeMap<&str, Vec<TopicPartition>> = BTreeMap::new();
                for partition in partitions {
                    dirs.entry(&moves[&partition]).or_default().push(partition);
                }
                let dirs = dirs.into_iter().map(|(path, partitions)| AlterReplicaLogDir {
                    path: path.to_owned().into(),
                    topics: by_topic(&partitions)
                        .into_iter()
                        .map(|(name, partitions)| AlterReplicaLogDirTopic {
                            name: name.into(),
                            partitions,
                            ..Default::default()
                        })
                        .collect(),
                    ..Default::default()
                });
                let request = AlterReplicaLogDirsRequest { dirs: dirs.collect(), ..Default::default() };
                let answer = self.send(target, request).await?;
                let mut results = Results::new();
                for topic in answer.results {
                    for result in topic.partitions {
                        let partition = TopicPartition::new(&*topic.topic_name, result.partition_index);
                        let moved = refusal_of(result.error_code, Subject::Partition(&partition));
                        results.insert(partition, moved);
                    }
                }
                Ok(results)
            },
        )
        .await
    }
}

fn log_dir(dir: DescribeLogDirsResult<'_>) -> Result<LogDir, Error> {
    refusal_of(dir.error_code, Subject::Named("log directory", &dir.log_dir))?;
    let mut replicas = BTreeMap::new();
    for topic in dir.topics {
        for partition in topic.partitions {
            let replica = LogDirReplica {
                size_bytes: partition.partition_size,
                offset_lag: partition.offset_lag,
                is_future: partition.is_future_key,
            };
            replicas.insert(TopicPartition::new(&*topic.name, partition.partition_index), replica);
        }
    }
    Ok(LogDir {
        replicas,
        total_bytes: (dir.total_bytes >= 0).then_some(dir.total_bytes),
        usable_bytes: (dir.usable_bytes >= 0).then_some(dir.usable_bytes),
        is_cordoned: dir.is_cordoned,
    })
}
