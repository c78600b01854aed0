//! Reads the bytes of a segment batch by batch after a crash, and says where the log ends and what is damaged. Pure:
//! it is fed pieces of the file and asks for more. What to keep is for `store` and its recovery point.
//!
//! ```text
//!   feed          +-----------+  damage   +--------------------------------+
//! --------------> | reading   | --------> | searching for a valid batch    |
//!   Batch, ...    | batches   |           | behind the damage              |
//!                 +-----------+           +--------------------------------+
//!                       | end of file          | found: Middle   | end of file: Tail
//!                       v                      v                 v
//!                    Step::End              Step::Damaged (both; the scan is over)
//! ```
//!
//! A torn tail is what a crash leaves; it is cut. Damage with valid batches behind it is not: records that were
//! acknowledged may lie there, so cutting would lose them and the partition has to go offline (issue of a disk, or
//! of pages that reached the disk out of order above the recovery point, which `store` tells apart).

use jackdaw_base::{FilePosition, Offset};
use jackdaw_protocol::records::{Batch, BatchError, BatchHeader};

use crate::BatchSummary;

mod marker;
mod search;

pub use marker::{MarkerError, end_transaction_marker};
use search::Search;

/// Where a scan starts and what it knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScanStart {
    /// The place of the first byte that will be fed.
    pub position: FilePosition,
    /// The length of the file.
    pub file_bytes: u64,
    /// The base offset of the segment: no batch lies below it.
    pub segment_base_offset: Offset,
    /// The first offset that a batch may have: the end of what lies before. Gaps are legal (rule L2).
    pub offset_min: Offset,
}

/// What is wrong at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DamageKind {
    /// The file ends within a batch.
    #[error("a batch of {needed} bytes is cut off")]
    Truncated {
        /// How many bytes the batch needs.
        needed: u64,
    },
    /// Nothing but zeros up to the end of the file: preallocated, or never reached the disk.
    #[error("zeros up to the end of the file")]
    Zeros,
    /// Length or format of a batch are impossible.
    #[error(transparent)]
    Header(BatchError),
    /// The CRC of a batch does not match its bytes.
    #[error("the batch at offset {base_offset} has a bad CRC")]
    BadCrc {
        /// The offset that the batch claims.
        base_offset: Offset,
    },
    /// A batch does not lie above the one before it.
    #[error("the batch at offsets {base_offset} to {last_offset} does not lie above {offset_min}")]
    OffsetsNotRising {
        /// Its first offset.
        base_offset: Offset,
        /// Its last offset.
        last_offset: Offset,
        /// The lowest offset that it might have.
        offset_min: Offset,
    },
    /// A transaction marker cannot be read although its batch is whole.
    #[error("the control batch at offset {base_offset} is not readable")]
    Marker {
        /// Its offset.
        base_offset: Offset,
    },
}

/// Whether anything of value lies behind the damage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DamagePlace {
    /// Nothing: everything from here on is a torn tail.
    Tail,
    /// A chain of valid batches.
    Middle {
        /// Where the chain starts.
        later_position: FilePosition,
        /// The offset at which it starts.
        later_base_offset: Offset,
    },
}

/// The first damage of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Where it starts: the end of the last good batch.
    pub position: FilePosition,
    /// What it is.
    pub kind: DamageKind,
    /// What lies behind it.
    pub place: DamagePlace,
}

/// What the scan found next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// A whole, valid batch and where it starts.
    Batch(BatchSummary, FilePosition),
    /// Feed more bytes; this many would do for a decision, fewer are welcome.
    NeedMore {
        /// How many.
        bytes: u64,
    },
    /// The scan is over: damage.
    Damaged(Damage),
    /// The scan is over: the file ends behind its last batch.
    End {
        /// The end of the file.
        position: FilePosition,
    },
}

/// Scans one segment.
#[derive(Clone, Debug)]
pub struct Scanner {
    /// Bytes that were fed and are not done with.
    buffer: Vec<u8>,
    /// How many of them at the front are done with.
    consumed: usize,
    /// The place of `buffer[consumed]` in the file.
    position: u64,
    file_bytes: u64,
    segment_base_offset: Offset,
    offset_min: Offset,
    phase: Phase,
}

#[derive(Clone, Debug)]
enum Phase {
    Reading,
    Searching(Search),
    Over(Step),
}

impl Scanner {
    /// Starts a scan.
    pub fn new(start: ScanStart) -> Self {
        Self {
            buffer: Vec::new(),
            consumed: 0,
            position: start.position.0,
            file_bytes: start.file_bytes,
            segment_base_offset: start.segment_base_offset,
            offset_min: start.offset_min.max(start.segment_base_offset),
            phase: Phase::Reading,
        }
    }

