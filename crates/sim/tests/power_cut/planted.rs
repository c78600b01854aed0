//! A disk that lies, to prove that the test sees it: each lie is a bug that a store could have. It also lets a test
//! do something while a sync is under way.

use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::Arc;

use jackdaw_base::disk::{DirectoryEntry, DirectoryLock, Disk, DiskFile, DiskSpace, OpenMode};
use parking_lot::Mutex;

/// A bug of the store, acted out by the disk below it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    /// None: the disk does what it is asked to.
    None,
    /// Records are acknowledged before they are synced.
    AckBeforeSync,
    /// New files and directories are not made durable in the directory that holds them.
    DirectoryNotSynced,
    /// What is behind the log's end stays in the file.
    TruncationSkipped,
    /// A failed sync is tried again, and the second answer believed.
    SyncRetried,
}

type DuringSync = Box<dyn FnOnce() + Send>;

/// The disk with the bug.
pub struct PlantedDisk {
    inner: Arc<dyn Disk>,
    bug: Bug,
    during_sync: Mutex<Option<DuringSync>>,
}

impl PlantedDisk {
    pub fn new(inner: Arc<dyn Disk>, bug: Bug) -> Self {
        Self { inner, bug, during_sync: Mutex::new(None) }
    }

    /// Runs `action` within the next sync of a set of files, once, after their bytes were taken.
    pub fn during_next_sync(&self, action: impl FnOnce() + Send + 'static) {
        *self.during_sync.lock() = Some(Box::new(action));
    }

    /// Takes an action back that no sync has run.
    pub fn forget_action(&self) {
        *self.during_sync.lock() = None;
    }
}

impl Disk for PlantedDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(PlantedFile { inner: self.inner.open(path, mode)?, bug: self.bug }))
    }
    fn create_directory(&self, path: &Path) -> io::Result<()> {
        self.inner.create_directory(path)
    }
    fn read_directory(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>> {
        self.inner.read_directory(path)
    }
    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.inner.exists(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.inner.rename(from, to)
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.inner.remove_file(path)
    }
    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        self.inner.remove_directory(path)
    }
    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        match self.bug {
            Bug::DirectoryNotSynced => Ok(()),
            _ => self.inner.sync_directory(path),
        }
    }
    fn lock(&self, path: &Path) -> io::Result<Box<dyn DirectoryLock>> {
        self.inner.lock(path)
    }
    fn space(&self, path: &Path) -> io::Result<DiskSpace> {
        self.inner.space(path)
    }
    fn sync_files(&self, files: &[Arc<dyn DiskFile>]) -> Vec<io::Result<()>> {
        let outcomes = self.inner.sync_files(files);
        let action = self.during_sync.lock().take();
        if let Some(action) = action {
            action();
        }
        outcomes
    }
}

/// A file of the disk with the bug.
struct PlantedFile {
    inner: Arc<dyn DiskFile>,
    bug: Bug,
}

impl DiskFile for PlantedFile {
    fn size_bytes(&self) -> io::Result<u64> {
        self.inner.size_bytes()
    }
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        self.inner.read_at(buffer, position)
    }
    fn write_at(&self, parts: &[IoSlice<'_>], position: u64) -> io::Result<()> {
        self.inner.write_at(parts, position)
    }
    fn set_size(&self, size_bytes: u64) -> io::Result<()> {
        match self.bug {
            Bug::TruncationSkipped if size_bytes < self.inner.size_bytes()? => Ok(()),
            _ => self.inner.set_size(size_bytes),
        }
    }
    fn allocate(&self, position: u64, size_bytes: u64) -> io::Result<()> {
        self.inner.allocate(position, size_bytes)
    }
    fn sync(&self) -> io::Result<()> {
        match self.bug {
            Bug::AckBeforeSync => Ok(()),
            Bug::SyncRetried => self.inner.sync().or_else(|_| self.inner.sync()),
            _ => self.inner.sync(),
        }
    }
    fn drop_cache(&self) -> io::Result<()> {
        self.inner.drop_cache()
    }
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.inner.descriptor()
    }
}
