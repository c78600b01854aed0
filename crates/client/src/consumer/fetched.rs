//! Fetched batches on their way to the application: aborted transactions and control batches are left out (KIP-98), packed
//! batches unpacked, and runs of records cut off the front, each record read once before anybody iterates over it.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use jackdaw_protocol::compression::{Compression, decompress};
use jackdaw_protocol::records::{
    BATCH_UNPACKED_BYTES_MAX, Batch, BatchError, ControlRecord, ControlRecordType, Record, RecordError,
    RecordLimits, TimestampType,
};

use super::handle::{Handle, Position};
use super::record::Chunk;
use crate::config::IsolationLevel;
use crate::error::{Error, ErrorKind};

/// What a fetched answer holds of one partition.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) handle: Arc<Handle>,
    pub(super) incarnation: u32,
    /// The batches that are left.
    bytes: Bytes,
    /// Records before this one were not asked for.
    next: Position,
    aborted: Aborted,
    checks: Checks,
    /// The batch that is being handed out.
    open: Option<Open>,
    /// Records that were cut off and could not be handed out yet; [`Fetched::position`] is behind them.
    returned: Option<Chunk>,
}

/// How batches are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Checks {
    pub(super) isolation: IsolationLevel,
    pub(super) check_crcs: bool,
}

/// A batch whose records are handed out.
#[derive(Debug)]
struct Open {
    /// A chunk without records yet; its bytes are those that are left.
    template: Chunk,
    left: i32,
    last_offset: i64,
}

impl Fetched {
    pub(super) fn new(
        handle: Arc<Handle>,
        bytes: Bytes,
        next: Position,
        aborted: Aborted,
        checks: Checks,
    ) -> Self {
        let incarnation = handle.incarnation();
        Self { handle, incarnation, bytes, next, aborted, checks, open: None, returned: None }
    }

    /// Whether seek or a rebalance has made it worthless.
    pub(super) fn is_stale(&self) -> bool {
        self.handle.incarnation() != self.incarnation
    }

    /// Where the application is once everything up to here was handed out.
    pub(super) fn position(&self) -> Position {
        self.next
    }

    /// The next records, `records_max` at most; `None` behind the last one. [`Fetched::position`] moves on, also over
    /// what is not shown.
    ///
    /// # Errors
    /// A damaged batch, which stays where it is.
    pub(super) fn take(&mut self, records_max: usize) -> Result<Option<Chunk>, Error> {
        if let Some(chunk) = self.returned.take() {
            return Ok(Some(chunk));
        }
        loop {
            if self.open.is_none() && !self.open_next()? {
                return Ok(None);
            }
            let Some(open) = &mut self.open else { continue };
            let taken = open.take(records_max, self.next.offset).map_err(|error| {
                Error::from(ErrorKind::Record(error))
                    .with_partition(&self.handle.partition.topic, self.handle.partition.partition)
            })?;
            let is_done = open.left == 0;
            let behind = if is_done { open.last_offset + 1 } else { taken.next_offset };
            if behind > self.next.offset {
                self.next = Position { offset: behind, leader_epoch: open.template.leader_epoch };
            }
            if is_done {
                self.open = None;
            }
            if let Some(chunk) = taken.chunk {
                return Ok(Some(chunk));
            }
        }
    }

    /// Takes records back that could not be handed out: they come first the next time.
    pub(super) fn put_back(&mut self, chunk: Chunk) {
        self.returned = Some(chunk);
    }

    /// Opens the next batch that has something to show.
    fn open_next(&mut self) -> Result<bool, Error> {
        let place = |error: Error| {
            error.with_partition(&self.handle.partition.topic, self.handle.partition.partition)
        };
        while !self.bytes.is_empty() {
            let batch = match Batch::parse(&self.bytes) {
                Ok(batch) => batch,
                // The cut end of an answer: it comes whole with the next one.
                Err(BatchError::Truncated { .. }) => break,
                Err(error) => return Err(place(ErrorKind::Batch(error).into())),
            };
            if self.checks.check_crcs && !batch.crc_is_valid() {
                return Err(place(ErrorKind::CorruptBatch { base_offset: batch.base_offset() }.into()));
            }
            let shown = batch.last_offset() >= self.next.offset && self.aborted.shows(&batch, self.checks);
            let opened = match shown {
                false => None,
                true => Some(open(&self.handle, &self.bytes, &batch).map_err(|error| place(error.into()))?),
            };
            let behind = batch.last_offset() + 1;
            let leader_epoch = (batch.leader_epoch() >= 0).then(|| batch.leader_epoch());
            let size = batch.size_bytes();
            self.bytes.advance(size);
            match opened {
                Some(open) => {
                    self.open = Some(open);
                    return Ok(true);
                }
                None if behind > self.next.offset => {
                    self.next = Position { offset: behind, leader_epoch };
                }
                None => {}
            }
        }
        Ok(false)
    }
}

