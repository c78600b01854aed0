//! The first exchange on a connection: ApiVersions, with the client's name (KIP-511). A broker that is too old for the
//! newest version of ApiVersions answers in version 0 and says what it speaks.

use std::time::Duration;

use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::api_versions_request::ApiVersionsRequest;
use jackdaw_protocol::messages::api_versions_response::ApiVersionsResponse;

use super::versions::ApiVersions;
use super::{Connection, RequestFrame};
use crate::error::{Error, Result};

/// How the client names itself.
const SOFTWARE_NAME: &str = "jackdaw";
/// The first version that carries the name.
const NAMED_FROM: i16 = 3;

/// Asks what the broker speaks.
///
/// # Errors
/// The connection's, or what the broker answers.
pub(super) async fn api_versions(connection: &Connection, timeout: Duration) -> Result<ApiVersions> {
    let highest = *ApiKey::ApiVersions.request_versions().end();
    match ask(connection, highest, timeout).await? {
        Answer::Versions(versions) => Ok(versions),
        Answer::TooNew(offered) => match ask(connection, offered.min(highest - 1), timeout).await? {
            Answer::Versions(versions) => Ok(versions),
            Answer::TooNew(_) => Err(Error::broker_error(ErrorCode::UnsupportedVersion)),
        },
    }
}

enum Answer {
    Versions(ApiVersions),
    /// The broker speaks versions up to this one.
    TooNew(i16),
}

async fn ask(connection: &Connection, version: i16, timeout: Duration) -> Result<Answer> {
    let mut request = ApiVersionsRequest::default();
    if version >= NAMED_FROM {
        request.client_software_name = SOFTWARE_NAME.into();
        request.client_software_version = env!("CARGO_PKG_VERSION").into();
    }
    let frame = RequestFrame::encode(&request, version, connection.client_id())?;
    let answer = connection.request(frame, timeout).await?;
    let error_code = answer.body()?.i16()?;
    if error_code == ErrorCode::UnsupportedVersion.code() {
        let response: ApiVersionsResponse<'_> = answer.decode_as(0)?;
        let own = response.api_keys.iter().find(|api| api.api_key == ApiKey::ApiVersions.key());
        return Ok(Answer::TooNew(own.map_or(0, |api| api.max_version)));
    }
    Error::check(error_code, None)?;
    let response: ApiVersionsResponse<'_> = answer.decode()?;
    Ok(Answer::Versions(ApiVersions::from_response(&response)))
}
