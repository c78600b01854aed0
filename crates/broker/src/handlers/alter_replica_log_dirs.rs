//! AlterReplicaLogDirs, versions 1 and 2 (KIP-113). A partition that is where it should be stays; one without files is
//! placed at its first write. Moving files between directories comes with the cluster, and is refused until then.

use std::path::Path;
use std::sync::Arc;

use jackdaw_base::PartitionIndex;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::alter_replica_log_dirs_request::AlterReplicaLogDirsRequest;
use jackdaw_protocol::messages::alter_replica_log_dirs_response::{
    AlterReplicaLogDirPartitionResult, AlterReplicaLogDirTopicResult, AlterReplicaLogDirsResponse,
};

use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// Executes an AlterReplicaLogDirs request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    answer(node, context, frame).into()
}

fn answer(node: &Node, context: &RequestContext, frame: &Frame<'_>) -> Result<Response, CloseReason> {
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

fn decide(node: &Node, path: &str, topic: &str, index: i32) -> ErrorCode {
    let wanted = Path::new(path);
    if !wanted.is_absolute() {
        return ErrorCode::LogDirNotFound;
    }
    let same = |other: &Path| std::path::absolute(other).is_ok_and(|other| other == wanted);
    let Some(directory) = node.storage.directories().find(|directory| same(directory.path())) else {
        return ErrorCode::LogDirNotFound;
    };
    let known = node.partitions.by_name(topic);
    let Some(partition) = known.as_ref().and_then(|known| known.get(PartitionIndex(index))) else {
        return ErrorCode::UnknownTopicOrPartition;
    };
    match partition.placement().directory.id() == directory.id() {
        true => ErrorCode::None,
        false => ErrorCode::UnsupportedVersion,
    }
}
