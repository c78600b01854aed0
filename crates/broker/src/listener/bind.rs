//! Making listening sockets.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};

use super::{BindError, ListenerSpec};
use crate::limits::Limits;
use crate::request::SecurityProtocol;

/// With port 0 the second address may find the first one's port taken; then both try another one.
const FREE_PORT_ATTEMPTS: usize = 16;

/// A listener whose sockets are bound; clients can connect, and wait until it is served.
#[derive(Debug)]
pub struct BoundListener {
    pub(super) name: Arc<str>,
    pub(super) security_protocol: SecurityProtocol,
    pub(super) sockets: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
}

impl BoundListener {
    /// Its name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The addresses it really has.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The port of all its addresses.
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }
}

/// Binds one listener.
///
/// # Errors
/// No address could be bound, or one failed for another reason than that the machine does not have it.
pub fn bind(spec: &ListenerSpec, limits: &Limits) -> Result<BoundListener, BindError> {
    let attempts = if spec.port == 0 { FREE_PORT_ATTEMPTS } else { 1 };
    for _ in 1..attempts {
        match bind_once(spec, limits) {
            Err(failed) if failed.error.kind() == io::ErrorKind::AddrInUse => {}
            done => return done,
        }
    }
    bind_once(spec, limits)
}

fn bind_once(spec: &ListenerSpec, limits: &Limits) -> Result<BoundListener, BindError> {
    let mut bound = BoundListener {
        name: Arc::clone(&spec.name),
        security_protocol: spec.security_protocol,
        sockets: Vec::new(),
        addresses: Vec::new(),
    };
    let mut missing = None;
    for ip in &spec.addresses {
        let port = if spec.port == 0 { bound.port() } else { spec.port };
        let address = SocketAddr::new(*ip, port);
        let failed = |error| BindError { listener: Arc::clone(&spec.name), address, error };
        let covered = ip.is_unspecified() && bound.addresses.iter().any(|other| covers_all(other.ip()));
        if covered {
            continue;
        }
        match listen(address, limits) {
            Ok(socket) => {
                bound.addresses.push(socket.local_addr().map_err(failed)?);
                bound.sockets.push(socket);
            }
            Err(error) if is_missing(&error) => missing = Some(failed(error)),
            Err(error) => return Err(failed(error)),
        }
    }
    match missing {
        Some(failed) if bound.sockets.is_empty() => Err(failed),
        Some(failed) => {
            tracing::info!(listener = %spec.name, address = %failed.address, error = %failed.error, "address skipped");
            Ok(bound)
        }
        None => Ok(bound),
    }
}

fn listen(address: SocketAddr, limits: &Limits) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A broker that restarts takes its port although old connections linger in TIME_WAIT.
    socket.set_reuse_address(true)?;
    if let IpAddr::V6(ip) = address.ip() {
        socket.set_only_v6(!ip.is_unspecified())?;
    }
    // Windows are negotiated while connecting, so these sizes are inherited from the listening socket.
    if let Some(size_bytes) = limits.receive_buffer_bytes {
        socket.set_recv_buffer_size(size_bytes)?;
    }
    if let Some(size_bytes) = limits.send_buffer_bytes {
        socket.set_send_buffer_size(size_bytes)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(limits.listen_backlog)?;
    Ok(socket.into())
}

/// `[::]` takes IPv4 clients, too.
fn covers_all(ip: IpAddr) -> bool {
    ip.is_ipv6() && ip.is_unspecified()
}

/// The machine has no such address, or does not speak this family at all.
fn is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable
        || matches!(error.raw_os_error(), Some(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL))
}
