//! Whose certificates are believed.

use rustls::pki_types::CertificateDer;

use super::config::TrustStore;
use super::error::{StoreProblem, TlsError};
use super::stores;

/// The certificates; those of the system are looked up each time.
pub(super) fn certificates(trust: &TrustStore) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    match trust {
        TrustStore::Pem { setting, certificates } => stores::certificates_in(setting, certificates),
        TrustStore::File(file) => stores::certificates(file),
        TrustStore::System => {
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                tracing::debug!(%error, "certificates of the system that cannot be read");
            }
            if found.certs.is_empty() {
                let problem = StoreProblem::NoCertificates;
                return Err(TlsError::Store { setting: "ssl.truststore.location", path: None, problem });
            }
            Ok(found.certs)
        }
    }
}
