//! Opening a partition's directory: what the files say, checked as far as the last stop demands. After a clean stop
//! nothing is read but the last index entries; after a crash everything behind the recovery point is, and a torn tail
//! is cut at a batch boundary. Doing it twice changes nothing (L6). A log that is damaged in the middle is refused.
//!
//! ```text
//!  leftovers ─▶ segments ─▶ [behind the recovery point: scan, cut, rebuild indexes] ─▶ epochs ─▶ producers
//! ```

mod indexes;
mod leftovers;
mod producers;
mod scan;

use std::io;

use jackdaw_base::disk::{OpenMode, read_whole};
use jackdaw_base::{LeaderEpoch, Offset, TimestampMs, TopicId};
use jackdaw_log::checkpoint_file::{
    CHECKPOINT_FILE_BYTES_MAX, LEADER_EPOCH_CHECKPOINT_FILE, PARTITION_METADATA_FILE, PartitionMetadata,
};
use jackdaw_log::epoch_cache::EpochCache;
use jackdaw_log::producer_state::ProducerRules;
use jackdaw_log::segment::{SegmentMeta, SegmentRules};

pub use producers::rebuild_producers;
pub use scan::Damage;

use crate::partition_log::{PartitionLog, RecoveredParts, Unsynced};
use crate::place::{FileKind, Place};
use crate::segment::Segment;

/// How the directory was left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LastStop {
    /// In order: the files are what they say.
    Clean,
    /// Not in order: everything from this offset on is in doubt.
    Unclean {
        /// From the directory's checkpoint, 0 if it has none.
        recovery_point: Offset,
    },
}

/// What a log is opened with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opening {
    /// The topic's id, which the directory must have, too.
    pub topic_id: TopicId,
    /// How the directory was left.
    pub last_stop: LastStop,
    /// The log start from the directory's checkpoint.
    pub log_start: Option<Offset>,
    /// Settings for segments.
    pub rules: SegmentRules,
    /// Settings for producers.
    pub producers: ProducerRules,
    /// The wall clock.
    pub now: TimestampMs,
    /// Whether what is kept is made durable before anybody reads it (`flush.messages=1`).
    pub sync: SyncKept,
}

/// Whether recovery syncs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyncKept {
    /// Nobody is to read what a power cut could take back.
    Yes,
    /// The page cache is good enough.
    No,
}

/// What recovery has done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RecoveryReport {
    /// Bytes that were read to check them.
    pub scanned_bytes: u64,
    /// Bytes that were cut off.
    pub cut_bytes: u64,
}

/// Why a log cannot be opened. The partition stays offline; the others serve.
#[derive(Debug, thiserror::Error)]
pub enum OpenFailure {
    /// The disk failed.
    #[error("{0}")]
    Disk(#[from] io::Error),
    /// Damage that is not the end of a torn write.
    #[error(
        "{file}: {damage}; restore the file from a replica or a copy, or remove the partition's directory to lose its records"
    )]
    Damaged {
        /// The segment's file.
        file: String,
        /// What is wrong where.
        damage: Damage,
    },
    /// Records are missing that were on the disk.
    #[error(
        "{file}: it ends at offset {end}, but everything below {recovery_point} was on the disk; restore the file from a replica or a copy, or remove the directory's recovery-point-offset-checkpoint to go on without those records"
    )]
    Short {
        /// The last segment's file.
        file: String,
        /// Where it ends.
        end: Offset,
        /// What the checkpoint says.
        recovery_point: Offset,
    },
    /// The directory belongs to another topic of the same name.
    #[error("the directory belongs to topic id {found}, not {expected}")]
    OtherTopic {
        /// The id in `partition.metadata`.
        found: TopicId,
        /// The id in the metadata.
        expected: TopicId,
    },
}

