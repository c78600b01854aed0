//! What connections are secured with, ready for use: files are read once, when the client is made.

use std::sync::Arc;

use crate::config::SecurityConfig;
use crate::error::{Error, ErrorKind, Result};
use crate::security::SaslConfig;
use crate::security::tls::rustls_config;

/// What every connection of a client is secured with.
#[derive(Default)]
pub(crate) struct Security {
    pub(super) tls: Option<Arc<rustls::ClientConfig>>,
    pub(super) sasl: Option<Arc<SaslConfig>>,
}

impl Security {
    /// Reads the files that the settings name.
    ///
    /// # Errors
    /// `Tls`: one of them cannot be used.
    pub(crate) async fn load(config: &SecurityConfig) -> Result<Self> {
        let sasl = config.sasl.clone().map(Arc::new);
        let Some(tls) = config.tls.clone() else {
            return Ok(Self { tls: None, sasl });
        };
        let loaded = tokio::task::spawn_blocking(move || rustls_config(&tls)).await;
        // The task fails only by a panic, or with the runtime.
        let loaded = loaded.map_err(|_| Error::new(ErrorKind::Closed))?;
        Ok(Self { tls: Some(loaded.map_err(ErrorKind::Tls)?), sasl })
    }
}