fn open(handle: &Arc<Handle>, bytes: &Bytes, batch: &Batch<'_>) -> Result<Open, ErrorKind> {
    let records = match batch.compression() {
        None => {
            let attributes = batch.attributes().0;
            return Err(ErrorKind::Record(RecordError::UnknownCompression { attributes }));
        }
        Some(Compression::None) => bytes.slice_ref(batch.payload()),
        Some(codec) => {
            let unpacked = decompress(codec, batch.payload(), BATCH_UNPACKED_BYTES_MAX);
            Bytes::from(unpacked.map_err(|error| ErrorKind::Record(error.into()))?)
        }
    };
    let by_broker = batch.timestamp_type() == TimestampType::LogAppendTime;
    let template = Chunk {
        handle: Arc::clone(handle),
        base_offset: batch.base_offset(),
        base_timestamp: batch.base_timestamp(),
        append_timestamp: by_broker.then(|| batch.max_timestamp()),
        leader_epoch: (batch.leader_epoch() >= 0).then(|| batch.leader_epoch()),
        bytes: records,
        count: 0,
    };
    Ok(Open { template, left: batch.record_count(), last_offset: batch.last_offset() })
}

struct Taken {
    chunk: Option<Chunk>,
    next_offset: i64,
}

impl Open {
    /// Cuts up to `records_max` records off, from `from_offset` on.
    fn take(&mut self, records_max: usize, from_offset: i64) -> Result<Taken, RecordError> {
        let bytes = self.template.bytes.clone();
        let mut rest = &bytes[..];
        let (mut start, mut count, mut next_offset) = (None, 0, from_offset);
        while self.left > 0 && count < records_max {
            let at = bytes.len() - rest.len();
            let record = Record::take(&mut rest)?;
            self.left -= 1;
            let offset = self.template.base_offset + i64::from(record.offset_delta);
            if offset < from_offset {
                continue;
            }
            start.get_or_insert(at);
            count += 1;
            next_offset = offset + 1;
        }
        if self.left == 0 && !rest.is_empty() {
            return Err(RecordError::BytesLeftInBatch { claimed: count as i32 });
        }
        let end = bytes.len() - rest.len();
        self.template.bytes.advance(end);
        let chunk =
            start.map(|start| Chunk { bytes: bytes.slice(start..end), count, ..self.template.clone() });
        Ok(Taken { chunk, next_offset })
    }
}

/// The aborted transactions of an answer (KIP-98), by where they start.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Aborted {
    /// Those that did not start yet, the first one last: offset and producer.
    coming: Vec<(i64, i64)>,
    /// The producers whose batches are left out now.
    open: BTreeSet<i64>,
}

impl Aborted {
    /// Transactions by first offset and producer id.
    pub(super) fn new(transactions: impl IntoIterator<Item = (i64, i64)>) -> Self {
        let mut coming: Vec<(i64, i64)> = transactions.into_iter().collect();
        coming.sort_unstable_by(|a, b| b.cmp(a));
        Self { coming, open: BTreeSet::new() }
    }

    /// Whether a batch is shown. Batches must come in the order of their offsets.
    fn shows(&mut self, batch: &Batch<'_>, checks: Checks) -> bool {
        if checks.isolation == IsolationLevel::ReadUncommitted {
            return !batch.is_control();
        }
        while self.coming.last().is_some_and(|&(first_offset, _)| first_offset <= batch.last_offset()) {
            self.open.extend(self.coming.pop().map(|(_, producer_id)| producer_id));
        }
        if batch.is_control() {
            if is_abort(batch) {
                self.open.remove(&batch.producer_id());
            }
            return false;
        }
        !(batch.is_transactional() && self.open.contains(&batch.producer_id()))
    }
}

/// Whether a control batch ends an aborted transaction.
fn is_abort(batch: &Batch<'_>) -> bool {
    let mut records = batch.records(RecordLimits::default());
    matches!(
        records.next_record(),
        Some(Ok(record)) if ControlRecord::decode_key(record.key)
            .is_ok_and(|(_, kind)| kind == ControlRecordType::Abort)
    )
}

#[cfg(test)]
mod tests;
