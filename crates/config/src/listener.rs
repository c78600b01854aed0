//! The parts of listeners: `NAME://host:port`, security protocols, and the two lists of pairs that go with
//! them. How listeners fit together is in `listeners`.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::collections::BTreeMap;
use std::fmt;

use crate::error::Problem;

/// How a listener speaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SecurityProtocol {
    /// Neither encrypted nor authenticated.
    Plaintext,
    /// TLS.
    Ssl,
    /// Authenticated, not encrypted.
    SaslPlaintext,
    /// Authenticated, and TLS.
    SaslSsl,
}

impl SecurityProtocol {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Plaintext, Self::Ssl, Self::SaslPlaintext, Self::SaslSsl];

    /// Kafka's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
        }
    }

    /// The number in `RegisterBrokerRecord` and on the wire.
    pub const fn code(self) -> i16 {
        match self {
            Self::Plaintext => 0,
            Self::Ssl => 1,
            Self::SaslPlaintext => 2,
            Self::SaslSsl => 3,
        }
    }

    /// The protocol of a name, in any case of letters.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name().eq_ignore_ascii_case(name))
    }

    /// Whether clients authenticate by SASL.
    pub const fn is_sasl(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }
}

impl fmt::Display for SecurityProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One entry of `listeners` or `advertised.listeners`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// The name of the listener, in upper case.
    pub name: String,
    /// A host name or an address without brackets; empty for every address.
    pub host: String,
    /// The port; 0 for any free one.
    pub port: u16,
}

impl Endpoint {
    /// Reads `NAME://host:port`; an IPv6 address stands in brackets.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let refused = || Problem::NotAListener(text.to_owned());
        let (name, address) = text.trim().split_once("://").ok_or_else(refused)?;
        let (host, port) = split_host_port(address).ok_or_else(refused)?;
        if name.is_empty() || !(host.is_empty() || is_host(host)) {
            return Err(refused());
        }
        Ok(Self { name: name.to_uppercase(), host: host.to_owned(), port })
    }

    /// The address as it is written in lists, with brackets around an IPv6 address.
    pub fn address(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.name, self.address())
    }
}

/// Splits `host:port`, `[address]:port` or `:port`.
pub(crate) fn split_host_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']').filter(|address| address.contains(':'))?,
        None if host.contains([':', '[', ']']) => return None,
        None => host,
    };
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    Some((host, digits.then(|| port.parse().ok())??))
}

/// Whether this could be a host name or an address; the characters that Kafka allows.
pub(crate) fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'%' | b':'))
}

/// Whether two hosts are one IPv4 and one IPv6 address, which may share a port.
pub(crate) fn are_both_families(first: &str, second: &str) -> bool {
    let is_v4 = |host: &str| host.parse::<Ipv4Addr>().is_ok();
    let is_v6 = |host: &str| host.split('%').next().is_some_and(|host| host.parse::<Ipv6Addr>().is_ok());
    (is_v4(first) && is_v6(second)) || (is_v6(first) && is_v4(second))
}

/// Reads `listener.security.protocol.map`; names come out in upper case.
pub fn parse_protocol_map(text: &str) -> Result<BTreeMap<String, SecurityProtocol>, Problem> {
    let mut protocols = BTreeMap::new();
    for entry in pairs(text) {
        let (name, protocol) = entry?;
        let protocol =
            SecurityProtocol::parse(protocol).ok_or_else(|| Problem::NotAProtocol(protocol.to_owned()))?;
        protocols.insert(name.to_uppercase(), protocol);
    }
    Ok(protocols)
}

/// Reads `max.connections.per.ip.overrides`.
pub fn parse_connection_overrides(text: &str) -> Result<BTreeMap<String, i32>, Problem> {
    let mut limits = BTreeMap::new();
    for entry in pairs(text) {
        let (host, count) = entry?;
        if !is_host(host) {
            return Err(Problem::NotAnAddress(host.to_owned()));
        }
        let count = count.parse().map_err(|_| Problem::NotACount(count.to_owned()))?;
        limits.insert(host.to_owned(), count);
    }
    Ok(limits)
}

/// The entries of `key:value,key:value`. The value is behind the last colon, since a key may be an IPv6 address.
fn pairs(text: &str) -> impl Iterator<Item = Result<(&str, &str), Problem>> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(|entry| {
        let (key, value) = entry.rsplit_once(':').ok_or_else(|| Problem::NotAPair(entry.to_owned()))?;
        Ok((key.trim(), value.trim()))
    })
}

#[cfg(test)]
mod tests;
