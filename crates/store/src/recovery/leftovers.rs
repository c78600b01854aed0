//! What a crash leaves in a partition's directory: files that were about to go, and a cleaning that was or was not
//! finished. Kafka's rules: `.deleted` and `.cleaned` go, `.swap` takes the place of what it replaces.

use std::io;

use jackdaw_base::Offset;
use jackdaw_base::disk::DirectoryEntry;

use crate::place::{FileKind, Place};

/// The files that are left.
pub(super) struct Names {
    entries: Vec<DirectoryEntry>,
}

impl Names {
    /// What is there now.
    pub(super) fn of(place: &Place) -> io::Result<Self> {
        Ok(Self { entries: place.disk().read_directory(place.directory())? })
    }

    /// (base offset, size, last written in milliseconds) of all log files, by offset.
    pub(super) fn log_files(&self) -> Vec<(Offset, u64, i64)> {
        let mut files: Vec<_> = self
            .entries
            .iter()
            .filter_map(|entry| {
                offset_of(&entry.name, FileKind::Log).map(|base| (base, entry.size_bytes, entry.modified_ms))
            })
            .collect();
        files.sort_unstable();
        files
    }

    /// Offsets of all producer snapshots, rising.
    pub(super) fn snapshots(&self) -> Vec<Offset> {
        let mut offsets: Vec<_> = self
            .entries
            .iter()
            .filter_map(|entry| offset_of(&entry.name, FileKind::ProducerSnapshot))
            .collect();
        offsets.sort_unstable();
        offsets
    }
}

/// The offset in a file's name, if it is a file of this kind.
fn offset_of(name: &str, kind: FileKind) -> Option<Offset> {
    let digits = name.strip_suffix(kind.suffix())?;
    let is_number = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok().map(Offset) } else { None }
}

/// Removes and renames leftovers, and says what is there then.
pub(super) fn clear(place: &Place) -> io::Result<Names> {
    let disk = place.disk();
    let mut swapped = Vec::new();
    for entry in disk.read_directory(place.directory())? {
        let path = place.named(&entry.name);
        if [".deleted", ".cleaned", ".tmp"].iter().any(|suffix| entry.name.ends_with(suffix)) {
            disk.remove_file(&path)?;
        } else if let Some(target) = entry.name.strip_suffix(".swap") {
            swapped.push((entry.name.clone(), target.to_owned()));
        }
    }
    // The log file last: while it is a swap file, the swap is not done.
    swapped.sort_by_key(|(_, target)| target.ends_with(FileKind::Log.suffix()));
    let range = replaced_range(place, &swapped)?;
    for (name, target) in &swapped {
        if target.ends_with(FileKind::Log.suffix()) {
            remove_replaced(place, range)?;
        }
        disk.rename(&place.named(name), &place.named(target))?;
    }
    if !swapped.is_empty() {
        disk.sync_directory(place.directory())?;
    }
    Names::of(place)
}

/// The offsets that the swap files hold: segments that start inside are replaced by them.
fn replaced_range(place: &Place, swapped: &[(String, String)]) -> io::Result<Option<(Offset, Offset)>> {
    let mut range: Option<(Offset, Offset)> = None;
    for (name, target) in swapped {
        let Some(base) = offset_of(target, FileKind::Log) else { continue };
        let file = place.disk().open(&place.named(name), jackdaw_base::disk::OpenMode::Existing)?;
        let end = super::scan::end_of_batches(&*file, base)?;
        range = Some(range.map_or((base, end), |(low, high)| (low.min(base), high.max(end))));
    }
    Ok(range)
}

fn remove_replaced(place: &Place, range: Option<(Offset, Offset)>) -> io::Result<()> {
    let Some((low, high)) = range else { return Ok(()) };
    for entry in place.disk().read_directory(place.directory())? {
        let Some(base) = offset_of(&entry.name, FileKind::Log) else { continue };
        if base >= low && base < high {
            place.disk().remove_file(&place.named(&entry.name))?;
        }
    }
    Ok(())
}
