//! What must be true of all nodes together: the rules Q1 to Q4, checked as things happen.

use std::collections::BTreeMap;

use jackdaw_base::NodeId;

use super::node::Snapshot;
use super::{Checked, broken};
use crate::output::ControlRecord;
use crate::replica_key::ReplicaKey;
use crate::snapshot_id::SnapshotId;

/// One record. `fold` stands for everything up to and with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub epoch: i32,
    pub value: u64,
    pub control: Option<ControlRecord>,
    pub fold: u64,
}

impl Entry {
    pub fn new(before: u64, epoch: i32, value: u64, control: Option<ControlRecord>) -> Self {
        let text = format!("{before} {epoch} {value} {control:?}");
        let fold = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self { epoch, value, control, fold }
    }
}

#[derive(Default)]
pub(super) struct Oracle {
    leaders: BTreeMap<i32, NodeId>,
    votes: BTreeMap<(NodeId, i32), ReplicaKey>,
    epochs: BTreeMap<NodeId, i32>,
    watermarks: BTreeMap<(NodeId, u64), i64>,
    /// The fold at each offset and epoch ever written.
    written: BTreeMap<(i64, i32), u64>,
    /// The fold behind each committed record.
    committed: Vec<(i32, u64)>,
    pub values: u64,
    pub elections: u64,
    pub snapshots_installed: u64,
    pub truncations: u64,
    pub voter_changes: u64,
}

impl Oracle {
    pub fn committed_end(&self) -> i64 {
        self.committed.len() as i64
    }

    /// Q1: one leader per epoch. Q3: it has everything that was ever committed.
    pub fn on_leader(&mut self, node: NodeId, epoch: i32, end: i64, fold_at: impl Fn(i64) -> u64) -> Checked {
        self.elections += 1;
        let first = *self.leaders.entry(epoch).or_insert(node);
        if first != node {
            return broken("Q1", format!("nodes {first} and {node} both lead epoch {epoch}"));
        }
        let committed = self.committed_end();
        if end < committed {
            return broken(
                "Q3",
                format!("leader {node} of epoch {epoch} ends at {end}, committed are {committed}"),
            );
        }
        match self.committed.last() {
            Some((_, fold)) if fold_at(committed) != *fold => {
                broken("Q3", format!("leader {node} of epoch {epoch} has other records than were committed"))
            }
            _ => Ok(()),
        }
    }

    /// Q1: epochs never go back, not even over a crash.
    pub fn on_epoch(&mut self, node: NodeId, epoch: i32) -> Checked {
        let last = self.epochs.insert(node, epoch).unwrap_or(0);
        match epoch < last {
            true => broken("Q1", format!("node {node} goes back from epoch {last} to {epoch}")),
            false => Ok(()),
        }
    }

    /// Q1, Q2: one vote per node and epoch.
    pub fn on_vote(&mut self, node: NodeId, epoch: i32, candidate: ReplicaKey) -> Checked {
        let first = *self.votes.entry((node, epoch)).or_insert(candidate);
        match first == candidate {
            true => Ok(()),
            false => broken("Q2", format!("node {node} votes for {first} and {candidate} in epoch {epoch}")),
        }
    }

    /// Q3: where two logs have the same epoch at the same offset they are the same up to there.
    pub fn on_written(&mut self, node: NodeId, offset: i64, entry: &Entry) -> Checked {
        let first = *self.written.entry((offset, entry.epoch)).or_insert(entry.fold);
        match first == entry.fold {
            true => Ok(()),
            false => {
                broken("Q3", format!("node {node} has another log at {offset} in epoch {}", entry.epoch))
            }
        }
    }

    /// Q1: the watermark never goes back. Q3: what is below it never changes.
    pub fn on_high_watermark(
        &mut self,
        node: NodeId,
        life: u64,
        end: i64,
        entry_at: impl Fn(i64) -> Option<Entry>,
    ) -> Checked {
        let last = self.watermarks.insert((node, life), end).unwrap_or(0);
        if end < last {
            return broken("Q1", format!("the watermark of node {node} goes back from {last} to {end}"));
        }
        for offset in last..end {
            let Some(entry) = entry_at(offset) else { continue };
            match self.committed.get(offset as usize) {
                Some((_, fold)) if *fold != entry.fold => {
                    return broken("Q3", format!("node {node} commits another record at {offset}"));
                }
                Some(_) => {}
                None if offset == self.committed_end() => {
                    self.values += u64::from(entry.control.is_none());
                    self.voter_changes +=
                        u64::from(matches!(entry.control, Some(ControlRecord::KRaftVoters(_))));
                    self.committed.push((entry.epoch, entry.fold));
                }
                None => return broken("Q3", format!("node {node} commits {offset} before what precedes it")),
            }
        }
        Ok(())
    }

    /// Q4: a snapshot is the fold of the committed records before it.
    pub fn on_snapshot(&self, node: NodeId, id: SnapshotId, snapshot: &Snapshot) -> Checked {
        let expected = match id.offset().0 {
            0 => Some(&(0, 0)),
            end => self.committed.get(end as usize - 1),
        };
        match expected {
            Some((epoch, fold)) if *fold == snapshot.fold && *epoch == id.epoch().0 => Ok(()),
            _ => broken("Q4", format!("the snapshot {id} of node {node} is not what was committed")),
        }
    }
}
