//! Certificates for tests, and servers that show them.

#![allow(dead_code, reason = "each test uses its part")]

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio_rustls::TlsAcceptor;

/// Somebody who issues certificates.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key.
pub struct Issued {
    pub certificate: String,
    pub key: String,
    der: CertificateDer<'static>,
    key_der: Vec<u8>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).expect("has no hosts");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self { issuer: CertifiedIssuer::self_signed(params, key).expect("signs itself") }
    }

    /// Its own certificate in PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for this host.
    pub fn issue(&self, host: &str) -> Issued {
        self.issue_with(host, |_| ())
    }

    pub fn issue_with(&self, host: &str, change: impl FnOnce(&mut CertificateParams)) -> Issued {
        let mut params = CertificateParams::new([host.to_owned()]).expect("is a name");
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        Issued::new(params.signed_by(&key, &self.issuer).expect("is signed"), &key)
    }

    /// What asks clients for certificates of this authority.
    pub fn asking(&self, issued: &Issued) -> TlsAcceptor {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("is a certificate");
        let verifier = WebPkiClientVerifier::builder(roots.into()).build().expect("has a root");
        let config = rustls::ServerConfig::builder().with_client_cert_verifier(verifier);
        acceptor(config.with_single_cert(vec![issued.der.clone()], issued.key()))
    }
}

impl Issued {
    /// One that vouches for itself.
    pub fn by_itself(host: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new([host.to_owned()]).expect("is a name");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self::new(params.self_signed(&key).expect("signs itself"), &key)
    }

    fn new(certificate: rcgen::Certificate, key: &KeyPair) -> Self {
        let (der, key_der) = (certificate.der().clone(), key.serialize_der());
        Self { certificate: certificate.pem(), key: key.serialize_pem(), der, key_der }
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key_der.clone()).into()
    }

    /// What shows it, and asks clients for nothing.
    pub fn shown(&self) -> TlsAcceptor {
        let config = rustls::ServerConfig::builder().with_no_client_auth();
        acceptor(config.with_single_cert(vec![self.der.clone()], self.key()))
    }
}

fn acceptor(config: Result<rustls::ServerConfig, rustls::Error>) -> TlsAcceptor {
    Arc::new(config.expect("certificate and key belong together")).into()
}
