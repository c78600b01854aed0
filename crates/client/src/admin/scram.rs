//! SCRAM credentials of users (KIP-554). Passwords are salted here (RFC 5802): they never leave in the clear.

use std::fmt;
use std::num::NonZeroU32;

use jackdaw_protocol::messages::alter_user_scram_credentials_request::{
    AlterUserScramCredentialsRequest, ScramCredentialDeletion, ScramCredentialUpsertion,
};
use jackdaw_protocol::messages::describe_user_scram_credentials_request::{
    DescribeUserScramCredentialsRequest, UserName,
};

use super::routing::{Subject, Target, refusal};
use super::{Admin, Results};
use crate::error::{Error, ErrorKind};
use crate::security::{ScramHash, salted_password};

/// The length of a salt.
const SALT_BYTES: usize = 16;

/// The hash of a credential.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ScramMechanism {
    /// `SCRAM-SHA-256`.
    Sha256,
    /// `SCRAM-SHA-512`.
    Sha512,
}

impl ScramMechanism {
    fn id(self) -> i8 {
        match self {
            Self::Sha256 => 1,
            Self::Sha512 => 2,
        }
    }

    fn hash(self) -> ScramHash {
        match self {
            Self::Sha256 => ScramHash::Sha256,
            Self::Sha512 => ScramHash::Sha512,
        }
    }

    fn from_id(id: i8) -> Option<Self> {
        [Self::Sha256, Self::Sha512].into_iter().find(|mechanism| mechanism.id() == id)
    }
}

impl fmt::Display for ScramMechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        })
    }
}

/// What is told of a credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScramCredential {
    /// Its hash.
    pub mechanism: ScramMechanism,
    /// How often the hash was applied.
    pub iterations: i32,
}

/// A change to a user's credentials.
#[derive(Clone, PartialEq, Eq)]
pub enum ScramAlteration {
    /// A new credential, or a new password.
    Upsert {
        /// The hash.
        mechanism: ScramMechanism,
        /// How often it was applied: 4096 to 16384.
        iterations: i32,
        /// The salt.
        salt: Vec<u8>,
        /// `Hi(password, salt, iterations)` of RFC 5802.
        salted_password: Vec<u8>,
    },
    /// The credential goes.
    Delete {
        /// The hash.
        mechanism: ScramMechanism,
    },
}

impl ScramAlteration {
    /// A new credential with this password, under a salt of its own.
    ///
    /// # Errors
    /// No password, no iterations, or the system has no random bytes for the salt.
    pub fn with_password(mechanism: ScramMechanism, iterations: i32, password: &str) -> Result<Self, Error> {
        let refused = |what: &str| Error::from(ErrorKind::InvalidArgument(what.into()));
        if password.is_empty() {
            return Err(refused("Password must not be empty"));
        }
        let count = u32::try_from(iterations).ok().and_then(NonZeroU32::new);
        let count = count.ok_or_else(|| refused("iterations have to be more than zero"))?;
        let mut salt = vec![0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|_| refused("the system has no random bytes for a salt"))?;
        let salted_password = salted_password(mechanism.hash(), password.as_bytes(), &salt, count);
        Ok(Self::Upsert { mechanism, iterations, salt, salted_password })
    }
}

impl fmt::Debug for ScramAlteration {
    /// Without salt and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upsert { mechanism, iterations, .. } => write!(f, "Upsert({mechanism}, {iterations})"),
            Self::Delete { mechanism } => write!(f, "Delete({mechanism})"),
        }
    }
}

impl Admin {
    /// The credentials of `users`, or of all who have some.
    ///
    /// # Errors
    /// No broker answers in time, or it refuses as a whole.
    pub async fn describe_scram_credentials(
        &self,
        users: &[String],
    ) -> Result<Results<String, Vec<ScramCredential>>, Error> {
        let answer = self
            .retry(move |_| async move {
                let names =
                    users.iter().map(|user| UserName { name: user.clone().into(), ..Default::default() });
                let users = (!users.is_empty()).then(|| names.collect());
                let request = DescribeUserScramCredentialsRequest { users, ..Default::default() };
                let answer = self.send(Target::Any, request).await?;
                refusal(answer.error_code, &answer.error_message, Subject::Nothing)?;
                Ok(answer)
            })
            .await?;
        let results = answer.results.into_iter().map(|result| {
            let user = result.user.into_owned();
            let refused = refusal(result.error_code, &result.error_message, Subject::Named("user", &user));
            let credentials = refused.and_then(|()| {
                let credentials = result.credential_infos.into_iter().map(|info| {
                    let mechanism = ScramMechanism::from_id(info.mechanism)
                        .ok_or(ErrorKind::Unsupported("a SCRAM mechanism of a later release"))?;
                    Ok(ScramCredential { mechanism, iterations: info.iterations })
                });
                credentials.collect()
            });
            (user, credentials)
        });
        Ok(results.collect())
    }

    /// Changes credentials. All changes of a user have one result.
    ///
    /// # Errors
    /// The controller cannot be asked in time.
    pub async fn alter_scram_credentials(
        &self,
        alterations: &[(String, ScramAlteration)],
    ) -> Result<Results<String, ()>, Error> {
        let answer = self
            .retry(move |_| async move {
                let mut request = AlterUserScramCredentialsRequest::default();
                for (user, alteration) in alterations {
                    match alteration {
                        ScramAlteration::Upsert { mechanism, iterations, salt, salted_password } => {
                            request.upsertions.push(ScramCredentialUpsertion {
                                name: user.clone().into(),
                                mechanism: mechanism.id(),
                                iterations: *iterations,
                                salt: salt.clone().into(),
                                salted_password: salted_password.clone().into(),
                                ..Default::default()
                            });
                        }
                        ScramAlteration::Delete { mechanism } => {
                            request.deletions.push(ScramCredentialDeletion {
                                name: user.clone().into(),
                                mechanism: mechanism.id(),
                                ..Default::default()
                            });
                        }
                    }
                }
                self.send(Target::Controller, request).await
            })
            .await?;
        let results = answer.results.into_iter().map(|result| {
            let user = result.user.into_owned();
            let altered = refusal(result.error_code, &result.error_message, Subject::Named("user", &user));
            (user, altered)
        });
        Ok(results.collect())
    }
}
