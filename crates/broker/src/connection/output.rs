//! A connection's answers on their way into the socket, in order: memory by `writev`, several answers at a time; long
//! slices of files by `sendfile`; short ones copied. It holds no copy while the client does not read.

mod gather;

use std::any::Any;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use jackdaw_base::MonotonicNs;
use jackdaw_base::disk::DiskFile;
use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::files::Warming;
use super::input::is_gone;
use crate::edge::Edge;
use crate::limits::{FILE_WINDOW_BYTES, WRITE_SLICES_MAX};
use crate::request::head::RequestHead;
use crate::response::{Body, CloseReason, Piece, Response};

use gather::{Gathered, gather, is_sent_by_kernel};

/// What is known of a request when its answer is ready.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) head: RequestHead,
    pub(crate) arrived: MonotonicNs,
    /// When the answer was ready; only for requests whose stages are measured.
    pub(crate) answered: Option<MonotonicNs>,
    /// Time that the request waited on purpose.
    pub(crate) parked_ns: u64,
}

/// A part of an answer.
enum Part {
    Owned {
        bytes: Vec<u8>,
        start: usize,
    },
    Shared(Bytes),
    File {
        file: Arc<dyn DiskFile>,
        position: u64,
        size_bytes: u64,
        /// Up to here the page cache has it, as far as was checked.
        warm_until: u64,
    },
    /// The last byte of an answer lies before this.
    End {
        asked: Asked,
        size_bytes: u64,
        guard: Option<Box<dyn Any + Send>>,
    },
}

/// An answer whose last byte is in the socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) asked: Asked,
    pub(crate) size_bytes: u64,
}

/// The answers that one connection has still to send.
#[derive(Default)]
pub(crate) struct Output {
    parts: VecDeque<Part>,
    /// Sent whole, not yet asked for.
    sent: VecDeque<Sent>,
    unsent_bytes: u64,
    warming: Option<Warming>,
    /// Guards of answers that are sent but may still be read from a file's pages.
    guards: Vec<Box<dyn Any + Send>>,
}

