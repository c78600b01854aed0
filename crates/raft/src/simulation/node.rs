//! One simulated node: what is on its disk, what of that is synced, and the member that runs on it.

use std::collections::BTreeMap;

use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId, Offset, Uuid};

use super::oracle::Entry;
use crate::election_state::ElectionState;
use crate::fault::{Fault, Faults};
use crate::log_shape::RecoveredLog;
use crate::message::{FetchAnswer, FetchReply, FetchedBatch, Request, SnapshotReply};
use crate::output::{Answer, ControlRecord, RequestId};
use crate::quorum::{Quorum, Start};
use crate::quorum_state_file;
use crate::replica_key::ReplicaKey;
use crate::settings::Settings;
use crate::snapshot_id::SnapshotId;
use crate::voter_history::{VoterHistory, VoterRecord};
use crate::voter_set::{Endpoints, KRaftVersion, KRaftVersionRange, Voter, VoterSet};

/// What a snapshot holds: the fold of all before it, and the voters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Snapshot {
    pub fold: u64,
    pub kraft_version: KRaftVersion,
    pub voters: Option<VoterSet>,
}

pub(super) const SNAPSHOT_BYTES: u64 = 8;

#[derive(Clone, Debug)]
pub(super) enum Message {
    Request {
        life: u64,
        id: RequestId,
        request: Request,
    },
    /// `entries` are the records of a fetch, `snapshot` what a piece of a snapshot belongs to.
    Answer {
        life: u64,
        id: RequestId,
        answer: Answer,
        entries: Vec<Entry>,
        snapshot: Option<Snapshot>,
    },
    Versions {
        life: u64,
        id: RequestId,
    },
}

#[derive(Debug)]
pub(super) struct Disk {
    pub quorum_state: Option<String>,
    pub log_start: i64,
    /// The fold of everything before `log_start`.
    pub fold_at_start: u64,
    pub entries: Vec<Entry>,
    pub synced_end: i64,
    pub snapshots: BTreeMap<SnapshotId, Snapshot>,
    pub part_bytes: u64,
    pub part: Option<(SnapshotId, Snapshot)>,
}

impl Disk {
    pub fn end(&self) -> i64 {
        self.log_start + self.entries.len() as i64
    }

    pub fn read(&self, from: i64, end: i64) -> Vec<Entry> {
        let index = |offset: i64| (offset - self.log_start).clamp(0, self.entries.len() as i64) as usize;
        self.entries[index(from)..index(end)].to_vec()
    }

    pub fn truncate(&mut self, end: i64) {
        self.entries.truncate((end - self.log_start).max(0) as usize);
        self.synced_end = self.synced_end.min(end);
    }

    pub fn drop_log_for(&mut self, id: SnapshotId) {
        self.log_start = id.offset().0;
        self.fold_at_start = self.snapshots[&id].fold;
        self.entries.clear();
        self.synced_end = self.log_start;
    }

    /// The fold of everything before `offset`.
    pub fn fold(&self, offset: i64) -> u64 {
        match self.entries.get((offset - self.log_start - 1).max(0) as usize) {
            Some(entry) if offset > self.log_start => entry.fold,
            _ => self.fold_at_start,
        }
    }

    fn recovered(&self) -> RecoveredLog {
        let mut epochs: Vec<(LeaderEpoch, Offset)> = Vec::new();
        for (index, entry) in self.entries.iter().enumerate() {
            if epochs.last().is_none_or(|(epoch, _)| epoch.0 < entry.epoch) {
                epochs.push((LeaderEpoch(entry.epoch), Offset(self.log_start + index as i64)));
            }
        }
        RecoveredLog {
            start: Offset(self.log_start),
            end: Offset(self.end()),
            epochs,
            snapshots: self.snapshots.keys().map(|id| (*id, SNAPSHOT_BYTES)).collect(),
        }
    }
}

#[derive(Debug)]
pub(super) struct SimulatedNode {
    pub local: Voter,
    pub disk: Disk,
    pub quorum: Option<Quorum>,
    /// How often it was started: messages and syncs of an earlier life are void.
    pub life: u64,
    /// How often its log was cut: a sync that began before says nothing about what was written since.
    pub cuts: u64,
    /// The next time it looks at the clock.
    pub wake_at: Option<MonotonicNs>,
    /// The records and the snapshot that came with the response in hand.
    pub inbox: (Vec<Entry>, Option<Snapshot>),
}

pub(super) fn voter(id: NodeId, kraft_version: KRaftVersion) -> Voter {
    let directory = Uuid::from_u128(1_000 + id.0 as u128);
    let (directory, kraft_versions) = match kraft_version {
        KRaftVersion::Static => (None, KRaftVersionRange { min: 0, max: 0 }),
        KRaftVersion::Dynamic => (Some(directory), KRaftVersionRange::OURS),
    };
    let endpoints = Endpoints::one("CONTROLLER", "localhost", 9_000 + id.0 as u16);
    Voter { key: ReplicaKey { id, directory }, endpoints, kraft_versions }
}

