//! Open files by path, bounded: the least recently used one is closed when there are too many. It holds segment files
//! that are read or written now and then; it decides nothing about their content.
//!
//! A file that somebody holds (an [`Arc`]) stays open and valid after the cache let go of it, so the bound is on what
//! the cache holds. **Who has written to a file keeps its `Arc` until the sync has succeeded**: the kernel tells a
//! failed write-back to the descriptors that were open then, so a file that is closed and opened again may hide it.

mod recency;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jackdaw_base::disk::{Disk, DiskFile, OpenMode};
use parking_lot::Mutex;

use recency::Recency;

/// When the process has no descriptor left, this share of the cached files is closed before the next try.
const SHARE_CLOSED_WHEN_EXHAUSTED: usize = 4;

/// A bounded set of open files. All methods may be called from any thread; files are opened and closed outside its lock.
pub struct FileCache {
    disk: Arc<dyn Disk>,
    files_max: usize,
    state: Mutex<State>,
    opened: AtomicU64,
    closed: AtomicU64,
}

struct State {
    files: Recency<Arc<dyn DiskFile>>,
    /// Counts the calls that made names invalid. An open that overlapped one of them is not cached: it may have
    /// found the file that the name meant before.
    invalidations: u64,
}

/// What the cache has done so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FileCacheCounts {
    /// Files held now.
    pub held: usize,
    /// Opens so far: the misses.
    pub opened: u64,
    /// Files that were let go because there were too many.
    pub closed: u64,
}

impl FileCache {
    /// A cache of files of `disk` that holds at most `files_max` (at least one).
    pub fn new(disk: Arc<dyn Disk>, files_max: usize) -> Self {
        let state = State { files: Recency::new(), invalidations: 0 };
        Self {
            disk,
            files_max: files_max.max(1),
            state: Mutex::new(state),
            opened: AtomicU64::new(0),
            closed: AtomicU64::new(0),
        }
    }

    /// The file at `path`, opened with `mode` if it is not held. [`OpenMode::CreateNew`] always asks the disk.
    /// Where the process or the system has no descriptor left, some held files are closed and the open is tried once more.
    pub fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let invalidations = {
            let mut state = self.state.lock();
            if mode != OpenMode::CreateNew
                && let Some(file) = state.files.touch(path)
            {
                return Ok(Arc::clone(file));
            }
            state.invalidations
        };
        let file = match self.disk.open(path, mode) {
            Err(error) if is_out_of_descriptors(&error) && self.close_some() => self.disk.open(path, mode)?,
            other => other?,
        };
        self.opened.fetch_add(1, Ordering::Relaxed);
        Ok(self.keep(path, file, invalidations))
    }

    /// Lets go of the file at `path`: call it after the name was removed or given to another file.
    pub fn forget(&self, path: &Path) {
        let forgotten = {
            let mut state = self.state.lock();
            state.invalidations += 1;
            state.files.remove(path)
        };
        drop(forgotten);
    }

    /// Lets go of every file below `directory`: call it after the directory was renamed or removed. It looks at all held files.
    pub fn forget_directory(&self, directory: &Path) {
        let forgotten = {
            let mut state = self.state.lock();
            state.invalidations += 1;
            state.files.remove_where(|path| path.starts_with(directory))
        };
        drop(forgotten);
    }

    /// What it holds and has done.
    pub fn counts(&self) -> FileCacheCounts {
        FileCacheCounts {
            held: self.state.lock().files.len(),
            opened: self.opened.load(Ordering::Relaxed),
            closed: self.closed.load(Ordering::Relaxed),
        }
    }

    /// Takes an opened file in, unless another thread was faster, in which case its file is the one to use: all holders
    /// of a path share one descriptor.
    fn keep(&self, path: &Path, file: Arc<dyn DiskFile>, invalidations: u64) -> Arc<dyn DiskFile> {
        let evicted = {
            let mut state = self.state.lock();
            if state.invalidations != invalidations {
                return file;
            }
            if let Some(held) = state.files.touch(path) {
                return Arc::clone(held);
            }
            state.files.insert(PathBuf::from(path), Arc::clone(&file));
            if state.files.len() > self.files_max { state.files.pop_oldest() } else { None }
        };
        if evicted.is_some() {
            self.closed.fetch_add(1, Ordering::Relaxed);
        }
        // Closing may take long (it can free a removed file's blocks), so it happens after the lock.
        drop(evicted);
        file
    }

    /// Whether anything was closed.
    fn close_some(&self) -> bool {
        let evicted: Vec<_> = {
            let mut state = self.state.lock();
            let count = state.files.len().div_ceil(SHARE_CLOSED_WHEN_EXHAUSTED);
            (0..count).map_while(|_| state.files.pop_oldest()).collect()
        };
        self.closed.fetch_add(evicted.len() as u64, Ordering::Relaxed);
        !evicted.is_empty()
    }
}

/// Whether an open failed because the process (`EMFILE`) or the system (`ENFILE`) has no descriptor left: that says
/// nothing about the disk, and never takes a directory offline.
pub fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

#[cfg(test)]
mod tests;
