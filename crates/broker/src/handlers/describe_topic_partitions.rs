//! DescribeTopicPartitions, version 0 (KIP-966). Topics come by name, and at most
//! `max.request.partition.size.limit` partitions at once: a cursor says where the next request goes on.
//!
//! ```text
//! limit 3:  a-0 a-1 | b-0        cursor b-1
//! then:     b-1 b-2 | c-0        no cursor: that was all
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use jackdaw_base::topic_name::check_topic_name;
use jackdaw_base::{NodeId, PartitionIndex, TopicId};
use jackdaw_config::definitions::server;
use jackdaw_metadata::Image;
use jackdaw_metadata::image::{Partition, Topic};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::describe_topic_partitions_request::DescribeTopicPartitionsRequest;
use jackdaw_protocol::messages::describe_topic_partitions_response::{
    Cursor, DescribeTopicPartitionsResponse, DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic,
};

use super::authorized;
use crate::internal_topics::is_internal;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// Executes a DescribeTopicPartitions request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    answer(node, context, frame).into()
}

/// Where a description begins.
#[derive(Clone, Copy)]
struct Start<'r> {
    topic: &'r str,
    partition: usize,
}

fn answer(node: &Node, context: &RequestContext, frame: &Frame<'_>) -> Result<Response, CloseReason> {
    let request: DescribeTopicPartitionsRequest<'_> = frame.decode(context.head)?;
    let names: BTreeSet<&str> = request.topics.iter().map(|topic| topic.name.as_ref()).collect();
    let start = match start(&request, &names) {
        Ok(start) => start,
        Err(error) => return refused(context, &names, error),
    };
    let limit =
        request.response_partition_limit.min(node.config().get(server::MAX_REQUEST_PARTITION_SIZE_LIMIT));
    let limit = usize::try_from(limit).unwrap_or(1).max(1);
    let image = node.image();
    let response = match names.is_empty() {
        true => page(&image, image.topics.iter_from(start.topic).map(Ok), start, limit),
        false => {
            let asked = names.range(start.topic..).map(|name| image.topics.by_name(name).ok_or(*name));
            page(&image, asked, start, limit)
        }
    };
    Response::encode(context.head, &response)
}

fn start<'r>(
    request: &'r DescribeTopicPartitionsRequest<'_>,
    names: &BTreeSet<&str>,
) -> Result<Start<'r>, ErrorCode> {
    let Some(cursor) = &request.cursor else { return Ok(Start { topic: "", partition: 0 }) };
    let topic = cursor.topic_name.as_ref();
    let is_asked = names.is_empty() || names.contains(topic);
    match usize::try_from(cursor.partition_index) {
        Ok(partition) if is_asked => Ok(Start { topic, partition }),
        _ => Err(ErrorCode::InvalidRequest),
    }
}

fn refused(
    context: &RequestContext,
    names: &BTreeSet<&str>,
    error: ErrorCode,
) -> Result<Response, CloseReason> {
    let topics = names.iter().map(|name| DescribeTopicPartitionsResponseTopic {
        error_code: error.code(),
        name: Some((*name).into()),
        topic_authorized_operations: authorized::NOT_ASKED,
        ..Default::default()
    });
    let response = DescribeTopicPartitionsResponse { topics: topics.collect(), ..Default::default() };
    Response::encode(context.head, &response)
}

/// As many partitions as may be; `Err` is the name of a topic that does not exist.
fn page<'i>(
    image: &'i Image,
    asked: impl Iterator<Item = Result<&'i Topic, &'i str>>,
    start: Start<'_>,
    limit: usize,
) -> DescribeTopicPartitionsResponse<'i> {
    let mut response = DescribeTopicPartitionsResponse::default();
    let mut left = limit;
    for topic in asked {
        let name = topic.map_or_else(|name| name, |topic| &topic.name);
        let first = if name == start.topic { start.partition } else { 0 };
        if left == 0 {
            response.next_cursor = Some(cursor(name, 0));
            break;
        }
        let Ok(topic) = topic else {
            let error = match check_topic_name(name) {
                Ok(()) => ErrorCode::UnknownTopicOrPartition,
                Err(_) => ErrorCode::InvalidTopicException,
            };
            response.topics.push(unknown(name, error));
            continue;
        };
        let end = first.saturating_add(left).min(topic.partition_count());
        response.topics.push(described(image, topic, first..end));
        if end < topic.partition_count() {
            response.next_cursor = Some(cursor(name, end));
            break;
        }
        left -= end.saturating_sub(first);
    }
    response
}

fn cursor(topic: &str, partition: usize) -> Cursor<'_> {
    let partition_index = i32::try_from(partition).expect("the metadata numbers partitions with 32 bits");
    Cursor { topic_name: topic.into(), partition_index, ..Default::default() }
}

fn unknown(name: &str, error: ErrorCode) -> DescribeTopicPartitionsResponseTopic<'static> {
    DescribeTopicPartitionsResponseTopic {
        error_code: error.code(),
        name: Some(name.to_owned().into()),
        topic_id: TopicId::ZERO,
        is_internal: is_internal(name),
        topic_authorized_operations: authorized::on_topic(true),
        ..Default::default()
    }
}

fn described<'i>(
    image: &Image,
    topic: &'i Topic,
    range: std::ops::Range<usize>,
) -> DescribeTopicPartitionsResponseTopic<'i> {
    let partitions = range.filter_map(|index| {
        let index = PartitionIndex(i32::try_from(index).ok()?);
        Some(partition(image, index, topic.partition(index)?))
    });
    DescribeTopicPartitionsResponseTopic {
        name: Some((&*topic.name).into()),
        topic_id: topic.id,
        is_internal: is_internal(&topic.name),
        partitions: partitions.collect(),
        topic_authorized_operations: authorized::on_topic(true),
        ..Default::default()
    }
}

fn partition<'a>(
    image: &Image,
    index: PartitionIndex,
    partition: &Partition,
) -> DescribeTopicPartitionsResponsePartition<'a> {
    let ids = |nodes: &[NodeId]| nodes.iter().map(|node| node.0).collect::<Vec<i32>>();
    let leader = partition.leader.filter(|leader| image.cluster.is_unfenced(*leader));
    DescribeTopicPartitionsResponsePartition {
        partition_index: index.0,
        leader_id: leader.map_or(-1, |leader| leader.0),
        leader_epoch: partition.leader_epoch.0,
        replica_nodes: ids(&partition.replicas),
        isr_nodes: ids(&partition.isr),
        eligible_leader_replicas: Some(ids(&partition.eligible_leader_replicas)),
        last_known_elr: Some(ids(&partition.last_known_elr)),
        offline_replicas: image.offline_replicas(partition).map(|replica| replica.0).collect(),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests;
