//! Reading: under the lock only a plan is made. Who sends the bytes, and how, is decided by the caller.

use jackdaw_base::{LeaderEpoch, Offset};
use jackdaw_log::txn_index::AbortedTransaction;
use jackdaw_replica::truncation::{Divergence, EpochEnd, divergence};
use jackdaw_store::{FileSlice, ReadFailure, ReadRequest, WholeBatch};

use crate::failure::{Unavailable, check_leader};
use crate::partition::{Guard, Partition};

/// What a consumer may see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Isolation {
    /// Everything committed to the log.
    ReadUncommitted,
    /// Only what no open transaction can take back, with the list of aborted ones.
    ReadCommitted,
}

/// Who reads. It decides the bound (L8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reader {
    /// A consumer: up to the high watermark, or the last stable offset.
    Consumer {
        /// Which of the two.
        isolation: Isolation,
    },
    /// A coordinator that loads its state: up to the high watermark.
    Replay,
}

/// A read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadQuery {
    /// Who reads.
    pub reader: Reader,
    /// The first offset wanted.
    pub offset: Offset,
    /// At most this many bytes.
    pub size_bytes_max: u64,
    /// Whether a larger first batch is given all the same.
    pub first_batch: WholeBatch,
    /// The leadership that the reader knows.
    pub leader_epoch: Option<LeaderEpoch>,
    /// The epoch of the last record that the reader has, to find out that its log and this one differ (KIP-595).
    pub last_fetched_epoch: Option<LeaderEpoch>,
}

/// The answer to a read.
#[derive(Clone)]
pub struct ReadPlan {
    /// The bytes, if there are any.
    pub slice: Option<FileSlice>,
    /// Everything below is committed.
    pub high_watermark: Offset,
    /// No open transaction below it.
    pub last_stable: Offset,
    /// The first readable offset.
    pub log_start: Offset,
    /// Aborted transactions among the bytes, for `read_committed`.
    pub aborted: Option<Vec<AbortedTransaction>>,
    /// The logs differ from here on: the reader has to cut its own first.
    pub diverging: Option<EpochEnd>,
}

/// Why there is nothing to read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReadError {
    /// The partition cannot serve.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The offset is not in the log.
    #[error("offset out of range: the log is {log_start} to {log_end}")]
    OffsetOutOfRange {
        /// The first readable offset.
        log_start: Offset,
        /// The offset of the next batch.
        log_end: Offset,
    },
}

impl Partition {
    /// Plans a read.
    pub fn plan_read(&self, query: &ReadQuery) -> Result<ReadPlan, ReadError> {
        self.check_serving()?;
        let inner = self.lock();
        check_leader(&inner.replica, query.leader_epoch)?;
        let watermarks = self.watermarks();
        let mut plan = ReadPlan {
            slice: None,
            high_watermark: watermarks.high_watermark,
            last_stable: watermarks.last_stable,
            log_start: watermarks.log_start,
            aborted: None,
            diverging: self.diverging(&inner, query)?,
        };
        if plan.diverging.is_some() {
            return Ok(plan);
        }
        let bound = match query.reader {
            Reader::Consumer { isolation: Isolation::ReadCommitted } => watermarks.last_stable,
            Reader::Consumer { isolation: Isolation::ReadUncommitted } | Reader::Replay => {
                watermarks.high_watermark
            }
        };
        let request = ReadRequest {
            offset: query.offset,
            size_bytes_max: query.size_bytes_max,
            bound,
            first_batch: query.first_batch,
        };
        plan.slice = inner.log.read(&request).map_err(|failure| self.read_error(failure))?;
        if query.reader == (Reader::Consumer { isolation: Isolation::ReadCommitted }) {
            plan.aborted = Some(match plan.slice {
                Some(_) => inner
                    .log
                    .aborted_transactions(query.offset, bound)
                    .map_err(|error| self.read_error(ReadFailure::Disk(error)))?,
                None => Vec::new(),
            });
        }
        Ok(plan)
    }

    fn diverging(&self, inner: &Guard<'_>, query: &ReadQuery) -> Result<Option<EpochEnd>, ReadError> {
        let Some(last_fetched) = query.last_fetched_epoch.filter(|epoch| epoch.0 >= 0) else {
            return Ok(None);
        };
        let log_end = inner.log.log_end();
        let (epoch, end) = inner.log.epochs().end_offset_for(last_fetched, log_end);
        let floor = (epoch != LeaderEpoch::UNKNOWN).then_some(EpochEnd { epoch, end });
        match divergence(last_fetched, query.offset, floor) {
            Divergence::None => Ok(None),
            Divergence::At(end) => Ok(Some(end)),
            Divergence::Unknown => {
                Err(ReadError::OffsetOutOfRange { log_start: inner.log.log_start(), log_end })
            }
        }
    }

    fn read_error(&self, failure: ReadFailure) -> ReadError {
        match failure {
            ReadFailure::OffsetOutOfRange { log_start, log_end } => {
                ReadError::OffsetOutOfRange { log_start, log_end }
            }
            ReadFailure::Disk(error) => {
                self.on_disk_error("read a batch", &error);
                Unavailable::Storage.into()
            }
        }
    }
}
