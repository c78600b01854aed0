//! The lines of index files, and whether they agree with the log file beside them.

use std::io::{self, Write};
use std::path::Path;

use jackdaw_base::Offset;
use jackdaw_cli::files;
use jackdaw_log::offset_index::{self, OffsetIndex};
use jackdaw_log::time_index::{self, TimeIndex};
use jackdaw_log::txn_index;
use jackdaw_protocol::records::NO_TIMESTAMP;

use super::batches::Stop;
use super::log_file::LogFile;
use super::{Checks, Mismatch};

/// The largest index file that is read; `segment.index.bytes` is an i32.
const INDEX_BYTES_MAX: u64 = i32::MAX as u64;

/// How much of an index is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IndexMode {
    /// Every entry is printed and compared with the log.
    Print,
    /// Every entry is compared with the log.
    Verify,
    /// Only what a broker checks when it starts.
    Sanity,
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    files::read(path, INDEX_BYTES_MAX)
}

/// Prints or checks an `.index` file.
pub fn offset_index(
    out: &mut dyn Write,
    path: &Path,
    base_offset: Offset,
    mode: IndexMode,
    checks: &mut Checks,
) -> Result<(), Stop> {
    let bytes = read(path)?;
    if bytes.is_empty() {
        return Ok(writeln!(out, "{} is empty.", path.display())?);
    }
    if mode == IndexMode::Sanity {
        return sanity(out, path, bytes.len(), offset_index::ENTRY_BYTES);
    }
    let mut log = LogFile::open(&path.with_extension("log"), u64::MAX)?;
    for entry in OffsetIndex::new(base_offset, &bytes).iter() {
        log.seek(entry.position.0);
        match log.next_batch()? {
            Ok((_, batch)) if batch.last_offset() == entry.offset.0 => {}
            Ok((_, batch)) => checks
                .offset_index(path, Mismatch { indexed: entry.offset.0, found: Some(batch.last_offset()) }),
            Err(_) => checks.offset_index(path, Mismatch { indexed: entry.offset.0, found: None }),
        }
        if mode == IndexMode::Print {
            writeln!(out, "offset: {} position: {}", entry.offset.0, entry.position.0)?;
        }
    }
    Ok(())
}

/// Prints or checks a `.timeindex` file, by way of the `.index` file beside it.
pub fn time_index(
    out: &mut dyn Write,
    path: &Path,
    base_offset: Offset,
    mode: IndexMode,
    checks: &mut Checks,
) -> Result<(), Stop> {
    let bytes = read(path)?;
    if mode == IndexMode::Sanity {
        return sanity(out, path, bytes.len(), time_index::ENTRY_BYTES);
    }
    let offsets = read(&path.with_extension("index"))?;
    let offsets = OffsetIndex::new(base_offset, &offsets);
    let mut log = LogFile::open(&path.with_extension("log"), u64::MAX)?;
    let mut previous = NO_TIMESTAMP;
    for entry in TimeIndex::new(base_offset, &bytes).iter() {
        let (offset, timestamp) = (entry.offset.0, entry.timestamp.0);
        log.seek(offsets.lookup(entry.offset).position.0);
        match batch_at(&mut log, offset)? {
            Some((found, largest)) if found == offset => {
                if largest != timestamp {
                    checks.timestamp(path, Mismatch { indexed: timestamp, found: Some(largest) });
                }
                if previous >= timestamp {
                    checks.out_of_order(path, Mismatch { indexed: timestamp, found: Some(previous) });
                }
            }
            found => {
                let found = found.map(|(found, _)| found);
                checks.offset_not_found(path, Mismatch { indexed: offset, found });
            }
        }
        if mode == IndexMode::Print {
            writeln!(out, "timestamp: {timestamp} offset: {offset}")?;
        }
        previous = timestamp;
    }
    Ok(())
}

/// The first batch that ends at or behind `offset`: its last offset and its largest timestamp.
fn batch_at(log: &mut LogFile, offset: i64) -> io::Result<Option<(i64, i64)>> {
    while let Ok((_, batch)) = log.next_batch()? {
        if batch.last_offset() >= offset {
            return Ok(Some((batch.last_offset(), batch.max_timestamp())));
        }
    }
    Ok(None)
}

fn sanity(out: &mut dyn Write, path: &Path, size_bytes: usize, entry_bytes: usize) -> Result<(), Stop> {
    if !size_bytes.is_multiple_of(entry_bytes) {
        let path = path.display();
        return Err(Stop::Damage(format!(
            "Index file {path} is corrupt, found {size_bytes} bytes which is neither positive nor a multiple of {entry_bytes}."
        )));
    }
    Ok(writeln!(out, "{} passed sanity check.", path.display())?)
}

/// Prints a `.txnindex` file.
pub fn transaction_index(out: &mut dyn Write, path: &Path) -> Result<(), Stop> {
    let aborted = txn_index::decode_all(&read(path)?).map_err(|error| Stop::Damage(error.to_string()))?;
    for transaction in aborted {
        writeln!(
            out,
            "version: 0 producerId: {} firstOffset: {} lastOffset: {} lastStableOffset: {}",
            transaction.producer_id.0,
            transaction.first_offset.0,
            transaction.last_offset.0,
            transaction.last_stable_offset.0
        )?;
    }
    Ok(())
}
