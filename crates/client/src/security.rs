//! How a client proves who it is and keeps others from listening: what TLS and SASL need, as far as it touches no
//! connection. The exchange of bytes with a broker is `connection`'s, the names of settings are `config`'s.
//!
//! A client is secured by settings with Kafka's names, or librdkafka's; files are read when the client connects.
//!
//! ```
//! use jackdaw_client::ClientConfig;
//! use jackdaw_client::config::SecurityProtocol;
//!
//! let config = ClientConfig::new("broker.example:9094")
//!     .with("security.protocol", "SASL_SSL")?
//!     .with("ssl.truststore.location", "/etc/kafka/ca.pem")?
//!     .with("sasl.mechanism", "SCRAM-SHA-512")?
//!     .with("sasl.username", "alice")?
//!     .with("sasl.password", "hunter2")?;
//! let security = config.common()?.security;
//! assert_eq!(security.protocol(), SecurityProtocol::SaslSsl);
//! assert!(!format!("{config:?} {security:?}").contains("hunter2"));
//! # Ok::<(), jackdaw_client::config::ConfigError>(())
//! ```
//!
//! | to | set |
//! |---|---|
//! | encrypt | `security.protocol` = `SSL` or `SASL_SSL` |
//! | trust | `ssl.truststore.location` (PEM, PKCS #12), `ssl.truststore.certificates` (PEM), or nothing: the system's authorities |
//! | show a certificate | `ssl.keystore.location` (PEM, PKCS #12), `ssl.certificate.location` with `ssl.key.location`, or `ssl.keystore.certificate.chain` with `ssl.keystore.key` |
//! | log in | `sasl.mechanism` with `sasl.username` and `sasl.password`, or with `sasl.jaas.config` |
//! | show a token | [`crate::ClientConfig::with_token_provider`], `sasl.oauthbearer.token`, or `sasl.oauthbearer.token.endpoint.url`: a file (`file:///PATH`) or an identity provider (`https://…`, with `sasl.oauthbearer.client.credentials.client.id` and `….secret`) |
//!
//! What cannot be done is refused when the client is made: Kerberos, key stores in Java's old format, TLS before 1.2.

pub(crate) mod file;
pub(crate) mod sasl;
mod secret;
pub(crate) mod tls;

pub(crate) use sasl::salted_password;
pub use sasl::{
    AuthenticationError, BearerToken, Mechanism, SaslConfig, ScramError, ScramHash, TokenEndpoint,
    TokenError, TokenProvider, TokenSource, UnsecuredToken,
};
pub use secret::Secret;
pub use tls::{KeyStore, ServerCheck, StoreFile, StoreProblem, TlsConfig, TlsError, TlsVersion, TrustStore};
