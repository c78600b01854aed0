//! The port to files and directories. The operating system implements it in `store`, the simulated disk
//! with its power cuts in `sim`. Paths are whole paths; nothing here knows what the files hold.

use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a file is opened. Every mode opens for reading and writing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenMode {
    /// The file must be there.
    Existing,
    /// The file must not be there yet; it is made, empty.
    CreateNew,
    /// The file is made if it is not there.
    CreateOrOpen,
}

/// What a directory holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectoryEntry {
    /// The name within the directory.
    pub name: String,
    /// Whether it is a directory itself.
    pub is_directory: bool,
    /// The length of a file, in bytes.
    pub size_bytes: u64,
    /// When a file was last written, in milliseconds since 1970.
    pub modified_ms: i64,
}

/// The room of the file system that holds a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DiskSpace {
    /// All of it, in bytes.
    pub total_bytes: u64,
    /// What this process may still write, in bytes.
    pub usable_bytes: u64,
}

/// Held as long as a directory belongs to this process; dropping it gives the directory back.
pub trait DirectoryLock: Send + Sync {}

/// A file system. Changes to names (create, rename, remove) outlive a power cut only after
/// [`Disk::sync_directory`] of the directory that holds the name.
pub trait Disk: Send + Sync {
    /// Opens a file.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>>;
    /// Makes a directory; it is no error if it is there.
    fn create_directory(&self, path: &Path) -> io::Result<()>;
    /// What a directory holds, by name.
    fn read_directory(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>>;
    /// Whether something has this name.
    fn exists(&self, path: &Path) -> io::Result<bool>;
    /// Gives a file or a directory another name, replacing a file that has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes a directory with all it holds.
    fn remove_directory(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
    /// Takes a directory for this process alone, by the lock file `path`; `WouldBlock` if another one has it.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn DirectoryLock>>;
    /// The room that is left.
    fn space(&self, path: &Path) -> io::Result<DiskSpace>;
    /// Makes all bytes of all `files` durable, sharing the cost; one result per file, in their order.
    fn sync_files(&self, files: &[Arc<dyn DiskFile>]) -> Vec<io::Result<()>>;
}

/// An open file. Positions are in bytes from the start; concurrent reads and writes are allowed.
pub trait DiskFile: Send + Sync {
    /// The length in bytes.
    fn size_bytes(&self) -> io::Result<u64>;
    /// Reads up to `buffer.len()` bytes; fewer only at the end of the file.
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize>;
    /// Writes all of `parts`, one behind the other.
    fn write_at(&self, parts: &[IoSlice<'_>], position: u64) -> io::Result<()>;
    /// Cuts the file, or lengthens it with zeros.
    fn set_size(&self, size_bytes: u64) -> io::Result<()>;
    /// Reserves room without changing the length.
    fn allocate(&self, position: u64, size_bytes: u64) -> io::Result<()>;
    /// Makes the bytes durable.
    fn sync(&self) -> io::Result<()>;
    /// Forgets cached clean pages, so that the next read sees what the device holds.
    fn drop_cache(&self) -> io::Result<()>;
    /// The descriptor for `sendfile`; `None` where there is no kernel behind the file (simulation).
    fn descriptor(&self) -> Option<BorrowedFd<'_>>;
}

/// Reads a whole file, at most `size_bytes_max`; longer ones are `InvalidData`.
pub fn read_whole(disk: &dyn Disk, path: &Path, size_bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = disk.open(path, OpenMode::Existing)?;
    let size_bytes = file.size_bytes()?;
    if size_bytes > size_bytes_max {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{} has {size_bytes} bytes, more than {size_bytes_max}", path.display()),
        ));
    }
    let mut bytes = vec![0; size_bytes as usize];
    let mut filled = 0;
    while filled < bytes.len() {
        let count = file.read_at(&mut bytes[filled..], filled as u64)?;
        if count == 0 {
            bytes.truncate(filled);
            break;
        }
        filled += count;
    }
    Ok(bytes)
}

/// Replaces a file so that after a power cut either the old or the new content is there, never a mixture:
/// written under another name, synced, renamed, and the directory synced.
pub fn replace_whole(disk: &dyn Disk, path: &Path, content: &[u8]) -> io::Result<()> {
    write_temporary(disk, path, content)?.sync()?;
    disk.rename(&temporary(path), path)?;
    sync_parent(disk, path)
}

/// Replaces several files, each as [`replace_whole`] does. They are synced together and named in their order; a directory
/// is synced before a name in another one is given, so list those of one directory together.
pub fn replace_all_whole(disk: &dyn Disk, files: &[(PathBuf, Vec<u8>)]) -> io::Result<()> {
    let written: io::Result<Vec<_>> =
        files.iter().map(|(path, content)| write_temporary(disk, path, content)).collect();
    disk.sync_files(&written?).into_iter().collect::<io::Result<()>>()?;
    for (index, (path, _)) in files.iter().enumerate() {
        disk.rename(&temporary(path), path)?;
        if files.get(index + 1).is_none_or(|(next, _)| next.parent() != path.parent()) {
            sync_parent(disk, path)?;
        }
    }
    Ok(())
}

fn temporary(path: &Path) -> PathBuf {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    PathBuf::from(temporary)
}

fn write_temporary(disk: &dyn Disk, path: &Path, content: &[u8]) -> io::Result<Arc<dyn DiskFile>> {
    let file = disk.open(&temporary(path), OpenMode::CreateOrOpen)?;
    file.set_size(0)?;
    file.write_at(&[IoSlice::new(content)], 0)?;
    Ok(file)
}

fn sync_parent(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| disk.sync_directory(parent))
}

/// Makes a directory and those above it that are missing, each durable in the one that holds it.
pub fn create_directories(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || disk.exists(path)? {
        return Ok(());
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_directories(disk, parent)?;
    }
    disk.create_directory(path)?;
    disk.sync_directory(parent.unwrap_or(Path::new(".")))
}
