//! What offset and time indexes have in common: fixed entries in a file that Kafka preallocates with zeros while
//! the segment is active, so that after a kill most of it is nothing.

/// Why an index cannot be used. The answer is always to build it again from the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IndexError {
    /// The size is no multiple of an entry's.
    #[error("an index of {size_bytes} bytes does not consist of entries of {entry_bytes} bytes")]
    SizeNotWhole {
        /// The size of the file.
        size_bytes: usize,
        /// The size of an entry.
        entry_bytes: usize,
    },
    /// An entry does not rise above the one before it.
    #[error("entry {entry} of an index does not follow the one before it")]
    NotRising {
        /// Which entry, from 0.
        entry: usize,
    },
    /// An entry names a place or an offset that the segment does not have.
    #[error("entry {entry} of an index points outside of its segment")]
    OutsideSegment {
        /// Which entry, from 0.
        entry: usize,
    },
    /// An entry has a version that is not known.
    #[error("entry {entry} of an index has the version {version}")]
    UnknownVersion {
        /// Which entry, from 0.
        entry: usize,
        /// Its version.
        version: i16,
    },
}

/// How many of `total` entries are in use, if those that are not are zeros at the end: a search with few probes,
/// so that a file of mostly holes is not read whole. `is_zero` tells whether an entry is all zeros.
pub fn used_entries<E>(total: u64, mut is_zero: impl FnMut(u64) -> Result<bool, E>) -> Result<u64, E> {
    let (mut used, mut unused) = (0, total);
    while used < unused {
        let middle = used + (unused - used) / 2;
        match is_zero(middle)? {
            true => unused = middle,
            false => used = middle + 1,
        }
    }
    Ok(used)
}

/// The whole entries of `bytes` without a tail of zeros.
pub(crate) fn without_zero_tail<const N: usize>(bytes: &[u8]) -> &[[u8; N]] {
    let (entries, _rest) = bytes.as_chunks::<N>();
    let is_zero = |index: u64| Ok::<bool, std::convert::Infallible>(entries[index as usize] == [0; N]);
    let Ok(used) = used_entries(entries.len() as u64, is_zero);
    &entries[..used as usize]
}

pub(crate) fn check_size<const N: usize>(bytes: &[u8]) -> Result<(), IndexError> {
    match bytes.len() % N {
        0 => Ok(()),
        _ => Err(IndexError::SizeNotWhole { size_bytes: bytes.len(), entry_bytes: N }),
    }
}

#[cfg(test)]
mod tests;
