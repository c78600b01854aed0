//! Appending a batch: checked without the lock, then numbered and written under it. The bytes are patched in place
//! (base offset and leader epoch lie outside the CRC) and written once.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId, Offset, TimestampMs};
use jackdaw_log::BatchSummary;
use jackdaw_log::client_batch::{self, ClientBatchError};
use jackdaw_log::producer_state::{ProducerCheck, ProducerError, ProducerOrigin};
use jackdaw_log::recovery_scan::end_transaction_marker;
use jackdaw_protocol::records::{Batch, set_base_offset, set_leader_epoch};
use jackdaw_replica::{AcksAllStatus, NotEnoughReplicas};
use jackdaw_store::AppendFailure;

use crate::failure::{Unavailable, check_leader};
use crate::partition::{Guard, Partition};

/// What a producer wants to be true before it is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequiredAcks {
    /// Nothing; there is no answer.
    None,
    /// The leader has the record (on its disk, with `flush.messages=1`).
    Leader,
    /// All in-sync replicas have it, and they are enough.
    All,
}

/// Who appends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A producer: the batch is checked in every respect.
    Client {
        /// For how many in-sync replicas it asks.
        acks: RequiredAcks,
    },
    /// A coordinator on this node: trusted, and waits for the watermark itself.
    Coordinator,
}

/// An accepted batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Appended {
    /// Offset of its first record.
    pub base_offset: Offset,
    /// The time it was given, if the topic's timestamps are of type LogAppendTime.
    pub log_append_time: Option<TimestampMs>,
    /// The first readable offset.
    pub log_start: Offset,
    /// It is acknowledged when everything below this is.
    pub required_end: Offset,
    /// The leadership in which it was appended.
    pub leader_epoch: LeaderEpoch,
}

