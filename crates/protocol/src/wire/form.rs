//! Whether lengths are fixed numbers or varints (KIP-482).

/// How lengths and counts are written. Flexible versions of a message are compact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// int16 lengths of strings, int32 lengths of bytes and arrays; -1 is null. No tagged fields.
    Classic,
    /// Unsigned varints of length plus one; 0 is null. Every struct ends with tagged fields.
    Compact,
}

impl Form {
    /// `Compact` if the version is flexible.
    #[inline]
    pub const fn of(flexible: bool) -> Self {
        if flexible { Self::Compact } else { Self::Classic }
    }

    /// Whether structs end with tagged fields.
    #[inline]
    pub const fn is_compact(self) -> bool {
        matches!(self, Self::Compact)
    }
}
