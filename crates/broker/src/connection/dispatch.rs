//! From the bytes of a frame to a handler: the header, what is refused before any handler sees it, and what a client
//! says of its software (KIP-511).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::header::decode_request_header;
use jackdaw_protocol::messages::api_versions_request::ApiVersionsRequest;
use jackdaw_protocol::messages::api_versions_response::{ApiVersion, ApiVersionsResponse};
use jackdaw_protocol::wire::Reader;

use crate::metrics::Stage;
use crate::request::{ClientSoftware, Frame, Handler, RequestContext, RequestHead};
use crate::response::{CloseReason, Reply, Response};

/// The first version of ApiVersions in which clients say who they are.
const API_VERSIONS_WITH_SOFTWARE: i16 = 3;

/// Executes one frame. `context` becomes that of the request.
pub(super) fn dispatch(
    context: &mut RequestContext,
    handler: &dyn Handler,
    bytes: &mut [u8],
    sampled: bool,
) -> Reply {
    let body_position = match read_header(context, bytes) {
        Ok(position) => position,
        Err(reason) => return Reply::Close(reason),
    };
    let RequestHead { api_key, api_version, .. } = context.head;
    let Some(versions) = handler.versions(api_key) else {
        return Reply::Close(CloseReason::UnknownApi { api_key: api_key.key() });
    };
    context.laps.metrics().requests.received(api_key, api_version, bytes.len());
    if !versions.contains(&api_version) {
        return match api_key {
            ApiKey::ApiVersions => refuse_api_versions(context, *versions.start(), *versions.end()),
            _ => Reply::Close(CloseReason::UnsupportedVersion { api_key: api_key.key(), api_version }),
        };
    }
    let mut frame = Frame::new(bytes, body_position);
    if api_key == ApiKey::ApiVersions && api_version >= API_VERSIONS_WITH_SOFTWARE {
        register_software(context, &frame);
    }
    let arrived = context.arrived;
    context.laps.start(api_key, sampled, arrived);
    context.laps.mark(Stage::Read);
    let context = &*context;
    match catch_unwind(AssertUnwindSafe(|| handler.handle(context, &mut frame))) {
        Ok(reply) => reply,
        Err(_) => Reply::Close(CloseReason::Panicked { api_key: api_key.key() }),
    }
}

/// Reads the header into `context`; returns where the body starts.
fn read_header(context: &mut RequestContext, bytes: &[u8]) -> Result<usize, CloseReason> {
    let mut reader = Reader::new(bytes);
    let header = decode_request_header(&mut reader).map_err(|error| CloseReason::BadHeader { error })?;
    let api_key =
        ApiKey::from_i16(header.api_key).ok_or(CloseReason::UnknownApi { api_key: header.api_key })?;
    context.head =
        RequestHead { api_key, api_version: header.api_version, correlation_id: header.correlation_id };
    // A client calls itself the same in every request, so the name is copied once.
    if context.client_id.as_deref() != header.client_id.as_deref() {
        context.client_id = header.client_id.map(Arc::from);
    }
    Ok(bytes.len() - reader.remaining())
}

/// A client may ask for a version of ApiVersions that is newer than we are: it gets error 35 in version 0's format, and
/// the versions of ApiVersions, and asks again (KIP-511).
fn refuse_api_versions(context: &RequestContext, min_version: i16, max_version: i16) -> Reply {
    let response = ApiVersionsResponse {
        error_code: ErrorCode::UnsupportedVersion.code(),
        api_keys: vec![ApiVersion {
            api_key: ApiKey::ApiVersions.key(),
            min_version,
            max_version,
            ..ApiVersion::default()
        }],
        ..ApiVersionsResponse::default()
    };
    context.laps.metrics().requests.error(ApiKey::ApiVersions, ErrorCode::UnsupportedVersion);
    Response::encode_as_version_0(context.head, &response).into()
}

/// Notes the client's software, if it says so in valid words. The handler refuses invalid ones.
fn register_software(context: &mut RequestContext, frame: &Frame<'_>) {
    let Ok(request) = frame.decode::<ApiVersionsRequest<'_>>(context.head) else {
        return;
    };
    let (name, version) = (&request.client_software_name, &request.client_software_version);
    if is_software_word(name) && is_software_word(version) {
        let software = ClientSoftware { name: name.as_ref().into(), version: version.as_ref().into() };
        context.software = Some(Arc::new(software));
    }
}

/// Letters, digits, dots and dashes, with a letter or digit at both ends: what KIP-511 allows.
pub fn is_software_word(word: &str) -> bool {
    let bytes = word.as_bytes();
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    is_end(bytes.first())
        && is_end(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests;
