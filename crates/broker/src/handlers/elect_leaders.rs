//! ElectLeaders, versions 0 to 2 (KIP-183 preferred, KIP-460 unclean).

use std::sync::Arc;

use jackdaw_base::PartitionIndex;
use jackdaw_metadata::decide::Decision;
use jackdaw_metadata::decide::elect_leaders::{
    ElectLeaderError, ElectLeadersAnswer, ElectionType, elect_leaders,
};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::elect_leaders_request::ElectLeadersRequest;
use jackdaw_protocol::messages::elect_leaders_response::{
    ElectLeadersResponse, PartitionResult, ReplicaElectionResult,
};

use crate::error_codes::error_of_quorum;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Later, Reply, Response};

/// The first version with a code for the whole request.
const TOP_LEVEL_ERROR_VERSION: i16 = 1;

type Partitions = Option<Vec<(String, Vec<PartitionIndex>)>>;

/// Executes an ElectLeaders request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let (election, partitions) = match read(context, frame) {
        Ok(read) => read,
        Err(reason) => return Reply::Close(reason),
    };
    let Some(election) = election else {
        return refuse(context, &partitions).into();
    };
    let (node, context) = (Arc::clone(node), context.clone());
    Reply::Later(Later::new(async move {
        let asked = partitions.clone();
        let decided = node
            .quorum
            .submit(move |image, decision| match elect_leaders(image, election, asked.as_deref(), decision) {
                Ok(Decision { records, answer }) => Decision { records, answer: Ok(answer) },
                Err(error) => Decision::only(Err(error.code())),
            })
            .await;
        let result = decided.unwrap_or_else(|failure| Err(error_of_quorum(failure)));
        encode(&context, result, &partitions)
    }))
}

fn read(
    context: &RequestContext,
    frame: &Frame<'_>,
) -> Result<(Option<ElectionType>, Partitions), CloseReason> {
    let request: ElectLeadersRequest<'_> = frame.decode(context.head)?;
    let partitions = request.topic_partitions.as_ref().map(|topics| {
        let topics = topics.iter();
        topics
            .map(|topic| {
                (
                    topic.topic.to_string(),
                    topic.partitions.iter().map(|index| PartitionIndex(*index)).collect(),
                )
            })
            .collect()
    });
    Ok((ElectionType::from_code(request.election_type), partitions))
}

/// A kind of election that does not exist: every partition hears of it.
fn refuse(context: &RequestContext, asked: &Partitions) -> Result<Response, CloseReason> {
    let refused = |index: &PartitionIndex| PartitionResult {
        partition_id: index.0,
        error_code: ErrorCode::InvalidRequest.code(),
        error_message: Some("no such kind of election".into()),
        ..Default::default()
    };
    let results = asked.iter().flatten().map(|(topic, partitions)| ReplicaElectionResult {
        topic: topic.clone().into(),
        partition_result: partitions.iter().map(refused).collect(),
        ..Default::default()
    });
    let has_top_level = context.api_version() >= TOP_LEVEL_ERROR_VERSION;
    let code = if has_top_level { ErrorCode::InvalidRequest } else { ErrorCode::None };
    let response = ElectLeadersResponse {
        error_code: code.code(),
        replica_election_results: results.collect(),
        ..Default::default()
    };
    Response::encode(context.head, &response)
}

fn encode(
    context: &RequestContext,
    result: Result<ElectLeadersAnswer, ErrorCode>,
    asked: &Partitions,
) -> Result<Response, CloseReason> {
    let has_top_level = context.api_version() >= TOP_LEVEL_ERROR_VERSION;
    let (code, answer) = match result {
        Ok(answer) => (ErrorCode::None, answer),
        Err(code) if has_top_level => (code, Vec::new()),
        // Version 0 has room for errors only beside partitions, and not for this one.
        Err(_) => (ErrorCode::None, Vec::new()),
    };
    let is_all = asked.is_none();
    let results = answer.into_iter().map(|(topic, partitions)| ReplicaElectionResult {
        topic: topic.into(),
        partition_result: partitions
            .into_iter()
            // Who asks for all partitions does not want to hear of those that are fine.
            .filter(|(_, result)| !(is_all && *result == Err(ElectLeaderError::NotNeeded)))
            .map(|(index, result)| PartitionResult {
                partition_id: index.0,
                error_code: result.as_ref().err().map_or(ErrorCode::None, ElectLeaderError::code).code(),
                error_message: result.err().map(|error| error.to_string().into()),
                ..Default::default()
            })
            .collect(),
        ..Default::default()
    });
    let response = ElectLeadersResponse {
        error_code: code.code(),
        replica_election_results: results.filter(|result| !result.partition_result.is_empty()).collect(),
        ..Default::default()
    };
    Response::encode(context.head, &response)
}
