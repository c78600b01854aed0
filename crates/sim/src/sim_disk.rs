//! A disk in memory that loses power. It keeps apart what the process sees and what has reached the device, for every
//! page, length and name; faults can be planted; a seed decides what a power cut leaves.
//!
//! ```text
//!  write, create, rename, remove            sync, sync_directory
//!      process ───────────────▶ page cache ───────────────────▶ device
//!                                   │                              │
//!                         kill_process: all of it stays     power_cut: this stays, and some of the cache
//! ```
//! It is stricter than ext4 where POSIX allows it: a sync of a file makes no name durable, a sync of a directory no
//! other directory's, and unsynced changes may arrive in any order.

mod content;
mod fault;
mod file;
mod names;
mod power_cut;
mod state;
mod trace;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jackdaw_base::Clock;
use jackdaw_base::disk::{DirectoryEntry, DirectoryLock, Disk, DiskFile, DiskSpace, OpenMode};
use parking_lot::Mutex;

use crate::SimClock;
use fault::Met;
use file::SimFile;
use names::Inode;
use state::{File, State};

pub use content::{PAGE_BYTES, SECTOR_BYTES};
pub use fault::{Fault, FaultKind, Repeat};
pub use state::FileSummary;
pub use trace::{Operation, TraceEntry};

/// The room of a disk without a limit, as [`Disk::space`] reports it.
const CAPACITY_BYTES_UNLIMITED: u64 = 1 << 40;

/// The simulated disk; clones are the same disk.
#[derive(Clone)]
pub struct SimDisk {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
}

impl SimDisk {
    /// An empty disk. `clock` says when files are written, `seed` which pages a failing sync still wrote.
    pub fn new(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self { shared: Arc::new(Shared { state: Mutex::new(State::new(seed)), clock }) }
    }

    /// A disk of its own with the same bytes, synced and not, which nobody has opened: for the question what a crash
    /// at this moment would leave, while the run goes on.
    pub fn fork(&self) -> Self {
        let state = Mutex::new(self.shared.state.lock().fork());
        Self { shared: Arc::new(Shared { state, clock: Arc::clone(&self.shared.clock) }) }
    }

    /// The machine loses power and comes back. All that was synced is there; of the rest, `seed` decides. Files that
    /// are open fail from now on, locks are gone.
    pub fn power_cut(&self, seed: u64) {
        self.shared.state.lock().cut_power(seed);
    }

    /// The process is killed; the page cache stays as it is. Files that are open fail from now on, locks are gone.
    pub fn kill_process(&self) {
        self.shared.state.lock().restart();
    }

    /// Lets `changes` more changes happen ([`Operation::is_change`]); from then on everything fails until
    /// [`power_cut`](Self::power_cut), so that the cut falls into the middle of whatever is done then.
    pub fn cut_power_after(&self, changes: u64) {
        self.shared.state.lock().changes_left = Some(changes);
    }

    /// Whether the moment of [`cut_power_after`](Self::cut_power_after) has come.
    pub fn is_power_out(&self) -> bool {
        self.shared.state.lock().is_power_out
    }

    /// Lets at most `bytes` more be written to new pages; `None` takes the limit away.
    pub fn limit_free_bytes(&self, bytes: Option<u64>) {
        let mut state = self.shared.state.lock();
        state.capacity_pages = bytes.map(|bytes| state.pages_used() + bytes / PAGE_BYTES as u64);
    }

    /// Plants a fault. Of several that fit, the one planted first is met first.
    pub fn plant(&self, fault: Fault) {
        self.shared.state.lock().faults.plant(fault);
    }

    /// Takes all planted faults away.
    pub fn clear_faults(&self) {
        self.shared.state.lock().faults.clear();
    }

    /// The latest operations, one a line.
    pub fn trace(&self) -> String {
        let state = self.shared.state.lock();
        state.trace.entries().map(|entry| format!("{entry}\n")).collect()
    }

    /// The latest operations.
    pub fn trace_entries(&self) -> Vec<TraceEntry> {
        self.shared.state.lock().trace.entries().cloned().collect()
    }

    /// A number that stands for all operations so far: two runs of a seed have the same one.
    pub fn fingerprint(&self) -> u64 {
        self.shared.state.lock().trace.fingerprint()
    }

    /// All files as the process sees them.
    pub fn files(&self) -> BTreeMap<PathBuf, FileSummary> {
        self.shared.state.lock().summary()
    }
}

impl Default for SimDisk {
    /// An empty disk with a clock of its own.
    fn default() -> Self {
        Self::new(Arc::new(SimClock::new()), 0)
    }
}

