//! DescribeQuorum, versions 0 to 2 (KIP-595, KIP-836 times, KIP-853 directories).

use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::describe_quorum_request::DescribeQuorumRequest;
use jackdaw_protocol::messages::describe_quorum_response::{
    DescribeQuorumResponse, Listener, Node as QuorumNode, PartitionData, ReplicaState, TopicData,
};

use crate::node::Node;
use crate::quorum::QuorumView;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// The only topic that has a quorum.
const METADATA_TOPIC: &str = "__cluster_metadata";
/// The first version with times.
const TIMES_VERSION: i16 = 1;
/// The first version with directories and addresses.
const DIRECTORIES_VERSION: i16 = 2;

/// Executes a DescribeQuorum request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    answer(node, context, frame).into()
}

fn answer(node: &Node, context: &RequestContext, frame: &Frame<'_>) -> Result<Response, CloseReason> {
    let request: DescribeQuorumRequest<'_> = frame.decode(context.head)?;
    let view = node.quorum.view();
    let is_only_metadata = |topic: &str, partition: i32| topic == METADATA_TOPIC && partition == 0;
    let topics = request
        .topics
        .iter()
        .map(|topic| TopicData {
            topic_name: (&*topic.topic_name).into(),
            partitions: topic
                .partitions
                .iter()
                .map(|partition| match is_only_metadata(&topic.topic_name, partition.partition_index) {
                    true => describe(node, &view, context.api_version()),
                    false => PartitionData {
                        partition_index: partition.partition_index,
                        error_code: ErrorCode::UnknownTopicOrPartition.code(),
                        error_message: Some("only the metadata log has a quorum".into()),
                        ..Default::default()
                    },
                })
                .collect(),
            ..Default::default()
        })
        .collect();
    let names_quorum = request.topics.iter().any(|topic| {
        topic
            .partitions
            .iter()
            .any(|partition| is_only_metadata(&topic.topic_name, partition.partition_index))
    });
    let nodes =
        if names_quorum && context.api_version() >= DIRECTORIES_VERSION { nodes(&view) } else { Vec::new() };
    Response::encode(context.head, &DescribeQuorumResponse { topics, nodes, ..Default::default() })
}

fn describe<'a>(node: &Node, view: &QuorumView, version: i16) -> PartitionData<'a> {
    let now = node.clock.wall().0;
    // This node leads alone: it has fetched from itself just now.
    let time = if version >= TIMES_VERSION { now } else { -1 };
    let voters = view.voters.iter().map(|voter| {
        let directory = voter.key.directory.filter(|_| version >= DIRECTORIES_VERSION);
        ReplicaState {
            replica_id: voter.key.id.0,
            replica_directory_id: directory.unwrap_or_default(),
            log_end_offset: view.log_end.0,
            last_fetch_timestamp: time,
            last_caught_up_timestamp: time,
            ..Default::default()
        }
    });
    PartitionData {
        partition_index: 0,
        leader_id: view.leader.map_or(-1, |leader| leader.0),
        leader_epoch: view.epoch.0,
        high_watermark: view.high_watermark.0,
        current_voters: voters.collect(),
        ..Default::default()
    }
}

fn nodes<'a>(view: &QuorumView) -> Vec<QuorumNode<'a>> {
    let listener = |endpoint: &jackdaw_raft::Endpoint| Listener {
        name: endpoint.listener.clone().into(),
        host: endpoint.host.clone().into(),
        port: endpoint.port,
        ..Default::default()
    };
    view.voters
        .iter()
        .map(|voter| QuorumNode {
            node_id: voter.key.id.0,
            listeners: voter.endpoints.0.iter().map(listener).collect(),
            ..Default::default()
        })
        .collect()
}
