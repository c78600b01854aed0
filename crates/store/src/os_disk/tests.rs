//! What is particular to the operating system. What every disk must do is checked by the conformance suite of `sim`.

use std::io::IoSlice;
use std::path::PathBuf;

use super::*;

/// A directory that is removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("jackdaw-os-disk-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn more_parts_than_one_call_takes_are_all_written() {
    let scratch = Scratch::new("parts");
    let file = OsDisk.open(&scratch.0.join("f"), OpenMode::CreateNew).unwrap();
    let bytes: Vec<u8> = (0..5000_u32).map(|n| n as u8).collect();
    let parts: Vec<IoSlice<'_>> = bytes.chunks(2).map(IoSlice::new).collect();
    file.write_at(&parts, 7).unwrap();
    let mut read = vec![0; 6000];
    assert_eq!(file.read_at(&mut read, 7).unwrap(), 5000);
    assert_eq!(read[..5000], bytes[..]);
}

#[test]
fn a_lock_excludes_this_process_too_and_survives_other_opens_of_its_file() {
    let scratch = Scratch::new("lock");
    let path = scratch.0.join(".lock");
    let held = OsDisk.lock(&path).unwrap();
    for _ in 0..2 {
        // A POSIX record lock would be lost when the first of these closes the file.
        assert_eq!(OsDisk.lock(&path).err().unwrap().kind(), io::ErrorKind::WouldBlock);
        drop(OsDisk.open(&path, OpenMode::Existing).unwrap());
    }
    // Kafka's kind of lock, asked for by this process.
    let theirs = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let outcome = rustix::fs::fcntl_lock(&theirs, rustix::fs::FlockOperation::NonBlockingLockExclusive);
    assert!(outcome.is_err(), "a record lock is refused while ours is held");
    drop(held);
    rustix::fs::fcntl_lock(&theirs, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
    assert_eq!(OsDisk.lock(&path).err().unwrap().kind(), io::ErrorKind::WouldBlock);
    drop(theirs);
    assert!(OsDisk.lock(&path).is_ok());
}

#[test]
fn entries_behind_links_are_what_the_link_names() {
    let scratch = Scratch::new("links");
    fs::create_dir(scratch.0.join("real")).unwrap();
    std::os::unix::fs::symlink(scratch.0.join("real"), scratch.0.join("linked-0")).unwrap();
    std::os::unix::fs::symlink(scratch.0.join("nowhere"), scratch.0.join("dangling")).unwrap();
    let entries = OsDisk.read_directory(&scratch.0).unwrap();
    let found: Vec<_> = entries.iter().map(|entry| (entry.name.as_str(), entry.is_directory)).collect();
    assert_eq!(found, [("dangling", false), ("linked-0", true), ("real", true)]);
}

#[test]
fn reserving_room_changes_no_length() {
    let scratch = Scratch::new("room");
    let file = OsDisk.open(&scratch.0.join("f"), OpenMode::CreateNew).unwrap();
    file.allocate(0, 1 << 20).unwrap();
    file.allocate(0, 0).unwrap();
    assert_eq!(file.size_bytes().unwrap(), 0);
    assert!(
        fs::metadata(scratch.0.join("f")).unwrap().blocks() * 512 >= 1 << 20
            || cfg!(not(target_os = "linux"))
    );
}

#[test]
fn a_sync_of_a_closed_device_is_an_error_for_that_file_alone() {
    let scratch = Scratch::new("sync");
    let good: Arc<dyn DiskFile> = OsDisk.open(&scratch.0.join("f"), OpenMode::CreateNew).unwrap();
    good.write_at(&[IoSlice::new(b"bytes")], 0).unwrap();
    // A pipe cannot be synced: the kernel answers EINVAL.
    let (pipe, _other_end) = std::io::pipe().unwrap();
    let bad: Arc<dyn DiskFile> = Arc::new(OsFile::new(pipe.into()));
    let outcomes = OsDisk.sync_files(&[Arc::clone(&good), bad, good]);
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
}
