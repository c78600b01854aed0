//! Where the controllers are: `controller.quorum.voters` and `controller.quorum.bootstrap.servers`.

use std::fmt;

use crate::error::Problem;
use crate::listener::{is_host, split_host_port};

/// An address of another node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostPort {
    /// A host name or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// A member of a fixed quorum.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Voter {
    /// Its `node.id`.
    pub id: i32,
    /// Where its controller listens.
    pub address: HostPort,
}

/// Reads `id@host:port` entries.
pub fn parse_voters(entries: &[String]) -> Result<Vec<Voter>, Problem> {
    let voters = entries.iter().map(|entry| {
        let refused = || Problem::NotAVoter(entry.clone());
        let (id, address) = entry.split_once('@').ok_or_else(refused)?;
        let id = id.trim().parse().ok().filter(|id| *id >= 0).ok_or_else(refused)?;
        let address = host_port(address).filter(|address| address.host != "0.0.0.0").ok_or_else(refused)?;
        Ok(Voter { id, address })
    });
    voters.collect()
}

/// Reads `host:port` entries.
pub fn parse_addresses(entries: &[String]) -> Result<Vec<HostPort>, Problem> {
    let addresses =
        entries.iter().map(|entry| host_port(entry).ok_or_else(|| Problem::NotAnAddress(entry.clone())));
    addresses.collect()
}

fn host_port(text: &str) -> Option<HostPort> {
    let (host, port) = split_host_port(text.trim())?;
    is_host(host).then(|| HostPort { host: host.to_owned(), port })
}

#[cfg(test)]
mod tests;
