//! What a client is told about TLS, and the same as the TLS library takes it.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{ClientConfig, SupportedProtocolVersion};

use super::{TlsError, stores, trust, verifier};
use crate::security::Secret;

/// How connections are encrypted. It is kept as it was configured: files are read when a client is made.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct TlsConfig {
    /// Whose certificates are believed.
    pub trust: TrustStore,
    /// What the client shows if the broker asks who it is; `None` for nothing.
    pub identity: Option<KeyStore>,
    /// What is checked of a broker's certificate.
    pub server_check: ServerCheck,
    /// The versions that may be spoken, at least one.
    pub versions: Vec<TlsVersion>,
    /// The cipher suites that may be used, by their names in RFCs; empty for all.
    pub cipher_suites: Vec<String>,
}

impl TlsConfig {
    /// The usual, with these authorities.
    pub fn trusting(trust: TrustStore) -> Self {
        Self {
            trust,
            identity: None,
            server_check: ServerCheck::ChainAndName,
            versions: vec![TlsVersion::V1_2, TlsVersion::V1_3],
            cipher_suites: Vec::new(),
        }
    }
}

/// Whose certificates are believed.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum TrustStore {
    /// Those that the operating system believes.
    System,
    /// Those in this text, in PEM.
    Pem {
        /// The setting that it comes from, for errors.
        setting: &'static str,
        /// The certificates.
        certificates: Secret,
    },
    /// Those in this file.
    File(StoreFile),
}

/// A key with the certificates that prove whose it is.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum KeyStore {
    /// Both as text, in PEM.
    Pem {
        /// The key.
        key: Secret,
        /// Its certificate, and those that lead to one that brokers trust.
        chain: Secret,
        /// The password of the key.
        key_password: Option<Secret>,
    },
    /// Both in one file.
    File {
        /// The file.
        file: StoreFile,
        /// The password of the key; that of the file if there is none.
        key_password: Option<Secret>,
    },
    /// Each in a file of its own, in PEM.
    Files {
        /// The file of the certificates.
        chain: StoreFile,
        /// The file of the key.
        key: StoreFile,
    },
}

/// A file with certificates or keys, in PEM or PKCS #12: its first bytes tell which.
#[derive(Clone, PartialEq, Debug)]
pub struct StoreFile {
    /// The setting that names it, for errors.
    pub setting: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// The password that it is locked with.
    pub password: Option<Secret>,
}

/// What is checked of a broker's certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServerCheck {
    /// That somebody trusted issued it, and that it is for the host we want.
    ChainAndName,
    /// That somebody trusted issued it: any of their hosts can pose as the broker.
    Chain,
    /// Nothing: anybody can pose as the broker.
    Nothing,
}

/// A version of TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TlsVersion {
    /// TLS 1.2.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

impl TlsVersion {
    fn library(self) -> &'static SupportedProtocolVersion {
        match self {
            Self::V1_2 => &rustls::version::TLS12,
            Self::V1_3 => &rustls::version::TLS13,
        }
    }
}

/// Reads the files and makes what connections are secured with. Blocks for as long as files take.
pub(crate) fn rustls_config(config: &TlsConfig) -> Result<Arc<ClientConfig>, TlsError> {
    let provider = Arc::new(provider(&config.cipher_suites)?);
    let versions: Vec<_> = config.versions.iter().map(|version| version.library()).collect();
    let verifier = verifier::verifier(trust::certificates(&config.trust)?, config, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)
        .map_err(|error| TlsError::from_library(&error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let made = match &config.identity {
        None => builder.with_no_client_auth(),
        Some(store) => {
            let (chain, key) = stores::identity(store)?;
            builder.with_client_auth_cert(chain, key).map_err(|error| stores::unusable(store, &error))?
        }
    };
    Ok(Arc::new(made))
}

/// The library's algorithms, less the suites that are not wanted.
fn provider(wanted: &[String]) -> Result<CryptoProvider, TlsError> {
    let mut provider = aws_lc_rs::default_provider();
    if !wanted.is_empty() {
        provider.cipher_suites.retain(|suite| {
            let name = format!("{:?}", suite.suite()).replace("TLS13_", "TLS_");
            wanted.contains(&name)
        });
        if provider.cipher_suites.is_empty() {
            return Err(TlsError::NoCipherSuite);
        }
    }
    Ok(provider)
}
