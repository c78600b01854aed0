//! Metadata, versions 0 to 13 (KIP-4 auto creation, KIP-320 epochs, KIP-430 operations, KIP-516 ids). The first use of a
//! topic makes it, and is told that it is unknown, as Kafka tells; whoever asks again finds it, for it is there before that
//! answer leaves. Old clients that do not ask again are told of the topic at once.

use std::sync::Arc;

use jackdaw_base::TopicId;
use jackdaw_base::topic_name::check_topic_name;
use jackdaw_config::definitions::server;
use jackdaw_metadata::Image;
use jackdaw_metadata::image::{Partition, Topic};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use jackdaw_protocol::messages::metadata_response::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};

use super::authorized;
use super::create_topics::create_by_first_use;
use crate::coordinators::offsets_topic;
use crate::internal_topics::{GROUP_METADATA, is_internal};
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Later, Reply, Response};

/// A topic as the client names it.
#[derive(Clone, PartialEq)]
enum Asked {
    Name(String),
    Id(TopicId),
}

/// What the client asks for.
#[derive(Clone)]
struct Query {
    /// `None`: all topics.
    topics: Option<Vec<Asked>>,
    may_create: bool,
    wants_cluster_operations: bool,
    wants_topic_operations: bool,
}

/// The first flexible version; whoever speaks it knows KIP-511, too.
const FLEXIBLE_VERSION: i16 = 9;

/// The first version in which a topic may be named by its id alone (KIP-516).
const TOPIC_ID_VERSION: i16 = 12;

/// Executes a Metadata request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request: MetadataRequest<'_> = match frame.decode(context.head) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    if !names_are_right(&request, context.api_version()) {
        return refuse_all(context, &request).into();
    }
    let query = read(node, context, &request);
    let image = node.image();
    let missing = missing(&query, &image);
    let lacks_offsets = lacks_offsets_topic(&query, &image);
    if missing.is_empty() && !lacks_offsets {
        return answer(node, context, &image, &query).into();
    }
    let (node, context) = (Arc::clone(node), context.clone());
    Reply::Later(Later::new(async move {
        if lacks_offsets {
            offsets_topic::ensure(&node).await;
        }
        if !missing.is_empty() {
            create_by_first_use(&node, missing).await;
        }
        // As things stood when it was asked: clients rely on the retry that this costs (a message may expire meanwhile).
        let image = if gives_up_on_unknown_topics(&context) { node.image() } else { image };
        answer(&node, &context, &image, &query)
    }))
}

/// Clients of the time before KIP-511 do not say what they are. Among them is kafkajs, whose consumers end with an error when
/// the first answer says that a topic is unknown; those that would ask again lose nothing by an earlier answer.
fn gives_up_on_unknown_topics(context: &RequestContext) -> bool {
    context.software.is_none() && context.api_version() < FLEXIBLE_VERSION
}

/// One topic that is named as it must not be spoils the whole request.
fn names_are_right(request: &MetadataRequest<'_>, version: i16) -> bool {
    request.topics.iter().flatten().all(|topic| match version < TOPIC_ID_VERSION {
        true => topic.name.is_some() && topic.topic_id.is_zero(),
        false => topic.name.is_some() || !topic.topic_id.is_zero(),
    })
}

/// Nothing but the error: no brokers, no cluster.
fn refuse_all(context: &RequestContext, request: &MetadataRequest<'_>) -> Result<Response, CloseReason> {
    let code = ErrorCode::InvalidRequest.code();
    let refused = |topic: &MetadataRequestTopic<'_>| MetadataResponseTopic {
        error_code: code,
        name: Some(topic.name.as_deref().unwrap_or_default().to_owned().into()),
        topic_id: topic.topic_id,
        topic_authorized_operations: authorized::NOT_ASKED,
        ..Default::default()
    };
    let response = MetadataResponse {
        controller_id: -1,
        topics: request.topics.iter().flatten().map(refused).collect(),
        cluster_authorized_operations: authorized::NOT_ASKED,
        error_code: code,
        ..Default::default()
    };
    Response::encode(context.head, &response)
}

fn read(node: &Node, context: &RequestContext, request: &MetadataRequest<'_>) -> Query {
    let topics = request.topics.as_ref().map(|topics| {
        let asked = topics.iter().map(|topic| match &topic.name {
            Some(name) => Asked::Name(name.to_string()),
            None => Asked::Id(topic.topic_id),
        });
        asked.collect::<Vec<_>>()
    });
    // In version 0 an empty list means all topics.
    let topics = topics.filter(|topics| context.api_version() > 0 || !topics.is_empty());
    Query {
        topics,
        may_create: request.allow_auto_topic_creation && node.config().get(server::AUTO_CREATE_TOPICS_ENABLE),
        wants_cluster_operations: request.include_cluster_authorized_operations,
        wants_topic_operations: request.include_topic_authorized_operations,
    }
}

