//! Delegation tokens (KIP-48, 373): made, listed, prolonged, ended.

use std::fmt;
use std::time::Duration;

use jackdaw_protocol::messages::create_delegation_token_request::{
    CreatableRenewers, CreateDelegationTokenRequest,
};
use jackdaw_protocol::messages::describe_delegation_token_request::{
    DescribeDelegationTokenOwner, DescribeDelegationTokenRequest,
};
use jackdaw_protocol::messages::expire_delegation_token_request::ExpireDelegationTokenRequest;
use jackdaw_protocol::messages::renew_delegation_token_request::RenewDelegationTokenRequest;

use super::Admin;
use super::routing::{Subject, Target, refusal_of};
use crate::error::Error;

/// Who somebody is: `User:alice`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Principal {
    /// The kind: `User`.
    pub kind: String,
    /// The name.
    pub name: String,
}

impl Principal {
    /// A user.
    pub fn user(name: impl Into<String>) -> Self {
        Self { kind: "User".to_owned(), name: name.into() }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)
    }
}

/// A token to be made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewToken {
    /// Whose it is; `None`: the caller's.
    pub owner: Option<Principal>,
    /// Who may prolong it besides the owner.
    pub renewers: Vec<Principal>,
    /// How long it may live; `None`: as long as the broker allows.
    pub lifetime_max: Option<Duration>,
}

/// A token.
#[derive(Clone, PartialEq, Eq)]
pub struct DelegationToken {
    /// Its id.
    pub token_id: String,
    /// Whose it is.
    pub owner: Principal,
    /// Who asked for it; `None` if the broker does not say (before 3.3).
    pub requester: Option<Principal>,
    /// Who may prolong it besides the owner.
    pub renewers: Vec<Principal>,
    /// When it was made, in milliseconds since 1970.
    pub issued_ms: i64,
    /// When it ends unless it is prolonged.
    pub expires_ms: i64,
    /// When it ends in any case.
    pub expires_ms_max: i64,
    /// The secret.
    pub hmac: Vec<u8>,
}

impl fmt::Debug for DelegationToken {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DelegationToken")
            .field("token_id", &self.token_id)
            .field("owner", &self.owner)
            .field("renewers", &self.renewers)
            .field("issued_ms", &self.issued_ms)
            .field("expires_ms", &self.expires_ms)
            .field("expires_ms_max", &self.expires_ms_max)
            .finish_non_exhaustive()
    }
}

impl Admin {
    /// Makes a token.
    ///
    /// # Errors
    /// The controller cannot be asked in time, or refuses.
    pub async fn create_token(&self, token: &NewToken) -> Result<DelegationToken, Error> {
        let answer = self
            .retry(move |_| async move {
                let renewers = token.renewers.iter().map(|renewer| CreatableRenewers {
                    principal_type: renewer.kind.clone().into(),
                    principal_name: renewer.name.clone().into(),
                    ..Default::default()
                });
                let request = CreateDelegationTokenRequest {
                    owner_principal_type: token.owner.as_ref().map(|owner| owner.kind.clone().into()),
                    owner_principal_name: token.owner.as_ref().map(|owner| owner.name.clone().into()),
                    renewers: renewers.collect(),
                    max_lifetime_ms: token.lifetime_max.map_or(-1, millis),
                    ..Default::default()
                };
                let answer = self.send(Target::Controller, request).await?;
                refusal_of(answer.error_code, Subject::Nothing)?;
                Ok(answer)
            })
            .await?;
        Ok(DelegationToken {
            token_id: answer.token_id.into_owned(),
            owner: Principal {
                kind: answer.principal_type.into_owned(),
                name: answer.principal_name.into_owned(),
            },
            requester: said(
                answer.token_requester_principal_type.into_owned(),
                answer.token_requester_principal_name.into_owned(),
            ),
            renewers: token.renewers.clone(),
            issued_ms: answer.issue_timestamp_ms,
            expires_ms: answer.expiry_timestamp_ms,
            expires_ms_max: answer.max_timestamp_ms,
            hmac: answer.hmac.into_owned(),
        })
    }

    /// The tokens of `owners`, or all that the caller may see.
    ///
    /// # Errors
    /// No broker answers in time, or it refuses.
    pub async fn describe_tokens(&self, owners: &[Principal]) -> Result<Vec<DelegationToken>, Error> {
        let answer = self
            .retry(move |_| async move {
                let named = owners.iter().map(|owner| DescribeDelegationTokenOwner {
                    principal_type: owner.kind.clone().into(),
                    principal_name: owner.name.clone().into(),
                    ..Default::default()
                });
                let owners = (!owners.is_empty()).then(|| named.collect());
                let request = DescribeDelegationTokenRequest { owners, ..Default::default() };
                let answer = self.send(Target::Any, request).await?;
                refusal_of(answer.error_code, Subject::Nothing)?;
                Ok(answer)
            })
            .await?;
        let tokens = answer.tokens.into_iter().map(|token| DelegationToken {
            token_id: token.token_id.into_owned(),
            owner: Principal {
                kind: token.principal_type.into_owned(),
                name: token.principal_name.into_owned(),
            },
            requester: said(
                token.token_requester_principal_type.into_owned(),
                token.token_requester_principal_name.into_owned(),
            ),
            renewers: token
                .renewers
                .into_iter()
                .map(|renewer| Principal {
                    kind: renewer.principal_type.into_owned(),
                    name: renewer.principal_name.into_owned(),
                })
                .collect(),
            issued_ms: token.issue_timestamp,
            expires_ms: token.expiry_timestamp,
            expires_ms_max: token.max_timestamp,
            hmac: token.hmac.into_owned(),
        });
        Ok(tokens.collect())
    }

    /// Prolongs a token by `period`; the result is when it ends then, in milliseconds since 1970.
    ///
    /// # Errors
    /// The controller cannot be asked in time, or refuses.
    pub async fn renew_token(&self, hmac: &[u8], period: Duration) -> Result<i64, Error> {
        self.retry(move |_| async move {
            let request = RenewDelegationTokenRequest {
                hmac: hmac.to_vec().into(),
                renew_period_ms: millis(period),
                ..Default::default()
            };
            let answer = self.send(Target::Controller, request).await?;
            refusal_of(answer.error_code, Subject::Nothing)?;
            Ok(answer.expiry_timestamp_ms)
        })
        .await
    }

    /// Ends a token after `period`, or at once (`None`); the result is when it ends then, in milliseconds since 1970.
    ///
    /// # Errors
    /// The controller cannot be asked in time, or refuses.
    pub async fn expire_token(&self, hmac: &[u8], period: Option<Duration>) -> Result<i64, Error> {
        self.retry(move |_| async move {
            let request = ExpireDelegationTokenRequest {
                hmac: hmac.to_vec().into(),
                expiry_time_period_ms: period.map_or(-1, millis),
                ..Default::default()
            };
            let answer = self.send(Target::Controller, request).await?;
            refusal_of(answer.error_code, Subject::Nothing)?;
            Ok(answer.expiry_timestamp_ms)
        })
        .await
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn said(kind: String, name: String) -> Option<Principal> {
    (!kind.is_empty()).then_some(Principal { kind, name })
}
