//! Saying who we are on a connection (KIP-43, KIP-152): SaslHandshake names the mechanism, SaslAuthenticate carries its
//! messages. The messages themselves are `security::sasl`'s.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jackdaw_base::base64;
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::sasl_authenticate_request::SaslAuthenticateRequest;
use jackdaw_protocol::messages::sasl_authenticate_response::SaslAuthenticateResponse;
use jackdaw_protocol::messages::sasl_handshake_request::SaslHandshakeRequest;
use jackdaw_protocol::messages::sasl_handshake_response::SaslHandshakeResponse;

use super::security::Sasl;
use super::{RequestFrame, ResponseFrame, Shared, token_endpoint};
use crate::call::Call;
use crate::clock::wall_ms;
use crate::error::{Error, ErrorKind, Result};
use crate::security::sasl::{Exchange, Step};
use crate::security::{AuthenticationError, BearerToken, SaslConfig, TokenError, TokenSource, file};

/// Since this version what follows is SaslAuthenticate; before, bytes without any header.
const FRAMED_FROM: i16 = 1;
/// Random bytes of a nonce.
const NONCE_BYTES: usize = 24;
/// No token is longer.
const TOKEN_BYTES_MAX: u64 = 1 << 20;

/// The token to show, if the mechanism shows one.
pub(super) async fn token(sasl: &Sasl) -> Result<Option<BearerToken>> {
    let SaslConfig::OauthBearer { tokens, .. } = &sasl.config else {
        return Ok(None);
    };
    let token: std::result::Result<BearerToken, TokenError> = match tokens {
        TokenSource::Fixed(token) => Ok(token.clone()),
        TokenSource::File(path) => read_token(path).await,
        TokenSource::Unsecured(token) => {
            Ok(token.issue(Duration::from_millis(u64::try_from(wall_ms()).unwrap_or(0))))
        }
        TokenSource::Provider(provider) => provider.token().await,
        TokenSource::Endpoint(endpoint) => token_endpoint::fetch(endpoint, sasl.provider_tls.as_ref()).await,
    };
    token.map(Some).map_err(|error| AuthenticationError::NoToken(error.into()).into())
}

async fn read_token(path: &Path) -> std::result::Result<BearerToken, TokenError> {
    let file = path.to_owned();
    let bytes = tokio::task::spawn_blocking(move || file::read(&file, TOKEN_BYTES_MAX)).await?;
    let bytes = bytes.map_err(|error| format!("{}: {error}", path.display()))?;
    // The error of the library would carry the token.
    let text = String::from_utf8(bytes).map_err(|_| format!("{}: no text", path.display()))?;
    Ok(BearerToken::new(text.trim()))
}

/// Says who we are; returns for how long the broker believes it, if not for ever (KIP-368). Other requests wait until then.
pub(super) async fn authenticate(
    shared: &Shared,
    sasl: &SaslConfig,
    token: Option<&BearerToken>,
    timeout: Duration,
) -> Result<Option<Duration>> {
    handshake(shared, sasl, timeout).await?;
    let (mut exchange, mut message) = Exchange::begin(sasl, &nonce()?, token)?;
    loop {
        let request = SaslAuthenticateRequest { auth_bytes: message.into(), ..Default::default() };
        let answer = ask(shared, &request, timeout).await?;
        let response: SaslAuthenticateResponse<'_> = answer.decode()?;
        check(&response, sasl, &exchange)?;
        let challenge = response.auth_bytes.to_vec();
        let lifetime_ms = u64::try_from(response.session_lifetime_ms).unwrap_or(0);
        // SCRAM makes its client work for some milliseconds: not where others wait for their answers.
        let step = tokio::task::spawn_blocking(move || {
            let step = exchange.on_challenge(&challenge);
            (exchange, step)
        });
        let (next, step) = step.await.map_err(|_| Error::new(ErrorKind::Closed))?;
        exchange = next;
        match step? {
            Step::Send(next) => message = next,
            Step::Done => return Ok((lifetime_ms > 0).then(|| Duration::from_millis(lifetime_ms))),
        }
    }
}

async fn handshake(shared: &Shared, sasl: &SaslConfig, timeout: Duration) -> Result<()> {
    if shared.versions().range(ApiKey::SaslHandshake.key()).is_none() {
        return Err(AuthenticationError::NotAsked.into());
    }
    let mechanism = sasl.mechanism();
    let request = SaslHandshakeRequest { mechanism: mechanism.name().into() };
    let answer = ask(shared, &request, timeout).await?;
    let response: SaslHandshakeResponse<'_> = answer.decode()?;
    match ErrorCode::from_code(response.error_code) {
        Some(ErrorCode::UnsupportedSaslMechanism) => {
            let enabled = response.mechanisms.iter().map(ToString::to_string).collect();
            Err(AuthenticationError::MechanismNotEnabled { mechanism, enabled }.into())
        }
        Some(ErrorCode::IllegalSaslState) => Err(AuthenticationError::NotAsked.into()),
        _ => Error::check(response.error_code, None),
    }
}

fn check(response: &SaslAuthenticateResponse<'_>, sasl: &SaslConfig, exchange: &Exchange) -> Result<()> {
    let message = response.error_message.as_deref().filter(|message| !message.is_empty());
    if response.error_code != ErrorCode::SaslAuthenticationFailed.code() {
        return Error::check(response.error_code, message);
    }
    let refused = AuthenticationError::Refused {
        mechanism: sasl.mechanism(),
        user: sasl.username().map(Arc::from),
        message: message.or(exchange.complaint()).map(Arc::from),
    };
    Err(refused.into())
}

async fn ask<R: Call>(shared: &Shared, request: &R, timeout: Duration) -> Result<ResponseFrame> {
    let allowed = if R::KEY == ApiKey::SaslHandshake { FRAMED_FROM..=FRAMED_FROM } else { 0..=i16::MAX };
    let version = shared.versions().negotiate(R::KEY, allowed)?;
    let frame = RequestFrame::encode(request, version, &shared.client_id)?;
    shared.ask_at_once(frame, timeout).await
}

fn nonce() -> Result<String> {
    let mut bytes = [0; NONCE_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| ErrorKind::Connect(Arc::new(io::Error::other(error))))?;
    Ok(base64::encode(&bytes))
}
