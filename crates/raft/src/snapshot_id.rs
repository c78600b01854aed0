//! Names of snapshots of the metadata log: `00000000000000000297-0000000002.checkpoint`, with `.part` while it is written or fetched and
//! `.deleted` before it goes. Not what is in them.

use std::fmt;

use jackdaw_base::{LeaderEpoch, Offset};
use thiserror::Error;

use crate::offset_and_epoch::OffsetAndEpoch;

const OFFSET_DIGITS: usize = 20;
const EPOCH_DIGITS: usize = 10;

/// A snapshot: it replaces all records below `end.offset`, the last of which was written in `end.epoch`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SnapshotId(pub OffsetAndEpoch);

impl SnapshotId {
    /// What `kafka-storage format --standalone` writes: the first voters, no records. It is never replicated.
    pub const BOOTSTRAP: Self = Self(OffsetAndEpoch::START);

    /// A snapshot of all below `offset`.
    pub fn new(offset: Offset, epoch: LeaderEpoch) -> Self {
        Self(OffsetAndEpoch::new(offset, epoch))
    }

    /// The offset behind the last record that it replaces.
    pub fn offset(&self) -> Offset {
        self.0.offset
    }

    /// That record's epoch.
    pub fn epoch(&self) -> LeaderEpoch {
        self.0.epoch
    }

    /// The file's name in this state.
    pub fn file_name(&self, state: SnapshotFileState) -> String {
        format!("{self}.checkpoint{}", state.suffix())
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0OFFSET_DIGITS$}-{:0EPOCH_DIGITS$}", self.0.offset.0, self.0.epoch.0)
    }
}

/// The life of a snapshot's file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SnapshotFileState {
    /// Being written or fetched: worth nothing after a restart.
    Partial,
    /// Whole and valid.
    Complete,
    /// To be removed.
    Deleted,
}

impl SnapshotFileState {
    fn suffix(self) -> &'static str {
        match self {
            Self::Partial => ".part",
            Self::Complete => "",
            Self::Deleted => ".deleted",
        }
    }
}

/// Why a name is not that of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum SnapshotNameError {
    /// It does not end in `.checkpoint`, `.checkpoint.part` or `.checkpoint.deleted`.
    #[error("not the name of a checkpoint")]
    NotACheckpoint,
    /// What stands before is not 20 digits, a dash and 10 digits.
    #[error("a checkpoint's name is 20 digits of offset, a dash and 10 digits of epoch")]
    Malformed,
    /// More than the type can hold.
    #[error("the offset or the epoch is out of range")]
    OutOfRange,
}

/// Reads a file's name. Kafka puts a random text between `.checkpoint` and `.part`: any is accepted there.
pub fn parse_file_name(name: &str) -> Result<(SnapshotId, SnapshotFileState), SnapshotNameError> {
    let (stem, rest) = name.split_once(".checkpoint").ok_or(SnapshotNameError::NotACheckpoint)?;
    let state = match rest {
        "" => SnapshotFileState::Complete,
        _ if rest.ends_with(".part") => SnapshotFileState::Partial,
        ".deleted" => SnapshotFileState::Deleted,
        _ => return Err(SnapshotNameError::NotACheckpoint),
    };
    let (offset, epoch) = stem.split_once('-').ok_or(SnapshotNameError::Malformed)?;
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(offset, OFFSET_DIGITS) || !digits(epoch, EPOCH_DIGITS) {
        return Err(SnapshotNameError::Malformed);
    }
    let offset = offset.parse().map_err(|_| SnapshotNameError::OutOfRange)?;
    let epoch = epoch.parse().map_err(|_| SnapshotNameError::OutOfRange)?;
    Ok((SnapshotId::new(Offset(offset), LeaderEpoch(epoch)), state))
}

#[cfg(test)]
mod tests;
