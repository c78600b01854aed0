//! One whole batch as a view over its bytes.

use std::borrow::Cow;
use std::ops::Deref;

use super::{
    BATCH_OVERHEAD, BatchHeader, CRC_COVERS_FROM, RecordError, RecordIter, RecordLimits, UnpackedRecords,
    crc32c,
};
use crate::compression::{Compression, decompress};

/// Why bytes are no batch. Positions are in bytes from the start of what was being read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BatchError {
    /// The bytes end within the batch: the torn tail of a log, or the cut end of a fetch.
    #[error("a batch at {position} needs {needed} bytes, {available} are there")]
    Truncated {
        /// Where the batch starts.
        position: usize,
        /// How many bytes are there.
        available: usize,
        /// How many the batch needs, as far as it can be told yet.
        needed: usize,
    },
    /// The length field is smaller than any batch.
    #[error("a batch at {position} has the length {length}")]
    InvalidLength {
        /// Where the batch starts.
        position: usize,
        /// The length field.
        length: i32,
    },
    /// A format other than 2.
    #[error("a batch at {position} has the format {magic}; only 2 is supported")]
    UnsupportedMagic {
        /// Where the batch starts.
        position: usize,
        /// Its format.
        magic: i8,
    },
}

impl BatchError {
    pub(super) fn moved_by(self, by: usize) -> Self {
        match self {
            Self::Truncated { position, available, needed } => {
                Self::Truncated { position: position + by, available, needed }
            }
            Self::InvalidLength { position, length } => {
                Self::InvalidLength { position: position + by, length }
            }
            Self::UnsupportedMagic { position, magic } => {
                Self::UnsupportedMagic { position: position + by, magic }
            }
        }
    }
}

/// A view of one whole batch. Format and length are in order; CRC and records are checked when asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Batch<'a> {
    header: BatchHeader<'a>,
    bytes: &'a [u8],
}

impl<'a> Deref for Batch<'a> {
    type Target = BatchHeader<'a>;

    fn deref(&self) -> &BatchHeader<'a> {
        &self.header
    }
}

impl<'a> Batch<'a> {
    /// The batch at the front of `bytes`; more bytes may follow it.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BatchError> {
        let header = BatchHeader::parse(bytes)?;
        let needed = header.size_bytes();
        match bytes.get(..needed) {
            Some(bytes) => Ok(Self { header, bytes }),
            None => Err(BatchError::Truncated { position: 0, available: bytes.len(), needed }),
        }
    }

    /// The header alone.
    pub fn header(&self) -> BatchHeader<'a> {
        self.header
    }

    /// All bytes of the batch.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes behind the header: the records, packed if there is a codec.
    pub fn payload(&self) -> &'a [u8] {
        &self.bytes[BATCH_OVERHEAD..]
    }

    /// Whether the CRC matches the bytes.
    pub fn crc_is_valid(&self) -> bool {
        crc32c(&self.bytes[CRC_COVERS_FROM..]) == self.crc()
    }

    /// The records one after the other, unpacked as they are asked for: memory follows the largest record.
    pub fn records(&self, limits: RecordLimits) -> RecordIter<'a> {
        RecordIter::new(self, limits)
    }

    /// All records unpacked at once (borrowed if there is no codec), to be iterated as often as one likes.
    pub fn unpacked(&self, limits: RecordLimits) -> Result<UnpackedRecords<'a>, RecordError> {
        let bytes = match self.compression() {
            None => return Err(RecordError::UnknownCompression { attributes: self.attributes().0 }),
            Some(Compression::None) => Cow::Borrowed(self.payload()),
            Some(codec) => Cow::Owned(decompress(codec, self.payload(), limits.unpacked_bytes_max)?),
        };
        Ok(UnpackedRecords::new(bytes, self.record_count()))
    }
}
