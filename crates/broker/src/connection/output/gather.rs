//! Which slices go into one write. Short pieces of files are copied into scratch memory for the time of the write; what
//! the socket does not take is read again later, so a client that does not read holds no copies.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;

use jackdaw_base::disk::DiskFile;
use smallvec::SmallVec;

use super::Part;
use crate::connection::files::{WarmRead, read_warm};
use crate::limits::{FILE_WINDOW_BYTES, WRITE_SLICES_MAX};
use crate::response::CloseReason;

pub(super) enum Gathered<'a> {
    Slices {
        slices: SmallVec<[IoSlice<'a>; 8]>,
        /// Whether more follows at once, so that the kernel need not send a short packet.
        more: bool,
    },
    /// Nothing can be sent before this slice is in the page cache.
    Cold { file: Arc<dyn DiskFile>, position: u64, size_bytes: u64 },
}

/// Whether a part of a file goes out by `sendfile`.
pub(super) fn is_sent_by_kernel(file: &dyn DiskFile, size_bytes: u64, sendfile_bytes_min: u64) -> bool {
    size_bytes >= sendfile_bytes_min && file.descriptor().is_some()
}

/// Collects slices from the front of `parts`.
pub(super) fn gather<'a>(
    parts: &'a VecDeque<Part>,
    scratch: &'a mut [u8],
    sendfile_bytes_min: u64,
) -> Result<Gathered<'a>, CloseReason> {
    let mut slices: SmallVec<[IoSlice<'a>; 8]> = SmallVec::new();
    let mut free = scratch;
    for part in parts {
        if slices.len() == WRITE_SLICES_MAX {
            return Ok(Gathered::Slices { slices, more: true });
        }
        match part {
            Part::End { .. } => {}
            Part::Owned { bytes, start } => slices.push(IoSlice::new(&bytes[*start..])),
            Part::Shared(bytes) => slices.push(IoSlice::new(bytes)),
            Part::File { file, position, size_bytes, warm_until } => {
                if is_sent_by_kernel(file.as_ref(), *size_bytes, sendfile_bytes_min) || free.is_empty() {
                    return Ok(Gathered::Slices { slices, more: true });
                }
                let count = usize::try_from(*size_bytes).unwrap_or(usize::MAX).min(free.len());
                let (copy, rest) = free.split_at_mut(count);
                free = rest;
                // What was warmed up once is read even if it became cold again: waiting twice could mean for ever.
                let warmed = *position + count as u64 <= *warm_until;
                match read(file.as_ref(), copy, *position, warmed)? {
                    WarmRead::Whole => slices.push(IoSlice::new(copy)),
                    WarmRead::TooShort => return Err(CloseReason::FileTooShort),
                    WarmRead::Cold if slices.is_empty() => {
                        let size_bytes = (count as u64).min(FILE_WINDOW_BYTES);
                        return Ok(Gathered::Cold {
                            file: Arc::clone(file),
                            position: *position,
                            size_bytes,
                        });
                    }
                    WarmRead::Cold => return Ok(Gathered::Slices { slices, more: true }),
                }
                if (count as u64) < *size_bytes {
                    return Ok(Gathered::Slices { slices, more: true });
                }
            }
        }
    }
    Ok(Gathered::Slices { slices, more: false })
}

fn read(file: &dyn DiskFile, copy: &mut [u8], position: u64, warmed: bool) -> Result<WarmRead, CloseReason> {
    if !warmed {
        return read_warm(file, copy, position).map_err(CloseReason::FileUnreadable);
    }
    match file.read_at(copy, position).map_err(CloseReason::FileUnreadable)? {
        count if count == copy.len() => Ok(WarmRead::Whole),
        _ => Ok(WarmRead::TooShort),
    }
}
