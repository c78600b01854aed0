//! The background of storage: retention, checkpoints, deletions, forgotten producers, files of idle partitions, reports
//! about directories. One
//! thread, one look a second at what is due; nothing here holds a lock that a client's request waits for longer than
//! an append would.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwap;
use jackdaw_base::MonotonicNs;
use jackdaw_config::Config;
use jackdaw_config::definitions::{log, replication};

use super::{DirectoryReports, Storage, producer_rules};

/// How often the janitor looks at what is due.
const TICK: Duration = Duration::from_millis(500);
/// A partition that was not written for so many looks lets go of its file.
const IDLE_RELEASE_MS: u64 = 30_000;

/// The janitor's thread.
pub struct Janitor {
    stop: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Janitor {
    /// Starts the thread.
    pub fn start(
        storage: Arc<Storage>,
        config: Arc<ArcSwap<Config>>,
        reports: DirectoryReports,
    ) -> std::io::Result<Self> {
        let (stop, stopped) = sync_channel(1);
        let body = move || Rounds::new(storage, config, reports).run(&stopped);
        let thread = crate::threads::spawn_vital("janitor", body)?;
        Ok(Self { stop, thread })
    }

    /// Ends the thread; what it is doing is finished first.
    pub fn stop(self) {
        drop(self.stop);
        drop(self.thread.join());
    }
}

/// When each kind of work is due next.
struct Rounds {
    storage: Arc<Storage>,
    config: Arc<ArcSwap<Config>>,
    retention: MonotonicNs,
    recovery_points: MonotonicNs,
    log_starts: MonotonicNs,
    high_watermarks: MonotonicNs,
    producers: MonotonicNs,
    idle: MonotonicNs,
    reports: DirectoryReports,
}

impl Rounds {
    fn new(storage: Arc<Storage>, config: Arc<ArcSwap<Config>>, reports: DirectoryReports) -> Self {
        let now = storage.clock.monotonic();
        let first = {
            let config = config.load();
            now.plus_ms(millis(config.get(log::LOG_INITIAL_TASK_DELAY_MS)))
        };
        Self {
            storage,
            config,
            retention: first,
            recovery_points: first,
            log_starts: first,
            high_watermarks: now.plus_ms(5_000),
            producers: first,
            idle: now.plus_ms(IDLE_RELEASE_MS),
            reports,
        }
    }

    fn run(&mut self, stopped: &Receiver<()>) {
        while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            self.look();
        }
    }

    fn look(&mut self) {
        let config = self.config.load_full();
        let storage = Arc::clone(&self.storage);
        let now = storage.clock.monotonic();
        storage.deletions.run_due(now);
        storage.directories().for_each(|directory| directory.check());
        self.reports.look(&storage);
        storage.partitions.all().iter().for_each(|partition| partition.flush_overdue(now));
        if is_due(&mut self.retention, now, config.get(log::LOG_RETENTION_CHECK_INTERVAL_MS)) {
            storage.retain_all();
        }
        let interval = i64::from(config.get(log::LOG_FLUSH_OFFSET_CHECKPOINT_INTERVAL_MS));
        if is_due(&mut self.recovery_points, now, interval) {
            report("recovery points", storage.write_recovery_points());
        }
        let interval = i64::from(config.get(log::LOG_FLUSH_START_OFFSET_CHECKPOINT_INTERVAL_MS));
        if is_due(&mut self.log_starts, now, interval) {
            report("log starts", storage.write_log_starts());
        }
        let interval = config.get(replication::REPLICA_HIGH_WATERMARK_CHECKPOINT_INTERVAL_MS);
        if is_due(&mut self.high_watermarks, now, interval) {
            storage.check_written();
            report("high watermarks", storage.write_high_watermarks());
        }
        let interval = i64::from(config.get(log::PRODUCER_ID_EXPIRATION_CHECK_INTERVAL_MS));
        if is_due(&mut self.producers, now, interval) {
            let (rules, wall) = (producer_rules(&config), storage.clock.wall());
            storage.partitions.all().iter().for_each(|partition| partition.expire_producers(rules, wall));
        }
        if is_due(&mut self.idle, now, IDLE_RELEASE_MS as i64) {
            storage.partitions.all().iter().for_each(|partition| partition.release_idle());
        }
    }
}

/// Whether the time has come; then the next time is `interval_ms` away.
fn is_due(at: &mut MonotonicNs, now: MonotonicNs, interval_ms: i64) -> bool {
    if now < *at {
        return false;
    }
    *at = now.plus_ms(millis(interval_ms).max(1));
    true
}

fn millis(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

fn report(what: &str, result: std::io::Result<()>) {
    if let Err(error) = result {
        tracing::error!(%error, "the checkpoint of {what} was not written; the next start takes longer");
    }
}

impl Storage {
    /// Looks whether partitions that were written lately still have their directories.
    fn check_written(&self) {
        for partition in self.partitions.all() {
            let place = partition.placement();
            let row = self.directories.iter().find(|one| one.directory.id() == place.directory.id());
            let known = row
                .and_then(|one| one.high_watermarks.lock().get(&partition.id().topic, partition.id().index));
            if known != Some(partition.watermarks().high_watermark) {
                partition.check_directory();
            }
        }
    }

    /// Takes away what retention lets go, in all partitions.
    pub fn retain_all(&self) {
        let now = self.clock.wall();
        for partition in self.partitions.all() {
            let report = partition.retain(now);
            if report.segments > 0 {
                tracing::info!(partition = %partition.id(), segments = report.segments, reasons = ?report.reasons,
                    log_start = partition.watermarks().log_start.0, "old segments deleted");
                self.doom_files(&partition, report.files);
            }
        }
    }
}
