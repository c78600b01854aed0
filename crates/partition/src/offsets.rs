//! Questions about offsets: ListOffsets and OffsetForLeaderEpoch.

use jackdaw_base::{LeaderEpoch, Offset, TimestampMs};
use jackdaw_store::TimestampScan;

use crate::failure::{Unavailable, check_leader};
use crate::partition::Partition;
use crate::read::Isolation;

/// What ListOffsets asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OffsetQuery {
    /// -1: behind the last record that the isolation level shows.
    Latest,
    /// -2 and -4: the log's start (no tier below this one).
    Earliest,
    /// -3: the record with the largest timestamp (KIP-734).
    MaxTimestamp,
    /// The first record at or after this time.
    Timestamp(TimestampMs),
}

/// The answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListedOffset {
    /// Timestamp of the record, [`TimestampMs::NONE`] for the ends of the log.
    pub timestamp: TimestampMs,
    /// The offset.
    pub offset: Offset,
    /// Leadership of that record, if known.
    pub leader_epoch: Option<LeaderEpoch>,
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OffsetError {
    /// The partition cannot serve.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Where an epoch ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EpochEndOffset {
    /// The largest epoch up to the asked one that the log has; [`LeaderEpoch::UNKNOWN`] if none.
    pub leader_epoch: LeaderEpoch,
    /// The offset behind its last record; [`Offset::NONE`] if unknown.
    pub end_offset: Offset,
}

impl Partition {
    /// Answers ListOffsets; `None` if no record fits.
    pub fn list_offset(
        &self,
        query: OffsetQuery,
        isolation: Isolation,
        leader_epoch: Option<LeaderEpoch>,
    ) -> Result<Option<ListedOffset>, OffsetError> {
        self.check_serving()?;
        let inner = self.lock();
        check_leader(&inner.replica, leader_epoch)?;
        let watermarks = self.watermarks();
        let bound = match isolation {
            Isolation::ReadUncommitted => watermarks.high_watermark,
            Isolation::ReadCommitted => watermarks.last_stable,
        };
        let end = |offset: Offset, epoch| {
            Ok(Some(ListedOffset { timestamp: TimestampMs::NONE, offset, leader_epoch: epoch }))
        };
        let scan = match query {
            OffsetQuery::Latest => return end(bound, Some(inner.replica.leader_epoch())),
            OffsetQuery::Earliest => {
                let epoch = inner.log.epochs().epoch_for_offset(watermarks.log_start);
                return end(watermarks.log_start, epoch);
            }
            OffsetQuery::MaxTimestamp => inner.log.plan_max_timestamp(),
            OffsetQuery::Timestamp(target) => inner.log.plan_timestamp(target),
        };
        drop(inner);
        let found =
            scan.and_then(|scan| scan.as_ref().map_or(Ok(None), TimestampScan::run)).map_err(|error| {
                self.on_disk_error("look up a timestamp", &error);
                Unavailable::Storage
            })?;
        Ok(found.filter(|found| found.offset < bound).map(|found| ListedOffset {
            timestamp: found.timestamp,
            offset: found.offset,
            leader_epoch: Some(found.leader_epoch),
        }))
    }

    /// Where `epoch` ended in this log (KIP-320).
    pub fn epoch_end(
        &self,
        epoch: LeaderEpoch,
        current: Option<LeaderEpoch>,
    ) -> Result<EpochEndOffset, Unavailable> {
        self.check_serving()?;
        let inner = self.lock();
        check_leader(&inner.replica, current)?;
        let end = inner.replica.end().max(inner.log.flushed_end());
        let (leader_epoch, end_offset) = match epoch == inner.replica.leader_epoch() {
            true => (epoch, end),
            false => inner.log.epochs().end_offset_for(epoch, end),
        };
        Ok(EpochEndOffset { leader_epoch, end_offset })
    }
}