/// Why a batch was refused. Nothing of it is in the log.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The partition cannot serve.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The batch breaks a rule.
    #[error(transparent)]
    Batch(#[from] ClientBatchError),
    /// Its sequence or epoch does not fit.
    #[error(transparent)]
    Producer(#[from] ProducerError),
    /// Too few replicas are in sync.
    #[error(transparent)]
    NotEnoughReplicas(#[from] NotEnoughReplicas),
}

/// How an accepted batch stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AckStatus {
    /// Not yet what the producer wants.
    Pending,
    /// It may be answered.
    Done,
    /// Committed, but too few replicas are left.
    NotEnoughReplicasAfterAppend,
    /// This node no longer leads, or leads anew; nobody knows about the record.
    NotLeader {
        /// Who leads, as far as this node knows.
        leader: Option<NodeId>,
        /// In which leadership.
        leader_epoch: LeaderEpoch,
    },
    /// The storage failed, so the record may or may not be there after a restart.
    Storage,
}

impl Partition {
    /// Appends the one batch in `bytes`.
    pub fn append(
        &self,
        origin: Origin,
        bytes: &mut [u8],
        now: TimestampMs,
        monotonic: MonotonicNs,
    ) -> Result<Appended, AppendError> {
        self.check_serving()?;
        match origin {
            Origin::Client { .. } => {
                let mut accepted = client_batch::validate(bytes, &self.settings().client_batch, now)?;
                let log_append_time = accepted.log_append_time;
                self.append_checked(origin, accepted.prepare(bytes), log_append_time, now, monotonic)
            }
            Origin::Coordinator => self.append_checked(origin, bytes, None, now, monotonic),
        }
    }

    fn append_checked(
        &self,
        origin: Origin,
        bytes: &mut [u8],
        log_append_time: Option<TimestampMs>,
        now: TimestampMs,
        monotonic: MonotonicNs,
    ) -> Result<Appended, AppendError> {
        let mut inner = self.lock();
        self.check_serving()?;
        if self.is_moving() {
            return Err(Unavailable::Moving.into());
        }
        check_leader(&inner.replica, None)?;
        if let (Origin::Client { acks: RequiredAcks::All }, Some(leader)) = (origin, inner.replica.leader()) {
            leader.check_acks_all()?;
        }
        let leader_epoch = inner.replica.leader_epoch();
        let log_start = inner.log.log_start();
        let mut batch = summary(bytes)?;
        if let Some(first) = check_producer(&inner, &batch, origin, now)? {
            let required_end = first.last_offset.next();
            return Ok(Appended {
                base_offset: first.base_offset,
                // As Kafka: a repeated batch is told its time, whatever type the topic's timestamps have.
                log_append_time: Some(first.timestamp),
                log_start,
                required_end,
                leader_epoch,
            });
        }
        let base_offset = inner.log.log_end();
        let count = batch.last_offset.0 - batch.base_offset.0;
        (batch.base_offset, batch.last_offset) = (base_offset, base_offset.plus(count));
        batch.leader_epoch = leader_epoch;
        set_base_offset(bytes, base_offset.0);
        set_leader_epoch(bytes, leader_epoch.0);
        self.write(&mut inner, bytes, &batch, now)?;
        self.settle_end(&mut inner, monotonic);
        let unflushed = batch.next_offset().0 - inner.log.flushed_end().0;
        drop(inner);
        self.request_flush(unflushed);
        let required_end = batch.next_offset();
        Ok(Appended { base_offset, log_append_time, log_start, required_end, leader_epoch })
    }

    /// Writes; a failure that was undone is the client's to retry, one that was not stops the partition.
    fn write(
        &self,
        inner: &mut Guard<'_>,
        bytes: &[u8],
        batch: &BatchSummary,
        now: TimestampMs,
    ) -> Result<(), AppendError> {
        let Err(failure) = inner.log.append(bytes, batch, now) else { return Ok(()) };
        match failure {
            AppendFailure::Undone(error) => self.on_disk_error("append a batch", &error),
            AppendFailure::SyncFailed(error) => {
                self.placement().directory.on_sync_error(&error);
                self.waiters.wake_all();
            }
            AppendFailure::NotUndone { error, undo } => {
                self.on_disk_error("append a batch", &error);
                self.fail(&format!("an append could not be undone: {undo}"));
            }
        }
        Err(Unavailable::Storage.into())
    }

    /// Has the flusher look at this partition, if its settings want that now.
    fn request_flush(&self, unflushed: i64) {
        if unflushed >= self.settings().flush_messages {
            self.queue_flush();
        }
    }

    /// Puts this partition into its directory's dirty set, once per round.
    pub(crate) fn queue_flush(&self) {
        if !self.is_flush_queued.swap(true, Ordering::AcqRel)
            && let Some(this) = self.this().upgrade()
        {
            self.placement().directory.flusher().mark_dirty(this as Arc<_>);
        }
    }

    /// Whether an accepted batch may be acknowledged as its producer asked.
    pub fn ack_status(&self, appended: &Appended, acks: RequiredAcks) -> AckStatus {
        if self.check_serving().is_err() {
            return AckStatus::Storage;
        }
        match acks {
            RequiredAcks::None => AckStatus::Done,
            RequiredAcks::Leader => self.leader_status(appended),
            RequiredAcks::All => {
                let inner = self.lock();
                match inner.replica.acks_all_status(appended.required_end, appended.leader_epoch) {
                    AcksAllStatus::Pending => AckStatus::Pending,
                    AcksAllStatus::Done => AckStatus::Done,
                    AcksAllStatus::NotEnoughReplicasAfterAppend => AckStatus::NotEnoughReplicasAfterAppend,
                    AcksAllStatus::NotLeader => {
                        let (leader, leader_epoch) =
                            (inner.replica.leader_id(), inner.replica.leader_epoch());
                        AckStatus::NotLeader { leader, leader_epoch }
                    }
                }
            }
        }
    }

    fn leader_status(&self, appended: &Appended) -> AckStatus {
        let is_reached =
            !self.settings().is_synced() || self.watermarks().flushed_end >= appended.required_end;
        if is_reached { AckStatus::Done } else { AckStatus::Pending }
    }
}

/// What the batch says of itself. It was checked before, or comes from this node.
fn summary(bytes: &[u8]) -> Result<BatchSummary, ClientBatchError> {
    let batch = Batch::parse(bytes).map_err(|_| ClientBatchError::NoBatch)?;
    let marker = end_transaction_marker(&batch).map_err(|_| ClientBatchError::ControlBatch)?;
    Ok(BatchSummary::of(&batch, marker))
}

/// The first answer to a batch that is already stored, `None` if it is new.
fn check_producer(
    inner: &Guard<'_>,
    batch: &BatchSummary,
    origin: Origin,
    now: TimestampMs,
) -> Result<Option<jackdaw_log::producer_state::FirstAnswer>, ProducerError> {
    let origin = match origin {
        Origin::Client { .. } => ProducerOrigin::Client,
        Origin::Coordinator => ProducerOrigin::Replay,
    };
    match inner.log.producers().check(batch, origin, now)? {
        ProducerCheck::Duplicate(first) => Ok(Some(first)),
        ProducerCheck::New | ProducerCheck::NotIdempotent => Ok(None),
    }
}
