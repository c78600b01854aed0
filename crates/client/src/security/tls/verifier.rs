//! Whether a broker's certificate is believed. The library's judgement, with two differences that Java's clients know: the
//! name may count for nothing, and a certificate that is itself in the trust store needs nobody to vouch for it.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::config::{ServerCheck, TlsConfig, TrustStore};
use super::error::{StoreProblem, TlsError};

/// What judges the certificates of brokers.
pub(super) fn verifier(
    trusted: Vec<CertificateDer<'static>>,
    config: &TlsConfig,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    let algorithms = provider.signature_verification_algorithms;
    let is_named = match config.server_check {
        ServerCheck::Nothing => return Ok(Arc::new(Anybody { algorithms })),
        ServerCheck::ChainAndName => true,
        ServerCheck::Chain => false,
    };
    let mut roots = RootCertStore::empty();
    let (_, ignored) = roots.add_parsable_certificates(trusted.iter().cloned());
    if ignored > 0 {
        tracing::debug!(ignored, "trusted certificates that cannot be read");
    }
    let library = WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(provider)).build();
    let library = library.map_err(|error| unusable(&config.trust, &error.to_string()))?;
    // The system's are those of authorities: none of them is a broker's own.
    let pinned = if matches!(config.trust, TrustStore::System) { Vec::new() } else { trusted };
    Ok(Arc::new(Trusted { library, pinned, is_named }))
}

fn unusable(trust: &TrustStore, what: &str) -> TlsError {
    let problem = StoreProblem::Unusable(what.to_owned());
    match trust {
        TrustStore::File(file) => {
            TlsError::Store { setting: file.setting, path: Some(file.path.clone()), problem }
        }
        TrustStore::Pem { setting, .. } => TlsError::Store { setting, path: None, problem },
        TrustStore::System => TlsError::Store { setting: "ssl.truststore.location", path: None, problem },
    }
}

/// Believes those whom somebody trusted vouches for.
#[derive(Debug)]
struct Trusted {
    library: Arc<WebPkiServerVerifier>,
    /// Certificates that are believed themselves.
    pinned: Vec<CertificateDer<'static>>,
    is_named: bool,
}

impl ServerCertVerifier for Trusted {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged = self.library.verify_server_cert(certificate, intermediates, name, ocsp, now);
        match judged {
            // The name comes last: everything else is right.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.is_named => Ok(ServerCertVerified::assertion()),
            Err(Error::InvalidCertificate(problem))
                if !is_about_time(&problem) && self.pinned.iter().any(|pinned| pinned == certificate) =>
            {
                if self.is_named {
                    rustls::client::verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                }
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.library.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.library.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.library.supported_verify_schemes()
    }
}

fn is_about_time(problem: &CertificateError) -> bool {
    matches!(
        problem,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
    )
}

/// Believes everybody who has the key of the certificate that they show.
#[derive(Debug)]
struct Anybody {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
