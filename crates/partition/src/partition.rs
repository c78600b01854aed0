//! A partition: its lock, its watermarks as atomics for whoever only looks, and its role. The verbs are in the
//! modules beside this one.

use std::io::ErrorKind;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId, Offset, PartitionIndex, TimestampMs, TopicId};
use jackdaw_log::producer_state::ProducerRules;
use jackdaw_replica::{NoBrokers, PartitionRegistration, Replica, RoleChange};
use jackdaw_store::{DataDirectory, PartitionLog};
use parking_lot::{Mutex, MutexGuard};

use crate::failure::Unavailable;
use crate::settings::PartitionSettings;
use crate::waiters::Waiters;
use crate::watermarks::Watermarks;

/// Which partition.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PartitionId {
    /// The topic's name.
    pub topic: Arc<str>,
    /// Its number.
    pub index: PartitionIndex,
}

impl std::fmt::Display for PartitionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.topic, self.index)
    }
}

/// Where a partition is stored.
#[derive(Clone)]
pub struct Placement {
    /// The data directory.
    pub directory: Arc<DataDirectory>,
    /// The topic's id.
    pub topic_id: TopicId,
}

#[derive(Default)]
struct AtomicWatermarks {
    log_start: AtomicI64,
    last_stable: AtomicI64,
    high_watermark: AtomicI64,
    flushed_end: AtomicI64,
    log_end: AtomicI64,
    size_bytes: AtomicU64,
    segments: AtomicU64,
}

/// What the lock protects.
pub(crate) struct Inner {
    pub(crate) log: PartitionLog,
    pub(crate) replica: Replica,
    /// When a flush round last ended, for `flush.ms`.
    pub(crate) flushed_at: MonotonicNs,
}

/// One partition on this node.
pub struct Partition {
    id: PartitionId,
    placement: Placement,
    settings: ArcSwap<PartitionSettings>,
    watermarks: AtomicWatermarks,
    inner: Mutex<Inner>,
    pub(crate) waiters: Waiters,
    pub(crate) is_flush_queued: AtomicBool,
    has_failed: AtomicBool,
    is_deleted: AtomicBool,
    is_moving: AtomicBool,
    has_moved: AtomicBool,
    this: Weak<Self>,
}

impl Partition {
    /// A partition over an opened log.
    pub fn new(
        id: PartitionId,
        placement: Placement,
        settings: Arc<PartitionSettings>,
        local: NodeId,
        log: PartitionLog,
        high_watermark: Offset,
    ) -> Arc<Self> {
        let end = if settings.is_synced() { log.flushed_end() } else { log.log_end() };
        let replica = Replica::new(local, settings.replication, end, high_watermark.max(log.log_start()));
        let partition = Arc::new_cyclic(|this| Self {
            id,
            placement,
            settings: ArcSwap::new(settings),
            watermarks: AtomicWatermarks::default(),
            inner: Mutex::new(Inner { log, replica, flushed_at: MonotonicNs::default() }),
            waiters: Waiters::default(),
            is_flush_queued: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
            is_deleted: AtomicBool::new(false),
            is_moving: AtomicBool::new(false),
            has_moved: AtomicBool::new(false),
            this: this.clone(),
        });
        let mut inner = partition.lock();
        partition.publish(&mut inner);
        drop(inner);
        partition
    }

    /// A partition whose log cannot be used: it answers KAFKA_STORAGE_ERROR.
    pub fn failed(
        id: PartitionId,
        placement: Placement,
        settings: Arc<PartitionSettings>,
        local: NodeId,
        log: PartitionLog,
    ) -> Arc<Self> {
        let partition = Self::new(id, placement, settings, local, log, Offset::ZERO);
        partition.has_failed.store(true, Ordering::Release);
        partition
    }

    /// Which partition it is.
    pub fn id(&self) -> &PartitionId {
        &self.id
    }

    /// Where it is stored.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    /// The settings now.
    pub fn settings(&self) -> Arc<PartitionSettings> {
        self.settings.load_full()
    }

    pub(crate) fn this(&self) -> Weak<Self> {
        self.this.clone()
    }

    /// The offsets now, without taking the lock.
    pub fn watermarks(&self) -> Watermarks {
        let get = |value: &AtomicI64| Offset(value.load(Ordering::SeqCst));
        Watermarks {
            log_start: get(&self.watermarks.log_start),
            last_stable: get(&self.watermarks.last_stable),
            high_watermark: get(&self.watermarks.high_watermark),
            flushed_end: get(&self.watermarks.flushed_end),
            log_end: get(&self.watermarks.log_end),
        }
    }

    /// The bytes and segments of its log as of the last change, without taking the lock.
    pub fn published_size(&self) -> (u64, u64) {
        let get = |value: &AtomicU64| value.load(Ordering::Relaxed);
        (get(&self.watermarks.size_bytes), get(&self.watermarks.segments))
    }

    /// Whether requests can be served at all.
    pub fn is_serving(&self) -> bool {
        self.check_serving().is_ok()
    }

    pub(crate) fn check_serving(&self) -> Result<(), Unavailable> {
        if self.is_deleted.load(Ordering::Acquire) {
            return Err(Unavailable::Deleted);
        }
        if self.has_moved.load(Ordering::Acquire) {
            return Err(Unavailable::Moving);
        }
        if self.has_failed.load(Ordering::Acquire) || !self.placement.directory.is_online() {
            return Err(Unavailable::Storage);
        }
        Ok(())
    }

