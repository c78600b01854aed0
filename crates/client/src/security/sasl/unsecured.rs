//! Tokens that nobody signed (RFC 7515, appendix A.5): for brokers whose operators try OAUTHBEARER out.

use std::collections::BTreeMap;
use std::time::Duration;

use jackdaw_base::base64;
use serde_json::{Map, Value, json};

use super::BearerToken;

/// What such a token says.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct UnsecuredToken {
    /// The claims beside the times; one of them names the principal.
    pub claims: BTreeMap<String, Value>,
    /// How long it is valid.
    pub lifetime: Duration,
}

impl UnsecuredToken {
    /// A token for this principal (the claim `sub`), valid for an hour.
    pub fn new(principal: &str) -> Self {
        let claims = BTreeMap::from([("sub".to_owned(), principal.into())]);
        Self { claims, lifetime: Duration::from_hours(1) }
    }

    /// The token, issued at this time since the epoch.
    pub(crate) fn issue(&self, now: Duration) -> BearerToken {
        let times = [("iat", now.as_secs_f64()), ("exp", now.saturating_add(self.lifetime).as_secs_f64())];
        let times = times.into_iter().map(|(name, time)| (name.to_owned(), json!(time)));
        let claims: Map<String, Value> =
            times.chain(self.claims.iter().map(|(name, value)| (name.clone(), value.clone()))).collect();
        let header = json!({"alg": "none"}).to_string();
        let part = |json: &str| base64_url(json.as_bytes());
        BearerToken::new(format!("{}.{}.", part(&header), part(&Value::Object(claims).to_string())))
    }
}

/// Base64 as tokens have it: the alphabet of addresses, without padding.
fn base64_url(bytes: &[u8]) -> String {
    base64::encode(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}
