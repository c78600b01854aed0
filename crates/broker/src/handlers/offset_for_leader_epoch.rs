//! OffsetForLeaderEpoch, versions 2 to 4 (KIP-101, KIP-320): where an epoch ended, so that a client or follower can
//! find out that its log and this one went different ways.

use std::sync::Arc;

use jackdaw_base::{LeaderEpoch, PartitionIndex};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderEpochRequest, OffsetForLeaderPartition,
};
use jackdaw_protocol::messages::offset_for_leader_epoch_response::{
    EpochEndOffset, OffsetForLeaderEpochResponse, OffsetForLeaderTopicResult,
};

use crate::error_codes::error_of_unavailable;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// Executes an OffsetForLeaderEpoch request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    answer(node, context, frame).into()
}

fn answer(node: &Node, context: &RequestContext, frame: &Frame<'_>) -> Result<Response, CloseReason> {
    let request: OffsetForLeaderEpochRequest<'_> = frame.decode(context.head)?;
    let topics = request
        .topics
        .iter()
        .map(|topic| OffsetForLeaderTopicResult {
            topic: (&*topic.topic).into(),
            partitions: topic
                .partitions
                .iter()
                .map(|partition| look_up(node, &topic.topic, partition))
                .collect(),
            ..Default::default()
        })
        .collect();
    Response::encode(context.head, &OffsetForLeaderEpochResponse { topics, ..Default::default() })
}

fn look_up<'a>(node: &Node, topic: &str, asked: &OffsetForLeaderPartition<'_>) -> EpochEndOffset<'a> {
    let known = node.partitions.by_name(topic);
    let result = match known.as_ref().and_then(|known| known.get(PartitionIndex(asked.partition))) {
        Some(partition) => {
            let current =
                (asked.current_leader_epoch >= 0).then_some(LeaderEpoch(asked.current_leader_epoch));
            partition
                .epoch_end(LeaderEpoch(asked.leader_epoch), current)
                .map_err(|unavailable| error_of_unavailable(&unavailable))
        }
        None => Err(ErrorCode::UnknownTopicOrPartition),
    };
    match result {
        Ok(end) => EpochEndOffset {
            partition: asked.partition,
            leader_epoch: end.leader_epoch.0,
            end_offset: end.end_offset.0,
            ..Default::default()
        },
        Err(error) => EpochEndOffset {
            error_code: error.code(),
            partition: asked.partition,
            leader_epoch: -1,
            end_offset: -1,
            ..Default::default()
        },
    }
}