impl Disk for SimDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        self.run(Operation::Open, path, |state| {
            let inode = open_inode(state, path, mode, self.shared.now_ms())?;
            let file = state.files.get_mut(&inode).ok_or(io::ErrorKind::IsADirectory)?;
            file.handles += 1;
            let opened: Arc<dyn DiskFile> = Arc::new(SimFile {
                shared: Arc::clone(&self.shared),
                inode,
                path: path.to_owned(),
                boot: state.boot,
                errors_heard: AtomicU64::new(file.errors),
            });
            Ok(opened)
        })
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        self.run(Operation::CreateDirectory, path, |state| state.names.create_directory(path))
    }

    fn read_directory(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>> {
        self.run(Operation::ReadDirectory, path, |state| {
            let names = state.names.list(path)?;
            let entry = |(name, inode): (&String, &Inode)| {
                let file = state.files.get(inode);
                DirectoryEntry {
                    name: name.clone(),
                    is_directory: file.is_none(),
                    size_bytes: file.map_or(0, |file| file.content.size_bytes()),
                    modified_ms: file.map_or(0, |file| file.modified_ms),
                }
            };
            Ok(names.iter().map(entry).collect())
        })
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.run(Operation::Exists, path, |state| match state.names.find(path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.run(Operation::Rename, from, |state| {
            state.names.rename(from, to)?;
            state.collect();
            Ok(())
        })
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.run(Operation::RemoveFile, path, |state| {
            state.names.remove_file(path)?;
            state.collect();
            Ok(())
        })
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        self.run(Operation::RemoveDirectory, path, |state| {
            state.names.remove_directory(path)?;
            state.collect();
            Ok(())
        })
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.run(Operation::SyncDirectory, path, |state| {
            state.names.sync(path)?;
            state.collect();
            Ok(())
        })
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DirectoryLock>> {
        self.run(Operation::Lock, path, |state| {
            let inode = open_inode(state, path, OpenMode::CreateOrOpen, self.shared.now_ms())?;
            if !state.locked.insert(inode) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let held: Box<dyn DirectoryLock> =
                Box::new(SimLock { shared: Arc::clone(&self.shared), inode, boot: state.boot });
            Ok(held)
        })
    }

    fn space(&self, path: &Path) -> io::Result<DiskSpace> {
        self.run(Operation::Space, path, |state| {
            state.names.find(path)?;
            let page_bytes = PAGE_BYTES as u64;
            let total_bytes =
                state.capacity_pages.map_or(CAPACITY_BYTES_UNLIMITED, |pages| pages * page_bytes);
            let usable_bytes = total_bytes.saturating_sub(state.pages_used() * page_bytes);
            Ok(DiskSpace { total_bytes, usable_bytes })
        })
    }

    fn sync_files(&self, files: &[Arc<dyn DiskFile>]) -> Vec<io::Result<()>> {
        files.iter().map(|file| file.sync()).collect()
    }
}

impl SimDisk {
    fn run<T>(
        &self,
        operation: Operation,
        path: &Path,
        action: impl FnOnce(&mut State) -> io::Result<T>,
    ) -> io::Result<T> {
        self.shared.run(operation, path, (0, 0), |state, _| action(state))
    }
}

impl Shared {
    fn now_ms(&self) -> i64 {
        self.clock.wall().0
    }

    /// Does one operation, unless a fault or the power prevents it, and notes it. `action` gets the bytes that a short
    /// read or write may touch.
    fn run<T>(
        &self,
        operation: Operation,
        path: &Path,
        extent: (u64, u64),
        action: impl FnOnce(&mut State, Option<usize>) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.state.lock();
        let outcome = match state.meet(operation, path) {
            Ok(Met::Nothing) => action(&mut state, None),
            Ok(Met::Short(bytes)) => action(&mut state, Some(bytes)),
            Ok(Met::Error(number)) => Err(io::Error::from_raw_os_error(number)),
            Err(power_is_out) => Err(power_is_out),
        };
        state.trace.note(operation, path, extent, outcome.as_ref().err().map(io::Error::kind));
        outcome
    }
}

/// The file at a path, made if `mode` says so.
fn open_inode(state: &mut State, path: &Path, mode: OpenMode, now_ms: i64) -> io::Result<Inode> {
    match (state.names.find(path), mode) {
        (Ok(_), OpenMode::CreateNew) => Err(io::ErrorKind::AlreadyExists.into()),
        (Ok(inode), _) if state.names.is_directory(inode) => Err(io::ErrorKind::IsADirectory.into()),
        (Ok(inode), _) => Ok(inode),
        (Err(error), OpenMode::CreateNew | OpenMode::CreateOrOpen)
            if error.kind() == io::ErrorKind::NotFound =>
        {
            let inode = state.names.create_file(path)?;
            let file = File { modified_ms: now_ms, modified_on_device_ms: now_ms, ..File::default() };
            state.files.insert(inode, file);
            Ok(inode)
        }
        (Err(error), _) => Err(error),
    }
}

/// A held directory; it ends with this value or with the process.
struct SimLock {
    shared: Arc<Shared>,
    inode: Inode,
    boot: u64,
}

impl DirectoryLock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        if state.boot == self.boot {
            state.locked.remove(&self.inode);
        }
    }
}

#[cfg(test)]
mod tests;
