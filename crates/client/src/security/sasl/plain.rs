//! PLAIN (RFC 4616): one message.

/// The message: no authorization identity, name, password.
pub(super) fn message(username: &str, password: &str) -> Vec<u8> {
    ["", username, password].join("\0").into_bytes()
}
