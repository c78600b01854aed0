//! Which leader epoch wrote from which offset on (KIP-101, KIP-279), and the checkpoint file that keeps it. Both
//! numbers rise from entry to entry (rule L4).

use jackdaw_base::{LeaderEpoch, Offset};

use crate::checkpoint_file::{CheckpointError, decode_rows, encode_rows, parse_field};

/// A leadership and the first offset that it wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EpochEntry {
    /// The leader epoch.
    pub epoch: LeaderEpoch,
    /// Its first offset.
    pub start_offset: Offset,
}

/// The answer to a question for an epoch that is not known.
pub const UNKNOWN_END: (LeaderEpoch, Offset) = (LeaderEpoch::UNKNOWN, Offset::NONE);

/// The leaderships of one log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EpochCache {
    entries: Vec<EpochEntry>,
}

impl EpochCache {
    /// No leaderships.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that `epoch` starts at `start_offset`; entries that contradict it go. Whether anything changed, so that
    /// the checkpoint has to be written. Batches without an epoch are no leadership.
    pub fn assign(&mut self, epoch: LeaderEpoch, start_offset: Offset) -> bool {
        if epoch.0 < 0 || start_offset.0 < 0 {
            return false;
        }
        if self.latest().is_some_and(|(latest, start)| latest == epoch && start <= start_offset) {
            return false;
        }
        while self.entries.last().is_some_and(|last| last.epoch >= epoch || last.start_offset >= start_offset)
        {
            self.entries.pop();
        }
        self.entries.push(EpochEntry { epoch, start_offset });
        true
    }

    /// The newest leadership and its first offset.
    pub fn latest(&self) -> Option<(LeaderEpoch, Offset)> {
        self.entries.last().map(|entry| (entry.epoch, entry.start_offset))
    }

    /// The oldest leadership and its first offset.
    pub fn earliest(&self) -> Option<(LeaderEpoch, Offset)> {
        self.entries.first().map(|entry| (entry.epoch, entry.start_offset))
    }

    /// The newest leadership before `epoch`.
    pub fn previous_epoch(&self, epoch: LeaderEpoch) -> Option<LeaderEpoch> {
        let index = self.entries.partition_point(|entry| entry.epoch < epoch);
        index.checked_sub(1).map(|index| self.entries[index].epoch)
    }

    /// Where the newest leadership that is not newer than `epoch` ends, and which one that is. An epoch older than
    /// all ends where the first known one starts; [`UNKNOWN_END`] if `epoch` is none or newer than all.
    pub fn end_offset_for(&self, epoch: LeaderEpoch, log_end: Offset) -> (LeaderEpoch, Offset) {
        if epoch == LeaderEpoch::UNKNOWN {
            return UNKNOWN_END;
        }
        if self.latest().is_some_and(|(latest, _)| latest == epoch) {
            return (epoch, log_end);
        }
        let next = self.entries.partition_point(|entry| entry.epoch <= epoch);
        let Some(higher) = self.entries.get(next) else { return UNKNOWN_END };
        let floor = next.checked_sub(1).map_or(epoch, |index| self.entries[index].epoch);
        (floor, higher.start_offset)
    }

    /// The leadership that wrote `offset`.
    pub fn epoch_for_offset(&self, offset: Offset) -> Option<LeaderEpoch> {
        let next = self.entries.partition_point(|entry| entry.start_offset <= offset);
        next.checked_sub(1).map(|index| self.entries[index].epoch)
    }

    /// The log ends at `end_offset` now. Whether anything changed.
    pub fn truncate_from_end(&mut self, end_offset: Offset) -> bool {
        if end_offset.0 < 0 {
            return false;
        }
        let before = self.entries.len();
        self.entries.truncate(self.entries.partition_point(|entry| entry.start_offset < end_offset));
        self.entries.len() != before
    }

    /// The log starts at `start_offset` now: the leadership that wrote it starts there, older ones are gone. Whether
    /// anything changed.
    pub fn truncate_from_start(&mut self, start_offset: Offset) -> bool {
        let covered = self.entries.partition_point(|entry| entry.start_offset <= start_offset);
        let Some(first) = covered.checked_sub(1) else { return false };
        if first == 0 && self.entries[0].start_offset == start_offset {
            return false;
        }
        self.entries.drain(..first);
        self.entries[0].start_offset = start_offset;
        true
    }

    /// All leaderships, the oldest first.
    pub fn entries(&self) -> &[EpochEntry] {
        &self.entries
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// The text of `leader-epoch-checkpoint`.
    pub fn encode(&self) -> String {
        encode_rows(self.entries.iter().map(|entry| format!("{} {}", entry.epoch, entry.start_offset)))
    }

    /// Reads `leader-epoch-checkpoint`. Entries that contradict later ones go, as when they are assigned.
    pub fn decode(text: &str) -> Result<Self, CheckpointError> {
        let mut cache = Self::new();
        for row in decode_rows::<2>(text)? {
            let epoch = LeaderEpoch(parse_field(&row, 0)?);
            let start_offset = Offset(parse_field(&row, 1)?);
            if epoch.0 < 0 || start_offset.0 < 0 {
                return Err(CheckpointError::InvalidField { line: row.line, field: row.fields.join(" ") });
            }
            cache.assign(epoch, start_offset);
        }
        Ok(cache)
    }
}

#[cfg(test)]
mod tests;
