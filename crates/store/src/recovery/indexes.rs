//! Segments that need no scan: their numbers come from their indexes. An index that is missing or makes no sense is
//! rebuilt from the batches. A killed Kafka leaves indexes preallocated: their tail of zeros is cut.

use std::io;

use jackdaw_base::disk::{DiskFile, OpenMode};
use jackdaw_base::{Offset, TimestampMs};
use jackdaw_log::segment::SegmentRules;

use super::Kept;
use crate::index_tail::{IndexEntry, IndexTail, OffsetEntry, TimeEntry, read_entries};
use crate::place::{FileKind, Place};
use crate::segment::{Completion, Segment, probe};

/// Loads the indexes of a segment that was closed in order.
pub(super) fn load(
    place: &Place,
    segment: &mut Segment,
    next_base: Option<Offset>,
    rules: &SegmentRules,
) -> io::Result<Kept> {
    let base = segment.base_offset();
    let offsets = open_index::<OffsetEntry>(place, base, FileKind::OffsetIndex)?;
    let times = open_index::<TimeEntry>(place, base, FileKind::TimeIndex)?;
    let is_sane = match offsets.last(|| place.open(base, FileKind::OffsetIndex, OpenMode::Existing))? {
        Some(entry) => u64::from(entry.position) < segment.meta.size_bytes,
        None => true,
    };
    if !is_sane || segment.meta.size_bytes > 0 && times.is_empty() {
        return rebuild(place, segment, next_base, rules);
    }
    segment.offsets = offsets;
    segment.times = times;
    adopt(place, segment)?;
    Ok(Kept::All)
}

/// Takes the numbers of a segment from its indexes.
pub(super) fn adopt(place: &Place, segment: &mut Segment) -> io::Result<()> {
    let base = segment.base_offset();
    segment.meta.offset_index_entries = segment.offsets.len();
    segment.meta.time_index_entries = segment.times.len();
    if let Some(entry) = segment.times.last(|| place.open(base, FileKind::TimeIndex, OpenMode::Existing))? {
        segment.meta.max_timestamp = TimestampMs(entry.timestamp_ms);
        segment.meta.max_timestamp_offset = base.plus(entry.relative_offset.into());
        segment.meta.last_indexed_timestamp = segment.meta.max_timestamp;
    }
    let mut first = None;
    segment.scan(place, 0, |batch| {
        first = Some(batch.max_timestamp);
        true
    })?;
    segment.meta.first_timestamp = first;
    Ok(())
}

/// Opens an index file and cuts a tail of zeros and a torn entry.
pub(super) fn open_index<E: IndexEntry>(
    place: &Place,
    base: Offset,
    kind: FileKind,
) -> io::Result<IndexTail<E>> {
    let path = place.path(base, kind);
    if !place.disk().exists(&path)? {
        return Ok(IndexTail::with_written(0));
    }
    let file = place.open(base, kind, OpenMode::Existing)?;
    let size_bytes = file.size_bytes()?;
    let count = size_bytes / E::SIZE_BYTES as u64;
    let used = used_entries::<E>(&*file, count)?;
    if used * E::SIZE_BYTES as u64 != size_bytes {
        file.set_size(used * E::SIZE_BYTES as u64)?;
    }
    Ok(IndexTail::with_written(used))
}

/// How many entries there are before the zeros. Entries rise, so the zeros are all behind them.
fn used_entries<E: IndexEntry>(file: &dyn DiskFile, count: u64) -> io::Result<u64> {
    let is_zero = |index: u64| -> io::Result<bool> {
        let mut bytes = vec![0; E::SIZE_BYTES];
        file.read_at(&mut bytes, index * E::SIZE_BYTES as u64)?;
        Ok(bytes.iter().all(|byte| *byte == 0))
    };
    if count == 0 || !is_zero(count - 1)? {
        return Ok(count);
    }
    let (mut low, mut high) = (0, count - 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_zero(middle)? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}

/// Makes both indexes anew from the headers of the batches.
pub(super) fn rebuild(
    place: &Place,
    segment: &mut Segment,
    next_base: Option<Offset>,
    rules: &SegmentRules,
) -> io::Result<Kept> {
    let base = segment.base_offset();
    for kind in [FileKind::OffsetIndex, FileKind::TimeIndex] {
        place.open(base, kind, OpenMode::CreateOrOpen)?.set_size(0)?;
    }
    let size_bytes = std::mem::take(&mut segment.meta.size_bytes);
    let file = segment.log_file(place)?;
    while segment.meta.size_bytes < size_bytes {
        let batch = probe(&*file, segment.meta.size_bytes, size_bytes)?;
        segment.restore(place, &batch, rules)?;
    }
    let completion = if next_base.is_some() { Completion::Closing } else { Completion::Growing };
    segment.write_indexes_if_room(place, completion)?;
    // A clean stop does not come back to segments that were closed before: they count as synced.
    for kind in [FileKind::OffsetIndex, FileKind::TimeIndex] {
        place.open(base, kind, OpenMode::CreateOrOpen)?.sync()?;
    }
    Ok(Kept::All)
}

/// The offset behind the last batch of a segment.
pub(super) fn end_of(place: &Place, segment: &Segment) -> io::Result<Offset> {
    let base = segment.base_offset();
    let open = || place.open(base, FileKind::OffsetIndex, OpenMode::Existing);
    let position = segment.offsets.last(open)?.map_or(0, |entry| u64::from(entry.position));
    let mut end = base;
    segment.scan(place, position, |batch| {
        end = batch.last_offset.next();
        false
    })?;
    Ok(end)
}

/// Cuts an index to entries that point below `position`, or belong to batches below `offset`.
pub(super) fn keep_below(
    place: &Place,
    segment: &mut Segment,
    position: u64,
    offset: Offset,
) -> io::Result<()> {
    let base = segment.base_offset();
    let file = place.open(base, FileKind::OffsetIndex, OpenMode::CreateOrOpen)?;
    segment.offsets.truncate_where(&*file, |entry| u64::from(entry.position) < position)?;
    let file = place.open(base, FileKind::TimeIndex, OpenMode::CreateOrOpen)?;
    segment.times.truncate_where(&*file, |entry| base.plus(entry.relative_offset.into()) < offset)
}

/// Whether all entries of the offset index rise and point into the file.
pub(super) fn is_sane(place: &Place, segment: &Segment) -> io::Result<bool> {
    let file = place.open(segment.base_offset(), FileKind::OffsetIndex, OpenMode::CreateOrOpen)?;
    let (mut index, mut last) = (0, None::<OffsetEntry>);
    while index < segment.offsets.len() {
        let block = read_entries::<OffsetEntry>(&*file, index, 4096.min(segment.offsets.len() - index))?;
        for entry in &block {
            let rises = last.is_none_or(|last| {
                entry.relative_offset > last.relative_offset && entry.position > last.position
            });
            if !rises || u64::from(entry.position) >= segment.meta.size_bytes {
                return Ok(false);
            }
            last = Some(*entry);
        }
        if block.is_empty() {
            return Ok(false);
        }
        index += block.len() as u64;
    }
    Ok(true)
}
