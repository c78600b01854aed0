//! The door to small files: key stores, tokens.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A file's bytes, if there are no more than so many.
#[allow(
    clippy::disallowed_methods,
    reason = "the client's port to files, which it only reads, whole, and once"
)]
pub(crate) fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}
