//! What is locked with a password: PBES2 (RFC 8018) with PBKDF2 and AES.

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2;

use crate::security::tls::der::{Der, INTEGER, Malformed, NULL, OCTETS, OID, SEQUENCE};
use crate::security::tls::error::StoreProblem;

const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
/// What the encryptions of PKCS #5 before PBES2 begin with, and those of PKCS #12.
const OLD: [&[u8]; 2] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01],
];
/// What the names of HMACs begin with.
const HMACS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02];
const HMAC_SHA1: u8 = 7;
/// What the names of the modes of AES begin with.
const AES: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01];
/// More would keep whoever opens the file waiting for minutes.
pub(super) const ITERATIONS_MAX: u32 = 10_000_000;

const UNKNOWN: StoreProblem = StoreProblem::Malformed("it is locked in a way that is not known here");

/// The key in an encrypted one (PKCS #8).
pub(in crate::security::tls) fn decrypt_key(bytes: &[u8], password: &str) -> Result<Vec<u8>, StoreProblem> {
    let mut key = Der::new(bytes).inside(SEQUENCE)?;
    let algorithm = key.inside(SEQUENCE)?;
    decrypt(algorithm, key.expect(OCTETS)?, password)
}

/// What was locked with this algorithm and password.
pub(super) fn decrypt(
    mut algorithm: Der<'_>,
    locked: &[u8],
    password: &str,
) -> Result<Vec<u8>, StoreProblem> {
    let name = algorithm.expect(OID)?;
    if name != PBES2 {
        return Err(if OLD.iter().any(|old| name.starts_with(old)) {
            StoreProblem::OldEncryption
        } else {
            UNKNOWN
        });
    }
    let mut parameters = algorithm.inside(SEQUENCE)?;
    let derivation = parameters.inside(SEQUENCE)?;
    let mut scheme = parameters.inside(SEQUENCE)?;
    let (cipher, key_bytes) = cipher(scheme.expect(OID)?)?;
    let vector = FixedLength::<16>::try_from(scheme.expect(OCTETS)?).map_err(|_| Malformed)?;
    let key = derive(derivation, password, key_bytes)?;
    let key = UnboundCipherKey::new(cipher, &key).map_err(|_| UNKNOWN)?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).map_err(|_| UNKNOWN)?;
    let mut bytes = locked.to_vec();
    // The padding is right by chance once in 256 times: the caller finds nonsense then.
    let opened = key.decrypt(&mut bytes, DecryptionContext::Iv128(vector));
    opened.map(|opened| opened.to_vec()).map_err(|_| StoreProblem::WrongPassword)
}

fn derive(mut derivation: Der<'_>, password: &str, key_bytes: usize) -> Result<Vec<u8>, StoreProblem> {
    if derivation.expect(OID)? != PBKDF2 {
        return Err(UNKNOWN);
    }
    let mut parameters = derivation.inside(SEQUENCE)?;
    let salt = parameters.expect(OCTETS)?;
    let iterations = iterations(parameters.number()?)?;
    // The length of the key, which the cipher knows.
    parameters.optional(INTEGER)?;
    let hash = match parameters.optional(SEQUENCE)? {
        None => HMAC_SHA1,
        Some(named) => hmac(Der::new(named))?,
    };
    let algorithm = match hash {
        HMAC_SHA1 => pbkdf2::PBKDF2_HMAC_SHA1,
        9 => pbkdf2::PBKDF2_HMAC_SHA256,
        10 => pbkdf2::PBKDF2_HMAC_SHA384,
        11 => pbkdf2::PBKDF2_HMAC_SHA512,
        _ => return Err(UNKNOWN),
    };
    let mut key = vec![0; key_bytes];
    pbkdf2::derive(algorithm, iterations, salt, password.as_bytes(), &mut key);
    Ok(key)
}

/// The last number of an HMAC's name.
fn hmac(mut named: Der<'_>) -> Result<u8, StoreProblem> {
    let name = named.expect(OID)?;
    named.optional(NULL)?;
    match name.strip_prefix(HMACS) {
        Some(&[hash]) => Ok(hash),
        _ => Err(UNKNOWN),
    }
}

/// A cipher, and how long its keys are.
fn cipher(name: &[u8]) -> Result<(&'static Algorithm, usize), StoreProblem> {
    match name.strip_prefix(AES) {
        Some([2]) => Ok((&AES_128, 16)),
        Some([22]) => Ok((&AES_192, 24)),
        Some([42]) => Ok((&AES_256, 32)),
        Some(_) => Err(UNKNOWN),
        // DES and RC2 have names of other families.
        None => Err(StoreProblem::OldEncryption),
    }
}

pub(super) fn iterations(count: u32) -> Result<NonZeroU32, StoreProblem> {
    let allowed = NonZeroU32::new(count).filter(|count| count.get() <= ITERATIONS_MAX);
    allowed.ok_or(StoreProblem::Malformed("the number of iterations is none that anybody would choose"))
}
