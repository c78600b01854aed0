//! ApiVersions, versions 0 to 4 (KIP-35, KIP-511, KIP-584). It tells exactly what works here. A version that does not
//! exist is answered by the connection itself, in version 0.

use jackdaw_metadata::Image;
use jackdaw_metadata::feature::{FEATURES, KRAFT_VERSION};
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::api_versions_request::ApiVersionsRequest;
use jackdaw_protocol::messages::api_versions_response::{
    ApiVersion, ApiVersionsResponse, FinalizedFeatureKey, SupportedFeatureKey,
};

use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Response};

/// The first version in which a client names its software.
const SOFTWARE_VERSION: i16 = 3;
/// Before this version clients stumble over a supported version 0 of a feature: they are not told of such a feature.
const FEATURE_FROM_ZERO_VERSION: i16 = 4;

/// Answers an ApiVersions request with the APIs (key, lowest and highest version) of the listener that it came over.
pub fn answer(
    node: &Node,
    context: &RequestContext,
    frame: &Frame<'_>,
    apis: impl Iterator<Item = (ApiKey, i16, i16)>,
) -> Result<Response, CloseReason> {
    let request: ApiVersionsRequest<'_> = frame.decode(context.head)?;
    let version = context.api_version();
    let is_named =
        is_software_name(&request.client_software_name) && is_software_name(&request.client_software_version);
    if version >= SOFTWARE_VERSION && !is_named {
        let response =
            ApiVersionsResponse { error_code: ErrorCode::InvalidRequest.code(), ..Default::default() };
        return Response::encode(context.head, &response);
    }
    let image = node.image();
    let api = |(api_key, min_version, max_version): (ApiKey, i16, i16)| ApiVersion {
        api_key: api_key.key(),
        min_version,
        max_version,
        ..Default::default()
    };
    let response = ApiVersionsResponse {
        api_keys: apis.map(api).collect(),
        supported_features: FEATURES
            .iter()
            .filter(|feature| version >= FEATURE_FROM_ZERO_VERSION || feature.supported.min > 0)
            .map(|feature| SupportedFeatureKey {
                name: feature.name.into(),
                min_version: feature.supported.min,
                max_version: feature.supported.max,
                ..Default::default()
            })
            .collect(),
        finalized_features_epoch: image.offset().0,
        finalized_features: finalized(&image, node.quorum.view().kraft_version),
        ..Default::default()
    };
    Response::encode(context.head, &response)
}

/// The levels in the metadata, and the quorum's own, which is not there.
fn finalized<'a>(image: &Image, kraft_version: i16) -> Vec<FinalizedFeatureKey<'a>> {
    let levels = image.features.finalized().into_iter();
    let of_quorum = (kraft_version > 0).then_some((KRAFT_VERSION, kraft_version));
    levels
        .chain(of_quorum)
        .map(|(name, level)| FinalizedFeatureKey {
            name: name.to_owned().into(),
            max_version_level: level,
            min_version_level: level,
            ..Default::default()
        })
        .collect()
}

/// Letters and digits, with `.` and `-` inside (KIP-511).
fn is_software_name(text: &str) -> bool {
    let is_outer = |byte: u8| byte.is_ascii_alphanumeric();
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    is_outer(*first)
        && is_outer(*last)
        && bytes.iter().all(|byte| is_outer(*byte) || matches!(byte, b'.' | b'-'))
}
