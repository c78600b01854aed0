//! DescribeLogDirs, versions 1 to 5 (KIP-113, KIP-827 sizes, KIP-1066 cordons).

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::PartitionIndex;
use jackdaw_partition::Partition;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::describe_log_dirs_request::DescribeLogDirsRequest;
use jackdaw_protocol::messages::describe_log_dirs_response::{
    DescribeLogDirsPartition, DescribeLogDirsResponse, DescribeLogDirsResult, DescribeLogDirsTopic,
};
use jackdaw_store::DataDirectory;

use super::blocking;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};
use crate::storage::OngoingMove;

/// Executes a DescribeLogDirs request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: DescribeLogDirsRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let request = request.into_owned();
    blocking(node, context, move |node, context| answer(node, context, &request))
}

fn answer(
    node: &Node,
    context: &RequestContext,
    request: &DescribeLogDirsRequest<'_>,
) -> Result<Response, CloseReason> {
    let partitions: Vec<Arc<Partition>> = match &request.topics {
        None => node.partitions.all(),
        Some(topics) => topics
            .iter()
            .filter_map(|topic| node.partitions.by_name(&topic.topic).map(|known| (known, topic)))
            .flat_map(|(known, topic)| {
                let indexes = topic.partitions.iter();
                indexes
                    .filter_map(move |index| known.get(PartitionIndex(*index)).cloned())
                    .collect::<Vec<_>>()
            })
            .collect(),
    };
    let moves = node.storage.ongoing_moves();
    let results =
        node.storage.log_directories().map(|directory| describe(directory, &partitions, &moves)).collect();
    Response::encode(context.head, &DescribeLogDirsResponse { results, ..Default::default() })
}

fn describe<'a>(
    directory: &DataDirectory,
    partitions: &[Arc<Partition>],
    moves: &[OngoingMove],
) -> DescribeLogDirsResult<'a> {
    let path = std::path::absolute(directory.path()).unwrap_or_else(|_| directory.path().to_path_buf());
    let log_dir = path.display().to_string();
    if !directory.is_online() {
        return DescribeLogDirsResult {
            error_code: ErrorCode::KafkaStorageError.code(),
            log_dir: log_dir.into(),
            ..Default::default()
        };
    }
    let mut topics: BTreeMap<String, Vec<DescribeLogDirsPartition<'a>>> = BTreeMap::new();
    for partition in partitions.iter().filter(|one| one.placement().directory.id() == directory.id()) {
        let watermarks = partition.watermarks();
        topics.entry(partition.id().topic.to_string()).or_default().push(DescribeLogDirsPartition {
            partition_index: partition.id().index.0,
            partition_size: i64::try_from(partition.size().0).unwrap_or(i64::MAX),
            offset_lag: (watermarks.high_watermark.0 - watermarks.log_end.0).max(0),
            ..Default::default()
        });
    }
    for ongoing in moves.iter().filter(|ongoing| ongoing.target == directory.id()) {
        let id = ongoing.partition.id();
        topics.entry(id.topic.to_string()).or_default().push(DescribeLogDirsPartition {
            partition_index: id.index.0,
            partition_size: i64::try_from(ongoing.copied_bytes).unwrap_or(i64::MAX),
            offset_lag: ongoing.partition.watermarks().log_end.0,
            is_future_key: true,
            ..Default::default()
        });
    }
    // Kafka's -1 says "unknown"; why it is unknown stands in the log.
    let space = directory
        .disk()
        .space(directory.path())
        .inspect_err(|error| tracing::warn!(directory = log_dir, %error, "its free space is unknown"))
        .ok();
    let bytes = |bytes: Option<u64>| bytes.map_or(-1, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    DescribeLogDirsResult {
        log_dir: log_dir.into(),
        topics: topics
            .into_iter()
            .map(|(name, mut partitions)| {
                partitions.sort_unstable_by_key(|partition| partition.partition_index);
                DescribeLogDirsTopic { name: name.into(), partitions, ..Default::default() }
            })
            .collect(),
        total_bytes: bytes(space.map(|space| space.total_bytes)),
        usable_bytes: bytes(space.map(|space| space.usable_bytes)),
        ..Default::default()
    }
}
