//! What all clients have in common: whom to ask first, how long to wait, how to connect.

use std::fmt;
use std::time::Duration;

use super::read::invalid;
use super::{ClientConfig, ConfigError, SecurityConfig};

/// An address as it is configured or as a broker advertises it; not resolved.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HostPort {
    /// A name or an IP address, the latter without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl HostPort {
    /// Reads `host:port`, `[v6]:port`, and either behind `NAME://`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        let (host, port) = text.rsplit_once(':')?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let port = port.parse().ok()?;
        (!host.is_empty() && !host.contains(['[', ']', '/', ' ']))
            .then(|| Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Which nodes of a cluster a client speaks to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Endpoints {
    /// The brokers, as every program does.
    Brokers,
    /// The controllers, for what they answer themselves (KIP-919): set by `bootstrap.controllers`.
    Controllers,
}

impl Endpoints {
    /// The number that stands for them in DescribeCluster.
    pub(crate) fn wire(self) -> i8 {
        match self {
            Self::Brokers => 1,
            Self::Controllers => 2,
        }
    }
}

/// What to do when no known broker answers any more (KIP-899, KIP-1102).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecoveryStrategy {
    /// Keep trying the brokers of the last metadata.
    None,
    /// Start again from `bootstrap.servers`.
    Rebootstrap,
}

/// The settings that every client has.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct CommonConfig {
    /// `bootstrap.servers`, or `bootstrap.controllers`.
    pub bootstrap_servers: Vec<HostPort>,
    /// What listens there.
    pub endpoints: Endpoints,
    /// `client.id`.
    pub client_id: String,
    /// `security.protocol`, with what belongs to it.
    pub security: SecurityConfig,
    /// `request.timeout.ms`.
    pub request_timeout: Duration,
    /// `default.api.timeout.ms`.
    pub api_timeout: Duration,
    /// `retry.backoff.ms`.
    pub retry_backoff: Duration,
    /// `retry.backoff.max.ms`.
    pub retry_backoff_max: Duration,
    /// `reconnect.backoff.ms`.
    pub reconnect_backoff: Duration,
    /// `reconnect.backoff.max.ms`.
    pub reconnect_backoff_max: Duration,
    /// `socket.connection.setup.timeout.ms`.
    pub connection_setup_timeout: Duration,
    /// `socket.connection.setup.timeout.max.ms`.
    pub connection_setup_timeout_max: Duration,
    /// `connections.max.idle.ms`.
    pub connections_max_idle: Duration,
    /// `metadata.max.age.ms`.
    pub metadata_max_age: Duration,
    /// `metadata.recovery.strategy`.
    pub recovery_strategy: RecoveryStrategy,
    /// `metadata.recovery.rebootstrap.trigger.ms`.
    pub rebootstrap_trigger: Duration,
    /// `send.buffer.bytes`; `None` leaves it to the system.
    pub send_buffer_bytes: Option<u32>,
    /// `receive.buffer.bytes`; `None` leaves it to the system.
    pub receive_buffer_bytes: Option<u32>,
}

impl CommonConfig {
    pub(super) fn from_client(config: &ClientConfig) -> Result<Self, ConfigError> {
        for name in config.without_effect() {
            tracing::debug!(name, "a setting that has no effect in this client");
        }
        let (endpoints, bootstrap_servers) = bootstrap(config)?;
        Ok(Self {
            bootstrap_servers,
            endpoints,
            client_id: config.get("client.id").unwrap_or_default().to_owned(),
            security: SecurityConfig::from_client(config)?,
            request_timeout: config.duration("request.timeout.ms")?,
            api_timeout: config.duration("default.api.timeout.ms")?,
            retry_backoff: config.duration("retry.backoff.ms")?,
            retry_backoff_max: config.duration("retry.backoff.max.ms")?,
            reconnect_backoff: config.duration("reconnect.backoff.ms")?,
            reconnect_backoff_max: config.duration("reconnect.backoff.max.ms")?,
            connection_setup_timeout: config.duration("socket.connection.setup.timeout.ms")?,
            connection_setup_timeout_max: config.duration("socket.connection.setup.timeout.max.ms")?,
            connections_max_idle: config.duration("connections.max.idle.ms")?,
            metadata_max_age: config.duration("metadata.max.age.ms")?,
            recovery_strategy: config.choice(
                "metadata.recovery.strategy",
                &[("none", RecoveryStrategy::None), ("rebootstrap", RecoveryStrategy::Rebootstrap)],
            )?,
            rebootstrap_trigger: config.duration("metadata.recovery.rebootstrap.trigger.ms")?,
            send_buffer_bytes: socket_buffer(config, "send.buffer.bytes")?,
            receive_buffer_bytes: socket_buffer(config, "receive.buffer.bytes")?,
        })
    }
}

/// Whom to ask first: brokers or controllers, not both.
fn bootstrap(config: &ClientConfig) -> Result<(Endpoints, Vec<HostPort>), ConfigError> {
    let (servers, controllers) = ("bootstrap.servers", "bootstrap.controllers");
    if config.list(controllers).is_empty() {
        return Ok((Endpoints::Brokers, addresses(config, servers)?));
    }
    if !config.list(servers).is_empty() {
        return Err(ConfigError::Conflict {
            name: controllers,
            with: servers,
            rule: "one of them says whom to ask",
        });
    }
    Ok((Endpoints::Controllers, addresses(config, controllers)?))
}

fn addresses(config: &ClientConfig, name: &'static str) -> Result<Vec<HostPort>, ConfigError> {
    let list = config.list(name);
    if list.is_empty() {
        return Err(ConfigError::Missing { name });
    }
    let parse = |text: &String| {
        HostPort::parse(text).ok_or_else(|| invalid(name, text, "host:port, separated by commas"))
    };
    list.iter().map(parse).collect()
}

/// Kafka's defaults are small, and setting a size stops the system from finding a better one: only what was asked for is set.
fn socket_buffer(config: &ClientConfig, name: &'static str) -> Result<Option<u32>, ConfigError> {
    if !config.is_set(name) {
        return Ok(None);
    }
    let bytes: i64 = config.number(name)?;
    Ok(u32::try_from(bytes).ok().filter(|bytes| *bytes > 0))
}
