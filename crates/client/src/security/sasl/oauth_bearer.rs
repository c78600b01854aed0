//! OAUTHBEARER (RFC 7628) with extensions (KIP-342): one message, and a second one if the broker says what is wrong.

use std::collections::BTreeMap;

use serde_json::Value;

/// What separates the parts of a message.
const SEPARATOR: char = '\x01';
/// What answers the broker's complaint, so that it can refuse.
pub(super) const ACKNOWLEDGEMENT: &[u8] = b"\x01";
/// The part that carries the token: no name for an extension.
const RESERVED: &str = "auth";

/// The message: no binding to a channel, no authorization identity, the token, the extensions.
pub(super) fn message(token: &str, extensions: &BTreeMap<String, String>) -> Vec<u8> {
    let mut text = format!("n,,{SEPARATOR}auth=Bearer {token}{SEPARATOR}");
    for (name, value) in extensions {
        text.extend([name, "=", value]);
        text.push(SEPARATOR);
    }
    text.push(SEPARATOR);
    text.into_bytes()
}

/// What the broker complains of, as in `invalid_token (scope: read)`; its JSON if it is not as the RFC has it.
pub(super) fn complaint(challenge: &[u8]) -> String {
    let parsed: Option<Value> = serde_json::from_slice(challenge).ok();
    let part =
        |name| parsed.as_ref().and_then(|parsed| parsed[name].as_str()).filter(|text| !text.is_empty());
    match (part("status"), part("scope")) {
        (Some(status), Some(scope)) => format!("{status} (scope: {scope})"),
        (Some(status), None) => status.to_owned(),
        (None, _) => String::from_utf8_lossy(challenge).into_owned(),
    }
}

/// What is wrong with a token, if anything: it must not end its part of the message.
pub(super) fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| (0x21..=0x7e).contains(&byte))
}

/// What is wrong with an extension, if anything.
pub(crate) fn extension_problem(name: &str, value: &str) -> Option<&'static str> {
    let is_text = |byte: u8| matches!(byte, 0x20..=0x7e | b'\t' | b'\r' | b'\n');
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        Some("the name of an extension has letters only")
    } else if name == RESERVED {
        Some("`auth` is the token's own place, not an extension's")
    } else if value.is_empty() || !value.bytes().all(is_text) {
        Some("the value of an extension is printable ASCII and not empty")
    } else {
        None
    }
}
