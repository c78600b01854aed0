//! Cases about names: opening, listing, moving, removing, locking.

use std::io::{ErrorKind, IoSlice};
use std::path::Path;

use jackdaw_base::disk::{Disk, OpenMode, read_whole, replace_whole};

/// The kind of error that something ended with.
#[track_caller]
fn kind<T>(outcome: std::io::Result<T>) -> ErrorKind {
    match outcome {
        Ok(_) => panic!("this must fail"),
        Err(error) => error.kind(),
    }
}

/// Makes a file with this content.
fn put(disk: &dyn Disk, path: &Path, content: &[u8]) {
    let file = disk.open(path, OpenMode::CreateNew).expect("a new file");
    file.write_at(&[IoSlice::new(content)], 0).expect("a write");
}

fn content(disk: &dyn Disk, path: &Path) -> Vec<u8> {
    read_whole(disk, path, 1 << 20).expect("a file that can be read")
}

pub(super) fn open_modes(disk: &dyn Disk, root: &Path) {
    let path = root.join("file");
    assert_eq!(kind(disk.open(&path, OpenMode::Existing)), ErrorKind::NotFound);
    assert!(!disk.exists(&path).unwrap());
    put(disk, &path, b"content");
    assert!(disk.exists(&path).unwrap());
    assert_eq!(kind(disk.open(&path, OpenMode::CreateNew)), ErrorKind::AlreadyExists);
    for mode in [OpenMode::Existing, OpenMode::CreateOrOpen] {
        let file = disk.open(&path, mode).unwrap();
        assert_eq!(file.size_bytes().unwrap(), 7, "{mode:?} keeps the content");
        file.write_at(&[IoSlice::new(b"C")], 0).unwrap();
    }
    assert_eq!(content(disk, &path), b"Content");
    assert_eq!(disk.open(&root.join("made"), OpenMode::CreateOrOpen).unwrap().size_bytes().unwrap(), 0);
    assert_eq!(kind(disk.open(root, OpenMode::Existing)), ErrorKind::IsADirectory);
    assert_eq!(kind(disk.open(&root.join("nowhere/file"), OpenMode::CreateNew)), ErrorKind::NotFound);
    assert_eq!(kind(disk.open(&path.join("below"), OpenMode::CreateNew)), ErrorKind::NotADirectory);
}

pub(super) fn directories(disk: &dyn Disk, root: &Path) {
    let directory = root.join("directory");
    disk.create_directory(&directory).unwrap();
    put(disk, &directory.join("file"), b"1");
    disk.create_directory(&directory).unwrap();
    assert_eq!(content(disk, &directory.join("file")), b"1", "making it again changes nothing");
    assert_eq!(kind(disk.create_directory(&root.join("a/b"))), ErrorKind::NotFound);
    assert_eq!(kind(disk.create_directory(&directory.join("file"))), ErrorKind::AlreadyExists);
    assert_eq!(kind(disk.read_directory(&root.join("nowhere"))), ErrorKind::NotFound);
    assert_eq!(kind(disk.read_directory(&directory.join("file"))), ErrorKind::NotADirectory);
    disk.sync_directory(&directory).unwrap();
    assert_eq!(kind(disk.sync_directory(&root.join("nowhere"))), ErrorKind::NotFound);
    assert_eq!(kind(disk.sync_directory(&directory.join("file"))), ErrorKind::NotADirectory);
}

pub(super) fn names_are_listed_in_order(disk: &dyn Disk, root: &Path) {
    for name in ["b", "a.log", "a", "B", "10", "9"] {
        put(disk, &root.join(name), name.as_bytes());
    }
    disk.create_directory(&root.join("ab")).unwrap();
    let entries = disk.read_directory(root).unwrap();
    let found: Vec<_> =
        entries.iter().map(|entry| (entry.name.as_str(), entry.is_directory, entry.size_bytes)).collect();
    let file = |name: &'static str| (name, false, name.len() as u64);
    assert_eq!(
        found,
        [file("10"), file("9"), file("B"), file("a"), file("a.log"), ("ab", true, 0), file("b")]
    );
    // Some time after 2020: milliseconds, not seconds.
    assert!(
        entries.iter().filter(|entry| !entry.is_directory).all(|entry| entry.modified_ms > 1_577_836_800_000)
    );
}