/// Opens the log in `place`. A directory that is not there is an empty log.
pub fn open(place: Place, opening: &Opening) -> Result<(PartitionLog, RecoveryReport), OpenFailure> {
    let producers = jackdaw_log::producer_state::ProducerState::new(opening.producers);
    if !place.disk().exists(place.directory())? {
        return Ok((
            PartitionLog::empty(place, opening.topic_id, opening.rules, producers),
            RecoveryReport::default(),
        ));
    }
    let names = leftovers::clear(&place)?;
    let bases: Vec<(Offset, u64, i64)> = names.log_files();
    if bases.is_empty() {
        return Ok((
            PartitionLog::empty(place, opening.topic_id, opening.rules, producers),
            RecoveryReport::default(),
        ));
    }
    let mut report = RecoveryReport::default();
    let mut epochs = read_epochs(&place)?;
    let mut segments = Vec::with_capacity(bases.len());
    for (index, (base, size_bytes, modified_ms)) in bases.iter().enumerate() {
        let next_base = bases.get(index + 1).map(|(base, ..)| *base);
        let mut segment = Segment::new(found_meta(*base, *size_bytes, *modified_ms, &opening.rules));
        let kept = match scan_from(opening, *base, next_base) {
            None => indexes::load(&place, &mut segment, next_base, &opening.rules)?,
            Some(from) => {
                scan::recover(&place, &mut segment, from, next_base, opening, &mut epochs, &mut report)?
            }
        };
        segments.push(segment);
        if kept == Kept::Part && next_base.is_some() {
            // What follows a torn tail was never acknowledged: it goes with the tail.
            remove_segments(&place, &bases[index + 1..], &mut report)?;
            break;
        }
    }
    let last = segments.last().expect("there is one");
    let log_end = indexes::end_of(&place, last)?;
    let first = segments[0].base_offset();
    let log_start = opening.log_start.unwrap_or(first).max(first).min(log_end);
    epochs.truncate_from_end(log_end);
    epochs.truncate_from_start(log_start);
    let (producers, loose_snapshot) =
        rebuild_producers(&place, &segments, log_end, opening.producers, opening.now)?;
    let (known_synced, mut unsynced) = match opening.last_stop {
        LastStop::Clean => (log_end, Unsynced::default()),
        LastStop::Unclean { recovery_point } => {
            let known_synced = recovery_point.min(log_end);
            let segments = if report.scanned_bytes > 0 { &segments[..] } else { &[] };
            (known_synced, unsynced_of(&place, segments, known_synced, opening.topic_id)?)
        }
    };
    if opening.sync == SyncKept::Yes {
        std::mem::take(&mut unsynced).sync(place.disk())?;
    }
    let flushed_end = if unsynced.files.is_empty() { log_end } else { known_synced };
    let parts = RecoveredParts {
        segments,
        log_start,
        log_end,
        producers,
        epochs,
        loose_snapshot,
        indexes_synced_to: known_synced,
        flushed_end,
        unsynced,
    };
    Ok((PartitionLog::recovered(place, opening.topic_id, opening.rules, parts), report))
}

/// Whether all of a segment was kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kept {
    All,
    Part,
}

/// From which offset a segment has to be read, `None` if not at all.
fn scan_from(opening: &Opening, base: Offset, next_base: Option<Offset>) -> Option<Offset> {
    match opening.last_stop {
        LastStop::Clean => None,
        LastStop::Unclean { recovery_point } if next_base.is_some_and(|next| next <= recovery_point) => None,
        LastStop::Unclean { recovery_point } => Some(recovery_point.max(base)),
    }
}

fn found_meta(base: Offset, size_bytes: u64, modified_ms: i64, rules: &SegmentRules) -> SegmentMeta {
    let modified = TimestampMs(modified_ms);
    SegmentMeta { size_bytes, ..SegmentMeta::empty(base, modified, rules, base.0 as u64) }
}

fn read_epochs(place: &Place) -> io::Result<EpochCache> {
    let path = place.named(LEADER_EPOCH_CHECKPOINT_FILE);
    if !place.disk().exists(&path)? {
        return Ok(EpochCache::new());
    }
    let bytes = read_whole(place.disk(), &path, CHECKPOINT_FILE_BYTES_MAX)?;
    // A damaged file costs the epochs below the recovery point, never a record.
    Ok(EpochCache::decode(&String::from_utf8_lossy(&bytes)).unwrap_or_else(|error| {
        tracing::warn!(file = %path.display(), %error, "leader epochs are read from the batches instead");
        EpochCache::new()
    }))
}

fn remove_segments(
    place: &Place,
    bases: &[(Offset, u64, i64)],
    report: &mut RecoveryReport,
) -> io::Result<()> {
    for (base, size_bytes, _) in bases {
        report.cut_bytes += size_bytes;
        for kind in FileKind::OF_SEGMENT {
            let path = place.path(*base, kind);
            if place.disk().exists(&path)? {
                place.disk().remove_file(&path)?;
                place.files().forget(&path);
            }
        }
    }
    place.disk().sync_directory(place.directory())
}

/// What a power cut could still take of a log that was on the disk up to `known_synced`, or bring back: segments that
/// retention took have names until the directory is synced. Without `segments` nothing was read behind that offset.
fn unsynced_of(
    place: &Place,
    segments: &[Segment],
    known_synced: Offset,
    topic_id: TopicId,
) -> io::Result<Unsynced> {
    let mut unsynced = Unsynced::default();
    unsynced.directories.push(place.directory().to_path_buf());
    if segments.is_empty() {
        return Ok(unsynced);
    }
    let first = segments.partition_point(|segment| segment.base_offset() <= known_synced).saturating_sub(1);
    for segment in &segments[first..] {
        unsynced.files.push(place.open(segment.base_offset(), FileKind::Log, OpenMode::Existing)?);
    }
    // A crash before the first round may have left it unsynced, or taken it.
    let metadata = place.named(PARTITION_METADATA_FILE);
    unsynced.files.push(match place.disk().exists(&metadata)? {
        true => place.disk().open(&metadata, OpenMode::Existing)?,
        false => {
            place.replace(PARTITION_METADATA_FILE, PartitionMetadata { topic_id }.encode().as_bytes())?
        }
    });
    unsynced.directories.push(place.parent().to_path_buf());
    Ok(unsynced)
}

/// The epoch of a batch goes into the cache.
fn note_epoch(epochs: &mut EpochCache, epoch: LeaderEpoch, start: Offset) {
    if epoch.0 >= 0 {
        epochs.assign(epoch, start);
    }
}
