//! What connections are secured with, ready for use: files are read once, when the client is made.

use std::sync::Arc;

use rustls::ClientConfig;

use crate::config::SecurityConfig;
use crate::error::{Error, ErrorKind, Result};
use crate::security::tls::rustls_config;
use crate::security::{SaslConfig, TlsConfig, TokenSource};

/// What every connection of a client is secured with.
#[derive(Default)]
pub(crate) struct Security {
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) sasl: Option<Arc<Sasl>>,
}

/// How the client says who it is.
pub(super) struct Sasl {
    pub(super) config: SaslConfig,
    /// What secures the way to an identity provider.
    pub(super) provider_tls: Option<Arc<ClientConfig>>,
}

impl Security {
    /// Reads the files that the settings name.
    ///
    /// # Errors
    /// `Tls`: one of them cannot be used.
    pub(crate) async fn load(config: &SecurityConfig) -> Result<Self> {
        let tls = load_tls(config.tls.clone()).await?;
        let Some(config) = config.sasl.clone() else {
            return Ok(Self { tls, sasl: None });
        };
        let provider_tls = load_tls(provider(&config)).await?;
        Ok(Self { tls, sasl: Some(Arc::new(Sasl { config, provider_tls })) })
    }
}

/// What secures the way to an identity provider, if there is one whose address wants it.
fn provider(config: &SaslConfig) -> Option<TlsConfig> {
    match config {
        SaslConfig::OauthBearer { tokens: TokenSource::Endpoint(endpoint), .. } => {
            endpoint.is_secured.then(|| TlsConfig::trusting(endpoint.trust.clone()))
        }
        _ => None,
    }
}

async fn load_tls(config: Option<TlsConfig>) -> Result<Option<Arc<ClientConfig>>> {
    let Some(config) = config else {
        return Ok(None);
    };
    let loaded = tokio::task::spawn_blocking(move || rustls_config(&config)).await;
    // The task fails only by a panic, or with the runtime.
    let loaded = loaded.map_err(|_| Error::new(ErrorKind::Closed))?;
    Ok(Some(loaded.map_err(ErrorKind::Tls)?))
}