/// Names that are to be created by this use.
fn missing(query: &Query, image: &Image) -> Vec<String> {
    let names = query.topics.iter().flatten().filter_map(|asked| match asked {
        Asked::Name(name) if query.may_create => Some(name),
        Asked::Name(_) | Asked::Id(_) => None,
    });
    let creatable = names.filter(|name| {
        image.topics.by_name(name).is_none() && check_topic_name(name).is_ok() && !is_internal(name)
    });
    let mut names: Vec<String> = creatable.cloned().collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether this use creates the topic of committed offsets, which has configurations of its own.
fn lacks_offsets_topic(query: &Query, image: &Image) -> bool {
    let is_it = |asked: &Asked| matches!(asked, Asked::Name(name) if name == GROUP_METADATA);
    query.may_create
        && query.topics.iter().flatten().any(is_it)
        && image.topics.by_name(GROUP_METADATA).is_none()
}

fn answer(
    node: &Node,
    context: &RequestContext,
    image: &Image,
    query: &Query,
) -> Result<Response, CloseReason> {
    let topics = match &query.topics {
        None => image.topics.iter().map(|topic| known(image, topic, query)).collect(),
        Some(asked) => {
            let is_first = |index: usize| !asked[..index].contains(&asked[index]);
            let asked = asked.iter().enumerate().filter(|(index, _)| is_first(*index));
            asked.map(|(_, asked)| one(image, asked, query)).collect()
        }
    };
    let brokers = node.broker_endpoints(&context.connection.listener_name).into_iter();
    let response = MetadataResponse {
        brokers: brokers
            .map(|(node_id, host, port, rack)| MetadataResponseBroker {
                node_id,
                host: host.into(),
                port,
                rack: rack.map(Into::into),
                ..Default::default()
            })
            .collect(),
        cluster_id: Some((&*node.cluster_id).into()),
        controller_id: node.id.0,
        topics,
        cluster_authorized_operations: authorized::on_cluster(query.wants_cluster_operations),
        ..Default::default()
    };
    Response::encode(context.head, &response)
}

fn one<'a>(image: &'a Image, asked: &'a Asked, query: &Query) -> MetadataResponseTopic<'a> {
    match asked {
        Asked::Name(name) => match image.topics.by_name(name) {
            Some(topic) => known(image, topic, query),
            None => {
                let error = match check_topic_name(name) {
                    Ok(()) => ErrorCode::UnknownTopicOrPartition,
                    Err(_) => ErrorCode::InvalidTopicException,
                };
                unknown(error, Some(name), TopicId::ZERO)
            }
        },
        Asked::Id(id) => match image.topics.get(*id) {
            Some(topic) => known(image, topic, query),
            None => unknown(ErrorCode::UnknownTopicId, None, *id),
        },
    }
}

fn unknown(error: ErrorCode, name: Option<&str>, topic_id: TopicId) -> MetadataResponseTopic<'_> {
    MetadataResponseTopic {
        error_code: error.code(),
        // Without a name it was asked for by id, which only versions can that may answer without one.
        name: name.map(Into::into),
        topic_id,
        is_internal: name.is_some_and(is_internal),
        topic_authorized_operations: authorized::NOT_ASKED,
        ..Default::default()
    }
}

fn known<'a>(image: &Image, topic: &'a Topic, query: &Query) -> MetadataResponseTopic<'a> {
    MetadataResponseTopic {
        name: Some((&*topic.name).into()),
        topic_id: topic.id,
        is_internal: is_internal(&topic.name),
        partitions: topic
            .partitions
            .iter()
            .map(|(index, partition)| described(image, index.0, partition))
            .collect(),
        topic_authorized_operations: authorized::on_topic(query.wants_topic_operations),
        ..Default::default()
    }
}

fn described<'a>(
    image: &Image,
    partition_index: i32,
    partition: &Partition,
) -> MetadataResponsePartition<'a> {
    let leader = partition.leader.filter(|leader| image.cluster.is_unfenced(*leader));
    let error = if leader.is_some() { ErrorCode::None } else { ErrorCode::LeaderNotAvailable };
    MetadataResponsePartition {
        error_code: error.code(),
        partition_index,
        leader_id: leader.map_or(-1, |leader| leader.0),
        leader_epoch: partition.leader_epoch.0,
        offline_replicas: image.offline_replicas(partition).map(|replica| replica.0).collect(),
        replica_nodes: partition.replicas.iter().map(|replica| replica.0).collect(),
        isr_nodes: partition.isr.iter().map(|replica| replica.0).collect(),
        ..Default::default()
    }
}