    /// Takes the next bytes of the file. What lies behind the length that was announced is ignored.
    pub fn feed(&mut self, bytes: &[u8]) {
        let room = self.file_bytes.saturating_sub(self.position + self.available().len() as u64);
        let length = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        self.buffer.drain(..self.consumed);
        self.consumed = 0;
        self.buffer.extend_from_slice(&bytes[..length]);
    }

    /// The file is shorter than was announced: no more bytes will come.
    pub fn set_file_end(&mut self) {
        self.file_bytes = self.position + self.available().len() as u64;
    }

    /// From where on the next bytes are to be fed.
    pub fn next_feed_position(&self) -> FilePosition {
        FilePosition(self.position + self.available().len() as u64)
    }

    /// The end of the last good batch.
    pub fn valid_end(&self) -> FilePosition {
        match &self.phase {
            Phase::Reading => FilePosition(self.position),
            Phase::Searching(search) => search.damage_position(),
            Phase::Over(Step::Damaged(damage)) => damage.position,
            Phase::Over(Step::End { position } | Step::Batch(_, position)) => *position,
            Phase::Over(Step::NeedMore { .. }) => FilePosition(self.position),
        }
    }

    /// The offset behind the last good batch.
    pub fn next_offset(&self) -> Offset {
        self.offset_min
    }

    /// What comes next. After [`Step::End`] and [`Step::Damaged`] it stays the same.
    pub fn step(&mut self) -> Step {
        loop {
            let step = match &mut self.phase {
                Phase::Over(step) => return *step,
                Phase::Reading => self.read(),
                Phase::Searching(_) => self.search(),
            };
            if let Some(step) = step {
                if matches!(step, Step::Damaged(_) | Step::End { .. }) {
                    self.phase = Phase::Over(step);
                }
                return step;
            }
        }
    }

    fn available(&self) -> &[u8] {
        &self.buffer[self.consumed..]
    }

    fn remaining_bytes(&self) -> u64 {
        self.file_bytes.saturating_sub(self.position)
    }

    fn skip(&mut self, bytes: usize) {
        self.consumed += bytes;
        self.position += bytes as u64;
    }

    /// Reads one batch; `None` if the phase has changed.
    fn read(&mut self) -> Option<Step> {
        let remaining = self.remaining_bytes();
        if remaining == 0 {
            return Some(Step::End { position: FilePosition(self.position) });
        }
        let needed = match BatchHeader::parse(self.available()) {
            Ok(header) => header.size_bytes() as u64,
            Err(BatchError::Truncated { needed, .. }) => needed as u64,
            Err(error) => return self.damaged(DamageKind::Header(error)),
        };
        if needed > remaining {
            return self.damaged(DamageKind::Truncated { needed });
        }
        if (self.available().len() as u64) < needed {
            return Some(Step::NeedMore { bytes: needed - self.available().len() as u64 });
        }
        match read_batch(self.available(), self.offset_min) {
            Ok(summary) => {
                let position = FilePosition(self.position);
                self.skip(summary.size_bytes as usize);
                self.offset_min = summary.next_offset();
                Some(Step::Batch(summary, position))
            }
            Err(kind) => self.damaged(kind),
        }
    }

    fn damaged(&mut self, kind: DamageKind) -> Option<Step> {
        self.phase = Phase::Searching(Search::new(
            FilePosition(self.position),
            kind,
            self.segment_base_offset,
            self.offset_min,
        ));
        None
    }

    fn search(&mut self) -> Option<Step> {
        let remaining = self.remaining_bytes();
        let Phase::Searching(search) = &mut self.phase else { return None };
        let outcome = search.step(&self.buffer[self.consumed..], self.position, remaining);
        match outcome {
            search::Outcome::Found(damage) | search::Outcome::NotFound(damage) => Some(Step::Damaged(damage)),
            search::Outcome::NeedMore { skip, bytes } => {
                self.skip(skip);
                Some(Step::NeedMore { bytes })
            }
        }
    }

    /// The base offset of the segment.
    pub fn segment_base_offset(&self) -> Offset {
        self.segment_base_offset
    }
}

/// The batch at the front of `bytes`, checked in all that recovery may rely on.
fn read_batch(bytes: &[u8], offset_min: Offset) -> Result<BatchSummary, DamageKind> {
    let batch = Batch::parse(bytes).map_err(DamageKind::Header)?;
    let (base_offset, last_offset) = (Offset(batch.base_offset()), Offset(batch.last_offset()));
    if !batch.crc_is_valid() {
        return Err(DamageKind::BadCrc { base_offset });
    }
    if base_offset < offset_min || last_offset < base_offset || last_offset.0 == i64::MAX {
        return Err(DamageKind::OffsetsNotRising { base_offset, last_offset, offset_min });
    }
    let marker = end_transaction_marker(&batch).map_err(|_| DamageKind::Marker { base_offset })?;
    Ok(BatchSummary::of(&batch, marker))
}

#[cfg(test)]
mod tests;
