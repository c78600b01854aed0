//! One authentication as a conversation: what to say first, and what to each challenge.
//!
//! ```text
//! PLAIN        message ─▶ done
//! SCRAM        name, nonce ─▶ salt ─▶ proof ─▶ the server's proof: done, or a forger
//! OAUTHBEARER  token ─▶ done, or ─▶ complaint ─▶ acknowledged, and then refused
//! ```

use super::scram::Scram;
use super::{AuthenticationError, BearerToken, Mechanism, SaslConfig, oauth_bearer, plain};

/// A conversation that has begun.
pub(crate) enum Exchange {
    /// Nothing more to say: any challenge but an empty one is too much.
    Said(Mechanism),
    Scram(Box<Scram>),
    OauthBearer {
        complaint: Option<String>,
    },
}

/// What follows a challenge.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    Done,
}

impl Exchange {
    /// The conversation with its first message. `nonce` is printable, without commas, and new each time; `token` is there
    /// where the mechanism needs one.
    pub(crate) fn begin(
        config: &SaslConfig,
        nonce: &str,
        token: Option<&BearerToken>,
    ) -> Result<(Self, Vec<u8>), AuthenticationError> {
        match config {
            SaslConfig::Plain { username, password } => {
                let message = plain::message(username, password.reveal());
                Ok((Self::Said(Mechanism::Plain), message))
            }
            SaslConfig::Scram { hash, username, password, is_delegation_token } => {
                let scram = Scram::new(*hash, username, password, *is_delegation_token, nonce);
                let message = scram.first_message();
                Ok((Self::Scram(Box::new(scram)), message))
            }
            SaslConfig::OauthBearer { extensions, .. } => {
                let token =
                    token.map(|token| token.value().reveal()).filter(|token| oauth_bearer::is_token(token));
                let token = token.ok_or(AuthenticationError::NotAToken)?;
                Ok((Self::OauthBearer { complaint: None }, oauth_bearer::message(token, extensions)))
            }
        }
    }

    /// What to do about the broker's answer. With SCRAM this takes milliseconds of work.
    pub(crate) fn on_challenge(&mut self, challenge: &[u8]) -> Result<Step, AuthenticationError> {
        match self {
            Self::Said(_) if challenge.is_empty() => Ok(Step::Done),
            Self::Said(mechanism) => Err(AuthenticationError::UnexpectedChallenge { mechanism: *mechanism }),
            Self::Scram(scram) => {
                let mechanism = scram.mechanism();
                scram
                    .on_challenge(challenge)
                    .map_err(|reason| AuthenticationError::Scram { mechanism, reason })
            }
            Self::OauthBearer { complaint: None } if challenge.is_empty() => Ok(Step::Done),
            Self::OauthBearer { complaint: complaint @ None } => {
                *complaint = Some(oauth_bearer::complaint(challenge));
                Ok(Step::Send(oauth_bearer::ACKNOWLEDGEMENT.to_vec()))
            }
            // The broker has to refuse now, which is an error code and no challenge.
            Self::OauthBearer { .. } => {
                Err(AuthenticationError::UnexpectedChallenge { mechanism: Mechanism::OauthBearer })
            }
        }
    }

    /// What the broker has complained of before it refuses.
    pub(crate) fn complaint(&self) -> Option<&str> {
        match self {
            Self::OauthBearer { complaint } => complaint.as_deref(),
            Self::Said(_) | Self::Scram(_) => None,
        }
    }
}
