//! How a client proves who it is and keeps others from listening: what TLS and SASL need, as far as it touches no
//! connection. The exchange of bytes with a broker is `connection`'s, the names of settings are `config`'s.

pub(crate) mod file;
pub(crate) mod sasl;
mod secret;
pub(crate) mod tls;

pub(crate) use sasl::salted_password;
pub use sasl::{
    AuthenticationError, BearerToken, Mechanism, SaslConfig, ScramError, ScramHash, TokenError,
    TokenProvider, TokenSource, UnsecuredToken,
};
pub use secret::Secret;
pub use tls::{KeyStore, ServerCheck, StoreFile, StoreProblem, TlsConfig, TlsError, TlsVersion, TrustStore};
