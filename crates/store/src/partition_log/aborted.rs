//! The index of aborted transactions (`.txnindex`): one small file per segment that has any. It is written as
//! markers arrive, since they are rare, and read only by `read_committed` readers.

use std::io::{self, IoSlice};

use jackdaw_base::Offset;
use jackdaw_base::disk::{DiskFile, OpenMode, read_whole};
use jackdaw_log::producer_state::CompletedTransaction;
use jackdaw_log::txn_index::{self, AbortedTransaction};

use super::PartitionLog;
use crate::place::FileKind;

/// The largest transaction index that is read: more aborted transactions than a segment has room for batches.
const TRANSACTION_INDEX_BYTES_MAX: u64 = 1 << 30;

impl PartitionLog {
    /// Notes an aborted transaction in the segment that holds its marker.
    pub(super) fn index_completed(&mut self, completed: &CompletedTransaction) -> io::Result<()> {
        if !completed.is_aborted {
            return Ok(());
        }
        let active = self.segments.last().expect("a marker was stored, so there is a segment");
        let file =
            self.place.open(active.base_offset(), FileKind::TransactionIndex, OpenMode::CreateOrOpen)?;
        let mut bytes = Vec::with_capacity(txn_index::ENTRY_BYTES);
        AbortedTransaction {
            producer_id: completed.producer_id,
            first_offset: completed.first_offset,
            last_offset: completed.last_offset,
            last_stable_offset: completed.last_stable_offset,
        }
        .encode(&mut bytes);
        file.write_at(&[IoSlice::new(&bytes)], file.size_bytes()?)?;
        self.unsynced.files.push(file);
        Ok(())
    }

    /// The aborted transactions that overlap `[from, bound)`: what a `read_committed` reader has to drop.
    pub fn aborted_transactions(&self, from: Offset, bound: Offset) -> io::Result<Vec<AbortedTransaction>> {
        let mut found = Vec::new();
        if self.segments.is_empty() {
            return Ok(found);
        }
        for segment in &self.segments[self.segment_index_of(from)..] {
            let path = self.place.path(segment.base_offset(), FileKind::TransactionIndex);
            if !self.place.disk().exists(&path)? {
                continue;
            }
            let bytes = read_whole(self.place.disk(), &path, TRANSACTION_INDEX_BYTES_MAX)?;
            let entries = txn_index::decode_all(&bytes).map_err(|error| {
                io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display()))
            })?;
            let (overlapping, is_complete) = txn_index::collect_aborted(&entries, from, bound);
            found.extend(overlapping);
            if is_complete {
                break;
            }
        }
        Ok(found)
    }

    /// Cuts the transaction index of a segment to what its batches below `end` tell.
    pub(super) fn truncate_aborted(&self, base_offset: Offset, end: Offset) -> io::Result<()> {
        let path = self.place.path(base_offset, FileKind::TransactionIndex);
        if !self.place.disk().exists(&path)? {
            return Ok(());
        }
        let bytes = read_whole(self.place.disk(), &path, TRANSACTION_INDEX_BYTES_MAX)?;
        let kept = match txn_index::decode_all(&bytes) {
            Ok(entries) => entries.iter().take_while(|entry| entry.last_offset < end).count(),
            Err(_) => 0,
        };
        let file: std::sync::Arc<dyn DiskFile> = self.place.disk().open(&path, OpenMode::Existing)?;
        file.set_size((kept * txn_index::ENTRY_BYTES) as u64)
    }
}
