//! Slices of files on their way into a socket: whether the page cache holds them, and reading them on a bounded pool
//! if it does not, so that a slow disk never stalls a worker that others need.

use std::future::Future;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jackdaw_base::disk::DiskFile;
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use tokio::sync::Semaphore;

/// Bytes read at a time to warm a slice up.
const WARM_STEP_BYTES: usize = 128 * 1024;
/// The size of a page, as far as this matters: a probe of a slice reads one byte at each end.
const PROBE_BYTES: usize = 1;
/// `cachestat(2)`, in Linux since 6.5; the number is the same on all architectures.
const SYS_CACHESTAT: libc::c_long = 451;

/// A running read of a cold slice.
pub(crate) type Warming = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// Reads cold slices, a few at a time.
#[derive(Debug)]
pub(crate) struct ColdReaders {
    permits: Arc<Semaphore>,
    /// Cleared when the kernel turns out not to have the call.
    has_cachestat: AtomicBool,
}

/// What a read that must not wait for the disk brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WarmRead {
    /// All bytes asked for.
    Whole,
    /// The file ends before.
    TooShort,
    /// They are not in the page cache.
    Cold,
}

impl ColdReaders {
    pub(crate) fn new(reads_max: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(reads_max.max(1))), has_cachestat: AtomicBool::new(true) }
    }

    /// Whether all pages of the slice are in the page cache. A file without a descriptor always is.
    pub(crate) fn is_resident(&self, file: &dyn DiskFile, position: u64, size_bytes: u64) -> bool {
        let Some(descriptor) = file.descriptor() else {
            return true;
        };
        if self.has_cachestat.load(Ordering::Relaxed) {
            match pages_cached(descriptor, position, size_bytes) {
                Ok(cached) => {
                    let page = rustix::param::page_size() as u64;
                    let wanted = (position + size_bytes).div_ceil(page) - position / page;
                    return cached >= wanted;
                }
                Err(_) => self.has_cachestat.store(false, Ordering::Relaxed),
            }
        }
        let mut byte = [0; PROBE_BYTES];
        let last = position + size_bytes.saturating_sub(1);
        [position, last].iter().all(|at| !matches!(read_warm(file, &mut byte, *at), Ok(WarmRead::Cold)))
    }

    /// Brings the slice into the page cache, when its turn comes.
    pub(crate) fn warm(&self, file: Arc<dyn DiskFile>, position: u64, size_bytes: u64) -> Warming {
        let permits = Arc::clone(&self.permits);
        Box::pin(async move {
            let permit = permits.acquire_owned().await.map_err(io::Error::other)?;
            let read = move || {
                let _permit = permit;
                read_through(file.as_ref(), position, size_bytes)
            };
            tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
        })
    }
}

/// Reads a slice and forgets it: what counts is that it is in the page cache then.
fn read_through(file: &dyn DiskFile, position: u64, size_bytes: u64) -> io::Result<()> {
    let mut buffer = vec![0; WARM_STEP_BYTES.min(usize::try_from(size_bytes).unwrap_or(WARM_STEP_BYTES))];
    let mut done = 0;
    while done < size_bytes {
        let step = buffer.len().min(usize::try_from(size_bytes - done).unwrap_or(usize::MAX));
        match file.read_at(&mut buffer[..step], position + done)? {
            // The file is shorter than that; whoever sends it will notice.
            0 => return Ok(()),
            count => done += count as u64,
        }
    }
    Ok(())
}

/// Fills `buffer` if the page cache holds the bytes. Where the kernel or the file system cannot say, it reads.
pub(crate) fn read_warm(file: &dyn DiskFile, buffer: &mut [u8], position: u64) -> io::Result<WarmRead> {
    let mut filled = 0;
    if let Some(descriptor) = file.descriptor() {
        while filled < buffer.len() {
            let slices = &mut [io::IoSliceMut::new(&mut buffer[filled..])];
            match preadv2(descriptor, slices, position + filled as u64, ReadWriteFlags::NOWAIT) {
                Ok(0) => return Ok(WarmRead::TooShort),
                Ok(count) => filled += count,
                Err(Errno::AGAIN) => return Ok(WarmRead::Cold),
                Err(Errno::INTR) => {}
                Err(Errno::NOTSUP | Errno::NOSYS) => break,
                Err(error) => return Err(error.into()),
            }
        }
    }
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], position + filled as u64)? {
            0 => return Ok(WarmRead::TooShort),
            count => filled += count,
        }
    }
    Ok(WarmRead::Whole)
}

#[repr(C)]
struct CachestatRange {
    offset: u64,
    length: u64,
}

#[repr(C)]
#[derive(Default)]
struct Cachestat {
    cached: u64,
    dirty: u64,
    writeback: u64,
    evicted: u64,
    recently_evicted: u64,
}

/// How many pages of the slice are in the page cache.
fn pages_cached(file: BorrowedFd<'_>, position: u64, size_bytes: u64) -> io::Result<u64> {
    let range = CachestatRange { offset: position, length: size_bytes };
    let mut stat = Cachestat::default();
    // SAFETY: the call reads `range` and writes `stat`, both of the layout that the kernel defines and alive during
    // the call; it keeps neither pointer. A kernel without the call returns ENOSYS and touches nothing.
    let result = unsafe {
        libc::syscall(SYS_CACHESTAT, file.as_raw_fd(), &raw const range, &raw mut stat, 0 as libc::c_uint)
    };
    if result == 0 { Ok(stat.cached) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests;
