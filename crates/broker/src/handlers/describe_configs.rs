//! DescribeConfigs, versions 1 to 4 (KIP-133, KIP-226 synonyms, KIP-412 log levels, KIP-569 types and documentation,
//! KIP-714 client metrics, KIP-848 groups). A broker describes itself only.

use std::sync::Arc;

use jackdaw_base::NodeId;
use jackdaw_base::topic_name::check_topic_name;
use jackdaw_config::describe::describe_client_metrics;
use jackdaw_config::{ConfigSource, Described};
use jackdaw_metadata::Image;
use jackdaw_metadata::decide::InvalidTopicName;
use jackdaw_metadata::image::{ConfigResource, ResourceKind};
use jackdaw_metadata::rules::settings;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::describe_configs_request::{DescribeConfigsRequest, DescribeConfigsResource};
use jackdaw_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResponse, DescribeConfigsResult, DescribeConfigsSynonym,
};

use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply, Response};

/// Why a resource is not described.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
enum DescribeError {
    #[error(transparent)]
    TopicName(#[from] InvalidTopicName),
    #[error("This server does not host this topic-partition.")]
    UnknownTopic,
    #[error("Broker id must be an integer, but it is: {0}")]
    NotABroker(String),
    #[error("Unexpected broker id, expected {expected} or empty string, but received {given}")]
    OtherBroker { expected: NodeId, given: String },
    #[error("Unexpected broker id, expected {expected} but received {given}")]
    OtherBrokersLoggers { expected: NodeId, given: String },
    #[error("Broker id must not be empty")]
    LoggersOfNobody,
    #[error("Client metrics subscription name must not be empty")]
    UnnamedSubscription,
    #[error("Group name must not be empty")]
    UnnamedGroup,
    #[error("Unexpected resource type UNKNOWN for resource {0}")]
    UnknownKind(String),
}

impl DescribeError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::TopicName(_) => ErrorCode::InvalidTopicException,
            Self::UnknownTopic => ErrorCode::UnknownTopicOrPartition,
            Self::NotABroker(_)
            | Self::OtherBroker { .. }
            | Self::OtherBrokersLoggers { .. }
            | Self::LoggersOfNobody
            | Self::UnnamedSubscription
            | Self::UnnamedGroup
            | Self::UnknownKind(_) => ErrorCode::InvalidRequest,
        }
    }
}

/// How much is told of each value.
#[derive(Clone, Copy)]
struct Detail {
    synonyms: bool,
    documentation: bool,
}

/// Executes a DescribeConfigs request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    answer(node, context, frame).into()
}

fn answer(node: &Node, context: &RequestContext, frame: &Frame<'_>) -> Result<Response, CloseReason> {
    let request: DescribeConfigsRequest<'_> = frame.decode(context.head)?;
    let image = node.image();
    let detail = Detail { synonyms: request.include_synonyms, documentation: request.include_documentation };
    let is_known = |resource: &DescribeConfigsResource<'_>| {
        !matches!(ResourceKind::from_code(resource.resource_type), ResourceKind::Other(_))
    };
    // One resource of a kind that nobody knows spoils the whole request.
    let spoiler = request.resources.iter().find(|resource| !is_known(resource));
    let results = request.resources.iter().map(|resource| match spoiler {
        Some(spoiler) => failed(resource, &DescribeError::UnknownKind(spoiler.resource_name.to_string())),
        None => match describe(node, &image, resource) {
            Ok(rows) => described(resource, rows, detail),
            Err(error) => failed(resource, &error),
        },
    });
    Response::encode(
        context.head,
        &DescribeConfigsResponse { results: results.collect(), ..Default::default() },
    )
}

