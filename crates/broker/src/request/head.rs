//! What a request says of itself.

use jackdaw_protocol::api_key::ApiKey;

/// What the answer needs to know of the question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestHead {
    /// The API.
    pub api_key: ApiKey,
    /// The version of request and answer.
    pub api_version: i16,
    /// Goes back as it came.
    pub correlation_id: i32,
}
