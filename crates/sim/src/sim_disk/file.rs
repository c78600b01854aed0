//! An open file of the simulated disk.

use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jackdaw_base::disk::DiskFile;

use super::Shared;
use super::fault::Met;
use super::names::Inode;
use super::state::{File, State, check_end};
use super::trace::Operation;

/// One opening of a file. After a crash of the process or the machine it gives nothing but errors.
pub(super) struct SimFile {
    pub(super) shared: Arc<Shared>,
    pub(super) inode: Inode,
    pub(super) path: PathBuf,
    pub(super) boot: u64,
    pub(super) errors_heard: AtomicU64,
}

impl DiskFile for SimFile {
    fn size_bytes(&self) -> io::Result<u64> {
        self.run(Operation::SizeBytes, (0, 0), |state, _| Ok(self.file(state)?.content.size_bytes()))
    }

    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        self.run(Operation::Read, (position, buffer.len() as u64), |state, limit| {
            let wanted = buffer.len().min(limit.unwrap_or(usize::MAX));
            Ok(self.file(state)?.content.read(&mut buffer[..wanted], position))
        })
    }

    fn write_at(&self, parts: &[IoSlice<'_>], position: u64) -> io::Result<()> {
        let size_bytes = parts.iter().map(|part| part.len()).sum::<usize>();
        let extent = (position, size_bytes as u64);
        self.run(Operation::Write, extent, |state, limit| self.write(state, parts, extent, limit))
    }

    fn set_size(&self, size_bytes: u64) -> io::Result<()> {
        self.run(Operation::SetSize, (0, size_bytes), |state, _| {
            check_end(0, size_bytes)?;
            let file = self.file(state)?;
            file.content.set_size(size_bytes);
            file.modified_ms = self.shared.now_ms();
            Ok(())
        })
    }

    fn allocate(&self, position: u64, size_bytes: u64) -> io::Result<()> {
        self.run(Operation::Allocate, (position, size_bytes), |state, _| {
            check_end(position, size_bytes)?;
            let pages_free = state.pages_free();
            let allocated = self.file(state)?.content.allocate(position, size_bytes, pages_free);
            allocated.map(|_| ()).ok_or_else(storage_is_full)
        })
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.shared.state.lock();
        let outcome = self.sync_locked(&mut state);
        let error = outcome.as_ref().err().map(io::Error::kind);
        state.trace.note(Operation::Sync, &self.path, (0, 0), error);
        outcome
    }

    fn drop_cache(&self) -> io::Result<()> {
        self.run(Operation::DropCache, (0, 0), |state, _| {
            self.file(state)?.content.drop_cache();
            Ok(())
        })
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

impl SimFile {
    /// Does one operation, unless a fault or the power prevents it. `action` gets the bytes that a short one may touch.
    fn run<T>(
        &self,
        operation: Operation,
        extent: (u64, u64),
        action: impl FnOnce(&mut State, Option<usize>) -> io::Result<T>,
    ) -> io::Result<T> {
        self.shared.run(operation, &self.path, extent, action)
    }

    fn file<'s>(&self, state: &'s mut State) -> io::Result<&'s mut File> {
        let is_current = state.boot == self.boot;
        let file = state.files.get_mut(&self.inode).filter(|_| is_current);
        file.ok_or_else(|| io::Error::new(io::ErrorKind::NotConnected, "opened before a simulated crash"))
    }

    /// Writes what fits. What was written before the room ended stays, as it does outside.
    fn write(
        &self,
        state: &mut State,
        parts: &[IoSlice<'_>],
        (position, size_bytes): (u64, u64),
        limit: Option<usize>,
    ) -> io::Result<()> {
        check_end(position, size_bytes)?;
        let mut pages_free = state.pages_free();
        let file = self.file(state)?;
        file.modified_ms = self.shared.now_ms();
        let (mut at, mut left) = (position, limit.unwrap_or(usize::MAX));
        for part in parts {
            let wanted = part.len().min(left);
            let (written, pages_new) = file.content.write(&part[..wanted], at, pages_free);
            at += written as u64;
            left -= written;
            pages_free -= pages_new;
            if written < wanted {
                return Err(storage_is_full());
            }
            if wanted < part.len() {
                return Err(io::Error::from_raw_os_error(libc::EIO));
            }
        }
        Ok(())
    }

    fn sync_locked(&self, state: &mut State) -> io::Result<()> {
        let met = state.meet(Operation::Sync, &self.path)?;
        let mut random = state.random.fork();
        let file = self.file(state)?;
        if let Met::Error(number) = met {
            file.content.sync_failing(&mut random);
            file.errors += 1;
            self.errors_heard.store(file.errors, Ordering::Relaxed);
            return Err(io::Error::from_raw_os_error(number));
        }
        file.content.sync();
        file.modified_on_device_ms = file.modified_ms;
        let heard = self.errors_heard.swap(file.errors, Ordering::Relaxed);
        // The failure of another one's sync may have taken bytes of this one's along.
        if heard < file.errors { Err(io::Error::from_raw_os_error(libc::EIO)) } else { Ok(()) }
    }
}

impl Drop for SimFile {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        if let Ok(file) = self.file(&mut state) {
            file.handles -= 1;
            if file.handles == 0 {
                state.collect();
            }
        }
    }
}

pub(super) fn storage_is_full() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOSPC)
}
