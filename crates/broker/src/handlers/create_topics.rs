//! CreateTopics, versions 2 to 7 (KIP-4, KIP-464 defaults, KIP-516 ids, KIP-525 configurations in the answer).

use std::sync::Arc;

use jackdaw_base::{NodeId, PartitionIndex};
use jackdaw_metadata::decide::create_topics::{
    Assignment, CreateTopicError, CreateTopics, CreateTopicsAnswer, CreatedTopic, NewTopic, create_topics,
};
use jackdaw_metadata::decide::{Decision, Mode};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::create_topics_request::CreateTopicsRequest;
use jackdaw_protocol::messages::create_topics_response::{
    CreatableTopicConfigs, CreatableTopicResult, CreateTopicsResponse,
};

use crate::error_codes::error_of_quorum;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Later, Reply, Response};

/// The whole request was refused: (code, text).
type Refusal = (ErrorCode, String);

/// Executes a CreateTopics request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request = match read(context, frame) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let (node, context) = (Arc::clone(node), context.clone());
    Reply::Later(Later::new(async move {
        let names: Vec<String> = request.topics.iter().map(|topic| topic.name.clone()).collect();
        let answer = create(&node, request).await;
        encode(&context, &names, answer)
    }))
}

fn read(context: &RequestContext, frame: &Frame<'_>) -> Result<CreateTopics, CloseReason> {
    let request: CreateTopicsRequest<'_> = frame.decode(context.head)?;
    let topics = request.topics.iter().map(|topic| NewTopic {
        name: topic.name.to_string(),
        partition_count: topic.num_partitions,
        replication_factor: topic.replication_factor,
        assignments: topic
            .assignments
            .iter()
            .map(|assignment| Assignment {
                partition: PartitionIndex(assignment.partition_index),
                replicas: assignment.broker_ids.iter().map(|id| NodeId(*id)).collect(),
            })
            .collect(),
        configs: topic
            .configs
            .iter()
            .map(|config| (config.name.to_string(), config.value.as_ref().map(ToString::to_string)))
            .collect(),
    });
    let mode = if request.validate_only { Mode::ValidateOnly } else { Mode::Apply };
    Ok(CreateTopics { topics: topics.collect(), mode })
}

async fn create(node: &Node, request: CreateTopics) -> Result<CreateTopicsAnswer, Refusal> {
    let decided = node
        .quorum
        .submit(move |image, context| match create_topics(image, &request, context) {
            Ok(Decision { records, answer }) => Decision { records, answer: Ok(answer) },
            Err(error) => Decision::only(Err((error.code(), error.to_string()))),
        })
        .await;
    decided.unwrap_or_else(|failure| Err((error_of_quorum(failure), failure.to_string())))
}

/// Makes topics that were named before they exist; what cannot be made stays unknown to the client.
pub async fn create_by_first_use(node: &Node, names: Vec<String>) {
    let topics = names.into_iter().map(|name| NewTopic {
        name,
        partition_count: -1,
        replication_factor: -1,
        assignments: Vec::new(),
        configs: Vec::new(),
    });
    let request = CreateTopics { topics: topics.collect(), mode: Mode::Apply };
    match create(node, request).await {
        Ok(answer) => {
            for (name, result) in answer {
                match result {
                    Ok(created) => tracing::info!(
                        topic = name,
                        partitions = created.partition_count,
                        "created by first use"
                    ),
                    Err(CreateTopicError::Exists(_)) => {}
                    Err(error) => tracing::warn!(topic = name, %error, "not created by first use"),
                }
            }
        }
        Err((_, text)) => tracing::warn!(text, "no topic was created by first use"),
    }
}

fn encode(
    context: &RequestContext,
    names: &[String],
    answer: Result<CreateTopicsAnswer, Refusal>,
) -> Result<Response, CloseReason> {
    let topics = match answer {
        Ok(answer) => answer.into_iter().map(|(name, result)| one(name, result)).collect(),
        Err((code, text)) => names.iter().map(|name| failed(name.clone(), code, text.clone())).collect(),
    };
    Response::encode(context.head, &CreateTopicsResponse { topics, ..Default::default() })
}

fn one<'a>(name: String, result: Result<CreatedTopic, CreateTopicError>) -> CreatableTopicResult<'a> {
    let created = match result {
        Ok(created) => created,
        Err(error) => return failed(name, error.code(), error.to_string()),
    };
    let configs = created.configs.into_iter().map(|config| CreatableTopicConfigs {
        name: config.name.clone().into(),
        value: config.value.clone().map(Into::into),
        read_only: config.read_only,
        config_source: config.source.code(),
        is_sensitive: config.sensitive,
        ..Default::default()
    });
    CreatableTopicResult {
        name: name.into(),
        topic_id: created.id,
        num_partitions: created.partition_count,
        replication_factor: created.replication_factor,
        configs: Some(configs.collect()),
        error_message: None,
        ..Default::default()
    }
}

fn failed<'a>(name: String, error: ErrorCode, text: String) -> CreatableTopicResult<'a> {
    CreatableTopicResult {
        name: name.into(),
        error_code: error.code(),
        error_message: Some(text.into()),
        num_partitions: -1,
        replication_factor: -1,
        ..Default::default()
    }
}
