//! The seal of a file: an HMAC with a key that is made from the password (RFC 7292, appendix B). Who changes the file, or
//! does not know the password, cannot make it.

use aws_lc_rs::{constant_time, digest, hmac};

use super::encryption::iterations;
use crate::security::tls::der::{Der, NULL, OCTETS, OID, SEQUENCE};
use crate::security::tls::error::StoreProblem;

const SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
/// What the names of the younger hashes begin with.
const SHA2: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
/// What a key for sealing is made for: the "identifier" of the RFC.
const PURPOSE: u8 = 3;

/// Checks the seal of these bytes.
pub(super) fn check(mut seal: Der<'_>, sealed: &[u8], password: &str) -> Result<(), StoreProblem> {
    let mut digest_info = seal.inside(SEQUENCE)?;
    let mut algorithm = digest_info.inside(SEQUENCE)?;
    let name = algorithm.expect(OID)?;
    algorithm.optional(NULL)?;
    let expected = digest_info.expect(OCTETS)?;
    let salt = seal.expect(OCTETS)?;
    let rounds = if seal.is_empty() { 1 } else { iterations(seal.number()?)?.get() };
    let (digest, hmac) = hash(name)?;
    let key = key(digest, password, salt, rounds);
    let found = hmac::sign(&hmac::Key::new(hmac, &key), sealed);
    constant_time::verify_slices_are_equal(found.as_ref(), expected).map_err(|_| StoreProblem::WrongPassword)
}

fn hash(name: &[u8]) -> Result<(&'static digest::Algorithm, hmac::Algorithm), StoreProblem> {
    match name.strip_prefix(SHA2) {
        Some([1]) => Ok((&digest::SHA256, hmac::HMAC_SHA256)),
        Some([2]) => Ok((&digest::SHA384, hmac::HMAC_SHA384)),
        Some([3]) => Ok((&digest::SHA512, hmac::HMAC_SHA512)),
        _ if name == SHA1 => Ok((&digest::SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY)),
        _ => Err(StoreProblem::Malformed("its seal is of a kind that is not known here")),
    }
}

/// One output of the hash is all that is needed, so that the second half of the RFC's procedure never comes to bear.
fn key(hash: &'static digest::Algorithm, password: &str, salt: &[u8], rounds: u32) -> Vec<u8> {
    let block = hash.block_len();
    let password: Vec<u8> = password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
    let mut input = vec![PURPOSE; block];
    for part in [salt, &password] {
        let filled = part.len().next_multiple_of(block);
        input.extend(part.iter().cycle().take(filled));
    }
    let mut output = digest::digest(hash, &input);
    for _ in 1..rounds {
        output = digest::digest(hash, output.as_ref());
    }
    output.as_ref().to_vec()
}
