//! What stands on the disk when the quorum begins: the newest snapshot, the log behind it, the election state. Reads only, but
//! for a log that its snapshot has overtaken.

use std::collections::VecDeque;

use jackdaw_base::{Offset, TimestampMs};
use jackdaw_metadata::Image;
use jackdaw_protocol::metadata_record::MetadataRecord;
use jackdaw_raft::{
    ElectionState, KRaftVersion, RecoveredLog, SnapshotId, VoterHistory, VoterSet, quorum_state_file,
};
use jackdaw_store::{PartitionLog, Place};

use super::{HostConfig, HostError};
use crate::quorum::metadata_log::{Entry, MetadataLog, MetadataLogError};
use crate::quorum::snapshots;
use crate::quorum::storage::{QuorumKind, voter_set_of};

/// All that was found.
pub(super) struct Recovered {
    pub(super) log: MetadataLog,
    pub(super) election: Option<ElectionState>,
    pub(super) recovered: RecoveredLog,
    pub(super) voters: VoterHistory,
    /// What the newest snapshot says.
    pub(super) committed: Image,
    /// What snapshot and log say.
    pub(super) appended: Image,
    /// The records between the two.
    pub(super) uncommitted: VecDeque<(Offset, MetadataRecord<'static>)>,
}

/// Reads snapshot, log and election state.
pub(super) fn recover(config: &HostConfig, log: PartitionLog) -> Result<Recovered, HostError> {
    let place = log.place().clone();
    let mut voters = VoterHistory::new(match &config.kind {
        QuorumKind::Static(voters) => voters.clone(),
        QuorumKind::Dynamic => VoterSet::default(),
    });
    let all = snapshots::list(&place)?;
    let mut committed = Image::default();
    if let Some((id, _)) = all.last() {
        let read = snapshots::load(&place, *id)?;
        let level = read.header.kraft_version;
        // Voters of a form that nobody here knows: to take the default in its place could give this node a majority alone.
        let version = KRaftVersion::from_level(level).ok_or_else(|| {
            MetadataLogError::UnknownKRaftVersion { level, place: format!("the snapshot {id}") }
        })?;
        voters.replace(id.offset(), version, read.header.voters.as_ref().map(voter_set_of));
        committed = read.image;
    }
    let start = all.last().map_or(Offset::ZERO, |(id, _)| id.offset());
    let mut log = MetadataLog::new(log);
    drop_overtaken(&mut log, &all, config.clock.wall())?;
    let mut uncommitted = VecDeque::new();
    let mut appended = committed.clone();
    read_log(&log, start, &mut appended, &mut voters, &mut uncommitted)?;
    let election = read_election(&place)?;
    let recovered = recovered_log(&log, all);
    Ok(Recovered { log, election, recovered, voters, committed, appended, uncommitted })
}

/// A log that ends before the newest snapshot lost its end to a damage from outside: what it holds is in the snapshot, and
/// new records must not go below it.
fn drop_overtaken(
    log: &mut MetadataLog,
    snapshots: &[(SnapshotId, u64)],
    now: TimestampMs,
) -> Result<(), HostError> {
    let recovered = recovered_log(log, snapshots.to_vec());
    if let Some(id) = recovered.overtaking_snapshot() {
        tracing::warn!(snapshot = %id, log_end = log.log().log_end().0, "the metadata log ends before its newest snapshot, which takes its place");
        log.log_mut().start_over(id.offset(), now)?;
    }
    Ok(())
}

fn recovered_log(log: &MetadataLog, snapshots: Vec<(SnapshotId, u64)>) -> RecoveredLog {
    RecoveredLog {
        start: log.log().log_start(),
        end: log.log().log_end(),
        epochs: log.log().epochs().entries().iter().map(|entry| (entry.epoch, entry.start_offset)).collect(),
        snapshots,
    }
}

/// Reads the log behind the snapshot into `image` and `voters`.
fn read_log(
    log: &MetadataLog,
    from: Offset,
    image: &mut Image,
    voters: &mut VoterHistory,
    uncommitted: &mut VecDeque<(Offset, MetadataRecord<'static>)>,
) -> Result<(), HostError> {
    let mut failed = None;
    log.replay(from.max(log.log().log_start()), |entry| {
        if failed.is_some() {
            return Ok(());
        }
        match entry {
            Entry::Record(offset, record) => match image.replay(&record, offset) {
                Ok(()) => uncommitted.push_back((offset, record.into_owned())),
                Err(error) => failed = Some(HostError::Replay { offset, error }),
            },
            Entry::Voters(offset, record) => {
                image.skip_to(offset);
                if let Err(error) = voters.add(offset, record) {
                    return Err(MetadataLogError::Unreadable { offset, why: error.to_string() });
                }
            }
            Entry::Other(offset) => image.skip_to(offset),
        }
        Ok(())
    })?;
    failed.map_or(Ok(()), Err)
}

fn read_election(place: &Place) -> Result<Option<ElectionState>, HostError> {
    let path = place.named(quorum_state_file::FILE_NAME);
    if !place.disk().exists(&path)? {
        return Ok(None);
    }
    let bytes = jackdaw_base::disk::read_whole(place.disk(), &path, quorum_state_file::FILE_BYTES_MAX)?;
    Ok(Some(quorum_state_file::decode(&bytes)?))
}

#[cfg(test)]
mod tests;