impl Output {
    pub(crate) fn push(&mut self, response: Response, asked: Asked) {
        self.unsent_bytes += response.size_bytes;
        match response.body {
            Body::Plain(bytes) => self.parts.push_back(Part::Owned { bytes, start: 0 }),
            Body::Mixed(pieces) => self.parts.extend(pieces.into_iter().map(|piece| match piece {
                Piece::Memory(bytes) => Part::Shared(bytes),
                Piece::File { file, position, size_bytes } => {
                    Part::File { file, position, size_bytes, warm_until: position }
                }
            })),
        }
        self.parts.push_back(Part::End { asked, size_bytes: response.size_bytes, guard: response.guard });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Bytes that are not in the socket yet, those of files included.
    pub(crate) fn unsent_bytes(&self) -> u64 {
        self.unsent_bytes
    }

    /// The client sent a request after its last answer: it has read that.
    pub(crate) fn drop_guards(&mut self) {
        self.guards.clear();
    }

    pub(crate) fn release(&mut self) {
        self.parts.shrink_to_fit();
        self.sent.shrink_to_fit();
        self.guards.shrink_to_fit();
    }

    /// Sends what the socket takes. Ready with the number of bytes after one call that took some, then to be called
    /// again; pending when the socket is full or a cold slice is read. Not to be called when empty.
    pub(crate) fn poll_send(
        &mut self,
        socket: &TcpStream,
        edge: &Edge,
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, CloseReason>> {
        loop {
            if let Some(warming) = &mut self.warming {
                let result = ready!(warming.as_mut().poll(cx));
                self.warming = None;
                result.map_err(CloseReason::FileUnreadable)?;
            }
            ready!(socket.poll_write_ready(cx)).map_err(CloseReason::Socket)?;
            let step = match self.parts.front() {
                Some(Part::File { file, size_bytes, .. })
                    if is_sent_by_kernel(file.as_ref(), *size_bytes, edge.limits.sendfile_bytes_min) =>
                {
                    self.send_file(socket, edge)?
                }
                _ => self.send_gathered(socket, edge)?,
            };
            if let Step::Sent(count) = step {
                self.advance(count);
                return Poll::Ready(Ok(count));
            }
        }
    }

    /// The answers that are sent whole, each once.
    pub(crate) fn next_sent(&mut self) -> Option<Sent> {
        self.sent.pop_front()
    }

    /// One window of the first part, which is a long slice.
    fn send_file(&mut self, socket: &TcpStream, edge: &Edge) -> Result<Step, CloseReason> {
        let Some(Part::File { file, position, size_bytes, warm_until }) = self.parts.front_mut() else {
            return Ok(Step::Again);
        };
        if *position >= *warm_until {
            let window = (*size_bytes).min(FILE_WINDOW_BYTES);
            *warm_until = *position + window;
            if !edge.cold.is_resident(file.as_ref(), *position, window) {
                self.warming = Some(edge.cold.warm(Arc::clone(file), *position, window));
                return Ok(Step::Again);
            }
        }
        let descriptor = file.descriptor().ok_or(CloseReason::FileTooShort)?;
        let count = usize::try_from((*warm_until - *position).min(*size_bytes)).unwrap_or(usize::MAX);
        let mut at = *position;
        let result = socket.try_io(Interest::WRITABLE, || {
            rustix::fs::sendfile(socket, descriptor, Some(&mut at), count).map_err(io::Error::from)
        });
        match settle(result)? {
            Step::Sent(0) => Err(CloseReason::FileTooShort),
            step => Ok(step),
        }
    }

    /// As much as one call takes of the parts that lie in memory or are short.
    fn send_gathered(&mut self, socket: &TcpStream, edge: &Edge) -> Result<Step, CloseReason> {
        let copies =
            self.parts.iter().take(2 * WRITE_SLICES_MAX).any(|part| matches!(part, Part::File { .. }));
        let mut scratch = if copies { edge.take_scratch() } else { Vec::new() };
        let mut cold_until = None;
        let result = match gather(&self.parts, &mut scratch, edge.limits.sendfile_bytes_min) {
            Ok(Gathered::Slices { slices, more }) => {
                let flags = if more { SendFlags::NOSIGNAL | SendFlags::MORE } else { SendFlags::NOSIGNAL };
                settle(socket.try_io(Interest::WRITABLE, || {
                    sendmsg(socket, &slices, &mut SendAncillaryBuffer::default(), flags)
                        .map_err(io::Error::from)
                }))
            }
            Ok(Gathered::Cold { file, position, size_bytes }) => {
                cold_until = Some(position + size_bytes);
                self.warming = Some(edge.cold.warm(file, position, size_bytes));
                Ok(Step::Again)
            }
            Err(reason) => Err(reason),
        };
        if copies {
            edge.give_scratch(scratch);
        }
        if let Some(until) = cold_until
            && let Some(Part::File { warm_until, .. }) = self.first_file_mut()
        {
            *warm_until = until;
        }
        result
    }

    fn first_file_mut(&mut self) -> Option<&mut Part> {
        self.parts.iter_mut().find(|part| matches!(part, Part::File { .. }))
    }

    /// `count` bytes are in the socket.
    fn advance(&mut self, count: usize) {
        self.unsent_bytes -= count as u64;
        let mut left = count as u64;
        loop {
            match self.parts.front_mut() {
                Some(Part::End { .. }) => self.finish_first(),
                Some(part) if left > 0 => {
                    left -= part.advance(left);
                    if part.is_done() {
                        self.parts.pop_front();
                    }
                }
                _ => break,
            }
        }
    }

    fn finish_first(&mut self) {
        if let Some(Part::End { asked, size_bytes, guard }) = self.parts.pop_front() {
            self.guards.extend(guard);
            self.sent.push_back(Sent { asked, size_bytes });
        }
    }
}

impl Part {
    /// Skips up to `count` bytes; returns how many it had.
    fn advance(&mut self, count: u64) -> u64 {
        match self {
            Self::Owned { bytes, start } => {
                let step = count.min((bytes.len() - *start) as u64);
                *start += step as usize;
                step
            }
            Self::Shared(bytes) => {
                let step = count.min(bytes.len() as u64);
                bytes.advance(step as usize);
                step
            }
            Self::File { position, size_bytes, .. } => {
                let step = count.min(*size_bytes);
                *position += step;
                *size_bytes -= step;
                step
            }
            Self::End { .. } => 0,
        }
    }

    fn is_done(&self) -> bool {
        match self {
            Self::Owned { bytes, start } => *start == bytes.len(),
            Self::Shared(bytes) => bytes.is_empty(),
            Self::File { size_bytes, .. } => *size_bytes == 0,
            Self::End { .. } => false,
        }
    }
}

/// What one call brought.
#[derive(Clone, Copy)]
enum Step {
    Sent(usize),
    Again,
}

fn settle(result: io::Result<usize>) -> Result<Step, CloseReason> {
    match result {
        Ok(count) => Ok(Step::Sent(count)),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
            Ok(Step::Again)
        }
        Err(error) if is_gone(&error) => Err(CloseReason::ClientGone),
        Err(error) => Err(CloseReason::Socket(error)),
    }
}
