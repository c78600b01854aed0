//! The token endpoint of an identity provider (RFC 6749, section 4.4): what is asked there, and what is answered, as the
//! bytes of HTTP. Whoever carries them is elsewhere.

use jackdaw_base::base64;
use serde_json::Value;

use super::{BearerToken, TokenError};
use crate::security::{Secret, TrustStore};

/// An identity provider's token endpoint, with what the client shows there.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct TokenEndpoint {
    /// Whether the address begins with `https`.
    pub is_secured: bool,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The path, with whatever stands behind it.
    pub path: String,
    /// The id of this client there.
    pub client_id: String,
    /// The client's password there.
    pub client_secret: Secret,
    /// What the token is to be good for.
    pub scope: Option<String>,
    /// Who may vouch for the endpoint.
    pub trust: TrustStore,
}

/// Scheme, host, port and path of an address; `None` if it is none of the web.
pub(crate) fn parse_url(url: &str) -> Option<(bool, String, u16, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let is_secured = match scheme {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let (authority, path) = match rest.find(['/', '?']) {
        Some(end) => rest.split_at(end),
        None => (rest, ""),
    };
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (authority, if is_secured { 443 } else { 80 }),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    // Nothing that could end a line of the request.
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    let is_host = !host.is_empty() && is_plain(host) && !host.contains('@');
    (is_host && is_plain(&path)).then(|| (is_secured, host.to_owned(), port, path))
}

impl TokenEndpoint {
    /// The request: the connection ends with its answer.
    pub(crate) fn request(&self) -> Vec<u8> {
        let body = match &self.scope {
            None => "grant_type=client_credentials".to_owned(),
            Some(scope) => format!("grant_type=client_credentials&scope={}", form_encoded(scope)),
        };
        let credentials = format!("{}:{}", self.client_id, self.client_secret.reveal());
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!(
            "POST {} HTTP/1.1\r\nHost: {host}:{}\r\nAuthorization: Basic {}\r\nAccept: application/json\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.path,
            self.port,
            base64::encode(credentials.as_bytes()),
            body.len(),
        )
        .into_bytes()
    }
}

fn form_encoded(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => char::from(byte).to_string(),
        b' ' => "+".to_owned(),
        other => format!("%{other:02X}"),
    });
    encoded.collect()
}

/// The token in a whole answer. What else stands in it shows in no error but the reason that the provider gives.
pub(crate) fn token(answer: &[u8]) -> Result<BearerToken, TokenError> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or("no answer in HTTP")?;
    let head = std::str::from_utf8(&answer[..end]).map_err(|_| "no answer in HTTP")?;
    let mut lines = head.split("\r\n");
    let status =
        lines.next().and_then(|line| line.strip_prefix("HTTP/1.")).and_then(|rest| rest.split(' ').nth(1));
    let status = status.ok_or("no answer in HTTP")?;
    let is_chunked = lines.filter_map(|line| line.split_once(':')).any(|(name, value)| {
        name.eq_ignore_ascii_case("transfer-encoding") && value.trim().eq_ignore_ascii_case("chunked")
    });
    let body = &answer[end + 4..];
    let body = if is_chunked { joined(body).ok_or("an answer that was cut short")? } else { body.to_vec() };
    let parsed: Value = serde_json::from_slice(&body).unwrap_or_default();
    match parsed["access_token"].as_str() {
        Some(token) if status == "200" => Ok(BearerToken::new(token)),
        _ => {
            let part = |name: &str| parsed[name].as_str().map(|text| format!(": {text}")).unwrap_or_default();
            Err(format!(
                "no token in an answer with status {status}{}{}",
                part("error"),
                part("error_description")
            )
            .into())
        }
    }
}

/// The pieces of a chunked body (RFC 9112, section 7.1) as one.
fn joined(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let (piece, behind) = rest[end + 2..].split_at_checked(size)?;
        body.extend_from_slice(piece);
        rest = behind.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests;