pub(super) fn renames(disk: &dyn Disk, root: &Path) {
    let [a, b, directory, other] = ["a", "b", "directory", "other"].map(|name| root.join(name));
    put(disk, &a, b"a");
    put(disk, &b, b"b");
    let replaced = disk.open(&b, OpenMode::Existing).unwrap();
    let moved = disk.open(&a, OpenMode::Existing).unwrap();
    disk.rename(&a, &b).unwrap();
    assert!(!disk.exists(&a).unwrap());
    assert_eq!(content(disk, &b), b"a");
    let mut byte = [0];
    assert_eq!((replaced.read_at(&mut byte, 0).unwrap(), byte), (1, *b"b"), "an open file outlives its name");
    moved.write_at(&[IoSlice::new(b"A")], 0).unwrap();
    assert_eq!(content(disk, &b), b"A", "an open file follows its name");
    disk.rename(&b, &b).unwrap();

    disk.create_directory(&directory).unwrap();
    disk.create_directory(&other).unwrap();
    put(disk, &directory.join("file"), b"1");
    assert_eq!(kind(disk.rename(&root.join("nowhere"), &a)), ErrorKind::NotFound);
    assert_eq!(kind(disk.rename(&b, &root.join("nowhere/b"))), ErrorKind::NotFound);
    assert_eq!(kind(disk.rename(&b, &directory)), ErrorKind::IsADirectory);
    assert_eq!(kind(disk.rename(&directory, &b)), ErrorKind::NotADirectory);
    assert_eq!(kind(disk.rename(&other, &directory)), ErrorKind::DirectoryNotEmpty);
    assert_eq!(kind(disk.rename(&directory, &directory.join("below"))), ErrorKind::InvalidInput);
    disk.rename(&directory, &other).unwrap();
    assert_eq!(content(disk, &other.join("file")), b"1", "a directory may replace an empty one");
    disk.rename(&other.join("file"), &root.join("file")).unwrap();
    assert_eq!(content(disk, &root.join("file")), b"1");
    assert!(disk.read_directory(&other).unwrap().is_empty());
}

pub(super) fn removals(disk: &dyn Disk, root: &Path) {
    let path = root.join("file");
    put(disk, &path, b"content");
    let open = disk.open(&path, OpenMode::Existing).unwrap();
    disk.remove_file(&path).unwrap();
    assert_eq!(kind(disk.remove_file(&path)), ErrorKind::NotFound);
    open.write_at(&[IoSlice::new(b"C")], 0).unwrap();
    open.sync().unwrap();
    let mut read = [0; 7];
    assert_eq!((open.read_at(&mut read, 0).unwrap(), read), (7, *b"Content"));
    put(disk, &path, b"another");
    assert_eq!(content(disk, &path), b"another");

    let directory = root.join("directory");
    disk.create_directory(&directory).unwrap();
    disk.create_directory(&directory.join("below")).unwrap();
    put(disk, &directory.join("below/file"), b"1");
    assert_eq!(kind(disk.remove_file(&directory)), ErrorKind::IsADirectory);
    assert_eq!(kind(disk.remove_directory(&path)), ErrorKind::NotADirectory);
    disk.remove_directory(&directory).unwrap();
    assert_eq!(kind(disk.remove_directory(&directory)), ErrorKind::NotFound);
    disk.create_directory(&directory).unwrap();
    assert!(disk.read_directory(&directory).unwrap().is_empty());
}

pub(super) fn locks(disk: &dyn Disk, root: &Path) {
    let path = root.join(".lock");
    let held = disk.lock(&path).unwrap();
    assert!(disk.exists(&path).unwrap());
    assert_eq!(kind(disk.lock(&path)), ErrorKind::WouldBlock);
    assert_eq!(kind(disk.lock(&path)), ErrorKind::WouldBlock);
    let other = disk.lock(&root.join(".other")).unwrap();
    drop(held);
    drop(disk.lock(&path).unwrap());
    drop(disk.lock(&path).unwrap());
    drop(other);
    assert_eq!(kind(disk.lock(&root.join("nowhere/.lock"))), ErrorKind::NotFound);
}

pub(super) fn space(disk: &dyn Disk, root: &Path) {
    let space = disk.space(root).unwrap();
    assert!(space.usable_bytes > 0 && space.usable_bytes <= space.total_bytes, "{space:?}");
    assert_eq!(kind(disk.space(&root.join("nowhere"))), ErrorKind::NotFound);
}

pub(super) fn whole_files(disk: &dyn Disk, root: &Path) {
    let path = root.join("checkpoint");
    for text in ["a long first content", "short", ""] {
        replace_whole(disk, &path, text.as_bytes()).unwrap();
        assert_eq!(content(disk, &path), text.as_bytes());
    }
    replace_whole(disk, &path, b"12345").unwrap();
    assert_eq!(kind(read_whole(disk, &path, 4)), ErrorKind::InvalidData);
    assert_eq!(read_whole(disk, &path, 5).unwrap(), b"12345");
    assert_eq!(disk.read_directory(root).unwrap().len(), 1, "nothing temporary stays");
}
