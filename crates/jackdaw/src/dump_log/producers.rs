//! The lines of a `.snapshot` file: the producers that a partition remembers.

use std::io::Write;
use std::path::Path;

use jackdaw_cli::files;
use jackdaw_log::producer_state;

use super::batches::Stop;

/// The largest snapshot that is read: more than ten million producers.
const SNAPSHOT_BYTES_MAX: u64 = 512 << 20;

/// Prints a snapshot; what is damaged is said, and is no failure.
pub fn print(out: &mut dyn Write, path: &Path) -> Result<(), Stop> {
    let bytes = files::read(path, SNAPSHOT_BYTES_MAX)?;
    let entries = match producer_state::snapshot_entries(&bytes) {
        Ok(entries) => entries,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            return Ok(());
        }
    };
    for entry in entries {
        let first = match entry.current_transaction_first_offset {
            Some(offset) => format!("OptionalLong[{}]", offset.0),
            None => "OptionalLong.empty".to_owned(),
        };
        write!(
            out,
            "producerId: {} producerEpoch: {} coordinatorEpoch: {} currentTxnFirstOffset: {first} lastTimestamp: {} ",
            entry.producer_id.0, entry.producer_epoch.0, entry.coordinator_epoch, entry.last_timestamp.0
        )?;
        if let Some((first_sequence, last_sequence, last_offset, offset_delta)) = entry.last_batch {
            write!(
                out,
                "firstSequence: {first_sequence} lastSequence: {last_sequence} lastOffset: {} offsetDelta: {offset_delta} timestamp: {}",
                last_offset.0, entry.last_timestamp.0
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}
