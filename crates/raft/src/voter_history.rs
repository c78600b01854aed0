//! Which voters and which kraft.version the log says, at each offset. A voter set counts from the moment it is in the log, committed or
//! not (KIP-853), so truncation takes it back.

use std::collections::BTreeMap;

use jackdaw_base::Offset;
use thiserror::Error;

use crate::voter_set::{KRaftVersion, VoterSet};

/// A set that shares no majority with the one before it: two leaders could be elected. A log that holds it is corrupt.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("the voters at offset {offset} share no majority with those before")]
pub struct DisjointVoters {
    /// Where the new set stands.
    pub offset: Offset,
}

/// A control record that the quorum itself obeys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VoterRecord {
    /// KRaftVersion.
    Version(KRaftVersion),
    /// KRaftVoters.
    Voters(VoterSet),
}

/// The voters as the log and its snapshots have them, over the configured ones.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VoterHistory {
    configured: VoterSet,
    voters: BTreeMap<Offset, VoterSet>,
    versions: BTreeMap<Offset, KRaftVersion>,
}

impl VoterHistory {
    /// No records yet: the configured voters count (none where the quorum is dynamic).
    pub fn new(configured: VoterSet) -> Self {
        Self { configured, voters: BTreeMap::new(), versions: BTreeMap::new() }
    }

    /// The newest set.
    pub fn last(&self) -> &VoterSet {
        self.voters.last_key_value().map_or(&self.configured, |(_, voters)| voters)
    }

    /// Where the newest set stands: [`Offset::NONE`] in the bootstrap snapshot, `None` if it is the configured one.
    pub fn last_offset(&self) -> Option<Offset> {
        self.voters.last_key_value().map(|(offset, _)| *offset)
    }

    /// The newest kraft.version.
    pub fn kraft_version(&self) -> KRaftVersion {
        self.versions.last_key_value().map_or(KRaftVersion::Static, |(_, version)| *version)
    }

    /// What a snapshot of all below `end` has to contain.
    pub fn before(&self, end: Offset) -> (KRaftVersion, Option<&VoterSet>) {
        let version =
            self.versions.range(..end).next_back().map_or(KRaftVersion::Static, |(_, version)| *version);
        (version, self.voters.range(..end).next_back().map(|(_, voters)| voters))
    }

    /// A record at `offset` was read or appended.
    pub fn add(&mut self, offset: Offset, record: VoterRecord) -> Result<(), DisjointVoters> {
        match record {
            VoterRecord::Version(version) => {
                self.versions.insert(offset, version);
            }
            VoterRecord::Voters(voters) => {
                // The bootstrap snapshot's set is each node's own; nobody has agreed on it.
                let last = self.voters.last_key_value().filter(|(offset, _)| **offset >= Offset::ZERO);
                if last.is_some_and(|(_, last)| !last.overlaps(&voters)) {
                    return Err(DisjointVoters { offset });
                }
                self.voters.insert(offset, voters);
            }
        }
        Ok(())
    }

    /// The log was cut at `end`.
    pub fn truncate_to(&mut self, end: Offset) {
        self.voters.split_off(&end);
        self.versions.split_off(&end);
    }

    /// The log begins at `start` now: what was said before counts on, as one entry.
    pub fn forget_before(&mut self, start: Offset) {
        keep_from(&mut self.voters, start);
        keep_from(&mut self.versions, start);
    }

    /// A snapshot has replaced everything; its records stand at the last offset that it contains.
    pub fn replace(&mut self, end: Offset, version: KRaftVersion, voters: Option<VoterSet>) {
        let offset = end.plus(-1);
        self.versions = BTreeMap::from([(offset, version)]);
        self.voters = voters.map(|voters| (offset, voters)).into_iter().collect();
    }
}

fn keep_from<T>(entries: &mut BTreeMap<Offset, T>, start: Offset) {
    let first = entries.range(..=start).next_back().map(|(offset, _)| *offset);
    if let Some(first) = first {
        *entries = entries.split_off(&first);
    }
}
