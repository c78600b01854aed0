//! Looks behind damage for batches that are still good. A single batch that is whole could be a value of a torn
//! record (a batch in a batch), so it counts only if another one, the end of the file, or nothing but zeros follows.

use jackdaw_base::{FilePosition, Offset};
use jackdaw_protocol::records::{BATCH_OVERHEAD, Batch, BatchError, MAGIC};

use super::{Damage, DamageKind, DamagePlace, read_batch};

/// Where the format byte lies in a batch.
const MAGIC_AT: usize = 16;

/// How many bytes to ask for at a time.
const STEP_BYTES: u64 = 256 * 1024;

/// A valid batch that has to be confirmed by what follows it.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    position: FilePosition,
    base_offset: Offset,
}

#[derive(Clone, Debug)]
pub(super) struct Search {
    damage_position: FilePosition,
    kind: DamageKind,
    offset_min: Offset,
    only_zeros: bool,
    /// Bytes before this place were searched.
    searched_to: u64,
}

pub(super) enum Outcome {
    Found(Damage),
    NotFound(Damage),
    /// `skip` bytes are done with.
    NeedMore {
        skip: usize,
        bytes: u64,
    },
}

/// What a place in the file turns out to be.
enum Place {
    Nothing,
    Chain(Candidate),
    /// Undecided until this many bytes from the place on are there.
    NeedMore(u64),
}

impl Search {
    pub(super) fn new(damage_position: FilePosition, kind: DamageKind, offset_min: Offset) -> Self {
        Self { damage_position, kind, offset_min, only_zeros: true, searched_to: damage_position.0 }
    }

    pub(super) fn damage_position(&self) -> FilePosition {
        self.damage_position
    }

    /// Searches `bytes`, which lie at `position`; `remaining` bytes of the file are left from there on.
    pub(super) fn step(&mut self, bytes: &[u8], position: u64, remaining: u64) -> Outcome {
        let first = (self.searched_to - position) as usize;
        let mut at = first;
        while let Some(found) = next_candidate(bytes, at) {
            at = found;
            match self.judge(&bytes[at..], position + at as u64, remaining - at as u64) {
                Place::Nothing => at += 1,
                Place::Chain(candidate) => return Outcome::Found(self.damage(Some(candidate))),
                Place::NeedMore(needed) => {
                    return self.pause(bytes, first, at, position, needed - (bytes.len() - at) as u64);
                }
            }
        }
        if bytes.len() as u64 >= remaining {
            self.note_zeros(&bytes[first..]);
            return Outcome::NotFound(self.damage(None));
        }
        // The last bytes may be the front of a header.
        let at = at.max(bytes.len().saturating_sub(MAGIC_AT));
        self.pause(bytes, first, at, position, STEP_BYTES.min(remaining - bytes.len() as u64))
    }

    fn pause(&mut self, bytes: &[u8], first: usize, at: usize, position: u64, more: u64) -> Outcome {
        self.note_zeros(&bytes[first..at]);
        self.searched_to = position + at as u64;
        Outcome::NeedMore { skip: at, bytes: more }
    }

    fn note_zeros(&mut self, bytes: &[u8]) {
        self.only_zeros = self.only_zeros && is_zeros(bytes);
    }

    fn judge(&self, bytes: &[u8], position: u64, remaining: u64) -> Place {
        match Batch::parse(bytes) {
            Err(BatchError::Truncated { needed, .. }) if needed as u64 <= remaining => {
                // Only a plausible header is worth the bytes behind it.
                match bytes.len() >= 8 && self.base_offset_of(bytes) < self.offset_min {
                    true => Place::Nothing,
                    false => Place::NeedMore(needed as u64),
                }
            }
            Err(_) => Place::Nothing,
            Ok(batch) => match read_batch(bytes, self.offset_min) {
                Err(_) => Place::Nothing,
                Ok(summary) => {
                    let candidate =
                        Candidate { position: FilePosition(position), base_offset: summary.base_offset };
                    let size = batch.size_bytes();
                    self.confirm(
                        candidate,
                        &bytes[size..],
                        remaining - size as u64,
                        size,
                        summary.next_offset(),
                    )
                }
            },
        }
    }

    /// Whether what follows a valid batch makes it one of the log's.
    fn confirm(
        &self,
        candidate: Candidate,
        rest: &[u8],
        remaining: u64,
        before: usize,
        next: Offset,
    ) -> Place {
        if remaining == 0 {
            return Place::Chain(candidate);
        }
        let front = &rest[..rest.len().min(BATCH_OVERHEAD)];
        if (front.len() as u64) < remaining.min(BATCH_OVERHEAD as u64) {
            return Place::NeedMore(before as u64 + remaining.min(BATCH_OVERHEAD as u64));
        }
        if is_zeros(front) {
            return Place::Chain(candidate);
        }
        match Batch::parse(rest) {
            Ok(_) if read_batch(rest, next).is_ok() => Place::Chain(candidate),
            Ok(_) => Place::Nothing,
            Err(BatchError::Truncated { needed, .. }) if needed as u64 <= remaining => {
                Place::NeedMore((before + needed) as u64)
            }
            // The chain ends in a torn batch of its own, if that one continues it.
            Err(BatchError::Truncated { .. }) if front.len() >= 8 && self.base_offset_of(front) == next => {
                Place::Chain(candidate)
            }
            Err(_) => Place::Nothing,
        }
    }

    fn base_offset_of(&self, bytes: &[u8]) -> Offset {
        Offset(bytes.first_chunk().map_or(-1, |bytes| i64::from_be_bytes(*bytes)))
    }

    fn damage(&self, candidate: Option<Candidate>) -> Damage {
        let place = match candidate {
            None => DamagePlace::Tail,
            Some(Candidate { position, base_offset }) => {
                DamagePlace::Middle { later_position: position, later_base_offset: base_offset }
            }
        };
        let kind = if candidate.is_none() && self.only_zeros { DamageKind::Zeros } else { self.kind };
        Damage { position: self.damage_position, kind, place }
    }
}

/// The next place from `at` on whose format byte is right.
fn next_candidate(bytes: &[u8], at: usize) -> Option<usize> {
    const BLOCK_BYTES: usize = 4096;
    let mut start = at.checked_add(MAGIC_AT)?;
    while start < bytes.len() {
        let block = &bytes[start..bytes.len().min(start + BLOCK_BYTES)];
        if block.contains(&(MAGIC as u8)) {
            let index = block.iter().position(|byte| *byte == MAGIC as u8)?;
            return Some(start + index - MAGIC_AT);
        }
        start += block.len();
    }
    None
}

fn is_zeros(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
