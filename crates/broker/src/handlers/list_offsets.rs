//! ListOffsets, versions 1 to 11 (KIP-79, KIP-320, KIP-734, KIP-405, KIP-1005, KIP-1023). Looking up a timestamp reads
//! batches, so it runs where it may block.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::{LeaderEpoch, PartitionIndex, TimestampMs};
use jackdaw_partition::{Isolation, OffsetError, OffsetQuery};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsRequest};
use jackdaw_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsResponse, ListOffsetsTopicResponse,
};

use super::blocking;
use crate::error_codes::error_of_unavailable;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// The first version that tells the leader epoch of the found record (KIP-320).
const LEADER_EPOCH_VERSION: i16 = 4;

/// What a timestamp of the request stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    /// The log answers it.
    Log(OffsetQuery),
    /// A question about tiered storage, which this log has none of.
    Tiered,
    /// A negative number that this version does not know.
    Unknown,
}

impl Asked {
    fn of(timestamp: i64, version: i16) -> Self {
        match timestamp {
            0.. => Self::Log(OffsetQuery::Timestamp(TimestampMs(timestamp))),
            -1 => Self::Log(OffsetQuery::Latest),
            -2 => Self::Log(OffsetQuery::Earliest),
            -3 if version >= 7 => Self::Log(OffsetQuery::MaxTimestamp),
            -4 if version >= 8 => Self::Log(OffsetQuery::Earliest),
            -5 if version >= 9 => Self::Tiered,
            -6 if version >= 11 => Self::Tiered,
            _ => Self::Unknown,
        }
    }

    fn reads_batches(self) -> bool {
        matches!(self, Self::Log(OffsetQuery::Timestamp(_) | OffsetQuery::MaxTimestamp))
    }
}

/// Executes a ListOffsets request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: ListOffsetsRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let version = context.api_version();
    let mut partitions = request.topics.iter().flat_map(|topic| &topic.partitions);
    if !partitions.any(|partition| Asked::of(partition.timestamp, version).reads_batches()) {
        return answer(node, context, &request).into();
    }
    let request = request.into_owned();
    blocking(node, context, move |node, context| answer(node, context, &request))
}

fn answer(
    node: &Node,
    context: &RequestContext,
    request: &ListOffsetsRequest<'_>,
) -> Result<Response, CloseReason> {
    let isolation = match request.isolation_level {
        1 => Isolation::ReadCommitted,
        _ => Isolation::ReadUncommitted,
    };
    let mut named: BTreeMap<(&str, i32), usize> = BTreeMap::new();
    for topic in &request.topics {
        for partition in &topic.partitions {
            *named.entry((&topic.name, partition.partition_index)).or_default() += 1;
        }
    }
    let topics = request
        .topics
        .iter()
        .map(|topic| ListOffsetsTopicResponse {
            name: (&*topic.name).into(),
            partitions: topic
                .partitions
                .iter()
                .map(|partition| match named.get(&(&*topic.name, partition.partition_index)) {
                    Some(2..) => failed(partition, ErrorCode::InvalidRequest),
                    _ => look_up(node, &topic.name, partition, isolation, context.api_version()),
                })
                .collect(),
            ..Default::default()
        })
        .collect();
    Response::encode(context.head, &ListOffsetsResponse { topics, ..Default::default() })
}

fn look_up<'a>(
    node: &Node,
    topic: &str,
    asked: &ListOffsetsPartition<'_>,
    isolation: Isolation,
    version: i16,
) -> ListOffsetsPartitionResponse<'a> {
    let query = match Asked::of(asked.timestamp, version) {
        Asked::Log(query) => query,
        Asked::Tiered => return found(asked, -1, -1, -1),
        Asked::Unknown => return failed(asked, ErrorCode::UnsupportedVersion),
    };
    let known = node.partitions.by_name(topic);
    let Some(partition) = known.as_ref().and_then(|known| known.get(PartitionIndex(asked.partition_index)))
    else {
        return failed(asked, ErrorCode::UnknownTopicOrPartition);
    };
    let epoch = (asked.current_leader_epoch >= 0).then_some(LeaderEpoch(asked.current_leader_epoch));
    match partition.list_offset(query, isolation, epoch) {
        Ok(Some(listed)) => {
            let epoch = listed.leader_epoch.filter(|_| version >= LEADER_EPOCH_VERSION);
            found(asked, listed.timestamp.0, listed.offset.0, epoch.map_or(-1, |epoch| epoch.0))
        }
        Ok(None) => found(asked, -1, -1, -1),
        Err(OffsetError::Unavailable(unavailable)) => failed(asked, error_of_unavailable(&unavailable)),
    }
}

fn found<'a>(
    asked: &ListOffsetsPartition<'_>,
    timestamp: i64,
    offset: i64,
    leader_epoch: i32,
) -> ListOffsetsPartitionResponse<'a> {
    let partition_index = asked.partition_index;
    ListOffsetsPartitionResponse { partition_index, timestamp, offset, leader_epoch, ..Default::default() }
}

fn failed<'a>(asked: &ListOffsetsPartition<'_>, error: ErrorCode) -> ListOffsetsPartitionResponse<'a> {
    ListOffsetsPartitionResponse { error_code: error.code(), ..found(asked, -1, -1, -1) }
}
