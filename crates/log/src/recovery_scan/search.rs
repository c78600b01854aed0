//! Looks behind damage for batches that are still good. A single batch that is whole could be a value of a torn
//! record (a batch in a batch), so it counts only if another one, the end of the file, or nothing but zeros follows.

use jackdaw_base::{FilePosition, Offset};
use jackdaw_protocol::records::{BATCH_OVERHEAD, Batch, BatchError, BatchHeader, MAGIC, NO_LEADER_EPOCH};

use super::{Damage, DamageKind, DamagePlace, read_batch};

/// Where the format byte lies in a batch.
const MAGIC_AT: usize = 16;

/// How many bytes to ask for at a time.
const STEP_BYTES: u64 = 256 * 1024;

/// Records may hold bytes that were made to look like batches, and judging them costs time. After this much of it
/// the next one is believed: a partition that is wrongly offline can be looked at, one that was cut cannot.
const JUDGED_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

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
    offset_max: Offset,
    only_zeros: bool,
    /// How many bytes of plausible batches were judged.
    judged_bytes: u64,
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
    /// A search behind damage at `damage_position`, in the segment that starts at `segment_base_offset`.
    pub(super) fn new(
        damage_position: FilePosition,
        kind: DamageKind,
        segment_base_offset: Offset,
        offset_min: Offset,
    ) -> Self {
        // A segment's offsets fit into 32 bits.
        let offset_max = Offset(segment_base_offset.0.saturating_add(i64::from(i32::MAX)));
        let searched_to = damage_position.0;
        Self { damage_position, kind, offset_min, offset_max, only_zeros: true, judged_bytes: 0, searched_to }
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

    fn judge(&mut self, bytes: &[u8], position: u64, remaining: u64) -> Place {
        let header = match BatchHeader::parse(bytes) {
            Ok(header) => header,
            Err(BatchError::Truncated { .. }) if remaining >= BATCH_OVERHEAD as u64 => {
                return Place::NeedMore(BATCH_OVERHEAD as u64);
            }
            Err(_) => return Place::Nothing,
        };
        // Only what looks like a batch in every field is worth the bytes behind its header.
        let size = header.size_bytes();
        if size as u64 > remaining || !self.is_plausible(&header) {
            return Place::Nothing;
        }
        let candidate =
            Candidate { position: FilePosition(position), base_offset: Offset(header.base_offset()) };
        if self.judged_bytes > JUDGED_BYTES_MAX {
            return Place::Chain(candidate);
        }
        if bytes.len() < size {
            return Place::NeedMore(size as u64);
        }
        self.judged_bytes += size as u64;
        match read_batch(bytes, self.offset_min) {
            Err(_) => Place::Nothing,
            Ok(summary) => {
                self.confirm(candidate, &bytes[size..], remaining - size as u64, size, summary.next_offset())
            }
        }
    }

    fn is_plausible(&self, header: &BatchHeader<'_>) -> bool {
        let offsets = self.offset_min.0..=self.offset_max.0;
        offsets.contains(&header.base_offset())
            && offsets.contains(&header.last_offset())
            && header.last_offset_delta() >= 0
            && header.leader_epoch() >= NO_LEADER_EPOCH
            && header.compression().is_some()
            && (0..=i64::from(header.last_offset_delta()) + 1).contains(&i64::from(header.record_count()))
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
