//! UpdateFeatures, versions 0 to 2 (KIP-584, KIP-778 upgrade types, KIP-1022 one result for all).

use std::sync::Arc;

use jackdaw_metadata::decide::update_features::{
    FeatureUpdate, UpdateFeatures, UpdateFeaturesAnswer, UpgradeType, update_features,
};
use jackdaw_metadata::decide::{Decision, Mode};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::update_features_request::UpdateFeaturesRequest;
use jackdaw_protocol::messages::update_features_response::{UpdatableFeatureResult, UpdateFeaturesResponse};
use jackdaw_raft::KRaftVersion;

use crate::error_codes::error_of_quorum;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Later, Reply, Response};

/// The first version with validation and upgrade types.
const UPGRADE_TYPE_VERSION: i16 = 1;
/// The first version without a result for each feature.
const ONE_RESULT_VERSION: i16 = 2;

type Refusal = (ErrorCode, String);

/// Executes an UpdateFeatures request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let request = match read(node, context, frame) {
        Ok(request) => request,
        Err(reason) => return Reply::Close(reason),
    };
    let (node, context) = (Arc::clone(node), context.clone());
    Reply::Later(Later::new(async move {
        let names: Vec<String> = request.updates.iter().map(|update| update.name.clone()).collect();
        let result = update(&node, request).await;
        encode(&context, &names, result)
    }))
}

fn read(node: &Node, context: &RequestContext, frame: &Frame<'_>) -> Result<UpdateFeatures, CloseReason> {
    let request: UpdateFeaturesRequest<'_> = frame.decode(context.head)?;
    let view = node.quorum.view();
    let with_types = context.api_version() >= UPGRADE_TYPE_VERSION;
    let updates = request.feature_updates.iter().map(|update| FeatureUpdate {
        name: update.feature.to_string(),
        level: update.max_version_level,
        upgrade_type: match with_types {
            true => UpgradeType::from_code(update.upgrade_type),
            false if update.allow_downgrade => UpgradeType::SafeDowngrade,
            false => UpgradeType::Upgrade,
        },
    });
    Ok(UpdateFeatures {
        updates: updates.collect(),
        kraft_version: view.kraft_version,
        voters: view.voters.iter().map(|voter| voter.key.id).collect(),
        mode: if request.validate_only { Mode::ValidateOnly } else { Mode::Apply },
    })
}

async fn update(node: &Node, request: UpdateFeatures) -> Result<UpdateFeaturesAnswer, Refusal> {
    let decided = node
        .quorum
        .submit_with_kraft_version(move |image, context| match update_features(image, &request, context) {
            Ok(Decision { records, answer }) => {
                // A level is decided only if this version supports it, so it has a name.
                let kraft_version = answer.kraft_version.and_then(KRaftVersion::from_level);
                (Decision { records, answer: Ok(answer) }, kraft_version)
            }
            Err(error) => (Decision::only(Err((error.code(), error.to_string()))), None),
        })
        .await;
    decided.unwrap_or_else(|failure| Err((error_of_quorum(failure), failure.to_string())))
}

fn encode(
    context: &RequestContext,
    names: &[String],
    result: Result<UpdateFeaturesAnswer, Refusal>,
) -> Result<Response, CloseReason> {
    let has_results = context.api_version() < ONE_RESULT_VERSION && result.is_ok();
    let results = names.iter().filter(|_| has_results).map(|name| UpdatableFeatureResult {
        feature: name.clone().into(),
        // Kafka's name of "no error" stands where others would have their text.
        error_message: Some(ErrorCode::None.name().into()),
        ..Default::default()
    });
    let (code, text) = match &result {
        Ok(_) => (ErrorCode::None, None),
        Err((code, text)) => (*code, Some(text.clone())),
    };
    let response = UpdateFeaturesResponse {
        error_code: code.code(),
        error_message: text.map(Into::into),
        results: results.collect(),
        ..Default::default()
    };
    Response::encode(context.head, &response)
}
