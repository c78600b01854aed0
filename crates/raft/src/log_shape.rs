//! What consensus has to know about the log: where it starts and ends, what is synced, which epoch wrote which offsets, and which snapshots there are.
//! Not the records.
//!
//! ```text
//!   snapshots ... latest
//!      start  <=  synced end  <=  end          epochs: start offset of each epoch, rising in both
//! ```

use std::collections::BTreeMap;

use jackdaw_base::{LeaderEpoch, Offset};

use crate::offset_and_epoch::OffsetAndEpoch;
use crate::snapshot_id::SnapshotId;

/// The log as it was found at the start.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RecoveredLog {
    /// The first offset.
    pub start: Offset,
    /// The offset behind the last record; all of it is synced.
    pub end: Offset,
    /// The epochs of the log, each with its first offset, rising.
    pub epochs: Vec<(LeaderEpoch, Offset)>,
    /// The whole snapshots, with their sizes in bytes.
    pub snapshots: Vec<(SnapshotId, u64)>,
}

impl RecoveredLog {
    /// The snapshot that reaches further than the log, if there is one: a power cut took the log's end, and what remains does not continue the
    /// snapshot. The caller drops the log in its favour (start and end become the snapshot's offset) before it starts a member.
    pub fn overtaking_snapshot(&self) -> Option<SnapshotId> {
        let latest = self.snapshots.iter().map(|(id, _)| *id).max()?;
        (latest.offset() > self.end).then_some(latest)
    }
}

/// How a fetch position relates to this log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FetchPosition {
    /// The asking log is a prefix of this one.
    Valid,
    /// It left this log's way at or before this position: it must truncate.
    Diverging(OffsetAndEpoch),
    /// What it needs next is here in a snapshot only.
    Snapshot(SnapshotId),
}

/// The shape of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogShape {
    start: Offset,
    synced_end: Offset,
    end: Offset,
    epochs: Vec<(LeaderEpoch, Offset)>,
    snapshots: BTreeMap<SnapshotId, u64>,
}

impl LogShape {
    /// The log as recovered.
    pub fn new(recovered: RecoveredLog) -> Self {
        let RecoveredLog { start, end, epochs, snapshots } = recovered;
        assert!(start <= end, "the log starts at {start} behind its end {end}");
        assert!(epochs.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "L4: epochs rise: {epochs:?}");
        Self { start, synced_end: end, end, epochs, snapshots: snapshots.into_iter().collect() }
    }

    /// The first offset.
    pub fn start(&self) -> Offset {
        self.start
    }

    /// The offset behind the last record.
    pub fn end(&self) -> Offset {
        self.end
    }

    /// What a power cut leaves.
    pub fn synced_end(&self) -> Offset {
        self.synced_end
    }

    /// The end and its epoch.
    pub fn end_position(&self) -> OffsetAndEpoch {
        OffsetAndEpoch::new(self.end, self.last_epoch_before(self.end))
    }

    /// The synced end and its epoch.
    pub fn synced_position(&self) -> OffsetAndEpoch {
        OffsetAndEpoch::new(self.synced_end, self.last_epoch_before(self.synced_end))
    }

    /// The newest snapshot.
    pub fn latest_snapshot(&self) -> Option<SnapshotId> {
        self.snapshots.last_key_value().map(|(id, _)| *id)
    }

    /// The size of a snapshot in bytes.
    pub fn snapshot_size_bytes(&self, id: SnapshotId) -> Option<u64> {
        self.snapshots.get(&id).copied()
    }

    /// Compares a fetching log, whose last record was written in `position.epoch`, with this one.
    pub fn validate(&self, position: OffsetAndEpoch) -> FetchPosition {
        let replicable = self.latest_snapshot().filter(|id| *id != SnapshotId::BOOTSTRAP);
        if position.offset == Offset::ZERO {
            // A snapshot is the shorter way for an empty log, and the only one if the log's start is gone.
            return replicable.map_or(FetchPosition::Valid, FetchPosition::Snapshot);
        }
        if let (Some(before), Some(latest)) = (self.snapshot_before_start(), replicable) {
            let is_lost = position.offset < self.start
                || (position.offset == self.start && position.epoch != before.epoch())
                || position.epoch < before.epoch();
            if is_lost {
                return FetchPosition::Snapshot(latest);
            }
        }
        let end = self.end_of_epoch(position.epoch);
        match end.epoch == position.epoch && end.offset >= position.offset {
            true => FetchPosition::Valid,
            false => FetchPosition::Diverging(end),
        }
    }

