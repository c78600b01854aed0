//! Reads a segment from the recovery point on: every batch is checked, a torn tail is cut, indexes and epochs are made
//! anew for what was read. Damage with valid batches behind it is refused, unless it looks like pages that a power cut
//! took: those were never acknowledged, so everything from there on goes.

use std::fmt;
use std::io;

use jackdaw_base::disk::{DiskFile, OpenMode};
use jackdaw_base::{FilePosition, Offset};
use jackdaw_log::epoch_cache::EpochCache;
use jackdaw_log::recovery_scan::{self, DamageKind, DamagePlace, ScanStart, Scanner, Step};

use super::{Kept, LastStop, OpenFailure, Opening, RecoveryReport, indexes, note_epoch};
use crate::place::{FileKind, Place};
use crate::segment::{BatchLocation, Completion, Segment, probe};

/// How much is read at once.
const READ_BYTES: usize = 1 << 20;
/// The unit that a device writes whole or not at all.
const SECTOR_BYTES: usize = 512;
/// How much is read at once when lost pages are looked for; a multiple of a sector.
const LOST_PAGES_BLOCK_BYTES: usize = 64 * 1024;
/// Fewer zeros than this where a sector begins or ends may well have been written: the high bytes of an offset are such.
const LOST_BYTES_MIN: usize = 8;

/// Damage in the middle of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Where it starts.
    pub position: FilePosition,
    /// What it is.
    pub kind: DamageKind,
    /// The offset at which valid batches go on.
    pub later_base_offset: Offset,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, kind, later_base_offset } = self;
        write!(
            f,
            "damaged at position {position} ({kind}), with valid batches from offset {later_base_offset} on"
        )
    }
}

/// Checks a segment from `from` on and cuts what is torn.
pub(super) fn recover(
    place: &Place,
    segment: &mut Segment,
    from: Offset,
    next_base: Option<Offset>,
    opening: &Opening,
    epochs: &mut EpochCache,
    report: &mut RecoveryReport,
) -> Result<Kept, OpenFailure> {
    let base = segment.base_offset();
    let file_bytes = segment.meta.size_bytes;
    let (start, offset_min) = begin(place, segment, from)?;
    // Leaderships from here on are read from the batches. Ones that are known already must not make an earlier one that
    // lasts into the scan look like a new one.
    epochs.truncate_from_end(offset_min);
    let file = place.open(base, FileKind::Log, OpenMode::Existing)?;
    let mut scanner = Scanner::new(ScanStart {
        position: FilePosition(start),
        file_bytes,
        segment_base_offset: base,
        offset_min,
    });
    let mut buffer =
        vec![0; READ_BYTES.min(usize::try_from(file_bytes - start).unwrap_or(READ_BYTES)).max(1)];
    let mut end = offset_min;
    let damage = loop {
        match scanner.step() {
            Step::Batch(summary, position) => {
                end = summary.next_offset();
                note_epoch(epochs, summary.leader_epoch, summary.base_offset);
                let location = BatchLocation {
                    base_offset: summary.base_offset,
                    last_offset: summary.last_offset,
                    position: position.0,
                    size_bytes: summary.size_bytes.into(),
                    max_timestamp: summary.max_timestamp,
                    leader_epoch: summary.leader_epoch.0,
                };
                segment.restore(place, &location, &opening.rules)?;
            }
            Step::NeedMore { .. } => {
                let read = file.read_at(&mut buffer, scanner.next_feed_position().0)?;
                report.scanned_bytes += read as u64;
                if read == 0 {
                    scanner.set_file_end();
                }
                scanner.feed(&buffer[..read]);
            }
            Step::End { .. } => break None,
            Step::Damaged(damage) => break Some(damage),
        }
    };
    let completion = if next_base.is_some() { Completion::Closing } else { Completion::Growing };
    segment.write_indexes_if_room(place, completion)?;
    check_reached(place, base, next_base, end, damage.as_ref(), opening)?;
    match damage {
        None => Ok(Kept::All),
        Some(damage) => cut(place, segment, &*file, damage, next_base, report),
    }
}

/// The last segment must reach the recovery point: what was on the disk once is not the tail of a torn write, and is not
/// cut.
fn check_reached(
    place: &Place,
    base: Offset,
    next_base: Option<Offset>,
    end: Offset,
    damage: Option<&recovery_scan::Damage>,
    opening: &Opening,
) -> Result<(), OpenFailure> {
    let LastStop::Unclean { recovery_point } = opening.last_stop else { return Ok(()) };
    if next_base.is_some() || end >= recovery_point {
        return Ok(());
    }
    let file = place.path(base, FileKind::Log).display().to_string();
    Err(match damage {
        Some(&recovery_scan::Damage {
            position,
            kind,
            place: DamagePlace::Middle { later_base_offset, .. },
        }) => OpenFailure::Damaged { file, damage: Damage { position, kind, later_base_offset } },
        _ => OpenFailure::Short { file, end, recovery_point },
    })
}

