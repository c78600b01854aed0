//! One data directory: whose it is, whether it can be used, and its flusher. Its partitions' logs are elsewhere.
//!
//! ```text
//!  online ── EIO, failed sync ──▶ offline (until a restart; `jackdaw-sync-failed` is left behind after a failed sync)
//!     └──── ENOSPC, EMFILE ────▶ online: that one append is refused, the next may succeed
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use jackdaw_base::disk::{Disk, OpenMode};
use jackdaw_base::{Clock, DirectoryId};
use parking_lot::Mutex;

use crate::FileCache;
use crate::file_cache::is_out_of_descriptors;
use crate::flusher::Flusher;
use crate::place::Place;

/// Left in a directory whose sync has failed: Linux calls the pages clean then, so the next start drops the cached pages
/// of all files before it believes what it reads.
pub const SYNC_FAILED_MARK: &str = "jackdaw-sync-failed";

/// A data directory in use.
pub struct DataDirectory {
    path: PathBuf,
    id: DirectoryId,
    disk: Arc<dyn Disk>,
    files: Arc<FileCache>,
    clock: Arc<dyn Clock>,
    flusher: Flusher,
    is_offline: AtomicBool,
    offline_reason: Mutex<Option<String>>,
    refused_appends: AtomicU64,
}

impl DataDirectory {
    /// A directory that was locked and identified.
    pub fn new(
        path: &Path,
        id: DirectoryId,
        disk: Arc<dyn Disk>,
        files: Arc<FileCache>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            path: path.to_path_buf(),
            id,
            flusher: Flusher::new(Arc::clone(&disk), Arc::clone(&clock)),
            disk,
            files,
            clock,
            is_offline: AtomicBool::new(false),
            offline_reason: Mutex::new(None),
            refused_appends: AtomicU64::new(0),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its id (KIP-858).
    pub fn id(&self) -> DirectoryId {
        self.id
    }

    /// The file system.
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    /// Time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Its group commit.
    pub fn flusher(&self) -> &Flusher {
        &self.flusher
    }

    /// The place of a partition's directory in it.
    pub fn place(&self, name: &str) -> Place {
        Place::new(Arc::clone(&self.disk), Arc::clone(&self.files), &self.path.join(name))
    }

    /// Lets go of open files below a directory that was renamed or removed.
    pub fn forget_files(&self, directory: &Path) {
        self.files.forget_directory(directory);
    }

    /// Whether it can be used.
    pub fn is_online(&self) -> bool {
        !self.is_offline.load(Ordering::Acquire)
    }

    /// Whether it is where it was: it may have been removed, or its file system unmounted.
    pub fn is_there(&self) -> bool {
        self.disk.exists(&self.path).unwrap_or(false)
    }

    /// Goes offline if it was removed while it was in use: what is written then would be lost with it.
    pub fn check(&self) {
        if self.is_online() && !self.is_there() {
            self.take_offline("it was removed while it was in use");
        }
    }

    /// Why it cannot be used, if it cannot.
    pub fn offline_reason(&self) -> Option<String> {
        self.offline_reason.lock().clone()
    }

    /// Appends that were refused for want of room or descriptors.
    pub fn refused_appends(&self) -> u64 {
        self.refused_appends.load(Ordering::Relaxed)
    }

    /// An operation failed. A full disk and a lack of descriptors pass; anything else takes the directory offline, and
    /// as it may have been a sync, the cached pages are not to be trusted either.
    pub fn on_error(&self, doing: &str, error: &io::Error) {
        if is_passing(error) {
            let before = self.refused_appends.fetch_add(1, Ordering::Relaxed);
            if before.is_power_of_two() || before == 0 {
                tracing::warn!(directory = %self.path.display(), doing, %error, refused = before + 1, "refused for now");
            }
            return;
        }
        self.fail(&format!("could not {doing}: {error}"));
    }

    /// A sync failed: what was not acknowledged yet never will be, and what the kernel holds in memory is not to be trusted.
    pub fn on_sync_error(&self, error: &io::Error) {
        self.fail(&format!("a sync failed: {error}"));
    }

    /// A directory that cannot be used at all, from the start on.
    pub fn start_offline(&self, reason: &str) {
        self.take_offline(reason);
    }

    fn fail(&self, reason: &str) {
        if !self.take_offline(reason) || !self.is_there() {
            return;
        }
        let mark = self.path.join(SYNC_FAILED_MARK);
        let written = self.disk.open(&mark, OpenMode::CreateOrOpen).and_then(|file| file.sync());
        if let Err(error) = written {
            tracing::error!(%error, mark = %mark.display(), "cannot leave a mark of the failed sync behind; drop the page cache before the next start");
        }
    }

    /// Returns whether it was online until now.
    fn take_offline(&self, reason: &str) -> bool {
        let mut kept = self.offline_reason.lock();
        if kept.is_some() {
            return false;
        }
        *kept = Some(reason.to_string());
        self.is_offline.store(true, Ordering::Release);
        tracing::error!(directory = %self.path.display(), reason, "log directory offline until a restart");
        true
    }
}

/// Whether an error says nothing about the health of the disk.
pub fn is_passing(error: &io::Error) -> bool {
    is_out_of_descriptors(error)
        || matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::OutOfMemory
        )
}
