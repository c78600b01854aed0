//! SCRAM as the client speaks it (RFC 5802, RFC 7677; KIP-84), over SHA-256 and SHA-512. The server has to prove that it
//! knows the password, too. Names and passwords go as they are: Kafka prepares neither with SASLprep.

use std::fmt;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use aws_lc_rs::{constant_time, digest, hmac, pbkdf2};
use jackdaw_base::base64;

use super::exchange::Step;
use super::{Mechanism, ScramHash};
use crate::security::Secret;

/// Fewer make guessing cheap, and a broker that asks for fewer is none of Kafka's; more would keep the client busy for
/// seconds at a stranger's word.
const ITERATIONS: RangeInclusive<u32> = 4096..=1_000_000;
/// No binding to a TLS channel, no other identity: what Kafka speaks.
const GS2_HEADER: &str = "n,,";
/// The header in base64, as the last message repeats it.
const GS2_HEADER_ENCODED: &str = "c=biws";

/// Why a conversation in SCRAM was given up.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ScramError {
    /// A message of the broker is not what the RFC says.
    Malformed(&'static str),
    /// The broker's nonce does not continue ours: the answer belongs to another conversation.
    ForeignNonce,
    /// The broker asks for too few or too many iterations.
    Iterations {
        /// What it asks for.
        asked: u32,
    },
    /// The broker refuses in the words of the RFC, as in `unknown-user`.
    Refused(String),
    /// The broker does not know the password: it is somebody else.
    UnprovenServer,
}

impl fmt::Display for ScramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(what) => write!(f, "the broker's message {what}"),
            Self::ForeignNonce => f.write_str("the broker's nonce does not continue ours"),
            Self::Iterations { asked } => {
                let (low, high) = (ITERATIONS.start(), ITERATIONS.end());
                write!(f, "the broker asks for {asked} iterations, allowed are {low} to {high}")
            }
            Self::Refused(reason) => write!(f, "the broker refuses: {reason}"),
            Self::UnprovenServer => f.write_str(
                "the broker cannot prove that it knows the password: somebody else answers at its address",
            ),
        }
    }
}

impl std::error::Error for ScramError {}

/// A conversation.
pub(crate) struct Scram {
    hash: ScramHash,
    password: Secret,
    nonce: String,
    /// Without the header: a part of what is signed.
    first_bare: String,
    state: State,
}

enum State {
    /// The first message is on its way.
    Begun,
    /// The proof is on its way; with this the server proves itself.
    Proved(hmac::Tag),
    Done,
}

impl Scram {
    pub(super) fn new(
        hash: ScramHash,
        username: &str,
        password: &Secret,
        is_delegation_token: bool,
        nonce: &str,
    ) -> Self {
        let name = username.replace('=', "=3D").replace(',', "=2C");
        let extension = if is_delegation_token { ",tokenauth=true" } else { "" };
        let first_bare = format!("n={name},r={nonce}{extension}");
        Self { hash, password: password.clone(), nonce: nonce.to_owned(), first_bare, state: State::Begun }
    }

    pub(super) fn mechanism(&self) -> Mechanism {
        Mechanism::Scram(self.hash)
    }

    pub(super) fn first_message(&self) -> Vec<u8> {
        format!("{GS2_HEADER}{}", self.first_bare).into_bytes()
    }

    pub(super) fn on_challenge(&mut self, challenge: &[u8]) -> Result<Step, ScramError> {
        let text = std::str::from_utf8(challenge).map_err(|_| ScramError::Malformed("is no text"))?;
        if let Some(reason) = text.strip_prefix("e=") {
            return Err(ScramError::Refused(reason.to_owned()));
        }
        match std::mem::replace(&mut self.state, State::Done) {
            State::Begun => {
                let (message, expected) = self.prove(text)?;
                self.state = State::Proved(expected);
                Ok(Step::Send(message.into_bytes()))
            }
            State::Proved(expected) => check_server(text, &expected).map(|()| Step::Done),
            State::Done if text.is_empty() => Ok(Step::Done),
            State::Done => Err(ScramError::Malformed("comes after the end")),
        }
    }

