//! The lock of a data directory, on its `.lock` file. It and Kafka's exclude each other: Java locks with POSIX record
//! locks, and an open-file-description lock conflicts with those. It is that kind, and not a record lock itself, because
//! a record lock does not hold against the same process, and is lost when any descriptor of the file is closed.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use jackdaw_base::disk::DirectoryLock;
use rustix::fs::{Mode, OFlags};

use super::{FILE_MODE, retry};

/// The descriptor that carries the lock; closing it gives the lock back. It is closed on exec, so no child keeps it.
struct HeldLock {
    _descriptor: OwnedFd,
}

impl DirectoryLock for HeldLock {}

pub(super) fn take(path: &Path) -> io::Result<Box<dyn DirectoryLock>> {
    let flags = OFlags::CREATE | OFlags::RDWR | OFlags::CLOEXEC;
    let descriptor = retry(|| rustix::fs::open(path, flags, Mode::from_raw_mode(FILE_MODE)))?;
    let whole_file = libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    // SAFETY: the descriptor is open, and the kernel reads one `flock` through the pointer, which lives across the call.
    let outcome = unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_OFD_SETLK, &whole_file) };
    if outcome == 0 {
        return Ok(Box::new(HeldLock { _descriptor: descriptor }));
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        // POSIX allows either for a lock that another one holds.
        Some(libc::EAGAIN | libc::EACCES) => Err(io::Error::new(
            io::ErrorKind::WouldBlock,
            format!("another process holds {}", path.display()),
        )),
        _ => Err(error),
    }
}
