//! Makes several files durable at once: their pages go to the device together, and only then is each one flushed.
//!
//! ```text
//! start write-back of 1..n ─▶ wait for 1..n ─▶ fdatasync 1 ─▶ … ─▶ fdatasync n
//! ```
//! The last step is needed for every file: lengths and extents have changed, and the device's own cache is only
//! emptied by it. The first one's journal commit mostly serves all the others, which then cost a flush.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::Arc;

use jackdaw_base::disk::DiskFile;

pub(super) fn sync_files(files: &[Arc<dyn DiskFile>]) -> Vec<io::Result<()>> {
    if let [file] = files {
        return vec![file.sync()];
    }
    let started: Vec<_> =
        files.iter().map(|file| write_back(file.as_ref(), libc::SYNC_FILE_RANGE_WRITE)).collect();
    let waited: Vec<_> = files.iter().map(|file| write_back(file.as_ref(), wait_flags())).collect();
    let outcomes = files.iter().zip(started).zip(waited);
    outcomes.map(|((file, started), waited)| started.and(waited).and_then(|()| file.sync())).collect()
}

fn wait_flags() -> libc::c_uint {
    libc::SYNC_FILE_RANGE_WAIT_BEFORE | libc::SYNC_FILE_RANGE_WRITE | libc::SYNC_FILE_RANGE_WAIT_AFTER
}

/// Starts or awaits the write-back of a whole file. Its errors count: the kernel tells a descriptor of a failed
/// write-back once, so the `fdatasync` that follows would call the file durable.
fn write_back(file: &dyn DiskFile, flags: libc::c_uint) -> io::Result<()> {
    let Some(descriptor) = file.descriptor() else { return Ok(()) };
    loop {
        match sync_file_range(descriptor, flags) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A file system without it: `fdatasync` does all the work.
            Err(error)
                if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EOPNOTSUPP | libc::ESPIPE)) =>
            {
                return Ok(());
            }
            other => return other,
        }
    }
}

fn sync_file_range(descriptor: BorrowedFd<'_>, flags: libc::c_uint) -> io::Result<()> {
    // SAFETY: the call takes no pointer, and the descriptor is open as long as it is borrowed.
    match unsafe { libc::sync_file_range(descriptor.as_raw_fd(), 0, 0, flags) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
