//! Making a connection, in stages, each with a time-out.
//!
//! ```text
//! every address of the name in turn ─▶ TLS ─▶ the driver starts ─▶ ApiVersions ─▶ SASL ─▶ open
//! ```

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::{Connection, Security, Shared, State, authentication, driver, handshake, renewal};
use super::{tls_handshake, transport};
use crate::config::{CommonConfig, HostPort};
use crate::error::{Error, ErrorKind, Result};

/// Connects, and goes through all stages.
pub(super) async fn open(
    node_id: i32,
    address: &HostPort,
    config: &CommonConfig,
    security: &Security,
    setup_timeout: Duration,
) -> Result<Connection> {
    let name = address.to_string();
    let place = |error: Error| error.with_broker(node_id).with_address(&name);
    let refused = |error: io::Error| place(ErrorKind::Connect(Arc::new(error)).into());
    let stream = connect(address, config, setup_timeout).await.map_err(refused)?;
    let session = match &security.tls {
        None => None,
        Some(tls) => {
            let handshake = tls_handshake::handshake(&stream, &address.host, tls);
            let secured = timeout(setup_timeout, handshake).await.map_err(|_| silent_in_tls(setup_timeout));
            Some(secured.and_then(|secured| secured).map_err(|kind| place(kind.into()))?)
        }
    };
    let (receiver, transport) = transport::split(stream, session);
    let shared = Arc::new(Shared {
        node_id,
        address: name.as_str().into(),
        client_id: config.client_id.as_str().into(),
        versions: OnceLock::new(),
        transport,
        is_authenticated: security.sasl.is_some(),
        state: Mutex::new(State::new(Instant::now())),
        changed: Notify::new(),
        idle_max: config.connections_max_idle,
        request_timeout: config.request_timeout,
    });
    tokio::spawn(driver::drive(Arc::clone(&shared), receiver));
    let connection = Connection { shared };
    let versions = handshake::api_versions(&connection, setup_timeout).await.map_err(place)?;
    connection.shared.versions.get_or_init(|| versions);
    if let Some(sasl) = &security.sasl {
        let shared = &connection.shared;
        let token = authentication::token(sasl).await.map_err(place)?;
        let lifetime = authentication::authenticate(shared, &sasl.config, token.as_ref(), setup_timeout);
        if let Some(lifetime) = lifetime.await.map_err(place)? {
            renewal::keep(shared, Arc::clone(sasl), lifetime, config.request_timeout);
        }
    }
    Ok(connection)
}

fn silent_in_tls(after: Duration) -> ErrorKind {
    ErrorKind::Timeout { waiting_for: "the TLS handshake", after }
}

async fn connect(
    address: &HostPort,
    config: &CommonConfig,
    setup_timeout: Duration,
) -> io::Result<TcpStream> {
    let mut last_error = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let resolved = timeout(setup_timeout, tokio::net::lookup_host((address.host.as_str(), address.port)));
    for address in resolved.await.map_err(timed_out)?? {
        match timeout(setup_timeout, connect_to(address, config)).await.map_err(timed_out) {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) | Err(error) => last_error = error,
        }
    }
    Err(last_error)
}

async fn connect_to(address: SocketAddr, config: &CommonConfig) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(bytes) = config.send_buffer_bytes {
        socket.set_send_buffer_size(bytes)?;
    }
    if let Some(bytes) = config.receive_buffer_bytes {
        socket.set_recv_buffer_size(bytes)?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn timed_out(_: tokio::time::error::Elapsed) -> io::Error {
    io::ErrorKind::TimedOut.into()
}
