//! Why an authentication failed, and what to do about it. No secret stands in any of it.

use std::fmt;
use std::sync::Arc;

use super::{Mechanism, ScramError};

/// Why an authentication failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AuthenticationError {
    /// The broker does not believe who we say we are.
    Refused {
        /// The mechanism.
        mechanism: Mechanism,
        /// Who we said we are, where a name was said.
        user: Option<Arc<str>>,
        /// The broker's words.
        message: Option<Arc<str>>,
    },
    /// The broker's listener does not have the mechanism.
    MechanismNotEnabled {
        /// The mechanism.
        mechanism: Mechanism,
        /// What it has instead.
        enabled: Vec<String>,
    },
    /// The broker's listener authenticates nobody.
    NotAsked,
    /// A conversation in SCRAM went wrong.
    Scram {
        /// The mechanism.
        mechanism: Mechanism,
        /// How.
        reason: ScramError,
    },
    /// The broker goes on asking when everything is said.
    UnexpectedChallenge {
        /// The mechanism.
        mechanism: Mechanism,
    },
    /// There is no token to show.
    NoToken(Arc<dyn std::error::Error + Send + Sync>),
    /// What came in the place of a token is empty, or not in printable ASCII without blanks.
    NotAToken,
}

impl AuthenticationError {
    /// Whether the same attempt may succeed later: only where a token could not be had.
    pub fn is_retriable(&self) -> bool {
        matches!(self, Self::NoToken(_))
    }
}

impl fmt::Display for AuthenticationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { mechanism, user, message } => {
                match user {
                    Some(user) => write!(f, "the broker refuses user `{user}` with {mechanism}")?,
                    None => write!(f, "the broker refuses the token of {mechanism}")?,
                }
                message.as_ref().map_or(Ok(()), |message| write!(f, ": {message}"))
            }
            Self::MechanismNotEnabled { mechanism, enabled } if enabled.is_empty() => {
                write!(f, "the broker's listener does not enable {mechanism}, nor any other mechanism")
            }
            Self::MechanismNotEnabled { mechanism, enabled } => write!(
                f,
                "the broker's listener does not enable {mechanism}; it enables {}: set sasl.mechanism to one of them",
                enabled.join(", ")
            ),
            Self::NotAsked => f.write_str(
                "the broker's listener authenticates nobody: set security.protocol to PLAINTEXT, or to SSL if \
                 the connection has TLS",
            ),
            Self::Scram { mechanism, reason } => write!(f, "{mechanism} failed: {reason}"),
            Self::UnexpectedChallenge { mechanism } => {
                write!(f, "{mechanism} failed: the broker goes on asking when everything is said")
            }
            Self::NoToken(error) => write!(f, "there is no token for OAUTHBEARER: {error}"),
            Self::NotAToken => f.write_str(
                "what came in the place of a token for OAUTHBEARER is none: it is empty, or has blanks or other \
                 characters that no token has",
            ),
        }
    }
}

impl std::error::Error for AuthenticationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Scram { reason, .. } => Some(reason),
            Self::NoToken(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}
