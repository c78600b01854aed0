//! Files of certificates and keys, whichever of the formats they have.

use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::config::{KeyStore, StoreFile};
use super::der::{Der, INTEGER, Malformed, SEQUENCE, context};
use super::error::{StoreProblem, TlsError};
use super::pem;
use super::pkcs12::{self, Contents, Entry, Passwords};
use crate::security::{Secret, file};

/// Certificates of the whole world fit in.
const STORE_BYTES_MAX: u64 = 16 << 20;
/// What a file in Java's own format begins with; the second is its variant with stronger locks.
const JKS: [[u8; 4]; 2] = [[0xfe, 0xed, 0xfe, 0xed], [0xce, 0xce, 0xce, 0xce]];

/// The longest chain that is followed from a key's certificate.
const CHAIN_MAX: usize = 10;

/// A chain of certificates, the key's own first, and the key.
pub(super) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The certificates in a file.
pub(super) fn certificates(file: &StoreFile) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let place = |problem| TlsError::Store { setting: file.setting, path: Some(file.path.clone()), problem };
    let contents = read(file, None).map_err(place)?;
    chosen(contents.certificates).map_err(place)
}

/// The certificates in a text.
pub(super) fn certificates_in(
    setting: &'static str,
    text: &Secret,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let place = |problem| TlsError::Store { setting, path: None, problem };
    let contents = from_pem(text.reveal(), None, "ssl.key.password").map_err(place)?;
    chosen(contents.certificates).map_err(place)
}

fn chosen(certificates: Vec<Entry>) -> Result<Vec<CertificateDer<'static>>, StoreProblem> {
    if certificates.is_empty() {
        return Err(StoreProblem::NoCertificates);
    }
    Ok(certificates.into_iter().map(|entry| entry.bytes.into()).collect())
}

/// Who we are.
pub(super) fn identity(store: &KeyStore) -> Result<Identity, TlsError> {
    let place = |problem| place(store, problem);
    let contents = match store {
        KeyStore::File { file, key_password } => read(file, key_password.as_ref()).map_err(place)?,
        KeyStore::Pem { key, chain, key_password } => {
            let key_password = key_password.as_ref().map(Secret::reveal);
            let mut contents = from_pem(key.reveal(), key_password, "ssl.key.password").map_err(place)?;
            let chain = from_pem(chain.reveal(), None, "ssl.key.password");
            contents.certificates = chain.map_err(place)?.certificates;
            contents
        }
        KeyStore::Files { chain, key } => {
            let mut contents = read(key, None).map_err(|problem| TlsError::Store {
                setting: key.setting,
                path: Some(key.path.clone()),
                problem,
            })?;
            contents.certificates = read(chain, None).map_err(place)?.certificates;
            contents
        }
    };
    chain(contents).map_err(place)
}

/// That the library does not take them.
pub(super) fn unusable(store: &KeyStore, error: &rustls::Error) -> TlsError {
    place(store, StoreProblem::Unusable(error.to_string()))
}

fn place(store: &KeyStore, problem: StoreProblem) -> TlsError {
    match store {
        KeyStore::File { file, .. } | KeyStore::Files { chain: file, .. } => {
            TlsError::Store { setting: file.setting, path: Some(file.path.clone()), problem }
        }
        KeyStore::Pem { .. } => TlsError::Store { setting: "ssl.keystore.key", path: None, problem },
    }
}

fn read(store_file: &StoreFile, key_password: Option<&Secret>) -> Result<Contents, StoreProblem> {
    let bytes = file::read(&store_file.path, STORE_BYTES_MAX);
    let bytes = bytes.map_err(|error| StoreProblem::Unreadable(error.into()))?;
    let store = store_file.password.as_ref().map(Secret::reveal);
    let key = key_password.map(Secret::reveal);
    // The setting that would have held the password.
    let setting = match store_file.setting {
        "ssl.truststore.location" => "ssl.truststore.password",
        "ssl.keystore.location" => "ssl.keystore.password",
        _ => "ssl.key.password",
    };
    if JKS.iter().any(|magic| bytes.starts_with(magic)) {
        Err(StoreProblem::Jks)
    } else if pem::is_pem(&bytes) {
        let text = std::str::from_utf8(&bytes).map_err(|_| StoreProblem::Malformed("PEM that is no text"))?;
        from_pem(text, key.or(store), "ssl.key.password")
    } else if bytes.first() == Some(&SEQUENCE) {
        pkcs12::read(&bytes, &Passwords { store, key, setting })
    } else {
        Err(StoreProblem::Malformed("it begins like neither"))
    }
}

fn from_pem(
    text: &str,
    key_password: Option<&str>,
    password_setting: &'static str,
) -> Result<Contents, StoreProblem> {
    let mut contents = Contents::default();
    for section in pem::sections(text).map_err(StoreProblem::Malformed)? {
        let entry = |bytes| Entry { bytes, local_key_id: None };
        match section.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                contents.certificates.push(entry(section.bytes));
            }
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => contents.keys.push(entry(section.bytes)),
            "ENCRYPTED PRIVATE KEY" => {
                let password = key_password.ok_or(StoreProblem::NoPassword(password_setting))?;
                contents.keys.push(entry(pkcs12::decrypt_key(&section.bytes, password)?));
            }
            label if label.ends_with("(Proc-Type)") => return Err(StoreProblem::OldEncryption),
            // Parameters of curves, requests, revocation lists.
            _ => {}
        }
    }
    Ok(contents)
}

/// The first key, and its certificate with those that lead away from it.
fn chain(contents: Contents) -> Result<Identity, StoreProblem> {
    let key = contents.keys.into_iter().next().ok_or(StoreProblem::NoKey)?;
    let mut certificates = contents.certificates;
    if certificates.is_empty() {
        return Err(StoreProblem::NoCertificates);
    }
    let is_own = |entry: &Entry| entry.local_key_id.is_some() && entry.local_key_id == key.local_key_id;
    let own = certificates.iter().position(is_own).unwrap_or(0);
    let mut chain = vec![certificates.remove(own).bytes];
    while let Some(last) = chain.last().filter(|_| chain.len() < CHAIN_MAX) {
        let issuer = match names(last) {
            Ok((issuer, subject)) if issuer != subject => issuer,
            _ => break,
        };
        let is_issuer = |entry: &Entry| names(&entry.bytes).is_ok_and(|(_, subject)| subject == issuer);
        match certificates.iter().position(is_issuer) {
            Some(found) => chain.push(certificates.remove(found).bytes),
            None => break,
        }
    }
    let key = PrivateKeyDer::try_from(key.bytes).map_err(|what| StoreProblem::Unusable(what.to_owned()))?;
    Ok((chain.into_iter().map(CertificateDer::from).collect(), key))
}

/// Issuer and subject of a certificate, as they are encoded.
fn names(certificate: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let mut signed = Der::new(certificate).inside(SEQUENCE)?.inside(SEQUENCE)?;
    // The version, the serial number and the algorithm stand in front, the validity between.
    signed.optional(context(0))?;
    signed.expect(INTEGER)?;
    signed.expect(SEQUENCE)?;
    let issuer = signed.expect(SEQUENCE)?;
    signed.expect(SEQUENCE)?;
    Ok((issuer, signed.expect(SEQUENCE)?))
}

#[cfg(test)]
mod tests;