fn describe(
    node: &Node,
    image: &Image,
    resource: &DescribeConfigsResource<'_>,
) -> Result<Vec<Described>, DescribeError> {
    let name = resource.resource_name.as_ref();
    let kind = ResourceKind::from_code(resource.resource_type);
    let overrides = || settings(image.configs.get(&ConfigResource::new(kind, name)));
    match kind {
        ResourceKind::Topic => {
            check_topic_name(name).map_err(|error| InvalidTopicName { name: name.to_owned(), error })?;
            image.topics.id_of(name).ok_or(DescribeError::UnknownTopic)?;
            Ok(node.config().describe_topic(&overrides()))
        }
        ResourceKind::Broker if name.is_empty() => Ok(node.config().describe_cluster_default()),
        ResourceKind::Broker => match broker_id(name)? == node.id {
            true => Ok(node.config().describe_broker()),
            false => Err(DescribeError::OtherBroker { expected: node.id, given: name.to_owned() }),
        },
        ResourceKind::BrokerLogger if name.is_empty() => Err(DescribeError::LoggersOfNobody),
        ResourceKind::BrokerLogger => match broker_id(name)? == node.id {
            true => Ok(loggers(node)),
            false => Err(DescribeError::OtherBrokersLoggers { expected: node.id, given: name.to_owned() }),
        },
        ResourceKind::ClientMetrics if name.is_empty() => Err(DescribeError::UnnamedSubscription),
        ResourceKind::ClientMetrics => Ok(describe_client_metrics(&overrides())),
        ResourceKind::Group if name.is_empty() => Err(DescribeError::UnnamedGroup),
        ResourceKind::Group => Ok(node.config().describe_group(&overrides())),
        ResourceKind::Other(_) => Err(DescribeError::UnknownKind(name.to_owned())),
    }
}

fn broker_id(name: &str) -> Result<NodeId, DescribeError> {
    name.parse().map(NodeId).map_err(|_| DescribeError::NotABroker(name.to_owned()))
}

fn loggers(node: &Node) -> Vec<Described> {
    let rows = node.log_levels.levels().into_iter().map(|(name, level)| Described {
        name,
        value: Some(level.name().to_owned()),
        source: ConfigSource::DynamicBrokerLogger,
        read_only: false,
        sensitive: false,
        synonyms: Vec::new(),
        value_type: None,
        documentation: None,
    });
    rows.collect()
}

fn failed<'a>(resource: &'a DescribeConfigsResource<'_>, error: &DescribeError) -> DescribeConfigsResult<'a> {
    DescribeConfigsResult {
        error_code: error.code().code(),
        error_message: Some(error.to_string().into()),
        resource_type: resource.resource_type,
        resource_name: resource.resource_name.as_ref().into(),
        ..Default::default()
    }
}

/// Only what was asked for by name; no names, or none in the list, stand for all.
fn described<'a>(
    resource: &'a DescribeConfigsResource<'_>,
    rows: Vec<Described>,
    detail: Detail,
) -> DescribeConfigsResult<'a> {
    let keys = resource.configuration_keys.as_deref().filter(|keys| !keys.is_empty());
    let is_asked = |row: &Described| keys.is_none_or(|keys| keys.iter().any(|key| *key == row.name));
    DescribeConfigsResult {
        resource_type: resource.resource_type,
        resource_name: resource.resource_name.as_ref().into(),
        configs: rows.into_iter().filter(is_asked).map(|described| row(described, detail)).collect(),
        ..Default::default()
    }
}

fn row<'a>(described: Described, detail: Detail) -> DescribeConfigsResourceResult<'a> {
    let config_type = described.type_code();
    let synonyms = described.synonyms.into_iter().filter(|_| detail.synonyms);
    DescribeConfigsResourceResult {
        name: described.name.into(),
        value: described.value.map(Into::into),
        read_only: described.read_only,
        config_source: described.source.code(),
        is_sensitive: described.sensitive,
        synonyms: synonyms
            .map(|synonym| DescribeConfigsSynonym {
                name: synonym.name.into(),
                value: synonym.value.map(Into::into),
                source: synonym.source.code(),
                ..Default::default()
            })
            .collect(),
        config_type,
        documentation: described.documentation.filter(|_| detail.documentation).map(Into::into),
        ..Default::default()
    }
}
