//! Records unpacked as they are asked for. The window holds one record and a little more; it grows with what has
//! really come out of the codec, never with what a size field claims.

use std::borrow::Cow;

use super::record::{Record, RecordError, Records};
use super::{BATCH_UNPACKED_BYTES_MAX, Batch};
use crate::compression::{Compression, Decompressor};
use crate::varint::{VARINT_BYTES_MAX, take_varint};

/// How much a batch may cost its reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordLimits {
    /// The most bytes that a packed batch may unpack to.
    pub unpacked_bytes_max: usize,
}

impl Default for RecordLimits {
    fn default() -> Self {
        Self { unpacked_bytes_max: BATCH_UNPACKED_BYTES_MAX }
    }
}

/// The records of a batch, one at a time. Each borrows from the iterator, so this is no `Iterator`:
/// `while let Some(record) = records.next_record() { … }`.
pub struct RecordIter<'a> {
    source: Source<'a>,
}

enum Source<'a> {
    Plain(Records<'a>),
    Packed(Box<PackedRecords<'a>>),
    /// It cannot even start; says so once.
    Failed(Option<RecordError>),
}

impl<'a> RecordIter<'a> {
    pub(super) fn new(batch: &Batch<'a>, limits: RecordLimits) -> Self {
        let source = match batch.compression() {
            None => {
                Source::Failed(Some(RecordError::UnknownCompression { attributes: batch.attributes().0 }))
            }
            Some(Compression::None) => Source::Plain(Records::new(batch.payload(), batch.record_count())),
            Some(codec) => match Decompressor::new(codec, batch.payload(), limits.unpacked_bytes_max) {
                Ok(decompressor) => {
                    Source::Packed(Box::new(PackedRecords::new(decompressor, batch.record_count(), limits)))
                }
                Err(error) => Source::Failed(Some(error.into())),
            },
        };
        Self { source }
    }

    /// The next record; `None` behind the last one and behind an error.
    pub fn next_record(&mut self) -> Option<Result<Record<'_>, RecordError>> {
        match &mut self.source {
            Source::Plain(records) => records.next(),
            Source::Packed(records) => records.next_record(),
            Source::Failed(error) => error.take().map(Err),
        }
    }
}

/// The first size of the window.
const WINDOW_BYTES_MIN: usize = 8 * 1024;

struct PackedRecords<'a> {
    decompressor: Decompressor<'a>,
    window: Vec<u8>,
    start: usize,
    end: usize,
    claimed: i32,
    found: i32,
    ended: bool,
    limits: RecordLimits,
}

impl<'a> PackedRecords<'a> {
    fn new(decompressor: Decompressor<'a>, claimed: i32, limits: RecordLimits) -> Self {
        Self { decompressor, window: Vec::new(), start: 0, end: 0, claimed, found: 0, ended: false, limits }
    }

    fn next_record(&mut self) -> Option<Result<Record<'_>, RecordError>> {
        if self.ended {
            return None;
        }
        match self.advance() {
            Ok(Some((at, size, written))) => {
                let record = Record::parse_body(&self.window[at..at + size], written);
                self.ended = record.is_err();
                Some(record)
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }

    /// Brings the next record into the window: where its body starts, its size, and that with the size field.
    fn advance(&mut self) -> Result<Option<(usize, usize, usize)>, RecordError> {
        if self.found >= self.claimed {
            return match self.fill(1)? {
                0 => Ok(None),
                _ => Err(RecordError::BytesLeftInBatch { claimed: self.claimed }),
            };
        }
        if self.fill(VARINT_BYTES_MAX)? == 0 {
            return Err(RecordError::RecordsMissing { claimed: self.claimed, found: self.found });
        }
        let mut rest = &self.window[self.start..self.end];
        let before = rest.len();
        let size = take_varint(&mut rest)?;
        let prefix = before - rest.len();
        let body = match usize::try_from(size) {
            Ok(body) if body <= self.limits.unpacked_bytes_max => body,
            _ => return Err(RecordError::InvalidSize { size }),
        };
        if self.fill(prefix + body)? < prefix + body {
            return Err(RecordError::Truncated);
        }
        let at = self.start + prefix;
        self.start = at + body;
        self.found += 1;
        Ok(Some((at, body, prefix + body)))
    }

    /// Unpacks until `needed` bytes are in the window or nothing is left; how many are there.
    fn fill(&mut self, needed: usize) -> Result<usize, RecordError> {
        while self.end - self.start < needed {
            if self.start > 0 {
                self.window.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            if self.end == self.window.len() {
                self.window.resize((2 * self.window.len()).max(WINDOW_BYTES_MIN), 0);
            }
            match self.decompressor.read(&mut self.window[self.end..])? {
                0 => break,
                count => self.end += count,
            }
        }
        Ok(self.end - self.start)
    }
}

/// All records of a batch, unpacked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnpackedRecords<'a> {
    bytes: Cow<'a, [u8]>,
    record_count: i32,
}

impl<'a> UnpackedRecords<'a> {
    pub(super) fn new(bytes: Cow<'a, [u8]>, record_count: i32) -> Self {
        Self { bytes, record_count }
    }

    /// The records.
    pub fn iter(&self) -> Records<'_> {
        Records::new(&self.bytes, self.record_count)
    }

    /// The unpacked bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<'b> IntoIterator for &'b UnpackedRecords<'_> {
    type Item = Result<Record<'b>, RecordError>;
    type IntoIter = Records<'b>;

    fn into_iter(self) -> Records<'b> {
        self.iter()
    }
}
