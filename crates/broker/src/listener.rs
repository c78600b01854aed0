//! Listeners: binding, accepting, counting connections, and ending them in order when the broker stops. What a
//! connection does is `connection`'s business.

mod bind;
mod registry;
mod serve;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use crate::request::SecurityProtocol;

pub use bind::{BoundListener, bind};
pub use serve::Listeners;

/// A listener that is wanted.
#[derive(Clone, Debug)]
pub struct ListenerSpec {
    /// Its name, as in `listeners`.
    pub name: Arc<str>,
    /// How its bytes are protected.
    pub security_protocol: SecurityProtocol,
    /// The addresses it is to have, all with the same port; one that the machine does not have is skipped if another
    /// one can be bound. Port 0 takes a free one, the same for all.
    pub addresses: Vec<IpAddr>,
    /// The port.
    pub port: u16,
}

impl ListenerSpec {
    /// This machine only, IPv4 and IPv6: what a broker without configuration does.
    pub fn loopback(name: &str, port: u16) -> Self {
        Self::plaintext(name, vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()], port)
    }

    /// All addresses of the machine, as `PLAINTEXT://:9092` means.
    pub fn everywhere(name: &str, port: u16) -> Self {
        Self::plaintext(name, vec![Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()], port)
    }

    /// A listener without protection on some addresses.
    pub fn plaintext(name: &str, addresses: Vec<IpAddr>, port: u16) -> Self {
        Self { name: name.into(), security_protocol: SecurityProtocol::Plaintext, addresses, port }
    }
}

/// Why a listener could not be bound.
#[derive(Debug)]
pub struct BindError {
    /// The listener.
    pub listener: Arc<str>,
    /// The address that failed.
    pub address: SocketAddr,
    /// Why.
    pub error: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listener, address, error } = self;
        write!(f, "listener {listener} cannot be bound to {address}: {error}")?;
        match error.kind() {
            io::ErrorKind::AddrInUse => f.write_str(
                "; another process has this port (is a broker running already?); stop it, or choose another port in `listeners`",
            ),
            io::ErrorKind::PermissionDenied => {
                f.write_str("; ports below 1024 need special rights, choose another one in `listeners`")
            }
            io::ErrorKind::AddrNotAvailable => f.write_str(
                "; this machine does not have that address; name one it has in `listeners`, and the outer one in `advertised.listeners`",
            ),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

#[cfg(test)]
mod tests;
