//! One record within an unpacked batch, as a view, with its structure checked to the last byte.
//!
//! ```text
//! size varint | attributes i8 | timestampDelta varlong | offsetDelta varint | key bytes | value bytes
//!             | header count varint | per header: key bytes, value bytes
//! bytes: length varint (-1: null) and that many bytes
//! ```

use crate::compression::CompressionError;
use crate::varint::{VarintError, take_varint, take_varlong};

/// Why records cannot be read. All of them mean that the producer, or the disk, wrote nonsense.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecordError {
    /// A length or delta cannot be read.
    #[error(transparent)]
    Varint(#[from] VarintError),
    /// A record's size is negative, or larger than what the batch may unpack to.
    #[error("a record claims a size of {size} bytes")]
    InvalidSize {
        /// The size field.
        size: i32,
    },
    /// The batch's bytes end within a record, or a field reaches beyond its record.
    #[error("a record or a field of it is cut off")]
    Truncated,
    /// The fields of a record end before its size does.
    #[error("a record has {bytes} bytes behind its last field")]
    BytesLeftInRecord {
        /// How many.
        bytes: usize,
    },
    /// A negative number of headers, or more than bytes are left.
    #[error("a record claims {count} headers")]
    InvalidHeaderCount {
        /// The count field.
        count: i32,
    },
    /// A header without a key.
    #[error("a record header has no key")]
    NullHeaderKey,
    /// The batch ends before as many records were found as its header says.
    #[error("the batch claims {claimed} records and holds {found}")]
    RecordsMissing {
        /// The batch's count.
        claimed: i32,
        /// How many there are.
        found: i32,
    },
    /// There are more bytes than the records that the batch's header counts.
    #[error("there are bytes behind the last of the {claimed} records that the batch claims")]
    BytesLeftInBatch {
        /// The batch's count.
        claimed: i32,
    },
    /// The batch's number of records is not positive.
    #[error("the batch claims {claimed} records")]
    InvalidRecordCount {
        /// The batch's count.
        claimed: i32,
    },
    /// Count and offsets of a batch from a client contradict each other.
    #[error("the batch claims {record_count} records and the last offset delta {last_offset_delta}")]
    CountAndOffsetsDiffer {
        /// The batch's count.
        record_count: i32,
        /// The batch's last offset delta.
        last_offset_delta: i32,
    },
    /// The offset deltas of a batch from a client do not count from 0.
    #[error("the record at index {index} has the offset delta {offset_delta}")]
    UnexpectedOffsetDelta {
        /// Which record.
        index: i32,
        /// Its offset delta.
        offset_delta: i32,
    },
    /// The attributes name a codec that does not exist.
    #[error("the attributes {attributes:#06x} name no codec")]
    UnknownCompression {
        /// The batch's attributes.
        attributes: i16,
    },
    /// The batch cannot be unpacked.
    #[error(transparent)]
    Compression(#[from] CompressionError),
}

/// One record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record<'b> {
    /// The distance to the batch's base offset.
    pub offset_delta: i32,
    /// The distance to the batch's base timestamp, in milliseconds.
    pub timestamp_delta: i64,
    /// The key.
    pub key: Option<&'b [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'b [u8]>,
    /// The headers.
    pub headers: Headers<'b>,
    /// The size of the record as it is written, its size field included.
    pub size_bytes: usize,
}

impl<'b> Record<'b> {
    /// Takes a record, size field included, from the front of `input`.
    #[inline]
    pub fn take(input: &mut &'b [u8]) -> Result<Self, RecordError> {
        let before = input.len();
        let size = take_varint(input)?;
        let size_bytes = usize::try_from(size).map_err(|_| RecordError::InvalidSize { size })?;
        let (body, rest) = input.split_at_checked(size_bytes).ok_or(RecordError::Truncated)?;
        *input = rest;
        Self::parse_body(body, before - rest.len())
    }

