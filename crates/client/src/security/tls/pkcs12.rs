//! PKCS #12 (RFC 7292) for reading: the certificates and the keys of a file, as `keytool` and `openssl` write them today
//! (PBES2 with AES, sealed with an HMAC). Files locked with the DES and RC2 of old are refused: see `StoreProblem`.

mod encryption;
mod seal;

use super::der::{Der, Malformed, OCTETS, OID, SEQUENCE, SET, context, context_primitive};
use super::error::StoreProblem;
pub(super) use encryption::decrypt_key;

const VERSION: u32 = 3;
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
/// What the kinds of bags begin with; their last number tells them apart.
const BAGS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01];
const KEY_BAG: u8 = 1;
const SHROUDED_KEY_BAG: u8 = 2;
const CERTIFICATE_BAG: u8 = 3;
const NESTED_BAG: u8 = 6;
const X509_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01];
const LOCAL_KEY_ID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x15];
/// Bags lie in bags only so deep.
const DEPTH_MAX: u8 = 4;

/// What a file holds.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) certificates: Vec<Entry>,
    /// In PKCS #8.
    pub(super) keys: Vec<Entry>,
}

/// A certificate or a key.
pub(super) struct Entry {
    pub(super) bytes: Vec<u8>,
    /// The same for a key and its certificate.
    pub(super) local_key_id: Option<Vec<u8>>,
}

/// What opens a file.
pub(super) struct Passwords<'a> {
    /// The file's own.
    pub(super) store: Option<&'a str>,
    /// That of its keys.
    pub(super) key: Option<&'a str>,
    /// The setting of the file's, for errors.
    pub(super) setting: &'static str,
}

/// Reads a file; its seal is checked if there is a password.
pub(super) fn read(bytes: &[u8], passwords: &Passwords<'_>) -> Result<Contents, StoreProblem> {
    let mut file = Der::new(bytes).inside(SEQUENCE)?;
    if file.number()? != VERSION {
        return Err(StoreProblem::Malformed("not version 3 of PKCS #12"));
    }
    let mut safe = file.inside(SEQUENCE)?;
    if safe.expect(OID)? != DATA {
        return Err(StoreProblem::Malformed("sealed with a certificate instead of a password"));
    }
    let sealed = safe.inside(context(0))?.expect(OCTETS)?;
    if let (Some(seal), Some(password)) = (file.optional(SEQUENCE)?, passwords.store) {
        seal::check(Der::new(seal), sealed, password)?;
    }
    let mut contents = Contents::default();
    let mut parts = Der::new(sealed).inside(SEQUENCE)?;
    while !parts.is_empty() {
        let mut part = parts.inside(SEQUENCE)?;
        let kind = part.expect(OID)?;
        let mut body = part.inside(context(0))?;
        if kind == DATA {
            contents.add_bags(body.expect(OCTETS)?, passwords, 0)?;
        } else if kind == ENCRYPTED_DATA {
            let password = passwords.store.ok_or(StoreProblem::NoPassword(passwords.setting))?;
            contents.add_bags(&decrypt_part(body, password)?, passwords, 0)?;
        } else {
            return Err(StoreProblem::Malformed("a part is locked with a certificate instead of a password"));
        }
    }
    Ok(contents)
}

fn decrypt_part(mut body: Der<'_>, password: &str) -> Result<Vec<u8>, StoreProblem> {
    let mut data = body.inside(SEQUENCE)?;
    data.number()?;
    let mut content = data.inside(SEQUENCE)?;
    content.expect(OID)?;
    let algorithm = content.inside(SEQUENCE)?;
    encryption::decrypt(algorithm, content.expect(context_primitive(0))?, password)
}

impl Contents {
    fn add_bags(&mut self, bytes: &[u8], passwords: &Passwords<'_>, depth: u8) -> Result<(), StoreProblem> {
        let mut bags = Der::new(bytes).inside(SEQUENCE)?;
        while !bags.is_empty() {
            self.add_bag(bags.inside(SEQUENCE)?, passwords, depth)?;
        }
        Ok(())
    }

    fn add_bag(
        &mut self,
        mut bag: Der<'_>,
        passwords: &Passwords<'_>,
        depth: u8,
    ) -> Result<(), StoreProblem> {
        let kind = bag.expect(OID)?.strip_prefix(BAGS);
        let value = bag.expect(context(0))?;
        let local_key_id = local_key_id(bag)?;
        let entry = |bytes| Entry { bytes, local_key_id };
        match kind {
            Some(&[KEY_BAG]) => self.keys.push(entry(value.to_vec())),
            Some(&[SHROUDED_KEY_BAG]) => {
                let password = passwords.key.or(passwords.store);
                let password = password.ok_or(StoreProblem::NoPassword(passwords.setting))?;
                self.keys.push(entry(decrypt_key(value, password)?));
            }
            Some(&[CERTIFICATE_BAG]) => {
                let mut certificate = Der::new(value).inside(SEQUENCE)?;
                if certificate.expect(OID)? == X509_CERTIFICATE {
                    let bytes = certificate.inside(context(0))?.expect(OCTETS)?;
                    self.certificates.push(entry(bytes.to_vec()));
                }
            }
            Some(&[NESTED_BAG]) if depth < DEPTH_MAX => self.add_bags(value, passwords, depth + 1)?,
            Some(&[NESTED_BAG]) => return Err(Malformed.into()),
            // Revocation lists and other secrets: none of ours.
            _ => {}
        }
        Ok(())
    }
}

/// The attribute that ties a key and its certificate together; `bag` is behind its value.
fn local_key_id(mut bag: Der<'_>) -> Result<Option<Vec<u8>>, Malformed> {
    let Some(attributes) = bag.optional(SET)? else {
        return Ok(None);
    };
    let mut attributes = Der::new(attributes);
    while !attributes.is_empty() {
        let mut attribute = attributes.inside(SEQUENCE)?;
        if attribute.expect(OID)? == LOCAL_KEY_ID {
            return attribute.inside(SET)?.expect(OCTETS).map(|id| Some(id.to_vec()));
        }
    }
    Ok(None)
}

impl From<Malformed> for StoreProblem {
    fn from(_: Malformed) -> Self {
        Self::Malformed("its bytes are not as PKCS #12 has them")
    }
}
