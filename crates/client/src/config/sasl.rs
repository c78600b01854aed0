//! The settings of SASL: `sasl.*`, with the line for Java's login modules or librdkafka's name and password.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::read::invalid;
use super::{ClientConfig, ConfigError};
use crate::security::sasl::jaas::{self, LoginModule};
use crate::security::sasl::{endpoint, extension_problem};
use crate::security::{
    BearerToken, Mechanism, SaslConfig, Secret, StoreFile, TokenEndpoint, TokenSource, TrustStore,
    UnsecuredToken,
};

const MECHANISM: &str = "sasl.mechanism";
const LINE: &str = "sasl.jaas.config";
const ENDPOINT: &str = "sasl.oauthbearer.token.endpoint.url";
const CLIENT_ID: &str = "sasl.oauthbearer.client.credentials.client.id";
const CLIENT_SECRET: &str = "sasl.oauthbearer.client.credentials.client.secret";
const PROVIDER_TRUST: &str = "https.ca.location";
const EXTENSIONS: &str = "sasl.oauthbearer.extensions";

/// Where the options of Java's module for unsecured tokens begin.
const UNSECURED: &str = "unsecuredLogin";

/// Classes for Java's clients whose work is done here anyway.
const KNOWN_CLASSES: [&str; 4] = [
    "OAuthBearerLoginCallbackHandler",
    "OAuthBearerUnsecuredLoginCallbackHandler",
    "OAuthBearerSaslClientCallbackHandler",
    "OAuthBearerRefreshingLogin",
];

pub(super) fn from_client(config: &ClientConfig) -> Result<SaslConfig, ConfigError> {
    for name in
        ["sasl.client.callback.handler.class", "sasl.login.callback.handler.class", "sasl.login.class"]
    {
        let class = config.text(name);
        let is_known =
            |class: &str| KNOWN_CLASSES.iter().any(|known| class.rsplit('.').next() == Some(known));
        if let Some(value) = class.filter(|class| !is_known(class)) {
            let instead = "a Rust program gives its tokens by ClientConfig::with_token_provider";
            return Err(ConfigError::Unsupported { name, value, instead });
        }
    }
    let module = match config.text(LINE) {
        Some(line) => Some(jaas::parse(&line).map_err(|error| in_line(&error.to_string()))?),
        None => None,
    };
    match mechanism(config)? {
        Mechanism::Plain => {
            let (username, password) = credentials(config, module)?;
            if username.contains('\0') || password.reveal().contains('\0') {
                return Err(in_line("PLAIN has no room for the character 0 in a name or a password"));
            }
            Ok(SaslConfig::Plain { username, password })
        }
        Mechanism::Scram(hash) => {
            let is_delegation_token = module
                .as_ref()
                .and_then(|module| module.options.get("tokenauth"))
                .is_some_and(|value| value.eq_ignore_ascii_case("true"));
            let (username, password) = credentials(config, module)?;
            Ok(SaslConfig::Scram { hash, username, password, is_delegation_token })
        }
        Mechanism::OauthBearer => {
            let extensions = extensions(config, module.as_ref())?;
            Ok(SaslConfig::OauthBearer { tokens: tokens(config, module)?, extensions })
        }
    }
}

fn mechanism(config: &ClientConfig) -> Result<Mechanism, ConfigError> {
    let value = config.get(MECHANISM).unwrap_or_default();
    let found = Mechanism::ALL.into_iter().find(|mechanism| mechanism.name().eq_ignore_ascii_case(value));
    let instead = "it knows PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER; Kerberos (GSSAPI, the default of \
                   Kafka) is not among them";
    found.ok_or_else(|| ConfigError::Unsupported { name: MECHANISM, value: value.to_owned(), instead })
}

/// A problem with the line; the line itself does not show.
fn in_line(expected: &str) -> ConfigError {
    invalid(LINE, "", expected)
}

fn credentials(config: &ClientConfig, module: Option<LoginModule>) -> Result<(String, Secret), ConfigError> {
    let Some(mut module) = module else {
        let username = config.text("sasl.username").ok_or(ConfigError::Missing { name: "sasl.username" })?;
        let password =
            config.secret("sasl.password").ok_or(ConfigError::Missing { name: "sasl.password" })?;
        return Ok((username, password));
    };
    if config.is_set("sasl.username") {
        let rule = "only one of them can say it";
        return Err(ConfigError::Conflict { name: LINE, with: "sasl.username", rule });
    }
    if !["PlainLoginModule", "ScramLoginModule"].contains(&module.class.as_str()) {
        return Err(in_line("names and passwords come with PlainLoginModule or ScramLoginModule"));
    }
    match (module.options.remove("username"), module.options.remove("password")) {
        (Some(username), Some(password)) if !username.is_empty() => Ok((username, password.into())),
        (None, _) | (Some(_), Some(_)) => Err(in_line("it has to have a username=\"…\"")),
        (Some(_), None) => Err(in_line("it has to have a password=\"…\"")),
    }
}

