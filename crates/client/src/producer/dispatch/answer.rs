//! What an answer means for a batch: settled, sent again, or split.

use jackdaw_protocol::error_code::ErrorCode;
use tokio::time::Instant;

use super::{Batch, Dispatch, Failure, PartitionId};
use crate::error::Error;
use crate::retry::chance;

/// What came back for a batch.
#[derive(Clone, Debug)]
pub(in crate::producer) enum Answer {
    /// It is in the log.
    Written { base_offset: Option<i64>, append_time_ms: Option<i64> },
    /// It is not, or nobody knows.
    Failed(Failure),
}

/// What has become of a batch.
#[derive(Debug)]
pub(in crate::producer) enum Settled<P> {
    /// It is in the log.
    Written { batch: Batch<P>, base_offset: Option<i64>, append_time_ms: Option<i64> },
    /// It has failed for good.
    Failed { batch: Batch<P>, failure: Failure },
    /// It has to be cut in two and handed to [`Dispatch::on_split`].
    Split(Batch<P>),
    /// It is waiting again.
    Retried,
}

/// What an error asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Remedy {
    /// The broker has it already.
    Duplicate,
    Retry,
    /// Under another epoch.
    RetryAnew,
    Split,
    Fail,
}

impl<P> Dispatch<P> {
    /// The answer for one batch of a request.
    pub(in crate::producer) fn on_answer(
        &mut self,
        id: PartitionId,
        batch: Batch<P>,
        answer: Answer,
        now: Instant,
    ) -> Settled<P> {
        self.partitions[id.0].in_flight -= 1;
        let settled = match answer {
            Answer::Written { base_offset, append_time_ms } => {
                self.written(id, batch, base_offset, append_time_ms)
            }
            Answer::Failed(failure) => match self.remedy(id, &batch, &failure, now) {
                Remedy::Duplicate => self.written(id, batch, None, None),
                Remedy::Split => Settled::Split(batch),
                Remedy::Fail => self.failed(id, batch, failure),
                remedy @ (Remedy::Retry | Remedy::RetryAnew) => {
                    self.retry(id, batch, &failure, remedy, now);
                    Settled::Retried
                }
            },
        };
        self.list(id);
        settled
    }

    fn written(
        &mut self,
        id: PartitionId,
        batch: Batch<P>,
        base_offset: Option<i64>,
        append_time_ms: Option<i64>,
    ) -> Settled<P> {
        self.partitions[id.0].acknowledge(&batch);
        self.settle(batch.order);
        Settled::Written { batch, base_offset, append_time_ms }
    }

    fn failed(&mut self, id: PartitionId, batch: Batch<P>, failure: Failure) -> Settled<P> {
        let partition = &mut self.partitions[id.0];
        partition.forget_sequence(&batch);
        // Its sequence is missing now: those behind it would be out of order.
        partition.needs_epoch |= batch.stamp.is_some();
        self.is_metadata_stale |= failure.error.is_stale_metadata();
        self.settle(batch.order);
        Settled::Failed { batch, failure }
    }

    fn retry(
        &mut self,
        id: PartitionId,
        mut batch: Batch<P>,
        failure: &Failure,
        remedy: Remedy,
        now: Instant,
    ) {
        self.is_metadata_stale |= failure.moved_to.is_none() && failure.error.is_stale_metadata();
        batch.may_be_written |= leaves_doubt(&failure.error);
        let partition = &mut self.partitions[id.0];
        partition.needs_epoch |= remedy == Remedy::RetryAnew;
        // One that only came too early waits for those before it, not for the clock.
        let is_early = failure.error.is(ErrorCode::OutOfOrderSequenceNumber);
        if let Some(leader) = failure.moved_to {
            self.set_leader(id, Some(leader));
        } else if !is_early && partition.backs_off_until.is_none() {
            let until = now + self.limits.backoff.after(partition.failures, chance());
            partition.failures = partition.failures.saturating_add(1);
            partition.backs_off_until = Some(until);
            self.backing_off.insert((until, id));
        }
        self.partitions[id.0].put_back(batch);
    }

    fn remedy(&self, id: PartitionId, batch: &Batch<P>, failure: &Failure, now: Instant) -> Remedy {
        let error = &failure.error;
        match error.code() {
            Some(ErrorCode::DuplicateSequenceNumber) => return Remedy::Duplicate,
            Some(ErrorCode::MessageTooLarge) if batch.count > 1 => return Remedy::Split,
            _ => {}
        }
        let may_retry = batch.attempts <= self.limits.retries && now < batch.expires_at;
        if !may_retry {
            return Remedy::Fail;
        }
        let is_sequenced = batch.stamp.is_some();
        match error.code() {
            Some(ErrorCode::OutOfOrderSequenceNumber) if is_sequenced => {
                let partition = &self.partitions[id.0];
                let is_followed = batch.stamp.is_some_and(|stamp| partition.is_followed(stamp));
                let is_first = batch.stamp.is_some_and(|stamp| partition.is_first_outstanding(stamp));
                match (is_followed, is_first, self.limits.is_transactional) {
                    // What follows it is in the log, and would not be without it.
                    (true, ..) if batch.may_be_written => Remedy::Duplicate,
                    (false, false, _) => Remedy::Retry,
                    // The broker has lost what it knew of this producer.
                    (_, _, false) => Remedy::RetryAnew,
                    (_, _, true) => Remedy::Fail,
                }
            }
            Some(ErrorCode::UnknownProducerId | ErrorCode::InvalidProducerEpoch)
                if is_sequenced && !self.limits.is_transactional =>
            {
                Remedy::RetryAnew
            }
            _ if error.is_retriable() => Remedy::Retry,
            _ => Remedy::Fail,
        }
    }
}

/// Whether the batch may be in the log although there was an error.
fn leaves_doubt(error: &Error) -> bool {
    let codes =
        [ErrorCode::RequestTimedOut, ErrorCode::NotEnoughReplicasAfterAppend, ErrorCode::UnknownServerError];
    error.is_disconnect() || codes.into_iter().any(|code| error.is(code))
}