/// Makes the indexes end before the place where the scan starts, and finds that place: a batch boundary at or before
/// `from`. Whatever cannot be trusted below `from` makes the scan start at the segment's first byte.
fn begin(place: &Place, segment: &mut Segment, from: Offset) -> Result<(u64, Offset), OpenFailure> {
    let base = segment.base_offset();
    segment.offsets = indexes::open_index(place, base, FileKind::OffsetIndex)?;
    segment.times = indexes::open_index(place, base, FileKind::TimeIndex)?;
    let is_sane = indexes::is_sane(place, segment)?;
    let located = match is_sane && from > base {
        // Where the headers stop making sense the scan begins, and says what that is.
        true => segment.boundary_at(place, from)?,
        false => None,
    };
    let file_bytes = segment.meta.size_bytes;
    let (position, offset_min) = located.unwrap_or((0, base));
    indexes::keep_below(place, segment, position, offset_min)?;
    // What lies at or behind `position` is in doubt: not even a header there is to be believed.
    segment.meta.size_bytes = position;
    indexes::adopt(place, segment)?;
    if position > 0 {
        // Batches behind the last entry of the time index, but before the scan.
        let from_time = segment.meta.max_timestamp_offset;
        let start = segment.locate(place, from_time)?.map_or(0, |batch| batch.position);
        let mut newest = (segment.meta.max_timestamp, segment.meta.max_timestamp_offset);
        segment.scan(place, start, |batch| {
            if batch.position < position && batch.max_timestamp > newest.0 {
                newest = (batch.max_timestamp, batch.last_offset);
            }
            batch.position >= position
        })?;
        (segment.meta.max_timestamp, segment.meta.max_timestamp_offset) = newest;
    }
    debug_assert!(position <= file_bytes, "a batch lies within its file");
    Ok((position, offset_min))
}

/// A torn tail is cut off; anything else is refused.
fn cut(
    place: &Place,
    segment: &Segment,
    file: &dyn DiskFile,
    damage: recovery_scan::Damage,
    next_base: Option<Offset>,
    report: &mut RecoveryReport,
) -> Result<Kept, OpenFailure> {
    let base = segment.base_offset();
    let later = match damage.place {
        DamagePlace::Tail => {
            next_base.filter(|_| !matches!(damage.kind, DamageKind::Zeros | DamageKind::Truncated { .. }))
        }
        DamagePlace::Middle { later_base_offset, .. } => Some(later_base_offset),
    };
    if let Some(later_base_offset) = later
        && !looks_like_lost_pages(file, &damage)?
    {
        let damage = Damage { position: damage.position, kind: damage.kind, later_base_offset };
        let file = place.path(base, FileKind::Log).display().to_string();
        return Err(OpenFailure::Damaged { file, damage });
    }
    let file_bytes = file.size_bytes()?;
    report.cut_bytes += file_bytes - damage.position.0;
    tracing::info!(
        file = %place.path(base, FileKind::Log).display(),
        position = damage.position.0,
        cut_bytes = file_bytes - damage.position.0,
        reason = %damage.kind,
        "cut what was being written when the last run ended"
    );
    file.set_size(damage.position.0)?;
    Ok(Kept::Part)
}

/// Whether some sector of the damaged batch holds nothing but zeros: what a file has where data never reached the disk. A
/// page can arrive in part, since a device writes no more than a sector at once.
fn looks_like_lost_pages(file: &dyn DiskFile, damage: &recovery_scan::Damage) -> io::Result<bool> {
    let end = match damage.place {
        DamagePlace::Middle { later_position, .. } => later_position.0,
        DamagePlace::Tail => file.size_bytes()?,
    };
    let mut position = damage.position.0;
    let mut block = vec![0; LOST_PAGES_BLOCK_BYTES];
    while position < end {
        // Blocks end where sectors end.
        let block_end = (position / block.len() as u64 + 1) * block.len() as u64;
        let wanted = &mut block[..(block_end.min(end) - position) as usize];
        let read = file.read_at(wanted, position)?;
        if read == 0 {
            return Ok(false);
        }
        let mut rest = &wanted[..read];
        while !rest.is_empty() {
            let sector_end = SECTOR_BYTES - (position % SECTOR_BYTES as u64) as usize;
            let (sector, behind) = rest.split_at(sector_end.min(rest.len()));
            if sector.len() >= LOST_BYTES_MIN && sector.iter().all(|byte| *byte == 0) {
                return Ok(true);
            }
            position += sector.len() as u64;
            rest = behind;
        }
    }
    Ok(false)
}

/// The offset behind the last whole batch of a file, by headers alone.
pub(super) fn end_of_batches(file: &dyn DiskFile, base: Offset) -> io::Result<Offset> {
    let size_bytes = file.size_bytes()?;
    let (mut position, mut end) = (0, base);
    while position < size_bytes {
        let Ok(batch) = probe(file, position, size_bytes) else { break };
        (position, end) = (batch.end(), batch.last_offset.next());
    }
    Ok(end)
}
