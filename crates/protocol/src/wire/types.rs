//! Wire types that have no counterpart in the language. They borrow from the bytes they were read from.

use std::borrow::Cow;

/// A string of the wire.
pub type Str<'a> = Cow<'a, str>;

/// Bytes of the wire.
pub type Blob<'a> = Cow<'a, [u8]>;

/// Record batches inside a message.
#[derive(Clone, PartialEq, Debug)]
pub enum Records<'a> {
    /// The bytes themselves.
    Inline(Blob<'a>),
    /// So many bytes that the sender adds itself (by `sendfile`, say): the writer puts their length,
    /// and notes where they belong.
    External(usize),
}

impl Records<'_> {
    /// The size in bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Inline(bytes) => bytes.len(),
            Self::External(size_bytes) => *size_bytes,
        }
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, if they are here.
    pub fn inline(&self) -> Option<&[u8]> {
        match self {
            Self::Inline(bytes) => Some(bytes),
            Self::External(_) => None,
        }
    }
}

impl Default for Records<'_> {
    fn default() -> Self {
        Self::Inline(Cow::Borrowed(&[]))
    }
}

impl<'a> From<&'a [u8]> for Records<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Inline(Cow::Borrowed(bytes))
    }
}

impl From<Vec<u8>> for Records<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Inline(Cow::Owned(bytes))
    }
}

/// A tagged field (KIP-482) that this version of the software does not know; it is kept and written again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownTag<'a> {
    /// The number of the field.
    pub tag: u32,
    /// Its bytes.
    pub value: Blob<'a>,
}
