//! What somebody has set, by Kafka's names, each value checked when it is given.

use std::collections::BTreeMap;
use std::fmt;

use super::definition::{Definition, ValueKind};
use super::definitions;
use super::{AdminConfig, CommonConfig, ConfigError, ConsumerConfig, ProducerConfig};
use crate::security::sasl::TokenProvider;
use crate::security::{BearerToken, TokenError};

/// Settings for any client. Unknown names and bad values are refused at once; secrets never show in `Debug`.
///
/// ```
/// use jackdaw_client::ClientConfig;
///
/// let config = ClientConfig::new("localhost:9092").with("client.id", "orders")?.with("linger.ms", "20")?;
/// assert_eq!(config.producer()?.linger.as_millis(), 20);
/// let error = config.with("linger.sm", "20").unwrap_err();
/// assert!(error.to_string().contains("linger.ms"));
/// # Ok::<(), jackdaw_client::config::ConfigError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ClientConfig {
    values: BTreeMap<&'static str, String>,
    token_provider: Option<TokenProvider>,
}

impl ClientConfig {
    /// Settings with these brokers to start from: `host:port`, separated by commas.
    pub fn new(bootstrap_servers: impl Into<String>) -> Self {
        let values = BTreeMap::from([("bootstrap.servers", bootstrap_servers.into())]);
        Self { values, token_provider: None }
    }

    /// Settings by name, as a program's own configuration holds them. The last of equal names wins.
    ///
    /// # Errors
    /// The first name or value that is wrong.
    pub fn from_pairs<N: AsRef<str>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        for (name, value) in pairs {
            config.set(name.as_ref(), value)?;
        }
        Ok(config)
    }

    /// Settings from the bytes of a `.properties` file.
    ///
    /// # Errors
    /// What is wrong with the file, or its first wrong name or value.
    pub fn from_properties(bytes: &[u8]) -> Result<Self, ConfigError> {
        let properties = jackdaw_config::properties::parse(bytes).map_err(ConfigError::Properties)?;
        Self::from_pairs(properties.into_iter().map(|property| (property.name, property.value)))
    }

    /// Sets one value.
    ///
    /// # Errors
    /// `UnknownName` (with the nearest known one), `InvalidValue`.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> Result<(), ConfigError> {
        let definition = definitions::find(name).ok_or_else(|| ConfigError::UnknownName {
            name: name.to_owned(),
            nearest: jackdaw_config::nearest::nearest(name, definitions::all().map(|known| known.name)),
        })?;
        let value = value.into().trim().to_owned();
        definition.check(&value)?;
        self.values.insert(definition.name, value);
        Ok(())
    }

    /// [`ClientConfig::set`] for building in one expression.
    ///
    /// # Errors
    /// As [`ClientConfig::set`].
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Result<Self, ConfigError> {
        self.set(name, value)?;
        Ok(self)
    }

    /// Lets a function get the tokens of OAUTHBEARER: it is asked at each authentication, thus before a token that it gave
    /// has expired, and may take its time. It goes before the settings that name a token.
    ///
    /// ```
    /// use jackdaw_client::ClientConfig;
    /// use jackdaw_client::security::BearerToken;
    ///
    /// let config = ClientConfig::new("localhost:9093")
    ///     .with("security.protocol", "SASL_SSL")?
    ///     .with("sasl.mechanism", "OAUTHBEARER")?
    ///     .with_token_provider(|| async { Ok(BearerToken::new(std::fs::read_to_string("token")?.trim())) });
    /// assert!(config.admin()?.common.security.sasl.is_some());
    /// # Ok::<(), jackdaw_client::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_token_provider<F, T>(mut self, provider: F) -> Self
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = Result<BearerToken, TokenError>> + Send + 'static,
    {
        self.token_provider = Some(TokenProvider::new(provider));
        self
    }

    pub(super) fn token_provider(&self) -> Option<&TokenProvider> {
        self.token_provider.as_ref()
    }

    /// Sets a value unless there is one: for defaults of a program of its own.
    ///
    /// # Errors
    /// As [`ClientConfig::set`].
    pub fn set_default(&mut self, name: &str, value: impl Into<String>) -> Result<(), ConfigError> {
        if self.is_set(name) { Ok(()) } else { self.set(name, value) }
    }

    /// Whether somebody has set it.
    pub fn is_set(&self, name: &str) -> bool {
        definitions::find(name).is_some_and(|definition| self.values.contains_key(definition.name))
    }

    /// What was set, or the default. `None` if there is neither.
    pub fn get(&self, name: &str) -> Option<&str> {
        let definition = definitions::find(name)?;
        self.values.get(definition.name).map(String::as_str).or(definition.default)
    }

    /// What all clients have in common.
    ///
    /// # Errors
    /// A value that is wrong only beside others, or missing.
    pub fn common(&self) -> Result<CommonConfig, ConfigError> {
        CommonConfig::from_client(self)
    }

    /// The settings of a producer.
    ///
    /// # Errors
    /// A value that is wrong only beside others, or missing.
    pub fn producer(&self) -> Result<ProducerConfig, ConfigError> {
        ProducerConfig::from_client(self)
    }

    /// The settings of a consumer.
    ///
    /// # Errors
    /// A value that is wrong only beside others, or missing.
    pub fn consumer(&self) -> Result<ConsumerConfig, ConfigError> {
        ConsumerConfig::from_client(self)
    }

    /// The settings of an administrator.
    ///
    /// # Errors
    /// A value that is wrong only beside others, or missing.
    pub fn admin(&self) -> Result<AdminConfig, ConfigError> {
        AdminConfig::from_client(self)
    }

    /// What was set and has no effect: settings of Kafka's Java clients that mean nothing here.
    pub fn without_effect(&self) -> impl Iterator<Item = &'static str> {
        let is_inert = |name: &&'static str| {
            definitions::find(name).is_some_and(|known| matches!(known.kind, ValueKind::Inert))
        };
        self.values.keys().copied().filter(is_inert)
    }

    /// Everything that was set, with secrets replaced.
    pub fn shown(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.values.iter().map(|(name, value)| {
            let is_secret = definitions::find(name).is_some_and(Definition::is_secret);
            (*name, if is_secret { "[hidden]" } else { value.as_str() })
        })
    }
}

impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.shown()).finish()
    }
}
