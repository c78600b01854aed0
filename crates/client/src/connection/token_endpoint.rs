//! Asking an identity provider for a token: one request on a connection of its own.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::tls_handshake;
use super::transport::{self, Received};
use crate::error::ErrorKind;
use crate::security::sasl::endpoint;
use crate::security::{BearerToken, TlsError, TokenEndpoint, TokenError};

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// No answer with a token is longer.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A fresh token; `tls` is there if the endpoint is secured.
pub(super) async fn fetch(
    endpoint: &TokenEndpoint,
    tls: Option<&Arc<ClientConfig>>,
) -> Result<BearerToken, TokenError> {
    let place = |what: &dyn std::fmt::Display| format!("{}:{}: {what}", endpoint.host, endpoint.port);
    let asked = timeout(PATIENCE, ask(endpoint, tls)).await;
    let answer = asked.map_err(|_| place(&format!("no answer within {} s", PATIENCE.as_secs())))?;
    let token = answer.and_then(|answer| endpoint::token(&answer));
    token.map_err(|error| place(&error).into())
}

async fn ask(endpoint: &TokenEndpoint, tls: Option<&Arc<ClientConfig>>) -> Result<BytesMut, TokenError> {
    let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await?;
    let session = match tls {
        None => None,
        Some(tls) => {
            let secured = tls_handshake::handshake(&stream, &endpoint.host, tls).await;
            Some(secured.map_err(words)?)
        }
    };
    let (mut receiver, transport) = transport::split(stream, session);
    let mut outgoing = VecDeque::from([endpoint.request().into()]);
    while !transport.flush(&mut outgoing)? {
        transport.writable().await?;
    }
    let mut answer = BytesMut::new();
    while let Received::Something = receiver.receive(&transport, &mut answer).await? {
        if answer.len() > ANSWER_BYTES_MAX {
            return Err("an answer that is too long".into());
        }
    }
    transport.close();
    Ok(answer)
}

/// The words for a handshake with a broker, where they would mislead, for an identity provider.
fn words(kind: ErrorKind) -> String {
    match kind {
        ErrorKind::Tls(TlsError::UnknownIssuer) => {
            "nobody who is trusted here issued its certificate: https.ca.location names the file with the certificate of \
             its issuer"
                .to_owned()
        }
        ErrorKind::SecurityMismatch(_) => "it ended the connection in the handshake of TLS".to_owned(),
        other => other.to_string(),
    }
}
