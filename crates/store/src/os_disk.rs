//! The operating system's file system behind the [`Disk`] port. The one place that touches files (rule A2);
//! it knows nothing of what they hold.
#![allow(clippy::disallowed_methods, reason = "this implements the port to files")]

mod batch_sync;
mod file;
mod lock;

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use jackdaw_base::disk::{DirectoryEntry, DirectoryLock, Disk, DiskFile, DiskSpace, OpenMode};
use rustix::fs::{Mode, OFlags};

pub use file::OsFile;

/// What a new file may be used for, before the process's umask: as Java makes them.
const FILE_MODE: u32 = 0o666;

/// The files of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsDisk;

impl Disk for OsDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let flags = match mode {
            OpenMode::Existing => OFlags::empty(),
            OpenMode::CreateNew => OFlags::CREATE | OFlags::EXCL,
            OpenMode::CreateOrOpen => OFlags::CREATE,
        };
        let flags = flags | OFlags::RDWR | OFlags::CLOEXEC;
        let descriptor = retry(|| rustix::fs::open(path, flags, Mode::from_raw_mode(FILE_MODE)))?;
        Ok(Arc::new(OsFile::new(descriptor)))
    }

    /// One level only: a parent that is not there is `NotFound`, since making it anew would hide that a data
    /// directory vanished.
    fn create_directory(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            other => other,
        }
    }

    fn read_directory(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            // Links are followed, as Kafka does: a partition may lie elsewhere. One that leads nowhere counts as a file.
            let metadata = match fs::metadata(entry.path()).or_else(|_| entry.metadata()) {
                Ok(metadata) => metadata,
                // Removed since the directory was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            entries.push(DirectoryEntry {
                name: entry.file_name().to_string_lossy().into_owned(),
                is_directory: metadata.is_dir(),
                size_bytes: if metadata.is_dir() { 0 } else { metadata.len() },
                modified_ms: metadata
                    .mtime()
                    .saturating_mul(1000)
                    .saturating_add(metadata.mtime_nsec() / 1_000_000),
            });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        path.try_exists()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = retry(|| rustix::fs::open(path, flags, Mode::empty()))?;
        retry(|| rustix::fs::fsync(&directory))
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DirectoryLock>> {
        lock::take(path)
    }

    fn space(&self, path: &Path) -> io::Result<DiskSpace> {
        let found = retry(|| rustix::fs::statvfs(path))?;
        Ok(DiskSpace {
            total_bytes: found.f_blocks.saturating_mul(found.f_frsize),
            usable_bytes: found.f_bavail.saturating_mul(found.f_frsize),
        })
    }

    fn sync_files(&self, files: &[Arc<dyn DiskFile>]) -> Vec<io::Result<()>> {
        batch_sync::sync_files(files)
    }
}

/// Calls again as long as a signal interrupts the call.
fn retry<T>(call: impl FnMut() -> rustix::io::Result<T>) -> io::Result<T> {
    Ok(rustix::io::retry_on_intr(call)?)
}

#[cfg(test)]
mod tests;
