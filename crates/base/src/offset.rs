//! Where a record is in its log, and where bytes are in a file: two types, so that nobody mixes them.

use std::fmt;

/// The number of a record within its partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Offset(pub i64);

impl Offset {
    /// The first offset of every log.
    pub const ZERO: Self = Self(0);
    /// What the protocol writes where there is no offset.
    pub const NONE: Self = Self(-1);

    /// The offset `count` records further on.
    pub fn plus(self, count: i64) -> Self {
        Self(self.0 + count)
    }

    /// The next offset.
    pub fn next(self) -> Self {
        self.plus(1)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A place in a file, in bytes from its start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct FilePosition(pub u64);

impl FilePosition {
    /// The start of a file.
    pub const ZERO: Self = Self(0);

    /// The place `bytes` further on.
    pub fn plus(self, bytes: u64) -> Self {
        Self(self.0 + bytes)
    }
}

impl fmt::Display for FilePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