    /// Our last message, and what the server has to sign with.
    fn prove(&self, server_first: &str) -> Result<(String, hmac::Tag), ScramError> {
        let asked = ServerFirst::parse(server_first)?;
        if !asked.nonce.starts_with(&self.nonce) || asked.nonce.len() == self.nonce.len() {
            return Err(ScramError::ForeignNonce);
        }
        let salted = self.salted_password(&asked)?;
        let without_proof = format!("{GS2_HEADER_ENCODED},r={}", asked.nonce);
        let signed = format!("{},{server_first},{without_proof}", self.first_bare);
        let client_key = self.hmac(&salted, b"Client Key");
        let stored_key = digest::digest(self.digest(), client_key.as_ref());
        let signature = self.hmac(stored_key.as_ref(), signed.as_bytes());
        let proof: Vec<u8> =
            client_key.as_ref().iter().zip(signature.as_ref()).map(|(key, mask)| key ^ mask).collect();
        let server_key = self.hmac(&salted, b"Server Key");
        let expected = self.hmac(server_key.as_ref(), signed.as_bytes());
        Ok((format!("{without_proof},p={}", base64::encode(&proof)), expected))
    }

    fn salted_password(&self, asked: &ServerFirst<'_>) -> Result<Vec<u8>, ScramError> {
        let iterations = NonZeroU32::new(asked.iterations)
            .filter(|count| ITERATIONS.contains(&count.get()))
            .ok_or(ScramError::Iterations { asked: asked.iterations })?;
        Ok(salted_password(self.hash, self.password.reveal().as_bytes(), &asked.salt, iterations))
    }

    fn digest(&self) -> &'static digest::Algorithm {
        digest_of(self.hash)
    }

    fn hmac(&self, key: &[u8], text: &[u8]) -> hmac::Tag {
        let algorithm = match self.hash {
            ScramHash::Sha256 => hmac::HMAC_SHA256,
            ScramHash::Sha512 => hmac::HMAC_SHA512,
        };
        hmac::sign(&hmac::Key::new(algorithm, key), text)
    }
}

/// `Hi(password, salt, iterations)` of RFC 5802: all that ever leaves of a password that is set.
pub(crate) fn salted_password(
    hash: ScramHash,
    password: &[u8],
    salt: &[u8],
    iterations: NonZeroU32,
) -> Vec<u8> {
    let algorithm = match hash {
        ScramHash::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
        ScramHash::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
    };
    let mut salted = vec![0; digest_of(hash).output_len()];
    pbkdf2::derive(algorithm, iterations, salt, password, &mut salted);
    salted
}

fn digest_of(hash: ScramHash) -> &'static digest::Algorithm {
    match hash {
        ScramHash::Sha256 => &digest::SHA256,
        ScramHash::Sha512 => &digest::SHA512,
    }
}

/// What the server says first: `r=NONCE,s=SALT,i=ITERATIONS`, and extensions that are none of our business.
struct ServerFirst<'a> {
    nonce: &'a str,
    salt: Vec<u8>,
    iterations: u32,
}

impl<'a> ServerFirst<'a> {
    fn parse(text: &'a str) -> Result<Self, ScramError> {
        let mut parts = text.split(',');
        let mut part = |prefix: &str, missing: &'static str| {
            let value = parts.next().and_then(|part| part.strip_prefix(prefix));
            value.ok_or(ScramError::Malformed(missing))
        };
        let nonce = part("r=", "has no nonce")?;
        let salt = part("s=", "has no salt")?;
        let iterations = part("i=", "has no iterations")?;
        Ok(Self {
            nonce,
            salt: base64::decode(salt).ok_or(ScramError::Malformed("has a salt that is no base64"))?,
            iterations: iterations
                .parse()
                .map_err(|_| ScramError::Malformed("has iterations that are no number"))?,
        })
    }
}

fn check_server(server_final: &str, expected: &hmac::Tag) -> Result<(), ScramError> {
    let signature = server_final.strip_prefix("v=").ok_or(ScramError::Malformed("has no proof"))?;
    let signature = signature.split(',').next().unwrap_or_default();
    let signature =
        base64::decode(signature).ok_or(ScramError::Malformed("has a proof that is no base64"))?;
    constant_time::verify_slices_are_equal(&signature, expected.as_ref())
        .map_err(|_| ScramError::UnprovenServer)
}
