//! DeleteTopics, versions 1 to 6 (KIP-4, KIP-516 ids). When it is answered, the topics are gone from the metadata and
//! from this node's partitions; their files follow after `file.delete.delay.ms`.

use std::sync::Arc;

use jackdaw_base::TopicId;
use jackdaw_metadata::decide::delete_topics::{DeletedTopic, TopicSelector, delete_topics};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::delete_topics_request::DeleteTopicsRequest;
use jackdaw_protocol::messages::delete_topics_response::{DeletableTopicResult, DeleteTopicsResponse};

use super::refusal::{Refusal, decided};
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Later, Reply, Response};

/// The first version whose clients know TOPIC_DELETION_DISABLED.
const DELETION_DISABLED_VERSION: i16 = 3;

/// Executes a DeleteTopics request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let topics = match read(context, frame) {
        Ok(topics) => topics,
        Err(reason) => return Reply::Close(reason),
    };
    let (node, context) = (Arc::clone(node), context.clone());
    Reply::Later(Later::new(async move {
        let named = topics.clone();
        let answer = decided(&node, move |image, context| delete_topics(image, &topics, context)).await;
        let responses = match answer {
            Ok(topics) => topics.into_iter().map(one).collect(),
            Err(refusal) => refused(named, &refusal, context.api_version()),
        };
        Response::encode(context.head, &DeleteTopicsResponse { responses, ..Default::default() })
    }))
}

fn read(context: &RequestContext, frame: &Frame<'_>) -> Result<Vec<TopicSelector>, CloseReason> {
    let request: DeleteTopicsRequest<'_> = frame.decode(context.head)?;
    let by_name = request
        .topic_names
        .iter()
        .map(|name| TopicSelector { name: Some(name.to_string()), id: TopicId::ZERO });
    let by_either = request.topics.iter().map(|topic| TopicSelector {
        name: topic.name.as_ref().map(ToString::to_string),
        id: topic.topic_id,
    });
    Ok(by_name.chain(by_either).collect())
}

fn one<'a>(topic: DeletedTopic) -> DeletableTopicResult<'a> {
    let (error, text) = match topic.result {
        Ok(()) => (ErrorCode::None, None),
        Err(error) => (error.code(), Some(error.to_string())),
    };
    DeletableTopicResult {
        name: topic.name.map(Into::into),
        topic_id: topic.id,
        error_code: error.code(),
        error_message: text.map(Into::into),
        ..Default::default()
    }
}

fn refused<'a>(topics: Vec<TopicSelector>, refusal: &Refusal, version: i16) -> Vec<DeletableTopicResult<'a>> {
    let error = match refusal.error {
        ErrorCode::TopicDeletionDisabled if version < DELETION_DISABLED_VERSION => ErrorCode::InvalidRequest,
        error => error,
    };
    let results = topics.into_iter().map(|topic| DeletableTopicResult {
        name: topic.name.map(Into::into),
        topic_id: topic.id,
        error_code: error.code(),
        error_message: Some(refusal.text.clone().into()),
        ..Default::default()
    });
    results.collect()
}
