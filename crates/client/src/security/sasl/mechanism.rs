//! The mechanisms of SASL that this client has, each with what it needs.

use std::collections::BTreeMap;
use std::fmt;

use super::TokenSource;
use crate::security::Secret;

/// A mechanism of SASL, by Kafka's names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mechanism {
    /// A name and a password, readable for who reads the connection (RFC 4616).
    Plain,
    /// A proof of knowing the password (RFC 5802, RFC 7677).
    Scram(ScramHash),
    /// A token of an identity provider (RFC 7628, KIP-255).
    OauthBearer,
}

/// The hash of SCRAM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScramHash {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Mechanism {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Plain, Self::Scram(ScramHash::Sha256), Self::Scram(ScramHash::Sha512), Self::OauthBearer];

    /// The name that goes to the broker.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Scram(ScramHash::Sha256) => "SCRAM-SHA-256",
            Self::Scram(ScramHash::Sha512) => "SCRAM-SHA-512",
            Self::OauthBearer => "OAUTHBEARER",
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How the client says who it is.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum SaslConfig {
    /// [`Mechanism::Plain`].
    Plain {
        /// The name.
        username: String,
        /// Its password.
        password: Secret,
    },
    /// [`Mechanism::Scram`].
    Scram {
        /// The hash.
        hash: ScramHash,
        /// The name, or the id of a delegation token.
        username: String,
        /// Its password, or the token's HMAC.
        password: Secret,
        /// Whether these are a delegation token's (KIP-48; `tokenauth=true`).
        is_delegation_token: bool,
    },
    /// [`Mechanism::OauthBearer`].
    OauthBearer {
        /// Where tokens come from.
        tokens: TokenSource,
        /// What the broker is told beside the token (KIP-342).
        extensions: BTreeMap<String, String>,
    },
}

impl SaslConfig {
    /// The mechanism.
    pub fn mechanism(&self) -> Mechanism {
        match self {
            Self::Plain { .. } => Mechanism::Plain,
            Self::Scram { hash, .. } => Mechanism::Scram(*hash),
            Self::OauthBearer { .. } => Mechanism::OauthBearer,
        }
    }

    /// The name of the user, where it is known without asking anyone.
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::Plain { username, .. } | Self::Scram { username, .. } => Some(username),
            Self::OauthBearer { .. } => None,
        }
    }
}
