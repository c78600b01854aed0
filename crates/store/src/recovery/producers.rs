//! Producer state at the log's end: the newest snapshot that can be read, and the batches behind it. Batches are read
//! by their headers, except for control batches, whose markers end transactions.

use std::io;

use jackdaw_base::disk::{DiskFile, read_whole};
use jackdaw_base::{Offset, TimestampMs};
use jackdaw_log::BatchSummary;
use jackdaw_log::producer_state::{ProducerRules, ProducerState};
use jackdaw_log::recovery_scan::end_transaction_marker;
use jackdaw_protocol::records::{BATCH_OVERHEAD, Batch, BatchHeader};

use super::leftovers::Names;
use crate::place::{FileKind, Place};
use crate::segment::Segment;

/// The largest snapshot that is read: more producers than fit into memory.
const SNAPSHOT_BYTES_MAX: u64 = 1 << 31;
/// A control batch holds one small record.
const CONTROL_BATCH_BYTES_MAX: u64 = 1 << 20;

/// The state at `log_end`, and the snapshot that is not at the start of a segment, if there is one.
pub fn rebuild_producers(
    place: &Place,
    segments: &[Segment],
    log_end: Offset,
    rules: ProducerRules,
    now: TimestampMs,
) -> io::Result<(ProducerState, Option<Offset>)> {
    let mut state = ProducerState::new(rules);
    let Some(first) = segments.first() else { return Ok((state, None)) };
    let mut from = first.base_offset();
    let mut loose = None;
    let mut has_removed = false;
    for offset in Names::of(place)?.snapshots().into_iter().rev() {
        if offset > log_end {
            // Taken before the log was cut: it knows batches that are no more.
            place.disk().remove_file(&place.path(offset, FileKind::ProducerSnapshot))?;
            has_removed = true;
            continue;
        }
        let is_loose = !segments.iter().any(|segment| segment.base_offset() == offset);
        match read_snapshot(place, offset, rules, now)? {
            Some(read) => {
                (state, from) = (read, offset);
                loose = loose.or(is_loose.then_some(offset));
                break;
            }
            None => {
                place.disk().remove_file(&place.path(offset, FileKind::ProducerSnapshot))?;
                has_removed = true;
            }
        }
    }
    if has_removed {
        // Such a snapshot must not come back after the next power cut, when the log may be longer again.
        place.disk().sync_directory(place.directory())?;
    }
    replay(place, segments, from, &mut state)?;
    state.set_map_end_offset(log_end);
    Ok((state, loose))
}

fn read_snapshot(
    place: &Place,
    offset: Offset,
    rules: ProducerRules,
    now: TimestampMs,
) -> io::Result<Option<ProducerState>> {
    let path = place.path(offset, FileKind::ProducerSnapshot);
    let bytes = read_whole(place.disk(), &path, SNAPSHOT_BYTES_MAX)?;
    match ProducerState::decode_snapshot(&bytes, offset, rules, now) {
        Ok(state) => Ok(Some(state)),
        Err(error) => {
            tracing::warn!(file = %path.display(), %error, "producers are read from the batches instead");
            Ok(None)
        }
    }
}

/// Applies the batches at or behind `from`.
pub(crate) fn replay(
    place: &Place,
    segments: &[Segment],
    from: Offset,
    state: &mut ProducerState,
) -> io::Result<()> {
    let first = segments.partition_point(|segment| segment.base_offset() <= from).saturating_sub(1);
    for segment in &segments[first..] {
        let Some(start) = segment.locate(place, from)? else { continue };
        let file = segment.log_file(place)?;
        let mut position = start.position;
        while position < segment.meta.size_bytes {
            let (summary, size_bytes) = read_summary(&*file, position)?;
            if summary.base_offset >= from && summary.producer.is_some() {
                state.apply(&summary, TimestampMs(summary.max_timestamp.0));
            }
            position += size_bytes;
        }
    }
    Ok(())
}

fn read_summary(file: &dyn DiskFile, position: u64) -> io::Result<(BatchSummary, u64)> {
    let damaged = |text: String| io::Error::new(io::ErrorKind::InvalidData, text);
    let mut header_bytes = [0; BATCH_OVERHEAD];
    let read = file.read_at(&mut header_bytes, position)?;
    let header = BatchHeader::parse(&header_bytes[..read]).map_err(|error| damaged(error.to_string()))?;
    let size_bytes = header.size_bytes() as u64;
    if !header.is_control() {
        return Ok((BatchSummary::of_header(&header, None), size_bytes));
    }
    if size_bytes > CONTROL_BATCH_BYTES_MAX {
        return Err(damaged(format!("a control batch of {size_bytes} bytes at position {position}")));
    }
    let mut bytes = vec![0; size_bytes as usize];
    let read = file.read_at(&mut bytes, position)?;
    let batch = Batch::parse(&bytes[..read]).map_err(|error| damaged(error.to_string()))?;
    let marker = end_transaction_marker(&batch).map_err(|error| damaged(error.to_string()))?;
    Ok((BatchSummary::of(&batch, marker), size_bytes))
}
