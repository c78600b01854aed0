//! TLS without a connection: what is trusted, who we are, and both read from files. The handshake is `connection`'s.

mod config;
mod der;
mod error;
mod pem;
mod pkcs12;
mod stores;
mod trust;
mod verifier;

pub(crate) use config::rustls_config;
pub use config::{KeyStore, ServerCheck, StoreFile, TlsConfig, TlsVersion, TrustStore};
pub use error::{StoreProblem, TlsError};
