//! The handshake of TLS, before anything of Kafka's is said.

use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use tokio::net::TcpStream;

use super::transport::tls;
use crate::error::{ErrorKind, SecurityMismatch};
use crate::security::TlsError;

/// Secures a connection to `host`.
pub(super) async fn handshake(
    stream: &TcpStream,
    host: &str,
    config: &Arc<ClientConfig>,
) -> Result<ClientConnection, ErrorKind> {
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|_| ErrorKind::Tls(TlsError::HostName(host.to_owned())))?;
    let mut session = ClientConnection::new(Arc::clone(config), name).map_err(|error| tls(&error))?;
    loop {
        while session.wants_write() {
            match session.write_tls(&mut Direct(stream)) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    stream.writable().await.map_err(connect)?;
                }
                Err(error) => return Err(ended(error)),
            }
        }
        if !session.is_handshaking() {
            return Ok(session);
        }
        stream.readable().await.map_err(connect)?;
        match session.read_tls(&mut Direct(stream)) {
            Ok(0) => return Err(SecurityMismatch::EndInTlsHandshake.into()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(ended(error)),
        }
        if let Err(error) = session.process_new_packets() {
            // The broker learns why, if the socket takes it at once.
            let _ = session.write_tls(&mut Direct(stream));
            return Err(tls(&error));
        }
    }
}

fn ended(error: io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
            SecurityMismatch::EndInTlsHandshake.into()
        }
        _ => connect(error),
    }
}

fn connect(error: io::Error) -> ErrorKind {
    ErrorKind::Connect(Arc::new(error))
}

/// The socket as the library reads and writes it.
struct Direct<'a>(&'a TcpStream);

impl Read for Direct<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(bytes)
    }
}

impl Write for Direct<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
