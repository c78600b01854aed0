//! Tokens of identity providers, and where they come from.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use super::{TokenEndpoint, UnsecuredToken};
use crate::security::Secret;

/// Why there is no token: whatever its source says.
pub type TokenError = Box<dyn std::error::Error + Send + Sync>;

type TokenFuture = Pin<Box<dyn Future<Output = Result<BearerToken, TokenError>> + Send>>;

/// A token as an identity provider issues it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BearerToken(Secret);

impl BearerToken {
    /// A token in its usual form, without `Bearer`.
    pub fn new(value: impl Into<Secret>) -> Self {
        Self(value.into())
    }

    /// The token itself.
    pub fn value(&self) -> &Secret {
        &self.0
    }
}

/// Where tokens come from. Each authentication asks again, so that a token is fresh when it is shown.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum TokenSource {
    /// Always the same one.
    Fixed(BearerToken),
    /// A file that somebody else keeps up to date.
    File(PathBuf),
    /// An identity provider.
    Endpoint(TokenEndpoint),
    /// Made on the spot and signed by nobody: for tests (KIP-255).
    Unsecured(UnsecuredToken),
    /// A function of the program's: [`crate::ClientConfig::with_token_provider`].
    Provider(TokenProvider),
}

/// A function that gets tokens.
#[derive(Clone)]
pub struct TokenProvider(Arc<dyn Fn() -> TokenFuture + Send + Sync>);

impl TokenProvider {
    pub(crate) fn new<F, T>(provider: F) -> Self
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = Result<BearerToken, TokenError>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(provider())))
    }

    /// Asks for a token.
    pub(crate) async fn token(&self) -> Result<BearerToken, TokenError> {
        (self.0)().await
    }
}

impl fmt::Debug for TokenProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenProvider")
    }
}

/// The same function is the same; there is nothing else to compare.
impl PartialEq for TokenProvider {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for TokenProvider {}
