//! SASL without a connection: which mechanism with which credentials, and what is said in it. Bytes in, bytes out; time
//! and chance are arguments.

pub(crate) mod endpoint;
mod error;
mod exchange;
pub(crate) mod jaas;
mod mechanism;
mod oauth_bearer;
mod plain;
mod scram;
mod token;
mod unsecured;

pub use endpoint::TokenEndpoint;
pub use error::AuthenticationError;
pub(crate) use exchange::{Exchange, Step};
pub use mechanism::{Mechanism, SaslConfig, ScramHash};
pub(crate) use oauth_bearer::extension_problem;
pub use scram::ScramError;
pub(crate) use scram::salted_password;
pub use token::{BearerToken, TokenError, TokenProvider, TokenSource};
pub use unsecured::UnsecuredToken;

#[cfg(test)]
mod tests;