    #[inline]
    pub(super) fn parse_body(body: &'b [u8], size_bytes: usize) -> Result<Self, RecordError> {
        let (_attributes, mut body) = body.split_first().ok_or(RecordError::Truncated)?;
        let timestamp_delta = take_varlong(&mut body)?;
        let offset_delta = take_varint(&mut body)?;
        let key = take_nullable_bytes(&mut body)?;
        let value = take_nullable_bytes(&mut body)?;
        let headers = Headers::parse(body)?;
        Ok(Self { offset_delta, timestamp_delta, key, value, headers, size_bytes })
    }
}

#[inline]
fn take_nullable_bytes<'b>(input: &mut &'b [u8]) -> Result<Option<&'b [u8]>, RecordError> {
    let length = take_varint(input)?;
    // Any negative length is null for Kafka, too.
    let Ok(length) = usize::try_from(length) else { return Ok(None) };
    let (bytes, rest) = input.split_at_checked(length).ok_or(RecordError::Truncated)?;
    *input = rest;
    Ok(Some(bytes))
}

/// One header. The key is text in UTF-8 by convention; Kafka checks that nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header<'b> {
    /// The name; a record may have several headers of the same name.
    pub key: &'b [u8],
    /// The value.
    pub value: Option<&'b [u8]>,
}

/// The headers of a record: an iterator over bytes that were checked when the record was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Headers<'b> {
    count: usize,
    bytes: &'b [u8],
}

impl<'b> Headers<'b> {
    #[inline]
    fn parse(mut bytes: &'b [u8]) -> Result<Self, RecordError> {
        let count = take_varint(&mut bytes)?;
        let headers = usize::try_from(count).map_err(|_| RecordError::InvalidHeaderCount { count })?;
        if headers == 0 {
            return match bytes.len() {
                0 => Ok(Self::default()),
                bytes => Err(RecordError::BytesLeftInRecord { bytes }),
            };
        }
        // A header takes two bytes at least.
        if headers > bytes.len() / 2 {
            return Err(RecordError::InvalidHeaderCount { count });
        }
        let mut rest = bytes;
        for _ in 0..headers {
            take_header(&mut rest)?;
        }
        match rest.len() {
            0 => Ok(Self { count: headers, bytes }),
            bytes => Err(RecordError::BytesLeftInRecord { bytes }),
        }
    }

    /// The headers as they are written, without their count.
    pub(super) fn as_bytes(&self) -> &'b [u8] {
        self.bytes
    }
}

fn take_header<'b>(input: &mut &'b [u8]) -> Result<Header<'b>, RecordError> {
    let key = take_nullable_bytes(input)?.ok_or(RecordError::NullHeaderKey)?;
    let value = take_nullable_bytes(input)?;
    Ok(Header { key, value })
}

impl<'b> Iterator for Headers<'b> {
    type Item = Header<'b>;

    fn next(&mut self) -> Option<Header<'b>> {
        self.count = self.count.checked_sub(1)?;
        Some(take_header(&mut self.bytes).expect("the headers were checked when the record was read"))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}

impl ExactSizeIterator for Headers<'_> {}

/// The records in unpacked bytes, as many as the batch says; bytes that are left then are an error. The first
/// error ends it.
#[derive(Clone, Debug)]
pub struct Records<'b> {
    bytes: &'b [u8],
    claimed: i32,
    found: i32,
    ended: bool,
}

impl<'b> Records<'b> {
    pub(super) fn new(bytes: &'b [u8], claimed: i32) -> Self {
        Self { bytes, claimed, found: 0, ended: false }
    }
}

impl<'b> Iterator for Records<'b> {
    type Item = Result<Record<'b>, RecordError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        if self.found >= self.claimed {
            self.ended = true;
            return (!self.bytes.is_empty())
                .then_some(Err(RecordError::BytesLeftInBatch { claimed: self.claimed }));
        }
        if self.bytes.is_empty() {
            self.ended = true;
            return Some(Err(RecordError::RecordsMissing { claimed: self.claimed, found: self.found }));
        }
        let record = Record::take(&mut self.bytes);
        match record {
            Ok(_) => self.found += 1,
            Err(_) => self.ended = true,
        }
        Some(record)
    }
}

impl std::iter::FusedIterator for Records<'_> {}
