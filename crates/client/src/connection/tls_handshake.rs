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
    let mut has_heard = false;
    loop {
        while session.wants_write() {
            match session.write_tls(&mut Direct(stream)) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    stream.writable().await.map_err(connect)?;
                }
                Err(error) => {
                    // The reason may have come before the end.
                    let reason = last_words(stream, &mut session);
                    return Err(reason.unwrap_or_else(|| ended(error, has_heard)));
                }
            }
        }
        if !session.is_handshaking() {
            return Ok(session);
        }
        stream.readable().await.map_err(connect)?;
        match session.read_tls(&mut Direct(stream)) {
            Ok(0) => return Err(ended(io::ErrorKind::UnexpectedEof.into(), has_heard)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(ended(error, has_heard)),
        }
        let processed = session.process_new_packets();
        has_heard = true;
        if let Err(error) = processed {
            // The broker learns why, if the socket takes it at once.
            let _ = session.write_tls(&mut Direct(stream));
            return Err(tls(&error));
        }
    }
}

/// What the broker has said before it ended the connection.
fn last_words(stream: &TcpStream, session: &mut ClientConnection) -> Option<ErrorKind> {
    session.read_tls(&mut Direct(stream)).ok()?;
    session.process_new_packets().err().map(|error| tls(&error))
}

/// A broker that has answered in TLS speaks it: something else is wrong then.
fn ended(error: io::Error, has_heard: bool) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
            let mismatch = match has_heard {
                true => SecurityMismatch::EndBehindTlsHandshake,
                false => SecurityMismatch::EndInTlsHandshake,
            };
            mismatch.into()
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