    /// Takes the lock. If the holder panics, the partition is marked failed and serves no more.
    pub(crate) fn lock(&self) -> Guard<'_> {
        Guard { partition: self, inner: self.inner.lock() }
    }

    /// Stops this partition alone: a broken invariant, or a log that no longer fits its bookkeeping.
    pub fn fail(&self, why: &str) {
        if !self.has_failed.swap(true, Ordering::AcqRel) {
            tracing::error!(partition = %self.id, why, "partition stopped; a restart recovers it from its files");
        }
        self.waiters.wake_all();
    }

    /// The topic is gone: everybody who waits is refused.
    pub fn mark_deleted(&self) {
        self.is_deleted.store(true, Ordering::Release);
        self.waiters.wake_all();
    }

    /// While it moves to another directory, nothing is appended.
    pub fn set_moving(&self, is_moving: bool) {
        // Under the lock: an append that has begun is finished before the caller goes on.
        let _guard = self.lock();
        self.is_moving.store(is_moving, Ordering::Release);
    }

    pub(crate) fn is_moving(&self) -> bool {
        self.is_moving.load(Ordering::Acquire)
    }

    /// Another one serves in its place: everybody who waits looks there.
    pub fn mark_moved(&self) {
        self.has_moved.store(true, Ordering::Release);
        self.waiters.wake_all();
    }

    /// The metadata says who leads.
    pub fn on_registration(&self, registration: &PartitionRegistration, now: MonotonicNs) -> RoleChange {
        let mut inner = self.lock();
        let log_end = inner.log.log_end();
        let change = inner.replica.on_registration(registration, log_end, now, &NoBrokers);
        if let RoleChange::Leads { leader_epoch, epoch_start, .. } = change {
            inner.log.assign_epoch(leader_epoch, epoch_start);
        }
        self.settle_end(&mut inner, now);
        drop(inner);
        if matches!(change, RoleChange::Follows { .. }) {
            self.waiters.wake_all();
        }
        change
    }

    /// The configuration has changed.
    pub fn set_settings(&self, settings: Arc<PartitionSettings>, now: MonotonicNs) {
        let mut inner = self.lock();
        inner.log.set_rules(settings.segment);
        inner.replica.on_limits(settings.replication, now, &NoBrokers);
        self.settings.store(settings);
        self.settle_end(&mut inner, now);
        drop(inner);
    }

    /// Tells the replica how far this log counts, and publishes what moved.
    pub(crate) fn settle_end(&self, inner: &mut Guard<'_>, now: MonotonicNs) {
        let end = match self.settings.load().is_synced() {
            true => inner.log.flushed_end(),
            false => inner.log.log_end(),
        };
        inner.replica.on_local_end(end, now, &NoBrokers);
        self.publish(inner);
    }

    /// Publishes the offsets, and wakes those who waited for them.
    pub(crate) fn publish(&self, inner: &mut Guard<'_>) {
        let high_watermark = inner.replica.high_watermark();
        inner.log.producers_mut().on_high_watermark(high_watermark);
        let watermarks = Watermarks {
            log_start: inner.log.log_start(),
            last_stable: inner.log.producers().last_stable_offset(high_watermark),
            high_watermark,
            flushed_end: inner.log.flushed_end(),
            log_end: inner.log.log_end(),
        };
        let set = |value: &AtomicI64, offset: Offset| value.store(offset.0, Ordering::SeqCst);
        set(&self.watermarks.log_start, watermarks.log_start);
        set(&self.watermarks.last_stable, watermarks.last_stable);
        set(&self.watermarks.high_watermark, watermarks.high_watermark);
        set(&self.watermarks.flushed_end, watermarks.flushed_end);
        set(&self.watermarks.log_end, watermarks.log_end);
        self.watermarks.size_bytes.store(inner.log.size_bytes_now(), Ordering::Relaxed);
        self.watermarks.segments.store(inner.log.segment_count() as u64, Ordering::Relaxed);
        self.waiters.on_moved(&watermarks);
    }

    /// The number of the current leadership.
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.lock().replica.leader_epoch()
    }

    /// The partition's bytes and segments, for reports.
    pub fn size(&self) -> (u64, usize) {
        let inner = self.lock();
        (inner.log.size_bytes(), inner.log.segment_count())
    }

    /// Forgets producers that were idle for too long by `rules`, which hold from now on.
    pub fn expire_producers(&self, rules: ProducerRules, now: TimestampMs) {
        let mut inner = self.lock();
        let producers = inner.log.producers_mut();
        producers.set_rules(rules);
        producers.expire(now);
    }

    /// The disk said no. What is wrong with this partition's files alone stops it alone; a full disk is not broken;
    /// anything else takes the directory offline.
    pub(crate) fn on_disk_error(&self, doing: &str, error: &std::io::Error) {
        match error.kind() {
            ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
                return self.fail(&format!("its files are damaged: could not {doing}: {error}"));
            }
            ErrorKind::NotFound if self.placement.directory.is_there() => {
                return self.fail(&format!("its files are gone: could not {doing}: {error}"));
            }
            _ => self.placement.directory.on_error(doing, error),
        }
        if !self.placement.directory.is_online() {
            self.waiters.wake_all();
        }
    }
}

/// The lock, held.
pub(crate) struct Guard<'a> {
    partition: &'a Partition,
    inner: MutexGuard<'a, Inner>,
}

impl Deref for Guard<'_> {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut Inner {
        &mut self.inner
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.partition.fail("a panic while its lock was held");
        }
    }
}

#[cfg(test)]
mod tests;
