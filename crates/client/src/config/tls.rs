//! The settings of TLS: `ssl.*`, and librdkafka's where Kafka has none.

use super::read::invalid;
use super::{ClientConfig, ConfigError};
use crate::security::{KeyStore, Secret, ServerCheck, StoreFile, TlsConfig, TlsVersion, TrustStore};

const TRUSTSTORE: &str = "ssl.truststore.location";
const TRUSTED: &str = "ssl.truststore.certificates";
const KEYSTORE: &str = "ssl.keystore.location";
const KEY: &str = "ssl.keystore.key";
const CHAIN: &str = "ssl.keystore.certificate.chain";
const KEY_FILE: &str = "ssl.key.location";
const CHAIN_FILE: &str = "ssl.certificate.location";

pub(super) fn from_client(config: &ClientConfig) -> Result<TlsConfig, ConfigError> {
    if let Some(value) = config.text("ssl.engine.factory.class") {
        return Err(ConfigError::Unsupported { name: "ssl.engine.factory.class", value, instead: "" });
    }
    Ok(TlsConfig {
        trust: trust(config)?,
        identity: identity(config)?,
        server_check: server_check(config)?,
        versions: versions(config)?,
        cipher_suites: config.list("ssl.cipher.suites"),
    })
}

fn trust(config: &ClientConfig) -> Result<TrustStore, ConfigError> {
    match (file(config, TRUSTSTORE, "ssl.truststore.password"), config.secret(TRUSTED)) {
        (None, None) => Ok(TrustStore::System),
        (Some(file), None) => Ok(TrustStore::File(file)),
        (None, Some(certificates)) => Ok(TrustStore::Pem { setting: TRUSTED, certificates }),
        (Some(_), Some(_)) => Err(one_of(TRUSTSTORE, TRUSTED)),
    }
}

fn identity(config: &ClientConfig) -> Result<Option<KeyStore>, ConfigError> {
    let key_password = config.secret("ssl.key.password");
    let in_one = file(config, KEYSTORE, "ssl.keystore.password");
    let in_two = (file(config, CHAIN_FILE, "ssl.key.password"), file(config, KEY_FILE, "ssl.key.password"));
    let as_text = (config.secret(CHAIN), config.secret(KEY));
    let store = match (in_one, in_two, as_text) {
        (None, (None, None), (None, None)) => return Ok(None),
        (Some(file), (None, None), (None, None)) => KeyStore::File { file, key_password },
        (None, (Some(chain), Some(key)), (None, None)) => KeyStore::Files { chain, key },
        (None, (None, None), (Some(chain), Some(key))) => KeyStore::Pem { key, chain, key_password },
        (None, (Some(_), None), (None, None)) => return Err(ConfigError::Missing { name: KEY_FILE }),
        (None, (None, Some(_)), (None, None)) => return Err(ConfigError::Missing { name: CHAIN_FILE }),
        (None, (None, None), (Some(_), None)) => return Err(ConfigError::Missing { name: KEY }),
        (None, (None, None), (None, Some(_))) => return Err(ConfigError::Missing { name: CHAIN }),
        (Some(_), (None, None), _) => return Err(one_of(KEYSTORE, KEY)),
        (Some(_), ..) => return Err(one_of(KEYSTORE, KEY_FILE)),
        (None, ..) => return Err(one_of(KEY_FILE, KEY)),
    };
    Ok(Some(store))
}

fn one_of(name: &'static str, with: &'static str) -> ConfigError {
    ConfigError::Conflict { name, with, rule: "only one of them can say it" }
}

fn file(config: &ClientConfig, setting: &'static str, password: &'static str) -> Option<StoreFile> {
    let path = config.text(setting)?.into();
    Some(StoreFile { setting, path, password: config.secret(password) })
}

fn server_check(config: &ClientConfig) -> Result<ServerCheck, ConfigError> {
    let name = "ssl.endpoint.identification.algorithm";
    if !config.boolean("enable.ssl.certificate.verification")? {
        tracing::warn!("enable.ssl.certificate.verification=false: anybody can pose as the broker");
        return Ok(ServerCheck::Nothing);
    }
    match config.get(name).unwrap_or_default() {
        "" => Ok(ServerCheck::Chain),
        word if word.eq_ignore_ascii_case("none") => Ok(ServerCheck::Chain),
        word if word.eq_ignore_ascii_case("https") => Ok(ServerCheck::ChainAndName),
        other => Err(invalid(name, other, "https, or nothing to leave host names unchecked")),
    }
}

fn versions(config: &ClientConfig) -> Result<Vec<TlsVersion>, ConfigError> {
    let name = "ssl.enabled.protocols";
    let listed = config.list(name);
    let known = [("TLSv1.2", TlsVersion::V1_2), ("TLSv1.3", TlsVersion::V1_3)];
    let is_listed = |word: &str| listed.iter().any(|listed| listed.eq_ignore_ascii_case(word));
    let versions: Vec<_> =
        known.into_iter().filter(|(word, _)| is_listed(word)).map(|(_, version)| version).collect();
    if versions.is_empty() {
        let instead = "it speaks TLSv1.2 and TLSv1.3; what is older is not safe any more";
        return Err(ConfigError::Unsupported { name, value: listed.join(","), instead });
    }
    Ok(versions)
}

impl ClientConfig {
    /// A text that never shows.
    pub(super) fn secret(&self, name: &'static str) -> Option<Secret> {
        self.text(name).map(Secret::from)
    }
}
