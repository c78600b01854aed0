//! `jackdaw log verify`: every batch of every segment, and the indexes beside them.

use std::io;
use std::path::{Path, PathBuf};

use jackdaw_base::Offset;
use jackdaw_cli::command::output::bytes;
use jackdaw_cli::failure::Failure;
use jackdaw_cli::files;
use jackdaw_cli::outcome::{Done, Outcome};
use jackdaw_cli::progress::ProgressLine;
use jackdaw_log::offset_index::OffsetIndex;
use jackdaw_log::segment_name::{PartitionDirectoryName, SegmentFileKind, SegmentFileName, SegmentFileState};
use jackdaw_log::time_index::TimeIndex;
use jackdaw_log::txn_index;
use jackdaw_protocol::records::RecordLimits;

use crate::dump_log::{End, LogFile};

/// The largest index file that is read.
const INDEX_BYTES_MAX: u64 = i32::MAX as u64;

/// What was found.
struct Report {
    partitions: usize,
    damages: usize,
    /// How far it is, by the bytes of segments.
    line: ProgressLine,
}

impl Report {
    fn new() -> Self {
        Self { partitions: 0, damages: 0, line: ProgressLine::new(None) }
    }

    fn damage(&mut self, path: &Path, what: &str) {
        self.damages += 1;
        self.line.clear();
        jackdaw_cli::say!("{}: {what}", path.display());
    }
}

pub(super) fn run(paths: &[PathBuf]) -> Outcome {
    let mut report = Report::new();
    for path in paths {
        check_path(path, &mut report)
            .map_err(|error| Failure::message(format!("jackdaw: {}: {error}", path.display())))?;
    }
    report.line.clear();
    match report.damages {
        0 => jackdaw_cli::say!("{} partitions are in order", report.partitions),
        count => jackdaw_cli::say!("{count} damages in {} partitions", report.partitions),
    }
    Ok(Done::unless(report.damages > 0))
}

fn check_path(path: &Path, report: &mut Report) -> io::Result<()> {
    if path.extension().is_some_and(|suffix| suffix == "log") {
        report.partitions += 1;
        return check_segment(path, Last::Yes, report).map(drop);
    }
    let names = files::names(path)?;
    if names.iter().any(|name| name.ends_with(".log")) {
        return check_partition(path, &names, report);
    }
    let mut partitions: Vec<&String> =
        names.iter().filter(|name| PartitionDirectoryName::parse(name).is_some()).collect();
    partitions.sort();
    if partitions.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "neither a data directory nor one of a partition",
        ));
    }
    for name in partitions {
        let directory = path.join(name);
        check_partition(&directory, &files::names(&directory)?, report)?;
    }
    Ok(())
}

/// Whether a segment is the last one, whose end may be torn after a crash.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Yes,
    No,
}

fn check_partition(directory: &Path, names: &[String], report: &mut Report) -> io::Result<()> {
    report.partitions += 1;
    let mut segments: Vec<Offset> = names
        .iter()
        .filter_map(|name| SegmentFileName::parse(name))
        .filter(|name| name.kind == SegmentFileKind::Log && name.state == SegmentFileState::Current)
        .map(|name| name.offset)
        .collect();
    segments.sort_unstable();
    let mut end = Offset(0);
    for (index, base) in segments.iter().enumerate() {
        let path = directory.join(SegmentFileName::new(*base, SegmentFileKind::Log).to_string());
        if *base < end {
            report.damage(&path, &format!("it begins before {}, where the segment before it ends", end.0));
        }
        let last = if index + 1 == segments.len() { Last::Yes } else { Last::No };
        end = check_segment(&path, last, report)?.max(*base);
    }
    Ok(())
}

/// Checks a segment; the offset behind its last batch.
fn check_segment(path: &Path, last: Last, report: &mut Report) -> io::Result<Offset> {
    let stem = path.file_name().and_then(|name| name.to_str()).and_then(SegmentFileName::parse);
    let base = stem.map_or(Offset(0), |name| name.offset);
    let mut file = LogFile::open(path, u64::MAX)?;
    let mut end = base;
    let mut size_bytes = 0;
    let ended = loop {
        let (position, batch) = match file.next_batch()? {
            Ok(found) => found,
            Err(ended) => break ended,
        };
        size_bytes = position + batch.size_bytes() as u64;
        report.line.draw(|| format!("{}: {}", path.display(), bytes(size_bytes)));
        let at = format!("the batch at position {position}, offset {}", batch.base_offset());
        if batch.base_offset() < end.0 {
            report.damage(path, &format!("{at}, begins before {}", end.0));
        }
        if !batch.crc_is_valid() {
            report.damage(path, &format!("{at}, does not match its CRC"));
        } else {
            let mut records = batch.records(RecordLimits::default());
            while let Some(record) = records.next_record() {
                if let Err(error) = record {
                    report.damage(path, &format!("{at}: {error}"));
                }
            }
        }
        end = Offset(batch.next_offset());
    };
    match ended {
        End::Whole | End::Zeros { .. } => {}
        End::Torn { bytes } if last == Last::Yes => {
            report.line.clear();
            jackdaw_cli::say!(
                "{}: {bytes} bytes of a batch at its end, which the next start cuts off",
                path.display()
            );
        }
        End::Torn { bytes } => {
            report.damage(path, &format!("it ends within a batch, after {bytes} bytes of it"))
        }
        End::Damaged { position, error } => {
            report.damage(path, &format!("behind {position} bytes of whole batches: {error}"));
        }
    }
    check_indexes(path, base, size_bytes, end, report)?;
    Ok(end)
}

/// The indexes beside a log file, those that are there.
fn check_indexes(
    log: &Path,
    base: Offset,
    size_bytes: u64,
    end: Offset,
    report: &mut Report,
) -> io::Result<()> {
    let read = |suffix: &str| -> io::Result<Option<(PathBuf, Vec<u8>)>> {
        let path = log.with_extension(suffix);
        match files::read(&path, INDEX_BYTES_MAX) {
            Ok(bytes) => Ok(Some((path, bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    };
    if let Some((path, bytes)) = read("index")?
        && let Err(error) = OffsetIndex::check(base, &bytes, size_bytes, end)
    {
        report.damage(&path, &error.to_string());
    }
    if let Some((path, bytes)) = read("timeindex")?
        && let Err(error) = TimeIndex::check(base, &bytes, end)
    {
        report.damage(&path, &error.to_string());
    }
    if let Some((path, bytes)) = read("txnindex")?
        && let Err(error) = txn_index::check(&bytes, base, end)
    {
        report.damage(&path, &error.to_string());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
