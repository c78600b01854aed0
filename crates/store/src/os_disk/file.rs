//! One open file of the operating system: positioned reads and writes that finish what they begin.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use jackdaw_base::disk::DiskFile;
use rustix::fs::{Advice, FallocateFlags};
use rustix::io::Errno;

use super::retry;

/// How many parts one call of `pwritev` takes (IOV_MAX of Linux).
const PARTS_MAX: usize = 1024;

/// An open file. It is closed when the last holder drops it.
#[derive(Debug)]
pub struct OsFile {
    descriptor: OwnedFd,
}

impl OsFile {
    /// Takes an open descriptor.
    pub fn new(descriptor: OwnedFd) -> Self {
        Self { descriptor }
    }
}

impl DiskFile for OsFile {
    fn size_bytes(&self) -> io::Result<u64> {
        let found = retry(|| rustix::fs::fstat(&self.descriptor))?;
        u64::try_from(found.st_size).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
    }

    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let at = advance(position, filled)?;
            match retry(|| rustix::io::pread(&self.descriptor, &mut buffer[filled..], at))? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }

    fn write_at(&self, parts: &[IoSlice<'_>], position: u64) -> io::Result<()> {
        let mut position = position;
        for parts in parts.chunks(PARTS_MAX) {
            let wanted: usize = parts.iter().map(|part| part.len()).sum();
            let mut written = if wanted == 0 { 0 } else { self.write_some(parts, position)? };
            while written < wanted {
                let rest = parts_behind(parts, written);
                written += self.write_some(&rest, advance(position, written)?)?;
            }
            position = advance(position, wanted)?;
        }
        Ok(())
    }

    fn set_size(&self, size_bytes: u64) -> io::Result<()> {
        retry(|| rustix::fs::ftruncate(&self.descriptor, size_bytes))
    }

    /// A file system that cannot reserve room is no error: reserving only makes appends faster.
    fn allocate(&self, position: u64, size_bytes: u64) -> io::Result<()> {
        if size_bytes == 0 {
            return Ok(());
        }
        let call =
            || rustix::fs::fallocate(&self.descriptor, FallocateFlags::KEEP_SIZE, position, size_bytes);
        match rustix::io::retry_on_intr(call) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
            other => Ok(other?),
        }
    }

    /// Of the metadata only what is needed to read the bytes again (the length, the extents) is made durable, not the times.
    fn sync(&self) -> io::Result<()> {
        retry(|| rustix::fs::fdatasync(&self.descriptor))
    }

    fn drop_cache(&self) -> io::Result<()> {
        retry(|| rustix::fs::fadvise(&self.descriptor, 0, None, Advice::DontNeed))
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.descriptor.as_fd())
    }
}

impl OsFile {
    /// One write; it may be short, but never nothing.
    fn write_some(&self, parts: &[IoSlice<'_>], position: u64) -> io::Result<usize> {
        let count = match parts {
            [part] => retry(|| rustix::io::pwrite(&self.descriptor, part, position))?,
            parts => retry(|| rustix::io::pwritev(&self.descriptor, parts, position))?,
        };
        if count == 0 { Err(io::ErrorKind::WriteZero.into()) } else { Ok(count) }
    }
}

/// `parts` without their first `written` bytes: what is left after a short write.
fn parts_behind<'a>(parts: &'a [IoSlice<'a>], written: usize) -> Vec<IoSlice<'a>> {
    let mut skip = written;
    let mut rest = Vec::with_capacity(parts.len());
    for part in parts {
        let skipped = skip.min(part.len());
        skip -= skipped;
        if skipped < part.len() {
            rest.push(IoSlice::new(&part[skipped..]));
        }
    }
    rest
}

fn advance(position: u64, count: usize) -> io::Result<u64> {
    position.checked_add(count as u64).ok_or_else(|| io::ErrorKind::FileTooLarge.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_write_goes_on_where_it_ended() {
        let parts = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cde"), IoSlice::new(b"f")];
        for written in 0..6 {
            let rest: Vec<u8> = parts_behind(&parts, written).iter().flat_map(|part| part.to_vec()).collect();
            assert_eq!(rest, b"abcdef"[written..], "after {written} bytes");
            assert!(parts_behind(&parts, written).iter().all(|part| !part.is_empty()));
        }
    }
}
