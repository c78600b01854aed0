//! AlterReplicaLogDirs, versions 1 and 2 (KIP-113): moves partitions between this node's data directories. The answer says
//! that the move has begun; DescribeLogDirs shows how far it is.

use std::path::Path;
use std::sync::Arc;

use jackdaw_base::PartitionIndex;
use jackdaw_partition::Partition;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::alter_replica_log_dirs_request::AlterReplicaLogDirsRequest;
use jackdaw_protocol::messages::alter_replica_log_dirs_response::{
    AlterReplicaLogDirPartitionResult, AlterReplicaLogDirTopicResult, AlterReplicaLogDirsResponse,
};

use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};
use crate::storage::{MoveContext, MoveError, producer_rules, registration};
use jackdaw_store::DataDirectory;

/// Executes an AlterReplicaLogDirs request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    answer(node, context, frame).into()
}

fn answer(node: &Arc<Node>, context: &RequestContext, frame: &Frame<'_>) -> Result<Response, CloseReason> {
    let request: AlterReplicaLogDirsRequest<'_> = frame.decode(context.head)?;
    let mut results: Vec<AlterReplicaLogDirTopicResult<'_>> = Vec::new();
    for directory in &request.dirs {
        for topic in &directory.topics {
            let partitions = topic.partitions.iter().map(|index| AlterReplicaLogDirPartitionResult {
                partition_index: *index,
                error_code: decide(node, &directory.path, &topic.name, *index).code(),
                ..Default::default()
            });
            results.push(AlterReplicaLogDirTopicResult {
                topic_name: (&*topic.name).into(),
                partitions: partitions.collect(),
                ..Default::default()
            });
        }
    }
    Response::encode(context.head, &AlterReplicaLogDirsResponse { results, ..Default::default() })
}

fn decide(node: &Arc<Node>, path: &str, topic: &str, index: i32) -> ErrorCode {
    let wanted = Path::new(path);
    if !wanted.is_absolute() {
        return ErrorCode::LogDirNotFound;
    }
    let same = |other: &Path| std::path::absolute(other).is_ok_and(|other| other == wanted);
    let Some(directory) = node.storage.log_directories().find(|directory| same(directory.path())) else {
        return ErrorCode::LogDirNotFound;
    };
    let known = node.partitions.by_name(topic);
    let Some(partition) = known.as_ref().and_then(|known| known.get(PartitionIndex(index))) else {
        return ErrorCode::UnknownTopicOrPartition;
    };
    if !directory.is_online() || !partition.is_serving() {
        return ErrorCode::KafkaStorageError;
    }
    if partition.placement().directory.id() != directory.id() {
        begin(node, partition, directory);
    }
    ErrorCode::None
}

/// Moves the partition in the background.
fn begin(node: &Arc<Node>, partition: &Arc<Partition>, target: &Arc<DataDirectory>) {
    let (worker, partition, target) = (Arc::clone(node), Arc::clone(partition), Arc::clone(target));
    tokio::spawn(async move {
        let id = partition.id().clone();
        let directory = Arc::clone(&target);
        let moved = tokio::task::spawn_blocking(move || move_now(&worker, &partition, &directory)).await;
        match moved {
            // The metadata hears of it with the next report.
            Ok(Ok(())) => tracing::info!(partition = %id, directory = %target.path().display(), "moved"),
            Ok(Err(error)) => {
                tracing::error!(partition = %id, %error, "not moved: it goes on serving where it was")
            }
            Err(_) => tracing::error!(partition = %id, "not moved: a panic on the way"),
        }
    });
}

fn move_now(node: &Node, partition: &Arc<Partition>, target: &Arc<DataDirectory>) -> Result<(), MoveError> {
    let image = node.image();
    let registered = image.topics.partition(partition.placement().topic_id, partition.id().index);
    let Some(registered) = registered else { return Err(MoveError::NotServing) };
    let context =
        MoveContext { registration: registration(registered), producers: producer_rules(&node.config()) };
    node.storage.move_partition(partition, target, context).map(drop)
}
