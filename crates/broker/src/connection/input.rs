//! A connection's read buffer: where frames begin and end, and how much memory they may take. It executes nothing.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tokio::net::TcpStream;

use crate::limits::{
    FRAME_RESERVE_BYTES_MAX, MemoryLease, READ_AHEAD_BYTES, READ_BUFFER_BYTES, READ_FIRST_BYTES,
    RequestMemory,
};
use crate::response::CloseReason;

/// The length in front of each frame.
const LENGTH_BYTES: usize = 4;
/// What is read at first after an idle time, by way of the stack.
const FIRST_READ_BYTES: usize = 1024;

/// One growable buffer, used for all frames of a connection:
///
/// ```text
///   0        start            start + 4 + length        len()        capacity()
///   | executed | length | frame | further frames, maybe half | free room |
/// ```
#[derive(Debug)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    start: usize,
    lease: MemoryLease,
    request_bytes_max: usize,
    /// How long the buffer is for short frames: little until a read fills it.
    room: usize,
    /// The longest frame, its length included, since the last [`Input::settle`].
    longest: usize,
}

/// A whole frame in the buffer, by position, so that it can be looked at before it is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FramePlace {
    start: usize,
    end: usize,
}

impl Input {
    pub(crate) fn new(memory: &Arc<RequestMemory>, request_bytes_max: usize) -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            lease: memory.lease(),
            request_bytes_max,
            room: READ_FIRST_BYTES,
            longest: 0,
        }
    }

    /// The first frame, if all of it is here.
    pub(crate) fn next(&self) -> Result<Option<FramePlace>, CloseReason> {
        let Some(length) = self.next_length()? else {
            return Ok(None);
        };
        let start = self.start + LENGTH_BYTES;
        let end = start + length;
        Ok((end <= self.bytes.len()).then_some(FramePlace { start, end }))
    }

    /// The API key of a frame; `None` if it is too short to have one.
    pub(crate) fn api_key(&self, place: FramePlace) -> Option<i16> {
        self.bytes[place.start..place.end].first_chunk().map(|bytes| i16::from_be_bytes(*bytes))
    }

    /// The bytes of a frame.
    pub(crate) fn frame_mut(&mut self, place: FramePlace) -> &mut [u8] {
        &mut self.bytes[place.start..place.end]
    }

    /// The frame is executed; its bytes may be overwritten.
    pub(crate) fn consume(&mut self, place: FramePlace) {
        self.longest = self.longest.max(place.end - place.start + LENGTH_BYTES);
        self.start = place.end;
        if self.start == self.bytes.len() {
            self.start = 0;
            self.bytes.clear();
        }
    }

    /// Bytes that are here and not executed.
    pub(crate) fn unread_bytes(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Whether memory of the shared budget is held for a frame that is not whole.
    pub(crate) fn holds_shared_memory(&self) -> bool {
        self.lease.bytes() > 0 && self.unread_bytes() > 0
    }

    /// Reads what the socket has, into memory that is taken first. Ready with the number of bytes, 0 at the end.
    pub(crate) fn poll_read(
        &mut self,
        socket: &mut TcpStream,
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, CloseReason>> {
        if self.bytes.capacity() == 0 {
            return self.poll_read_first(socket, cx);
        }
        ready!(self.poll_room(cx))?;
        let count = ready!(pin!(socket.read_buf(&mut self.bytes)).poll(cx)).or_else(gone_is_the_end)?;
        if self.bytes.len() == self.bytes.capacity() {
            self.room = READ_BUFFER_BYTES;
        }
        Poll::Ready(Ok(count))
    }

    /// The first read after an idle time. An idle connection holds no buffer, and the runtime calls a new socket
    /// readable before it knows: so the first bytes come by way of the stack.
    fn poll_read_first(
        &mut self,
        socket: &mut TcpStream,
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, CloseReason>> {
        let mut stack = [0; FIRST_READ_BYTES];
        let mut buffer = ReadBuf::new(&mut stack);
        match ready!(Pin::new(socket).poll_read(cx, &mut buffer)) {
            Ok(()) if buffer.filled().is_empty() => {}
            Ok(()) => {
                self.bytes.reserve_exact(self.room);
                self.bytes.extend_from_slice(buffer.filled());
            }
            Err(error) => return Poll::Ready(gone_is_the_end(error)),
        }
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Makes room for the rest of the first frame, or at least for its length.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CloseReason>> {
        let target = self.target(self.next_length()?);
        if self.start > 0 && self.start + target > self.bytes.capacity() {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        if self.bytes.capacity() < target {
            if target > READ_BUFFER_BYTES {
                ready!(self.lease.poll_grow((target - READ_BUFFER_BYTES) as u64, cx));
            }
            self.bytes.reserve_exact(target - self.bytes.len());
        }
        Poll::Ready(Ok(()))
    }

    /// How long the buffer should be, seen from `start`. Always more than is in it now if the frame is not whole.
    fn target(&self, length: Option<usize>) -> usize {
        let frame = length.map_or(LENGTH_BYTES, |length| LENGTH_BYTES + length);
        if frame <= self.room {
            return self.room;
        }
        if frame <= READ_BUFFER_BYTES {
            return READ_BUFFER_BYTES;
        }
        let whole = frame + READ_AHEAD_BYTES;
        // What a client claims is believed up to a size; beyond, memory follows what it has really sent.
        let believed = FRAME_RESERVE_BYTES_MAX.max(2 * self.unread_bytes());
        whole.min(believed)
    }

    /// The length of the first frame, once its four bytes are here, checked before any memory is taken for it (N3).
    fn next_length(&self) -> Result<Option<usize>, CloseReason> {
        let Some(bytes) = self.bytes[self.start..].first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let size_bytes = i32::from_be_bytes(*bytes);
        match usize::try_from(size_bytes) {
            Err(_) => Err(CloseReason::FrameNegative { size_bytes }),
            Ok(length) if length > self.request_bytes_max => Err(foreign(*bytes, size_bytes)),
            Ok(length) => Ok(Some(length)),
        }
    }

    /// Called now and then while there is traffic: a buffer far longer than what came lately shrinks.
    pub(crate) fn settle(&mut self) {
        let wanted = (self.longest + READ_AHEAD_BYTES).max(READ_BUFFER_BYTES).max(self.unread_bytes());
        self.longest = 0;
        if self.bytes.capacity() > 2 * wanted && self.next_is_short(wanted) {
            self.shrink_to(wanted);
        }
    }

    /// Called when nothing came for a while: an empty buffer is given back whole.
    pub(crate) fn release(&mut self) {
        self.longest = 0;
        self.room = READ_FIRST_BYTES;
        if self.unread_bytes() == 0 {
            self.shrink_to(0);
        } else if self.next_is_short(READ_BUFFER_BYTES) {
            self.shrink_to(READ_BUFFER_BYTES.max(self.unread_bytes()));
        }
    }

    /// Whether the frame that is being read needs no more than `size_bytes`.
    fn next_is_short(&self, size_bytes: usize) -> bool {
        matches!(self.next_length(), Ok(length) if self.target(length) <= size_bytes)
    }

    fn shrink_to(&mut self, size_bytes: usize) {
        self.bytes.drain(..self.start);
        self.start = 0;
        self.bytes.shrink_to(size_bytes);
        self.lease.shrink(self.bytes.capacity().saturating_sub(READ_BUFFER_BYTES) as u64);
    }
}

/// A client that is gone, in the words of the operating system.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut, UnexpectedEof,
    };
    matches!(
        error.kind(),
        BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | TimedOut | UnexpectedEof
    )
}

fn gone_is_the_end(error: io::Error) -> Result<usize, CloseReason> {
    if is_gone(&error) { Ok(0) } else { Err(CloseReason::Socket(error)) }
}

/// A length that is too long is often another protocol's first bytes.
fn foreign(bytes: [u8; LENGTH_BYTES], size_bytes: i32) -> CloseReason {
    match &bytes {
        b"GET " | b"POST" | b"HEAD" | b"PUT " | b"DELE" | b"OPTI" | b"PATC" | b"CONN" | b"TRAC" | b"PRI " => {
            CloseReason::SpeaksHttp
        }
        // A handshake record of TLS 1.0 to 1.3: the client's first message.
        [0x16, 0x03, ..] => CloseReason::SpeaksTls,
        _ => CloseReason::FrameTooLong { size_bytes },
    }
}

#[cfg(test)]
mod tests;
