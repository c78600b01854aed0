//! Group commit: one thread per data directory takes the logs that are dirty as they are, syncs all their files
//! together, and tells them. The next round starts when the last one has ended, so that the cost of a sync is
//! shared by everything that arrived meanwhile (architecture §2). Not here: what a log does with the news.
//!
//! ```text
//!  append ── mark_dirty ──▶ dirty set ── begin_flush ──▶ files, directories ── sync ──▶ complete_flush ──▶ watermarks
//!     ▲                                                                                        │
//!     └────────────── a log that grew meanwhile marks itself again, for the next round ────────┘
//! ```

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jackdaw_base::disk::{Disk, DiskFile};
use jackdaw_base::{Clock, Histogram, Offset};
use parking_lot::{Condvar, Mutex};

/// What has to be durable before a log may say that it is flushed up to `end`.
pub struct FlushWork {
    /// Files whose bytes count.
    pub files: Vec<Arc<dyn DiskFile>>,
    /// Directories in which files were made since the last round.
    pub directories: Vec<PathBuf>,
    /// What the log may say when all of it is durable.
    pub goal: FlushGoal,
}

/// How far a round makes a log durable. Only the log itself can tell what it is worth once the round has ended: what was
/// cut off meanwhile is gone, and other bytes may stand in its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlushGoal {
    /// The log's end when the round began.
    pub(crate) end: Offset,
    /// How often the log had been cut by then.
    pub(crate) cuts: u64,
}

/// A log, as the flusher sees it.
pub trait Flushable: Send + Sync {
    /// A round begins: what is to be synced, or `None` if nothing is. From here on a new append marks again.
    fn begin_flush(&self) -> Option<FlushWork>;
    /// The round has ended; on an error nothing of it may ever be acknowledged.
    fn complete_flush(&self, goal: FlushGoal, result: Result<(), &io::Error>);
}

struct Queue {
    dirty: Vec<Arc<dyn Flushable>>,
    is_stopping: bool,
}

/// The dirty set of one data directory.
pub struct Flusher {
    disk: Arc<dyn Disk>,
    queue: Mutex<Queue>,
    wake: Condvar,
    clock: Arc<dyn Clock>,
    sync_time: Histogram,
    logs_synced: AtomicU64,
    logs_failed: AtomicU64,
}

/// What one round did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RoundReport {
    /// Logs that were synced.
    pub logs: usize,
    /// Logs whose sync failed.
    pub failed: usize,
}

impl Flusher {
    /// A flusher without work.
    pub fn new(disk: Arc<dyn Disk>, clock: Arc<dyn Clock>) -> Self {
        let queue = Queue { dirty: Vec::new(), is_stopping: false };
        Self {
            disk,
            queue: Mutex::new(queue),
            wake: Condvar::new(),
            clock,
            sync_time: Histogram::default(),
            logs_synced: AtomicU64::new(0),
            logs_failed: AtomicU64::new(0),
        }
    }

    /// How long the syncs of each round took; as many as there were rounds with work.
    pub fn sync_time(&self) -> &Histogram {
        &self.sync_time
    }

    /// Logs that were made durable so far, counted once a round.
    pub fn logs_synced(&self) -> u64 {
        self.logs_synced.load(Ordering::Relaxed)
    }

    /// Logs whose sync failed so far.
    pub fn logs_failed(&self) -> u64 {
        self.logs_failed.load(Ordering::Relaxed)
    }

    /// The log has bytes that are to be synced. Logs mark themselves once per round.
    pub fn mark_dirty(&self, log: Arc<dyn Flushable>) {
        let mut queue = self.queue.lock();
        queue.dirty.push(log);
        if queue.dirty.len() == 1 {
            self.wake.notify_one();
        }
    }

    /// Runs rounds until [`Self::stop`]; what is dirty then is still synced. The body of the flusher's thread.
    pub fn run(&self) {
        loop {
            {
                let mut queue = self.queue.lock();
                while queue.dirty.is_empty() && !queue.is_stopping {
                    self.wake.wait(&mut queue);
                }
                if queue.dirty.is_empty() {
                    return;
                }
            }
            self.run_round();
        }
    }

    /// Ends [`Self::run`] once nothing is dirty.
    pub fn stop(&self) {
        self.queue.lock().is_stopping = true;
        self.wake.notify_all();
    }

    /// One round, to its end. The simulator calls this where a thread would loop.
    pub fn run_round(&self) -> RoundReport {
        let logs = std::mem::take(&mut self.queue.lock().dirty);
        let mut round: Vec<(Arc<dyn Flushable>, FlushWork)> = Vec::with_capacity(logs.len());
        for log in logs {
            if let Some(work) = log.begin_flush() {
                round.push((log, work));
            }
        }
        let begun = self.clock.monotonic();
        let results = self.sync(&round);
        if !round.is_empty() {
            self.sync_time.record(self.clock.monotonic().since_ns(begun));
        }
        let mut report = RoundReport::default();
        for ((log, work), result) in round.iter().zip(&results) {
            report.logs += 1;
            report.failed += usize::from(result.is_err());
            log.complete_flush(work.goal, result.as_ref().copied());
        }
        self.logs_synced.fetch_add((report.logs - report.failed) as u64, Ordering::Relaxed);
        self.logs_failed.fetch_add(report.failed as u64, Ordering::Relaxed);
        report
    }

    /// Files first, since their journal commit mostly serves the directories; a log counts only when both are durable, for
    /// a file that cannot be found again is not, however often it was synced.
    fn sync(&self, round: &[(Arc<dyn Flushable>, FlushWork)]) -> Vec<io::Result<()>> {
        let files: Vec<Arc<dyn DiskFile>> =
            round.iter().flat_map(|(_, work)| work.files.iter().cloned()).collect();
        let mut file_results = self.disk.sync_files(&files).into_iter();
        let mut synced: Vec<(&PathBuf, Option<io::ErrorKind>)> = Vec::new();
        round
            .iter()
            .map(|(_, work)| {
                let mut result = Ok(());
                for file_result in file_results.by_ref().take(work.files.len()) {
                    result = result.and(file_result);
                }
                for directory in &work.directories {
                    let known = synced.iter().find(|(path, _)| *path == directory).map(|(_, error)| *error);
                    let error = known.unwrap_or_else(|| {
                        let error = self.disk.sync_directory(directory).err().map(|error| error.kind());
                        synced.push((directory, error));
                        error
                    });
                    result = result.and(error.map_or(Ok(()), |kind| Err(kind.into())));
                }
                result
            })
            .collect()
    }
}
