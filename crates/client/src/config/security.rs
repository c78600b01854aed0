//! How connections are secured: which protocol, and what belongs to it.

use super::{ClientConfig, ConfigError, sasl, tls};
use crate::security::{SaslConfig, TlsConfig};

/// How connections are secured (`security.protocol`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecurityProtocol {
    /// Not at all.
    Plaintext,
    /// By TLS, with the client's certificate if the broker asks for one.
    Ssl,
    /// By SASL, without encryption.
    SaslPlaintext,
    /// By SASL over TLS.
    SaslSsl,
}

impl SecurityProtocol {
    /// Kafka's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
        }
    }
}

/// `security.protocol`, with what belongs to it.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct SecurityConfig {
    /// How connections are encrypted, if they are.
    pub tls: Option<TlsConfig>,
    /// How the client says who it is, if it does.
    pub sasl: Option<SaslConfig>,
}

impl SecurityConfig {
    /// `security.protocol`.
    pub fn protocol(&self) -> SecurityProtocol {
        match (&self.tls, &self.sasl) {
            (None, None) => SecurityProtocol::Plaintext,
            (Some(_), None) => SecurityProtocol::Ssl,
            (None, Some(_)) => SecurityProtocol::SaslPlaintext,
            (Some(_), Some(_)) => SecurityProtocol::SaslSsl,
        }
    }

    /// What belongs to another protocol than the one that is set has no effect.
    pub(super) fn from_client(config: &ClientConfig) -> Result<Self, ConfigError> {
        use SecurityProtocol::{Plaintext, SaslPlaintext, SaslSsl, Ssl};
        let words = [Plaintext, Ssl, SaslPlaintext, SaslSsl].map(|protocol| (protocol.name(), protocol));
        let protocol = config.choice("security.protocol", &words)?;
        Ok(Self {
            tls: matches!(protocol, Ssl | SaslSsl).then(|| tls::from_client(config)).transpose()?,
            sasl: matches!(protocol, SaslPlaintext | SaslSsl)
                .then(|| sasl::from_client(config))
                .transpose()?,
        })
    }
}

#[cfg(test)]
mod tests;
