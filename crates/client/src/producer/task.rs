//! The one task of a producer: it brings the news that nobody else brings, which are the time and fresh metadata.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::dispatch::Failure;
use super::shared::Shared;
use crate::error::Error;

/// How long the task sleeps if nothing is to be waited for.
const IDLE: Duration = Duration::from_secs(3600);

/// Runs until the producer is shut and everything is settled.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut changes = shared.cluster.changes();
    let is_refreshing = Arc::new(AtomicBool::new(false));
    loop {
        if changes.has_changed().unwrap_or(false) {
            changes.mark_unchanged();
            shared.take_metadata();
        }
        shared.pump();
        let deadline = {
            let mut locked = shared.locked.lock();
            if locked.is_shut && locked.dispatch.pending_count() == 0 {
                return;
            }
            let now = Instant::now();
            let at = locked.dispatch.next_deadline(now).unwrap_or(now + IDLE);
            locked.armed_for = Some(at);
            at
        };
        // It stays stale while a request is under way.
        if !is_refreshing.load(Ordering::Acquire) && shared.locked.lock().dispatch.take_stale_metadata() {
            refresh(&shared, &is_refreshing);
        }
        wait(&shared, &mut changes, deadline).await;
        shared.locked.lock().armed_for = None;
    }
}

async fn wait(shared: &Shared, changes: &mut watch::Receiver<u64>, deadline: Instant) {
    tokio::select! {
        () = sleep_until(deadline) => {}
        () = shared.wake.notified() => {}
        changed = changes.changed() => {
            // The cluster is closed: what is left fails when its time is over.
            if changed.is_err() {
                sleep_until(deadline).await;
            }
            changes.mark_changed();
        }
    }
}

/// Fetches metadata in the background; the next request comes no sooner than `retry.backoff.ms` after this one.
fn refresh(shared: &Arc<Shared>, is_refreshing: &Arc<AtomicBool>) {
    is_refreshing.store(true, Ordering::Release);
    let (shared, is_refreshing) = (Arc::clone(shared), Arc::clone(is_refreshing));
    tokio::spawn(async move {
        if let Err(error) = shared.cluster.refresh(&[]).await {
            tracing::debug!(%error, "metadata are stale and cannot be fetched");
        }
        sleep(shared.config.common.retry_backoff).await;
        is_refreshing.store(false, Ordering::Release);
        shared.locked.lock().dispatch.on_metadata();
        shared.wake.notify_one();
    });
}

impl Shared {
    /// Gets a producer id for an idempotent producer.
    pub(super) fn identify(self: &Arc<Self>) {
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let deadline = Instant::now() + shared.config.max_block;
            match shared.init_producer_id(None, deadline).await {
                Ok(identity) => shared.locked.lock().dispatch.on_identity(identity),
                Err(error) if error.is_retriable() => shared.locked.lock().dispatch.on_identity_failed(),
                Err(error) => {
                    tracing::error!(%error, "no producer id: idempotence is not to be had here");
                    shared.refuse_all(&error);
                    shared.locked.lock().dispatch.on_identity_failed();
                }
            }
            shared.pump();
        });
    }

    /// Refuses everything that was not sent, because of an error that time does not mend.
    pub(super) fn refuse_all(self: &Arc<Self>, error: &Error) {
        let open = self.locked.lock().dispatch.open_partitions();
        for id in open {
            let partition = Arc::clone(&self.locked.lock().partitions[id.0]);
            self.close_open(&partition);
        }
        let queued = self.locked.lock().dispatch.take_queued();
        for (id, batch) in queued {
            let partition = Arc::clone(&self.locked.lock().partitions[id.0]);
            let error = error.clone().with_partition(&partition.topic, partition.index);
            self.failed(&partition, batch, Failure::of(error));
        }
        self.settled.notify_waiters();
    }

    /// Takes no more records; what is there goes out at once.
    pub(super) fn shut(&self) {
        {
            let mut locked = self.locked.lock();
            self.set_accepts(&mut locked, false);
            locked.is_shut = true;
            locked.dispatch.flush();
        }
        self.transactions.shut();
        self.wake.notify_one();
    }

    /// Sends what is open, and waits until everything that was there is settled.
    pub(super) async fn flush(self: &Arc<Self>) {
        let below = self.locked.lock().dispatch.flush();
        self.pump();
        loop {
            let settled = self.settled.notified();
            tokio::pin!(settled);
            settled.as_mut().enable();
            if self.locked.lock().dispatch.is_settled(below) {
                return;
            }
            settled.await;
        }
    }
}
