//! What a handler gives back: an answer as bytes and pieces of files, now, later or never. How it gets into the
//! socket is `connection`'s business.

mod close;

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use jackdaw_base::Signal;
use jackdaw_base::disk::DiskFile;
use jackdaw_protocol::header::encode_response_header;
use jackdaw_protocol::message::Message;
use jackdaw_protocol::wire::{Split, Writer};

use crate::request::head::RequestHead;

pub(crate) use close::Blame;
pub use close::CloseReason;

/// What becomes of a request.
pub enum Reply {
    /// Answered.
    Now(Response),
    /// Answered when its future is done. Requests behind it wait, except Produce behind nothing but Produce.
    Later(Later),
    /// Executed, and never answered (Produce with acks=0).
    NoAnswer,
    /// The connection is closed, without an answer.
    Close(CloseReason),
}

impl From<Result<Response, CloseReason>> for Reply {
    fn from(result: Result<Response, CloseReason>) -> Self {
        match result {
            Ok(response) => Self::Now(response),
            Err(reason) => Self::Close(reason),
        }
    }
}

/// The future of an answer. An error closes the connection.
pub type Answer = Pin<Box<dyn Future<Output = Result<Response, CloseReason>> + Send>>;

/// An answer that is waited for. Only the first one of a connection is polled: so a deadline is a moment that was
/// fixed when the request was handled, not a time that starts with the first poll. Dropped if the client goes away.
pub struct Later {
    pub(crate) answer: Answer,
    pub(crate) interrupt: Option<Signal>,
}

impl Later {
    /// Waits for `answer`, whatever arrives meanwhile.
    pub fn new(answer: impl Future<Output = Result<Response, CloseReason>> + Send + 'static) -> Self {
        Self { answer: Box::pin(answer), interrupt: None }
    }

    /// Waits for `answer`, and raises `interrupt` once as soon as another request arrives behind this one.
    pub fn interruptible(
        answer: impl Future<Output = Result<Response, CloseReason>> + Send + 'static,
        interrupt: Signal,
    ) -> Self {
        Self { answer: Box::pin(answer), interrupt: Some(interrupt) }
    }
}

/// Bytes that fill the place of [`jackdaw_protocol::wire::Records::External`] in an answer.
pub enum Piece {
    /// A part of a file; long ones never pass through this program's memory. If the file has become shorter when it
    /// is sent, the connection is closed.
    File {
        /// The file, open until the bytes are in the socket.
        file: Arc<dyn DiskFile>,
        /// Where in the file it starts, in bytes.
        position: u64,
        /// How long it is, in bytes.
        size_bytes: u64,
    },
    /// Bytes in memory.
    Memory(Bytes),
}

impl Piece {
    /// How long it is, in bytes.
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::File { size_bytes, .. } => *size_bytes,
            Self::Memory(bytes) => bytes.len() as u64,
        }
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { position, size_bytes, .. } => write!(f, "File({position}, {size_bytes} bytes)"),
            Self::Memory(bytes) => write!(f, "Memory({} bytes)", bytes.len()),
        }
    }
}

/// An answer, ready to be sent: length, header, body, and what fills its splits.
pub struct Response {
    pub(crate) body: Body,
    pub(crate) size_bytes: u64,
    pub(crate) guard: Option<Box<dyn Any + Send>>,
}

pub(crate) enum Body {
    /// The most frequent case costs one vector.
    Plain(Vec<u8>),
    Mixed(Vec<Piece>),
}

impl Response {
    /// Encodes `message` behind the header that belongs to `head`.
    pub fn encode<'a, M: Message<'a>>(head: RequestHead, message: &M) -> Result<Self, CloseReason> {
        Self::encode_with(head, message, Vec::new())
    }

    /// Encodes a `message` that has external records. `pieces` fill them in the order in which they are written: each
    /// external size takes as many of the next pieces as make up exactly that size.
    pub fn encode_with<'a, M: Message<'a>>(
        head: RequestHead,
        message: &M,
        pieces: Vec<Piece>,
    ) -> Result<Self, CloseReason> {
        let header_version = head.api_key.response_header_version(head.api_version);
        Self::assemble(head, header_version, message, head.api_version, pieces)
    }

    /// The answer in version 0 to an ApiVersions request in a version that does not exist (KIP-511).
    pub(crate) fn encode_as_version_0<'a, M: Message<'a>>(
        head: RequestHead,
        message: &M,
    ) -> Result<Self, CloseReason> {
        Self::assemble(head, 0, message, 0, Vec::new())
    }

    fn assemble<'a, M: Message<'a>>(
        head: RequestHead,
        header_version: i16,
        message: &M,
        version: i16,
        pieces: Vec<Piece>,
    ) -> Result<Self, CloseReason> {
        let unencodable = |error| CloseReason::Unencodable { api_key: head.api_key.key(), error };
        // Most answers fit: one allocation instead of growing step by step.
        let mut writer = Writer { bytes: Vec::with_capacity(128), splits: Vec::new() };
        writer.bytes.extend_from_slice(&[0; 4]);
        encode_response_header(&mut writer, head.correlation_id, header_version);
        message.encode(&mut writer, version).map_err(unencodable)?;
        let external: u64 = writer.splits.iter().map(|split| split.size_bytes as u64).sum();
        let size_bytes = writer.bytes.len() as u64 + external;
        let Ok(length) = i32::try_from(size_bytes - 4) else {
            return Err(CloseReason::AnswerTooLong { api_key: head.api_key.key(), size_bytes });
        };
        writer.bytes[..4].copy_from_slice(&length.to_be_bytes());
        let body = if writer.splits.is_empty() && pieces.is_empty() {
            Body::Plain(writer.bytes)
        } else {
            Body::Mixed(weave(writer.bytes, &writer.splits, pieces)?)
        };
        Ok(Self { body, size_bytes, guard: None })
    }

    /// Keeps `guard` until the client sends its next request after it has been sent this answer, or goes away: what is
    /// sent by `sendfile` may be read from the file's pages until then (architecture, section 3).
    pub fn with_guard(mut self, guard: impl Any + Send) -> Self {
        self.guard = Some(Box::new(guard));
        self
    }

    /// Length, header, body and pieces, in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("size_bytes", &self.size_bytes).finish_non_exhaustive()
    }
}

/// The bytes of the message, cut at its splits, with the pieces between.
fn weave(bytes: Vec<u8>, splits: &[Split], pieces: Vec<Piece>) -> Result<Vec<Piece>, CloseReason> {
    let bytes = Bytes::from(bytes);
    let mut woven = Vec::with_capacity(splits.len() + pieces.len() + 1);
    let mut pieces = pieces.into_iter().filter(|piece| piece.size_bytes() > 0);
    let mut done = 0;
    for split in splits {
        if split.position > done {
            woven.push(Piece::Memory(bytes.slice(done..split.position)));
            done = split.position;
        }
        let mut missing = split.size_bytes as u64;
        while missing > 0 {
            let piece = pieces.next().ok_or(CloseReason::PiecesDoNotFit)?;
            missing = missing.checked_sub(piece.size_bytes()).ok_or(CloseReason::PiecesDoNotFit)?;
            woven.push(piece);
        }
    }
    if pieces.next().is_some() {
        return Err(CloseReason::PiecesDoNotFit);
    }
    if done < bytes.len() {
        woven.push(Piece::Memory(bytes.slice(done..)));
    }
    Ok(woven)
}

#[cfg(test)]
mod tests;