impl SimulatedNode {
    pub fn new(id: NodeId, kraft_version: KRaftVersion) -> Self {
        let mut local = voter(id, KRaftVersion::Dynamic);
        local.kraft_versions = KRaftVersionRange::OURS;
        let bootstrap = Snapshot { fold: 0, kraft_version, voters: None };
        let snapshots = match kraft_version {
            KRaftVersion::Static => BTreeMap::new(),
            KRaftVersion::Dynamic => BTreeMap::from([(SnapshotId::BOOTSTRAP, bootstrap)]),
        };
        let disk = Disk {
            quorum_state: None,
            log_start: 0,
            fold_at_start: 0,
            entries: Vec::new(),
            synced_end: 0,
            snapshots,
            part_bytes: 0,
            part: None,
        };
        Self { local, disk, quorum: None, life: 0, cuts: 0, wake_at: None, inbox: Default::default() }
    }

    pub fn id(&self) -> NodeId {
        self.local.key.id
    }

    pub fn is_leader(&self) -> bool {
        self.quorum.as_ref().is_some_and(Quorum::is_leader)
    }

    pub fn epoch(&self) -> i32 {
        self.quorum.as_ref().map_or(-1, |quorum| quorum.epoch().0)
    }

    pub fn leader(&self) -> Option<NodeId> {
        self.quorum.as_ref().and_then(Quorum::leader)
    }

    pub fn high_watermark(&self) -> Option<i64> {
        self.quorum.as_ref().and_then(Quorum::high_watermark).map(|offset| offset.0)
    }

    pub fn durable_election(&self) -> ElectionState {
        match &self.disk.quorum_state {
            Some(content) => {
                quorum_state_file::decode(content.as_bytes()).expect("what was written is readable")
            }
            None => ElectionState::initial(),
        }
    }

    /// Reads the disk as a host does, and starts the member.
    pub fn start(
        &mut self,
        settings: Settings,
        configured: &VoterSet,
        fault: Option<Fault>,
        seed: u64,
        now: MonotonicNs,
    ) {
        self.life += 1;
        self.wake_at = None;
        self.disk.part = None;
        if let Some(id) = self.disk.recovered().overtaking_snapshot() {
            self.disk.drop_log_for(id);
        }
        let start = Start {
            settings,
            local: self.local.clone(),
            election: self.disk.quorum_state.is_some().then(|| self.durable_election()),
            log: self.disk.recovered(),
            voters: self.voter_history(configured),
            seed,
        };
        self.quorum = Some(Quorum::with_faults(start, Faults { planted: fault }, now));
    }

    fn voter_history(&self, configured: &VoterSet) -> VoterHistory {
        let is_dynamic = self.disk.snapshots.contains_key(&SnapshotId::BOOTSTRAP)
            || self.disk.snapshots.values().any(|snapshot| snapshot.kraft_version == KRaftVersion::Dynamic);
        let mut history =
            VoterHistory::new(if is_dynamic { VoterSet::default() } else { configured.clone() });
        if let Some((id, snapshot)) = self.disk.snapshots.last_key_value() {
            let voters = match *id == SnapshotId::BOOTSTRAP {
                true => configured.contains(&self.local.key).then(|| configured.clone()),
                false => snapshot.voters.clone(),
            };
            history.replace(id.offset(), snapshot.kraft_version, voters);
        }
        let after = self.disk.snapshots.last_key_value().map_or(0, |(id, _)| id.offset().0);
        for (index, entry) in self.disk.entries.iter().enumerate() {
            let offset = self.disk.log_start + index as i64;
            if let (Some(record), true) = (entry.voter_record(), offset >= after) {
                history.add(Offset(offset), record).expect("the log's voters overlap");
            }
        }
        history
    }

    /// Power is lost: what was not synced is gone, or some of it.
    pub fn crash(&mut self, keep: i64) {
        let end = (self.disk.synced_end + keep).min(self.disk.end());
        self.disk.truncate(end);
        self.disk.synced_end = end;
        self.quorum = None;
        self.cuts += 1;
    }

    /// What a fetch or snapshot answer carries beside its values.
    pub fn payload(&self, answer: &Answer, count_max: i64) -> (Vec<Entry>, Option<Snapshot>) {
        match answer {
            Answer::Fetch(FetchReply { result: Ok(FetchAnswer::Records { from, end, .. }), .. }) => {
                (self.disk.read(from.0, end.0.min(from.0 + count_max)), None)
            }
            Answer::FetchSnapshot(SnapshotReply { result: Ok(chunk), .. }) => {
                (Vec::new(), self.disk.snapshots.get(&chunk.snapshot).cloned())
            }
            _ => (Vec::new(), None),
        }
    }
}

/// What consensus looks at in fetched records.
pub(super) fn batches(from: Offset, entries: &[Entry]) -> Vec<FetchedBatch> {
    let batch = |(index, entry): (usize, &Entry)| {
        let base = from.plus(index as i64);
        let voters = entry.voter_record().map(|record| (base, record)).into_iter().collect();
        FetchedBatch { base, end: base.next(), epoch: LeaderEpoch(entry.epoch), voters }
    };
    entries.iter().enumerate().map(batch).collect()
}

impl Entry {
    pub fn voter_record(&self) -> Option<VoterRecord> {
        match &self.control {
            Some(ControlRecord::KRaftVersion(version)) => Some(VoterRecord::Version(*version)),
            Some(ControlRecord::KRaftVoters(voters)) => Some(VoterRecord::Voters(voters.clone())),
            Some(ControlRecord::LeaderChange { .. }) | None => None,
        }
    }
}
