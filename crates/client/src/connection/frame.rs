//! Requests and answers as frames: size, header, body.

use bytes::Bytes;
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::header::{RequestHeader, decode_response_header, encode_request_header};
use jackdaw_protocol::message::Message;
use jackdaw_protocol::wire::{Reader, Writer};
use smallvec::SmallVec;

use crate::call::Call;
use crate::error::{Error, Result};

/// Where the correlation id lies: behind size, API and version.
const CORRELATION_ID_AT: usize = 8;

/// A request, ready to be sent but for its correlation id.
pub(crate) struct RequestFrame {
    sent: Sent,
    writer: Writer,
    /// One for each split of `writer`.
    attachments: Vec<Attachment>,
}

/// Record batches that are not copied, in two pieces.
pub(crate) type Attachment = [Bytes; 2];

/// What has to be remembered of a request in order to read its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sent {
    pub(crate) key: ApiKey,
    pub(crate) version: i16,
}

impl RequestFrame {
    /// Encodes a request.
    ///
    /// # Errors
    /// The version cannot carry it.
    pub(crate) fn encode<R: Call>(request: &R, version: i16, client_id: &str) -> Result<Self> {
        Self::with_attachments(request, version, client_id, Vec::new())
    }

    /// Encodes a request with `Records::External`, whose bytes these are, in order; empty ones have no place.
    pub(crate) fn with_attachments<R: Call>(
        request: &R,
        version: i16,
        client_id: &str,
        attachments: Vec<Attachment>,
    ) -> Result<Self> {
        let place = |error: Error| error.with_api(R::KEY);
        let mut writer = Writer::new();
        writer.bytes.extend_from_slice(&[0; 4]);
        let header = RequestHeader {
            api_key: R::KEY.key(),
            api_version: version,
            correlation_id: 0,
            client_id: Some(client_id.into()),
            unknown_tags: Vec::new(),
        };
        encode_request_header(&mut writer, &header, R::KEY.request_header_version(version))
            .map_err(|error| place(error.into()))?;
        request.encode(&mut writer, version).map_err(|error| place(error.into()))?;
        debug_assert_eq!(writer.splits.len(), attachments.len());
        let size = i32::try_from(writer.total_bytes() - 4)
            .map_err(|_| place(jackdaw_protocol::wire::EncodeError::TooLong(writer.total_bytes()).into()))?;
        writer.bytes[..4].copy_from_slice(&size.to_be_bytes());
        Ok(Self { sent: Sent { key: R::KEY, version }, writer, attachments })
    }

    /// The API that is called.
    pub(crate) fn key(&self) -> ApiKey {
        self.sent.key
    }

    /// The bytes in the order of sending.
    pub(crate) fn into_segments(mut self, correlation_id: i32) -> (SmallVec<[Bytes; 8]>, Sent) {
        let id = correlation_id.to_be_bytes();
        self.writer.bytes[CORRELATION_ID_AT..CORRELATION_ID_AT + 4].copy_from_slice(&id);
        let mut head = Bytes::from(self.writer.bytes);
        let mut segments = SmallVec::new();
        let mut taken = 0;
        for (split, attachment) in self.writer.splits.iter().zip(self.attachments) {
            let before = head.split_to(split.position - taken);
            taken = split.position;
            if !before.is_empty() {
                segments.push(before);
            }
            segments.extend(attachment.into_iter().filter(|piece| !piece.is_empty()));
        }
        if !head.is_empty() {
            segments.push(head);
        }
        (segments, self.sent)
    }
}

/// An answer, undecoded: messages borrow from it.
#[derive(Clone, Debug)]
pub struct ResponseFrame {
    /// Header and body.
    bytes: Bytes,
    sent: Sent,
}

impl ResponseFrame {
    pub(crate) fn new(bytes: Bytes, sent: Sent) -> Self {
        Self { bytes, sent }
    }

    /// The API that was called.
    pub fn key(&self) -> ApiKey {
        self.sent.key
    }

    /// The version that was spoken.
    pub fn version(&self) -> i16 {
        self.sent.version
    }

    /// All bytes of the frame, behind its size; slices of it can be kept without copying.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The answer as a message that borrows from the frame.
    ///
    /// # Errors
    /// The bytes are not what the protocol says.
    pub fn decode<'r, M: Message<'r>>(&'r self) -> Result<M> {
        self.decode_as(self.sent.version)
    }

    /// [`ResponseFrame::decode`] in another version than the one spoken.
    pub(crate) fn decode_as<'r, M: Message<'r>>(&'r self, version: i16) -> Result<M> {
        let mut reader = self.body()?;
        M::decode(&mut reader, version).map_err(|error| Error::from(error).with_api(self.sent.key))
    }

    /// A reader behind the header.
    pub(crate) fn body(&self) -> Result<Reader<'_>> {
        let mut reader = Reader::new(&self.bytes);
        let header_version = self.sent.key.response_header_version(self.sent.version);
        decode_response_header(&mut reader, header_version)
            .map_err(|error| Error::from(error).with_api(self.sent.key))?;
        Ok(reader)
    }
}
