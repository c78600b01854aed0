use std::path::Path;

use super::*;

const PASSWORD: &str = "store-secret";

/// A file of `tests/stores`, which `make.sh` there has made.
fn file(name: &str, password: Option<&str>) -> StoreFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stores").join(name);
    StoreFile { setting: "ssl.keystore.location", path, password: password.map(Secret::from) }
}

fn bytes(name: &str) -> Vec<u8> {
    crate::security::file::read(&file(name, None).path, STORE_BYTES_MAX).expect("is there")
}

fn text(name: &str) -> Secret {
    String::from_utf8(bytes(name)).expect("is text").into()
}

fn certificate(name: &str) -> CertificateDer<'static> {
    certificates_in("", &text(name)).expect("is a certificate").remove(0)
}

fn in_one(name: &str, password: Option<&str>, key_password: Option<&str>) -> KeyStore {
    KeyStore::File { file: file(name, password), key_password: key_password.map(Secret::from) }
}

fn in_two(key: &str, password: Option<&str>) -> KeyStore {
    KeyStore::Files { chain: file("own.crt", None), key: file(key, password) }
}

fn as_text(key: &str, password: Option<&str>) -> KeyStore {
    KeyStore::Pem { key: text(key), chain: text("own.crt"), key_password: password.map(Secret::from) }
}

#[test]
fn keys_come_with_their_certificates_from_every_format() {
    let (_, key) = identity(&in_two("own.key", None)).expect("is in the clear");
    let (own, issuer) = (certificate("own.crt"), certificate("ca.pem"));
    let whole = [own.clone(), issuer];
    let check = |store: KeyStore, expected: &[CertificateDer<'_>]| {
        let (chain, found) = identity(&store).unwrap_or_else(|error| panic!("{store:?}: {error}"));
        assert_eq!((chain.as_slice(), &found), (expected, &key), "{store:?}");
    };
    check(in_one("openssl.p12", Some(PASSWORD), None), &whole);
    check(in_one("openssl.p12", Some(PASSWORD), Some(PASSWORD)), &whole);
    check(in_one("openssl-other.p12", Some(PASSWORD), None), &whole);
    check(in_one("keytool.p12", Some(PASSWORD), None), &whole);
    check(in_one("open.p12", None, None), &whole);
    check(in_two("own-locked.key", Some(PASSWORD)), std::slice::from_ref(&own));
    check(as_text("own-locked.key", Some(PASSWORD)), std::slice::from_ref(&own));
    check(as_text("own.key", None), &[own]);
}

#[test]
fn trusted_certificates_come_from_every_format() {
    let issuer = [certificate("ca.pem")];
    assert_eq!(certificates(&file("ca.pem", None)).expect("is PEM"), issuer);
    assert_eq!(certificates(&file("keytool-trust.p12", Some(PASSWORD))).expect("is PKCS #12"), issuer);
    assert_eq!(certificates(&file("openssl.p12", Some(PASSWORD))).expect("is PKCS #12").len(), 2);
}

#[test]
fn what_cannot_be_opened_says_why_and_keeps_its_password() {
    let check = |store: KeyStore, expected: &str| {
        let error = identity(&store).map(|_| ()).expect_err("cannot be opened").to_string();
        assert!(error.contains(expected), "{store:?}: {error}");
        assert!(!error.contains("-secret") && !format!("{store:?}").contains("-secret"), "{error}");
    };
    check(in_one("missing.p12", None, None), "missing.p12: No such file");
    check(in_one("trust.jks", Some(PASSWORD), None), "keytool -importkeystore");
    check(in_one("openssl.p12", None, None), "set ssl.keystore.password");
    check(in_one("openssl.p12", Some("wrong-secret"), None), "the password does not open it");
    check(in_one("openssl.p12", Some(PASSWORD), Some("wrong-secret")), "the password does not open it");
    check(in_one("keytool.p12", Some("wrong-secret"), None), "the password does not open it");
    check(in_one("legacy.p12", Some(PASSWORD), None), "too old");
    check(in_one("keytool-trust.p12", Some(PASSWORD), None), "there is no private key in it");
    check(in_one("own.crt", None, None), "there is no private key in it");
    check(in_one("own.key", None, None), "there is no certificate in it");
    check(in_one("make.sh", None, None), "neither PEM nor PKCS #12");
    check(in_two("own-locked.key", None), "set ssl.key.password");
    check(in_two("own-locked.key", Some("wrong-secret")), "the password does not open it");
    check(in_two("own-traditional.key", Some(PASSWORD)), "too old");
    check(in_two("own-old.key", Some(PASSWORD)), "too old");
    check(as_text("own-locked.key", None), "set ssl.key.password");
}

#[test]
fn damaged_files_are_refused_or_read_but_never_end_the_program() {
    let whole = bytes("open.p12");
    let passwords = Passwords { store: None, key: None, setting: "" };
    for end in 0..whole.len() {
        assert!(pkcs12::read(&whole[..end], &passwords).is_err(), "cut at {end}");
    }
    for position in 0..whole.len() {
        for bit in 0..8 {
            let mut damaged = whole.clone();
            damaged[position] ^= 1 << bit;
            // What is read is whatever the bytes now say.
            if let Ok(contents) = pkcs12::read(&damaged, &passwords) {
                let _ = chain(contents);
            }
        }
    }
}
