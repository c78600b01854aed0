//! The names of a partition's files and directories, both ways. Total: every name is something or nothing, none
//! is an error; what to do with a name that is nothing is for `store`.

use std::fmt;

use jackdaw_base::{Offset, PartitionIndex};

/// What a file of a segment holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SegmentFileKind {
    /// The batches.
    Log,
    /// The offset index.
    OffsetIndex,
    /// The time index.
    TimeIndex,
    /// The aborted transactions.
    TransactionIndex,
    /// The producers up to the offset in the name.
    ProducerSnapshot,
}

impl SegmentFileKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Log, Self::OffsetIndex, Self::TimeIndex, Self::TransactionIndex, Self::ProducerSnapshot];

    /// What the name ends with.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Log => ".log",
            Self::OffsetIndex => ".index",
            Self::TimeIndex => ".timeindex",
            Self::TransactionIndex => ".txnindex",
            Self::ProducerSnapshot => ".snapshot",
        }
    }
}

/// What is happening to a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum SegmentFileState {
    /// It is in use.
    #[default]
    Current,
    /// It will be removed after `file.delete.delay.ms`.
    Deleted,
    /// Compaction was writing it: of no use after a crash.
    Cleaned,
    /// Compaction has written it whole: after a crash it replaces the originals.
    Swap,
}

impl SegmentFileState {
    const ALL: [Self; 4] = [Self::Current, Self::Deleted, Self::Cleaned, Self::Swap];

    /// What the name ends with, behind the kind.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Current => "",
            Self::Deleted => ".deleted",
            Self::Cleaned => ".cleaned",
            Self::Swap => ".swap",
        }
    }
}

/// The name of a file of a segment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SegmentFileName {
    /// The base offset of the segment, for a snapshot the offset behind what it covers.
    pub offset: Offset,
    /// What it holds.
    pub kind: SegmentFileKind,
    /// What is happening to it.
    pub state: SegmentFileState,
}

/// How many digits an offset has in a name.
const OFFSET_DIGITS: usize = 20;

impl SegmentFileName {
    /// The name of a file in use.
    pub fn new(offset: Offset, kind: SegmentFileKind) -> Self {
        Self { offset, kind, state: SegmentFileState::Current }
    }

    /// The same file in another state.
    pub fn in_state(self, state: SegmentFileState) -> Self {
        Self { state, ..self }
    }

    /// What file `name` is; `None` if it belongs to no segment.
    pub fn parse(name: &str) -> Option<Self> {
        let (digits, suffix) = name.split_at_checked(OFFSET_DIGITS)?;
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let offset = Offset(digits.parse().ok()?);
        let kinds = SegmentFileKind::ALL.into_iter();
        kinds.flat_map(|kind| SegmentFileState::ALL.map(|state| Self { offset, kind, state })).find(|name| {
            suffix.strip_prefix(name.kind.suffix()).is_some_and(|state| state == name.state.suffix())
        })
    }
}

impl fmt::Display for SegmentFileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0OFFSET_DIGITS$}{}{}", self.offset.0, self.kind.suffix(), self.state.suffix())
    }
}

/// What a directory is to its partition.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PartitionDirectoryState {
    /// The log.
    Current,
    /// A log that will be removed.
    Delete,
    /// A log that is being copied here from another data directory (KIP-113).
    Future,
    /// A log that this node should not have.
    Stray,
}

impl PartitionDirectoryState {
    fn suffix(self) -> &'static str {
        match self {
            Self::Current => "",
            Self::Delete => "-delete",
            Self::Future => "-future",
            Self::Stray => "-stray",
        }
    }
}

/// The name of a partition's directory.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PartitionDirectoryName {
    /// The topic; the start of it, if a name with a unique id would have become too long.
    pub topic: String,
    /// The partition.
    pub partition: PartitionIndex,
    /// What the directory is.
    pub state: PartitionDirectoryState,
    /// What makes the name unique: 32 hexadecimal digits; empty if the directory is the log.
    pub unique_id: String,
}

/// The longest name of a file system.
const DIRECTORY_NAME_BYTES_MAX: usize = 255;

impl PartitionDirectoryName {
    /// The directory of a log.
    pub fn current(topic: &str, partition: PartitionIndex) -> Self {
        let state = PartitionDirectoryState::Current;
        Self { topic: topic.to_owned(), partition, state, unique_id: String::new() }
    }

    /// A directory that is not the log; `unique` is random. The topic is cut so that the name fits.
    pub fn with_state(
        topic: &str,
        partition: PartitionIndex,
        state: PartitionDirectoryState,
        unique: u128,
    ) -> Self {
        if state == PartitionDirectoryState::Current {
            return Self::current(topic, partition);
        }
        let mut name = Self { topic: String::new(), partition, state, unique_id: format!("{unique:032x}") };
        let room = DIRECTORY_NAME_BYTES_MAX - name.to_string().len();
        name.topic = topic[..topic.floor_char_boundary(room)].to_owned();
        name
    }

    /// What directory `name` is; `None` if it is no partition's.
    pub fn parse(name: &str) -> Option<Self> {
        use PartitionDirectoryState::{Current, Delete, Future, Stray};
        for state in [Delete, Future, Stray] {
            if let Some(rest) = name.strip_suffix(state.suffix()) {
                let (rest, unique_id) = rest.rsplit_once('.')?;
                let (topic, partition) = topic_and_partition(rest)?;
                let is_whole = !unique_id.is_empty() && !name.contains(char::is_whitespace);
                return is_whole.then(|| Self { topic, partition, state, unique_id: unique_id.to_owned() });
            }
        }
        let (topic, partition) = topic_and_partition(name)?;
        Some(Self { topic, partition, state: Current, unique_id: String::new() })
    }
}

fn topic_and_partition(name: &str) -> Option<(String, PartitionIndex)> {
    let (topic, partition) = name.rsplit_once('-')?;
    let is_number = !partition.is_empty() && partition.bytes().all(|digit| digit.is_ascii_digit());
    let partition = PartitionIndex(partition.parse().ok()?);
    (is_number && !topic.is_empty()).then(|| (topic.to_owned(), partition))
}

impl fmt::Display for PartitionDirectoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)?;
        match self.state {
            PartitionDirectoryState::Current => Ok(()),
            state => write!(f, ".{}{}", self.unique_id, state.suffix()),
        }
    }
}

#[cfg(test)]
mod tests;
