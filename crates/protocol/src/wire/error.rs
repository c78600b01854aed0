//! What can be wrong with bytes that are read, and with values that are to be written.

use std::fmt;

/// Bytes that are no message of the version they are read as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DecodeError {
    /// The bytes end inside a value: `needed` more were wanted than the `remaining` ones.
    Truncated {
        /// Bytes that the value takes.
        needed: usize,
        /// Bytes that were left.
        remaining: usize,
    },
    /// A count of elements that the remaining bytes cannot hold.
    CountTooLarge {
        /// Elements claimed.
        count: usize,
        /// Bytes that were left.
        remaining: usize,
    },
    /// A length below -1, or one that its type does not allow.
    InvalidLength(i64),
    /// Null where the version allows none.
    UnexpectedNull,
    /// A string that is not UTF-8.
    InvalidUtf8,
    /// A varint longer than its type.
    VarintTooLong,
    /// A tagged field whose value has another size than its header says.
    TagSize {
        /// The field.
        tag: u32,
    },
    /// A tagged field that appears twice.
    RepeatedTag {
        /// The field.
        tag: u32,
    },
    /// Bytes after the end of a value that must fill its slice.
    TrailingBytes(usize),
    /// A version of a message that does not exist, or is no longer spoken.
    UnsupportedVersion {
        /// The message.
        message: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A key of an API, a record type or a frame that nobody knows.
    UnknownKind(i64),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { needed, remaining } => {
                write!(f, "the bytes end too early: {needed} needed, {remaining} left")
            }
            Self::CountTooLarge { count, remaining } => {
                write!(f, "{count} elements cannot fit into the {remaining} bytes left")
            }
            Self::InvalidLength(length) => write!(f, "invalid length {length}"),
            Self::UnexpectedNull => f.write_str("null where a value is required"),
            Self::InvalidUtf8 => f.write_str("a string is not UTF-8"),
            Self::VarintTooLong => f.write_str("a varint is too long"),
            Self::TagSize { tag } => write!(f, "tagged field {tag} has another size than it says"),
            Self::RepeatedTag { tag } => write!(f, "tagged field {tag} appears twice"),
            Self::TrailingBytes(size) => write!(f, "{size} bytes after the end"),
            Self::UnsupportedVersion { message, version } => write!(f, "{message} has no version {version}"),
            Self::UnknownKind(kind) => write!(f, "unknown kind {kind}"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// A value that the version asked for cannot carry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EncodeError {
    /// The message does not have this version.
    UnsupportedVersion {
        /// The message.
        message: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// The version lacks a field that is set and may not be dropped.
    FieldNotInVersion {
        /// The field, as `Struct.field`.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// Null in a version that has none for this field.
    NullNotAllowed {
        /// The field, as `Struct.field`.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A string, an array or bytes longer than their length can say.
    TooLong(usize),
    /// Unknown tagged fields in a version that has no tagged fields.
    TagsNotInVersion(i16),
    /// Unknown tagged fields that do not rise in their tags, or repeat a known one.
    TagOrder {
        /// The offending tag.
        tag: u32,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedVersion { message, version } => write!(f, "{message} has no version {version}"),
            Self::FieldNotInVersion { field, version } => {
                write!(f, "{field} is set, but version {version} does not have it")
            }
            Self::NullNotAllowed { field, version } => {
                write!(f, "{field} is null, which version {version} does not allow")
            }
            Self::TooLong(size) => write!(f, "{size} is too long for its length field"),
            Self::TagsNotInVersion(version) => write!(f, "version {version} has no tagged fields"),
            Self::TagOrder { tag } => write!(f, "unknown tagged field {tag} is out of order"),
        }
    }
}

impl std::error::Error for EncodeError {}
