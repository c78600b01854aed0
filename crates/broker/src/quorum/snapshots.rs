//! Snapshots of the metadata log: files `<offset>-<epoch>.checkpoint` beside its segments. When one is due is decided
//! here, by bytes and time as Kafka does; what is in it is `metadata`'s business.

use std::io;

use jackdaw_base::disk::{Disk, read_whole, replace_whole};
use jackdaw_base::{MonotonicNs, Offset, TimestampMs};
use jackdaw_metadata::Image;
use jackdaw_metadata::snapshot::{self, ReadSnapshot, SnapshotHeader};
use jackdaw_raft::SnapshotId;
use jackdaw_raft::snapshot_id::{SnapshotFileState, parse_file_name};
use jackdaw_store::Place;

use super::metadata_log::MetadataLogError;

/// The largest snapshot that is read: some hundred million partitions.
const SNAPSHOT_BYTES_MAX: u64 = 64 << 30;
/// Older snapshots are kept this many at a time, beside the newest.
const SNAPSHOTS_KEPT: usize = 2;

/// How long a snapshot waits that could not be written.
const RETRY_MS: u64 = 60_000;

/// When a snapshot is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SnapshotPolicy {
    /// `metadata.log.max.record.bytes.between.snapshots`.
    pub record_bytes_max: u64,
    /// `metadata.log.max.snapshot.interval.ms`; 0 means never by time.
    pub interval_ms_max: u64,
}

/// What has happened since the last snapshot.
pub(super) struct SinceSnapshot {
    record_bytes: u64,
    records: u64,
    at: MonotonicNs,
    not_before: MonotonicNs,
}

impl SinceSnapshot {
    pub(super) fn new(now: MonotonicNs) -> Self {
        Self { record_bytes: 0, records: 0, at: now, not_before: now }
    }

    /// A batch of this size was appended.
    pub(super) fn on_appended(&mut self, size_bytes: u64) {
        self.record_bytes += size_bytes;
    }

    /// A record was committed.
    pub(super) fn on_record(&mut self) {
        self.records += 1;
    }

    pub(super) fn is_due(&self, policy: &SnapshotPolicy, now: MonotonicNs) -> bool {
        let by_bytes = self.record_bytes >= policy.record_bytes_max;
        let by_time = policy.interval_ms_max > 0 && now >= self.at.plus_ms(policy.interval_ms_max);
        self.records > 0 && now >= self.not_before && (by_bytes || by_time)
    }

    /// It could not be written now.
    pub(super) fn postpone(&mut self, now: MonotonicNs) {
        self.not_before = now.plus_ms(RETRY_MS);
    }
}

/// The whole snapshots of a log, oldest first, with their sizes; leftovers of half written ones are removed.
pub(super) fn list(place: &Place) -> io::Result<Vec<(SnapshotId, u64)>> {
    let mut found = Vec::new();
    if !place.disk().exists(place.directory())? {
        return Ok(found);
    }
    for entry in place.disk().read_directory(place.directory())? {
        match parse_file_name(&entry.name) {
            Ok((id, SnapshotFileState::Complete)) => found.push((id, entry.size_bytes)),
            Ok((_, SnapshotFileState::Partial | SnapshotFileState::Deleted)) => {
                place.disk().remove_file(&place.named(&entry.name))?;
            }
            Err(_) => {}
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Reads the newest snapshot that can be read.
pub(super) fn load(place: &Place, id: SnapshotId) -> Result<ReadSnapshot, MetadataLogError> {
    let path = place.named(&id.file_name(SnapshotFileState::Complete));
    let bytes = read_whole(place.disk(), &path, SNAPSHOT_BYTES_MAX)?;
    let mut read = snapshot::read(&bytes).map_err(|error| MetadataLogError::Unreadable {
        offset: id.offset(),
        why: format!("{}: {error}", path.display()),
    })?;
    read.image.skip_to(Offset(id.offset().0 - 1));
    Ok(read)
}

/// Writes a snapshot; it has its name only when all of it is on the disk.
pub(super) fn save(
    place: &Place,
    id: SnapshotId,
    image: &Image,
    header: &SnapshotHeader,
    now: TimestampMs,
) -> Result<u64, MetadataLogError> {
    let bytes = snapshot::write_whole(image, header, now)
        .map_err(|error| MetadataLogError::Unreadable { offset: id.offset(), why: error.to_string() })?;
    replace_whole(place.disk(), &place.named(&id.file_name(SnapshotFileState::Complete)), &bytes)?;
    Ok(bytes.len() as u64)
}

/// Removes all but the newest snapshots; returns the oldest that is left.
pub(super) fn remove_old(place: &Place, disk: &dyn Disk) -> io::Result<Option<SnapshotId>> {
    let all = list(place)?;
    let surplus = all.len().saturating_sub(SNAPSHOTS_KEPT + 1);
    for (id, _) in &all[..surplus] {
        disk.remove_file(&place.named(&id.file_name(SnapshotFileState::Complete)))?;
    }
    Ok(all.get(surplus).map(|(id, _)| *id))
}
