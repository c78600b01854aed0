//! Why TLS failed, and what to do about it. No password stands in any of it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::CertificateError;

/// Why a connection could not be secured.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// Certificates or keys cannot be read or used.
    Store {
        /// The setting that names them.
        setting: &'static str,
        /// Their file, if they are in one.
        path: Option<PathBuf>,
        /// What is wrong.
        problem: StoreProblem,
    },
    /// None of the cipher suites of `ssl.cipher.suites` is there.
    NoCipherSuite,
    /// Nobody we trust issued the broker's certificate.
    UnknownIssuer,
    /// The broker's certificate is not valid any more.
    Expired,
    /// The broker's certificate is not valid yet.
    NotYetValid,
    /// The broker's certificate is for other hosts.
    WrongHost {
        /// The host we wanted.
        host: String,
        /// Those it is for.
        certificate_names: Vec<String>,
    },
    /// The host has a name that no certificate can be for.
    HostName(String),
    /// The broker ends the handshake for this reason: its name in the RFC.
    Refused {
        /// The alert, as in `CertificateRequired`.
        alert: String,
        /// Whether it is about our certificate.
        is_about_us: bool,
    },
    /// The two sides have no version or cipher suite of TLS in common.
    NothingInCommon(String),
    /// What came is not TLS.
    NotTls,
    /// Something else, in the words of the TLS library.
    Other(String),
}

/// What is wrong with a file of certificates or keys.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StoreProblem {
    /// It cannot be read.
    Unreadable(Arc<io::Error>),
    /// It is in the old format of Java.
    Jks,
    /// It is neither PEM nor PKCS #12, or damaged there.
    Malformed(&'static str),
    /// It is locked, and there is no password.
    NoPassword(&'static str),
    /// The password does not open it.
    WrongPassword,
    /// It is locked in a way that is too old to be safe.
    OldEncryption,
    /// There is no certificate in it.
    NoCertificates,
    /// There is no private key in it.
    NoKey,
    /// The key and the certificates cannot be used, in the words of the TLS library.
    Unusable(String),
}

impl TlsError {
    /// The error of the library in our words.
    pub(crate) fn from_library(error: &rustls::Error) -> Self {
        use rustls::Error;
        match error {
            Error::InvalidCertificate(problem) => Self::from_certificate(problem),
            Error::AlertReceived(alert) => Self::from_alert(*alert),
            Error::InvalidMessage(_) => Self::NotTls,
            Error::PeerIncompatible(what) => Self::NothingInCommon(format!("{what:?}")),
            other => Self::Other(other.to_string()),
        }
    }

    fn from_certificate(problem: &CertificateError) -> Self {
        match problem {
            // An authority that was made anew has the name of the old one, and another key.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownIssuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForNameContext { expected, presented } => Self::WrongHost {
                host: expected.to_str().into_owned(),
                certificate_names: presented.iter().map(|name| plain_name(name)).collect(),
            },
            other => Self::Other(format!("the broker's certificate is not accepted: {other}")),
        }
    }

    fn from_alert(alert: rustls::AlertDescription) -> Self {
        use rustls::AlertDescription as Alert;
        let is_about_us = matches!(
            alert,
            Alert::CertificateRequired
                | Alert::NoCertificate
                | Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied
        );
        Self::Refused { alert: format!("{alert:?}"), is_about_us }
    }
}

/// `DnsName("a.example")` as the library has it becomes `a.example`.
fn plain_name(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"').to_owned()
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store { setting, path: Some(path), problem } => {
                write!(f, "{setting}: {}: {problem}", path.display())
            }
            Self::Store { setting, path: None, problem } => write!(f, "{setting}: {problem}"),
            Self::NoCipherSuite => f.write_str("ssl.cipher.suites: none of them is there"),
            Self::UnknownIssuer => f.write_str(
                "nobody who is trusted here issued the broker's certificate: ssl.truststore.location names the \
                 file with the certificate of its issuer",
            ),
            Self::Expired => f.write_str("the broker's certificate has expired, or the clock here is fast"),
            Self::NotYetValid => {
                f.write_str("the broker's certificate is not valid yet, or the clock here is slow")
            }
            Self::WrongHost { host, certificate_names } if certificate_names.is_empty() => write!(
                f,
                "the broker's certificate names no host (a common name alone does not count), and is not for `{host}`"
            ),
            Self::WrongHost { host, certificate_names } => write!(
                f,
                "the broker's certificate is for {}, not for `{host}`: use one of these names, or set \
                 ssl.endpoint.identification.algorithm to nothing if any host of its issuer may pose as the broker",
                certificate_names.join(", ")
            ),
            Self::HostName(host) => write!(f, "`{host}` is no name that a certificate could be for"),
            Self::Refused { alert, is_about_us: true } => write!(
                f,
                "the broker does not accept the certificate of this client, or wants one ({alert}): ssl.keystore.location \
                 names the file with certificate and key"
            ),
            Self::Refused { alert, is_about_us: false } => write!(f, "the broker ends the TLS handshake: {alert}"),
            Self::NothingInCommon(what) => write!(
                f,
                "this client (TLS 1.2 and 1.3, less what ssl.enabled.protocols and ssl.cipher.suites leave out) and \
                 the broker have no version of TLS in common: {what}"
            ),
            Self::NotTls => f.write_str(
                "the broker does not answer in TLS: set security.protocol to PLAINTEXT, or to SASL_PLAINTEXT if it \
                 asks who you are",
            ),
            Self::Other(what) => write!(f, "TLS failed: {what}"),
        }
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store { problem: StoreProblem::Unreadable(error), .. } => Some(error.as_ref()),
            _ => None,
        }
    }
}

impl fmt::Display for StoreProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::Jks => f.write_str(
                "the file is a key store in Java's own format (JKS), which is not read here: `keytool -importkeystore \
                 -srckeystore OLD.jks -destkeystore NEW.p12 -deststoretype PKCS12` makes one that is",
            ),
            Self::Malformed(what) => write!(f, "neither PEM nor PKCS #12 that can be read: {what}"),
            Self::NoPassword(setting) => write!(f, "it is locked with a password: set {setting}"),
            Self::WrongPassword => f.write_str("the password does not open it"),
            Self::OldEncryption => f.write_str(
                "it is locked with an encryption that is too old (DES, RC2 or MD5): `openssl pkcs12 -legacy -in OLD.p12 \
                 -nodes | openssl pkcs12 -export -out NEW.p12` makes a new one",
            ),
            Self::NoCertificates => f.write_str("there is no certificate in it"),
            Self::NoKey => f.write_str("there is no private key in it"),
            Self::Unusable(what) => write!(f, "the key and its certificates cannot be used: {what}"),
        }
    }
}
