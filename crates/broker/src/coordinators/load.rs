//! Reading a partition of `__consumer_offsets` from its start to its end. Offsets that a transaction committed count
//! from its marker on.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jackdaw_base::{Offset, ProducerId};
use jackdaw_coordinator::group::{GroupShard, record};
use jackdaw_coordinator::runtime::Runtime;
use jackdaw_coordinator::shard::TransactionEnd;
use jackdaw_partition::{Partition, ReadError, ReadQuery, Reader, Watch};
use jackdaw_protocol::records::{
    Batch, BatchError, Batches, ControlRecord, ControlRecordType, Record, RecordLimits,
};
use jackdaw_store::WholeBatch;

/// What a load has found.
pub(super) struct Loaded {
    /// Where the log ended.
    pub(super) end: Offset,
    /// Records that were folded.
    pub(super) records: u64,
    /// Records that nobody here understands.
    pub(super) skipped: u64,
}

/// Why a log cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    /// The partition does not serve, or begins elsewhere.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The disk.
    #[error("the log cannot be read: {0}")]
    Disk(#[from] io::Error),
    /// What is stored is no batch.
    #[error("at offset {at}: {error}")]
    Batch {
        /// Where.
        at: Offset,
        /// What is wrong.
        error: BatchError,
    },
    /// The coordinator went away meanwhile.
    #[error("the leadership has ended")]
    Closed,
    /// A mistake of ours.
    #[error("reading it panicked")]
    Panicked,
}

/// A log to be read.
pub(super) struct Replay<'r> {
    /// Whose.
    pub(super) partition: &'r Arc<Partition>,
    /// How much is read at once, in bytes.
    pub(super) chunk_bytes: i32,
    /// Where waiting is done.
    pub(super) tasks: &'r tokio::runtime::Handle,
    /// Set when the coordinator has gone away.
    pub(super) is_closed: &'r AtomicBool,
}

impl Replay<'_> {
    fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }
}

/// Folds the log into `runtime`.
pub(super) fn load(log: &Replay<'_>, runtime: &mut Runtime<GroupShard>) -> Result<Loaded, LoadError> {
    let partition = log.partition;
    let end = partition.watermarks().log_end;
    wait_until_committed(log, end)?;
    let mut next = partition.watermarks().log_start;
    let mut fold = Fold { runtime, partition, records: 0, skipped: 0 };
    while next < end {
        if log.is_closed() {
            return Err(LoadError::Closed);
        }
        let query = ReadQuery {
            reader: Reader::Replay,
            offset: next,
            size_bytes_max: u64::try_from(log.chunk_bytes).unwrap_or(0),
            first_batch: WholeBatch::Always,
            leader_epoch: None,
            last_fetched_epoch: None,
        };
        // A log whose last batches compaction has taken ends before its end.
        let Some(slice) = partition.plan_read(&query)?.slice else { break };
        let mut bytes = vec![0; usize::try_from(slice.size_bytes).unwrap_or(usize::MAX)];
        let size_bytes = slice.file.read_at(&mut bytes, slice.position)?;
        let after = fold.chunk(&bytes[..size_bytes], next)?;
        if after == next {
            break;
        }
        next = after;
    }
    Ok(Loaded { end, records: fold.records, skipped: fold.skipped })
}

/// What an earlier leadership has appended may still have to be synced.
fn wait_until_committed(log: &Replay<'_>, end: Offset) -> Result<(), LoadError> {
    let partition = log.partition;
    while partition.watermarks().high_watermark < end {
        if log.is_closed() || !partition.is_serving() {
            return Err(LoadError::Closed);
        }
        let signal = jackdaw_base::Signal::new();
        let _place = partition.subscribe(Watch::HighWatermark(end), &signal);
        log.tasks.block_on(async {
            let raised = std::future::poll_fn(|cx| signal.poll_raised(cx));
            drop(tokio::time::timeout(std::time::Duration::from_millis(100), raised).await);
        });
    }
    Ok(())
}

struct Fold<'l> {
    runtime: &'l mut Runtime<GroupShard>,
    partition: &'l Arc<Partition>,
    records: u64,
    skipped: u64,
}

impl Fold<'_> {
    /// Folds whole batches from `next` on; returns the offset behind them.
    fn chunk(&mut self, bytes: &[u8], mut next: Offset) -> Result<Offset, LoadError> {
        for batch in Batches::new(bytes) {
            let batch = match batch {
                Ok(batch) => batch,
                // The slice ends within a batch; the next one begins with it.
                Err(BatchError::Truncated { .. }) => break,
                Err(error) => return Err(LoadError::Batch { at: next, error }),
            };
            match batch.is_control() {
                true => self.marker(&batch),
                false => self.batch(&batch, next),
            }
            next = Offset(batch.next_offset()).max(next);
        }
        Ok(next)
    }

    fn batch(&mut self, batch: &Batch<'_>, from: Offset) {
        let unpacked = match batch.unpacked(RecordLimits::default()) {
            Ok(unpacked) => unpacked,
            Err(error) => return self.skip(batch, &error),
        };
        for record in unpacked.iter() {
            let record = match record {
                Ok(record) => record,
                Err(error) => return self.skip(batch, &error),
            };
            if batch.base_offset() + i64::from(record.offset_delta) >= from.0 {
                self.record(batch, &record);
            }
        }
    }

    fn record(&mut self, batch: &Batch<'_>, record: &Record<'_>) {
        match record::decode(record.key, record.value) {
            Ok(decoded) => {
                match batch.is_transactional() {
                    true => self.runtime.replay_transactional(ProducerId(batch.producer_id()), &decoded),
                    false => self.runtime.replay(&decoded),
                }
                self.records += 1;
            }
            Err(error) => self.skip(batch, &error),
        }
    }

    /// The end of a transaction: what it committed counts now, or never.
    fn marker(&mut self, batch: &Batch<'_>) {
        let records = match batch.unpacked(RecordLimits::default()) {
            Ok(records) => records,
            Err(error) => return self.skip(batch, &error),
        };
        for record in records.iter().flatten() {
            let Ok(control) = ControlRecord::from_record(&record) else { continue };
            let end = match control.record_type {
                ControlRecordType::Commit => TransactionEnd::Committed,
                ControlRecordType::Abort => TransactionEnd::Aborted,
                _ => continue,
            };
            self.runtime.replay_transaction_end(ProducerId(batch.producer_id()), end);
        }
    }

    /// One line for the first that is not understood; their number is told at the end.
    fn skip(&mut self, batch: &Batch<'_>, why: &dyn std::fmt::Display) {
        self.skipped += 1;
        if self.skipped == 1 {
            tracing::warn!(partition = %self.partition.id(), offset = batch.base_offset(), %why, "a record is not understood and skipped");
        }
    }
}
