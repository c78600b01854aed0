//! Where one partition's files are: its directory, the disk, and the cache of open files. Names only.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jackdaw_base::Offset;
use jackdaw_base::disk::{Disk, DiskFile, OpenMode};

use crate::FileCache;

/// The files that a segment has, or that belong to an offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// The batches.
    Log,
    /// Offsets to positions.
    OffsetIndex,
    /// Timestamps to offsets.
    TimeIndex,
    /// Aborted transactions.
    TransactionIndex,
    /// Producer state as of the offset in its name.
    ProducerSnapshot,
}

impl FileKind {
    /// The kinds that go when a segment goes.
    pub const OF_SEGMENT: [Self; 5] =
        [Self::Log, Self::OffsetIndex, Self::TimeIndex, Self::TransactionIndex, Self::ProducerSnapshot];

    /// What stands behind the 20 digits.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Log => ".log",
            Self::OffsetIndex => ".index",
            Self::TimeIndex => ".timeindex",
            Self::TransactionIndex => ".txnindex",
            Self::ProducerSnapshot => ".snapshot",
        }
    }
}

/// The directory of one partition.
#[derive(Clone)]
pub struct Place {
    disk: Arc<dyn Disk>,
    files: Arc<FileCache>,
    directory: Arc<Path>,
}

impl Place {
    /// The directory at `directory`, which need not be there yet.
    pub fn new(disk: Arc<dyn Disk>, files: Arc<FileCache>, directory: &Path) -> Self {
        Self { disk, files, directory: directory.into() }
    }

    /// The file system.
    pub fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    /// The cache of open files.
    pub fn files(&self) -> &FileCache {
        &self.files
    }

    /// The partition's directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The data directory that holds it.
    pub fn parent(&self) -> &Path {
        self.directory.parent().unwrap_or(Path::new("."))
    }

    /// The file of this kind for this offset.
    pub fn path(&self, base_offset: Offset, kind: FileKind) -> PathBuf {
        self.directory.join(format!("{:020}{}", base_offset.0, kind.suffix()))
    }

    /// A file of the directory by its whole name.
    pub fn named(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Writes a small file that has its name only when all of it is written; it is not synced. Nothing is left behind
    /// if that fails.
    pub(crate) fn replace(&self, name: &str, content: &[u8]) -> io::Result<Arc<dyn DiskFile>> {
        let temporary = self.named(&format!("{name}.tmp"));
        let file = self.disk.open(&temporary, OpenMode::CreateOrOpen)?;
        let written = file
            .set_size(0)
            .and_then(|()| file.write_at(&[io::IoSlice::new(content)], 0))
            .and_then(|()| self.disk.rename(&temporary, &self.named(name)));
        match written {
            Ok(()) => Ok(file),
            Err(error) => {
                self.disk.remove_file(&temporary)?;
                Err(error)
            }
        }
    }

    /// Opens a file of a segment through the cache.
    pub fn open(&self, base_offset: Offset, kind: FileKind, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        self.files.open(&self.path(base_offset, kind), mode)
    }
}
