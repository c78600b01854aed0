//! Files that a person names on the command line. They are read as they are, also those that may not be written, and pipes;
//! so this is not the port to disks, which belongs to the broker.
#![allow(
    clippy::disallowed_methods,
    reason = "files of the person at the terminal, not of a log that must survive"
)]

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::failure::Failure;

/// The largest text that is read whole.
const TEXT_BYTES_MAX: u64 = 64 << 20;

/// Opens a file for reading.
pub fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// The size of a file, if it has one: a pipe has none.
pub fn size_bytes(path: &Path) -> Option<u64> {
    let metadata = std::fs::metadata(path).ok()?;
    metadata.is_file().then_some(metadata.len())
}

/// Makes a file anew, or empties it.
pub fn create(path: &Path) -> io::Result<File> {
    File::create(path)
}

/// Writes a whole file.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    std::fs::write(path, content)
}

/// Opens a file for lines at its end.
pub fn append(path: &Path) -> io::Result<File> {
    File::options().create(true).append(true).open(path)
}

/// Makes a directory and those above it.
pub fn create_directory(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

/// Removes a file; it is no error if there is none.
pub fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// The names in a directory.
pub fn names(path: &Path) -> io::Result<Vec<String>> {
    let entries = std::fs::read_dir(path)?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// The bytes of a file of no more than `bytes_max`.
pub fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        let what = format!("{} has more than {bytes_max} bytes", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    Ok(bytes)
}

/// The text of a file, with its name in the failure.
pub fn text(path: &Path) -> Result<String, Failure> {
    let bytes = read(path, TEXT_BYTES_MAX);
    let text = bytes.and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
    });
    text.map_err(|error| Failure::message(format!("{} cannot be read: {error}", path.display())))
}
