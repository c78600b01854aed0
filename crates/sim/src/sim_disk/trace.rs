//! What happened on a simulated disk, in order: for a person who looks for a cause, and for the check that two runs
//! of a seed do the same.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::scheduler::{FINGERPRINT_START, fingerprint};

/// How many entries are kept; the oldest are dropped first.
const ENTRIES_MAX: usize = 10_000;

/// The operations of a disk, as faults name them and the trace prints them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "each is named like the method of the port that it stands for")]
pub enum Operation {
    Open,
    CreateDirectory,
    ReadDirectory,
    Exists,
    Rename,
    RemoveFile,
    RemoveDirectory,
    SyncDirectory,
    Lock,
    Space,
    SizeBytes,
    Read,
    Write,
    SetSize,
    Allocate,
    Sync,
    DropCache,
}

impl Operation {
    /// Whether it changes what a power cut would leave; only these count for
    /// [`cut_power_after`](super::SimDisk::cut_power_after).
    pub fn is_change(self) -> bool {
        use Operation::*;
        match self {
            Open | CreateDirectory | Rename | RemoveFile | RemoveDirectory | SyncDirectory | Lock | Write
            | SetSize | Allocate | Sync | DropCache => true,
            ReadDirectory | Exists | Space | SizeBytes | Read => false,
        }
    }
}

/// One operation that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceEntry {
    /// Counts all operations of the disk.
    pub number: u64,
    /// What was done.
    pub operation: Operation,
    /// On what.
    pub path: PathBuf,
    /// Where in the file; 0 where that means nothing.
    pub position: u64,
    /// How much, or the new length; 0 where that means nothing.
    pub size_bytes: u64,
    /// The error it ended with.
    pub error: Option<io::ErrorKind>,
}

impl fmt::Display for TraceEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.number, self.operation, self.path.display())?;
        if self.position != 0 || self.size_bytes != 0 {
            write!(f, " @{} +{}", self.position, self.size_bytes)?;
        }
        match self.error {
            Some(error) => write!(f, " failed: {error:?}"),
            None => Ok(()),
        }
    }
}

/// The latest operations, and a number that stands for all of them.
#[derive(Debug)]
pub(super) struct Trace {
    entries: VecDeque<TraceEntry>,
    number: u64,
    fingerprint: u64,
}

impl Trace {
    pub(super) fn new() -> Self {
        Self { entries: VecDeque::new(), number: 0, fingerprint: FINGERPRINT_START }
    }

    pub(super) fn note(
        &mut self,
        operation: Operation,
        path: &Path,
        (position, size_bytes): (u64, u64),
        error: Option<io::ErrorKind>,
    ) {
        self.number += 1;
        let mut hash = fingerprint(self.fingerprint, &[operation as u8, u8::from(error.is_some())]);
        hash = fingerprint(hash, path.as_os_str().as_encoded_bytes());
        hash = fingerprint(hash, &position.to_le_bytes());
        self.fingerprint = fingerprint(hash, &size_bytes.to_le_bytes());
        if self.entries.len() == ENTRIES_MAX {
            self.entries.pop_front();
        }
        let path = path.to_owned();
        self.entries.push_back(TraceEntry {
            number: self.number,
            operation,
            path,
            position,
            size_bytes,
            error,
        });
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &TraceEntry> {
        self.entries.iter()
    }

    pub(super) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}