fn tokens(config: &ClientConfig, module: Option<LoginModule>) -> Result<TokenSource, ConfigError> {
    if let Some(provider) = config.token_provider() {
        return Ok(TokenSource::Provider(provider.clone()));
    }
    if let Some(token) = config.secret("sasl.oauthbearer.token") {
        return Ok(TokenSource::Fixed(BearerToken::new(token)));
    }
    if let Some(url) = config.text(ENDPOINT) {
        return match url.strip_prefix("file://").filter(|path| path.starts_with('/')) {
            Some(path) => Ok(TokenSource::File(path.into())),
            None => identity_provider(config, module, &url).map(TokenSource::Endpoint),
        };
    }
    let module = module.ok_or(ConfigError::Missing { name: "sasl.oauthbearer.token" })?;
    if !module.options.keys().any(|name| name.starts_with(UNSECURED)) {
        return Err(ConfigError::Missing { name: "sasl.oauthbearer.token" });
    }
    unsecured(&module).map(TokenSource::Unsecured)
}

/// An identity provider; what the client shows there stands in settings, or in the line for Java.
fn identity_provider(
    config: &ClientConfig,
    module: Option<LoginModule>,
    url: &str,
) -> Result<TokenEndpoint, ConfigError> {
    let mut options = module.map(|module| module.options).unwrap_or_default();
    let mut said = |name: &'static str, option: &str| config.text(name).or_else(|| options.remove(option));
    let (is_secured, host, port, path) = endpoint::parse_url(url).ok_or_else(|| {
        invalid(ENDPOINT, url, "https://HOST:PORT/PATH, or file:///PATH for a file with a token")
    })?;
    if !is_secured {
        tracing::warn!(
            "{ENDPOINT} is not secured: whoever listens learns the client's password and its tokens"
        );
    }
    let trust = match config.text(PROVIDER_TRUST) {
        None => TrustStore::System,
        Some(path) => {
            TrustStore::File(StoreFile { setting: PROVIDER_TRUST, path: path.into(), password: None })
        }
    };
    Ok(TokenEndpoint {
        is_secured,
        host,
        port,
        path,
        client_id: said(CLIENT_ID, "clientId").ok_or(ConfigError::Missing { name: CLIENT_ID })?,
        client_secret: said(CLIENT_SECRET, "clientSecret")
            .ok_or(ConfigError::Missing { name: CLIENT_SECRET })?
            .into(),
        scope: said("sasl.oauthbearer.scope", "scope"),
        trust,
    })
}

/// The options of Java's module for tokens that nobody signs (KIP-255).
fn unsecured(module: &LoginModule) -> Result<UnsecuredToken, ConfigError> {
    let mut claims = BTreeMap::new();
    let mut lifetime = Duration::from_hours(1);
    for (option, value) in &module.options {
        let Some(option) = option.strip_prefix(UNSECURED) else {
            continue;
        };
        let number = || value.parse::<f64>().map_err(|_| in_line("a claim that is a number has to be one"));
        if let Some(name) = option.strip_prefix("StringClaim_") {
            claims.insert(name.to_owned(), Value::from(value.as_str()));
        } else if let Some(name) = option.strip_prefix("NumberClaim_") {
            claims.insert(name.to_owned(), Value::from(number()?));
        } else if let Some(name) = option.strip_prefix("ListClaim_") {
            // Its first character separates the rest.
            let mut rest = value.chars();
            let parts: Vec<&str> =
                rest.next().map_or_else(Vec::new, |separator| rest.as_str().split(separator).collect());
            claims.insert(name.to_owned(), Value::from(parts));
        } else if option == "LifetimeSeconds" {
            let seconds = value.parse().map_err(|_| in_line("a lifetime is a whole number of seconds"))?;
            lifetime = Duration::from_secs(seconds);
        }
    }
    let principal = module.options.get("unsecuredLoginPrincipalClaimName").map_or("sub", String::as_str);
    if !claims.contains_key(principal) {
        return Err(in_line("an unsecured token names its principal: unsecuredLoginStringClaim_sub=\"…\""));
    }
    Ok(UnsecuredToken { claims, lifetime })
}

fn extensions(
    config: &ClientConfig,
    module: Option<&LoginModule>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut extensions = BTreeMap::new();
    for text in config.list(EXTENSIONS) {
        let (name, value) = text.split_once('=').unwrap_or((&text, ""));
        extensions.insert(name.to_owned(), value.to_owned());
    }
    for (option, value) in module.iter().flat_map(|module| &module.options) {
        let name = option.strip_prefix("unsecuredLoginExtension_").or(option.strip_prefix("extension_"));
        extensions.extend(name.map(|name| (name.to_owned(), value.clone())));
    }
    match extensions.iter().find_map(|(name, value)| extension_problem(name, value)) {
        Some(problem) => Err(in_line(problem)),
        None => Ok(extensions),
    }
}
