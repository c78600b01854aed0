//! How the bytes of a connection leave and come: as they are, or through TLS. The plain way costs nothing for the other.
//!
//! ```text
//! write: outgoing ─────────────────▶ socket        read: socket ─────────────────▶ buffer
//! TLS:   outgoing ─▶ session ─▶ socket                   socket ─▶ sealed ─▶ session ─▶ buffer
//! ```

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};

use bytes::{Buf, Bytes, BytesMut};
use parking_lot::Mutex;
use rustls::ClientConnection;
use smallvec::SmallVec;
use socket2::SockRef;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::error::{ErrorKind, Result};
use crate::security::TlsError;

/// How many pieces go into one write.
const SLICES_MAX: usize = 64;
/// Room for what is read before it is deciphered. The library itself would read 4 KiB at a time.
const SEALED_BYTES: usize = 64 * 1024;

/// The writing side. Locks: who holds the connection's state may take the session, never the other way round.
pub(super) struct Transport {
    socket: OwnedWriteHalf,
    session: Option<Mutex<ClientConnection>>,
}

/// The reading side.
pub(super) struct Receiver {
    socket: OwnedReadHalf,
    sealed: BytesMut,
}

/// What a read brought.
pub(super) enum Received {
    /// Bytes, or with TLS also something that is none of the caller's business.
    Something,
    /// The broker has ended the connection.
    End,
}

/// The two sides of a connection; `session` has its handshake behind it.
pub(super) fn split(stream: TcpStream, session: Option<ClientConnection>) -> (Receiver, Transport) {
    let (reading, writing) = stream.into_split();
    let sealed = BytesMut::with_capacity(if session.is_some() { SEALED_BYTES } else { 0 });
    let transport = Transport { socket: writing, session: session.map(Mutex::new) };
    (Receiver { socket: reading, sealed }, transport)
}

impl Transport {
    /// Writes as much as the socket takes; whether that is everything.
    pub(super) fn flush(&self, outgoing: &mut VecDeque<Bytes>) -> io::Result<bool> {
        match &self.session {
            None => self.flush_plain(outgoing),
            Some(session) => self.flush_sealed(&mut session.lock(), outgoing),
        }
    }

    /// Whether something waits for the socket beside `outgoing`.
    pub(super) fn has_unsent(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.lock().wants_write())
    }

    /// Whether connections are encrypted.
    pub(super) fn is_sealed(&self) -> bool {
        self.session.is_some()
    }

    pub(super) async fn writable(&self) -> io::Result<()> {
        self.socket.writable().await
    }

    /// Tells the broker that nothing more comes. What a caller sees of it is its own error.
    pub(super) fn close(&self) {
        if let Some(session) = &self.session {
            let mut session = session.lock();
            session.send_close_notify();
            // The farewell is a courtesy: a socket that does not take it ends all the same.
            let _ = session.write_tls(&mut Direct(&self.socket));
        }
        // An error says that the broker was faster.
        let _ = SockRef::from(self.socket.as_ref()).shutdown(std::net::Shutdown::Write);
    }

    fn flush_plain(&self, outgoing: &mut VecDeque<Bytes>) -> io::Result<bool> {
        while !outgoing.is_empty() {
            let written = self.socket.try_write_vectored(&slices(outgoing));
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => advance(outgoing, written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn flush_sealed(
        &self,
        session: &mut ClientConnection,
        outgoing: &mut VecDeque<Bytes>,
    ) -> io::Result<bool> {
        loop {
            // The session takes a bounded number of bytes before the socket has to take some.
            while !outgoing.is_empty() {
                let sealed = session.writer().write_vectored(&slices(outgoing))?;
                if sealed == 0 {
                    break;
                }
                advance(outgoing, sealed);
            }
            if !session.wants_write() {
                return Ok(outgoing.is_empty());
            }
            match session.write_tls(&mut Direct(&self.socket)) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Receiver {
    /// Waits for bytes and appends them to `buffer`. May be dropped while it waits: nothing is lost then.
    ///
    /// # Errors
    /// The connection broke, or what came is not what TLS allows.
    pub(super) async fn receive(&mut self, transport: &Transport, buffer: &mut BytesMut) -> Result<Received> {
        let Some(session) = &transport.session else {
            return received(self.socket.read_buf(buffer).await);
        };
        let received = received(self.socket.read_buf(&mut self.sealed).await)?;
        let opened = open(&mut session.lock(), &self.sealed, buffer);
        self.sealed.clear();
        opened.map(|()| received)
    }
}

fn received(read: io::Result<usize>) -> Result<Received> {
    match read {
        Ok(0) => Ok(Received::End),
        Ok(_) => Ok(Received::Something),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(Received::End),
        Err(_) => Err(ErrorKind::Disconnected.into()),
    }
}

/// Deciphers all of `sealed` and appends it to `buffer`.
fn open(session: &mut ClientConnection, mut sealed: &[u8], buffer: &mut BytesMut) -> Result<()> {
    while !sealed.is_empty() {
        let taken = session.read_tls(&mut sealed).map_err(|_| ErrorKind::Disconnected)?;
        let state = session.process_new_packets().map_err(|error| tls(&error))?;
        let mut rest = state.plaintext_bytes_to_read();
        while rest > 0 {
            let opened = io::BufRead::fill_buf(&mut session.reader())
                .map(|opened| {
                    buffer.extend_from_slice(opened);
                    opened.len()
                })
                .map_err(|_| ErrorKind::Disconnected)?;
            if opened == 0 {
                break;
            }
            io::BufRead::consume(&mut session.reader(), opened);
            rest = rest.saturating_sub(opened);
        }
        if taken == 0 {
            // The broker has said farewell: what it sends behind that counts for nothing.
            return Ok(());
        }
    }
    Ok(())
}

pub(super) fn tls(error: &rustls::Error) -> ErrorKind {
    ErrorKind::Tls(TlsError::from_library(error))
}

fn slices(outgoing: &VecDeque<Bytes>) -> SmallVec<[IoSlice<'_>; SLICES_MAX]> {
    outgoing.iter().take(SLICES_MAX).map(|segment| IoSlice::new(segment)).collect()
}

/// Forgets `written` bytes at the front.
fn advance(outgoing: &mut VecDeque<Bytes>, mut written: usize) {
    while let Some(front) = outgoing.front_mut() {
        if written < front.len() {
            front.advance(written);
            return;
        }
        written -= front.len();
        outgoing.pop_front();
    }
}

/// The socket as the library writes to it: what does not fit at once waits.
struct Direct<'a>(&'a OwnedWriteHalf);

impl io::Write for Direct<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