    /// The largest epoch not above `epoch`, and its end here.
    pub fn end_of_epoch(&self, epoch: LeaderEpoch) -> OffsetAndEpoch {
        let count = self.epochs.partition_point(|(known, _)| *known <= epoch);
        let end = self.epochs.get(count).map_or(self.end, |(_, start)| *start);
        match count.checked_sub(1) {
            Some(index) => OffsetAndEpoch::new(end, self.epochs[index].0),
            // Nothing that old is in the log; the snapshot at its start knows which epoch came before.
            None => self
                .snapshot_before_start()
                .map_or(OffsetAndEpoch::new(self.start, LeaderEpoch(0)), |id| id.0),
        }
    }

    /// Where to cut so that this log is a prefix of one in which `diverging.epoch` ends at `diverging.offset`.
    pub fn truncation_offset(&self, diverging: OffsetAndEpoch) -> Offset {
        let own = self.end_of_epoch(diverging.epoch);
        let agreed = match own.epoch == diverging.epoch {
            true => own.offset.min(diverging.offset),
            false => own.offset,
        };
        agreed.clamp(self.start, self.end)
    }

    /// Records up to `end` were written in `epoch`.
    pub fn append(&mut self, end: Offset, epoch: LeaderEpoch) {
        assert!(end >= self.end, "an append does not shorten the log");
        if end == self.end {
            return;
        }
        let last = self.end_position().epoch;
        assert!(epoch >= last, "L4: epoch {epoch} behind {last}");
        if self.epochs.last().is_none_or(|(known, _)| *known < epoch) {
            self.epochs.push((epoch, self.end));
        }
        self.end = end;
    }

    /// Everything below `end` is durable.
    pub fn sync(&mut self, end: Offset) {
        self.synced_end = self.synced_end.max(end.min(self.end));
    }

    /// The log was cut.
    pub fn truncate(&mut self, end: Offset) {
        assert!(end <= self.end && end >= self.start);
        self.end = end;
        self.synced_end = self.synced_end.min(end);
        self.epochs.retain(|(_, start)| *start < end);
    }

    /// A snapshot is there, whole.
    pub fn add_snapshot(&mut self, id: SnapshotId, size_bytes: u64) {
        self.snapshots.insert(id, size_bytes);
    }

    /// Snapshots are gone, and with them nothing: the log or a newer one holds the same.
    pub fn remove_snapshots_before(&mut self, id: SnapshotId) {
        self.snapshots = self.snapshots.split_off(&id);
    }

    /// The log begins at `start` now.
    pub fn advance_start(&mut self, start: Offset) {
        assert!(start <= self.end);
        self.start = self.start.max(start);
        let gone = self.epochs.partition_point(|(_, first)| *first <= self.start).saturating_sub(1);
        self.epochs.drain(..gone);
        if let Some(first) = self.epochs.first_mut() {
            first.1 = first.1.max(self.start);
        }
    }

    /// The log was dropped in favour of a snapshot.
    pub fn reset_to(&mut self, id: SnapshotId, size_bytes: u64) {
        self.add_snapshot(id, size_bytes);
        self.start = id.offset();
        self.end = id.offset();
        self.synced_end = id.offset();
        self.epochs.clear();
    }

    /// The snapshot that holds what came before the log's start; `None` if nothing did.
    fn snapshot_before_start(&self) -> Option<SnapshotId> {
        let is_before = |id: &&SnapshotId| id.offset() <= self.start && self.start > Offset::ZERO;
        self.snapshots.keys().rev().find(is_before).copied()
    }

    fn last_epoch_before(&self, end: Offset) -> LeaderEpoch {
        let of_records = self.epochs.iter().rev().find(|(_, start)| *start < end).map(|(epoch, _)| *epoch);
        let of_snapshot = || self.snapshots.keys().rev().find(|id| id.offset() <= end).map(SnapshotId::epoch);
        of_records.or_else(of_snapshot).unwrap_or(LeaderEpoch(0))
    }
}

#[cfg(test)]
mod tests;
