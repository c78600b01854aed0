//! Cases about bytes: reading, writing, lengths, syncs.

use std::io::IoSlice;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use jackdaw_base::disk::{Disk, DiskFile, OpenMode};

use crate::Random;

fn new_file(disk: &dyn Disk, root: &Path, name: &str) -> Arc<dyn DiskFile> {
    disk.open(&root.join(name), OpenMode::CreateNew).expect("a new file")
}

fn write(file: &Arc<dyn DiskFile>, bytes: &[u8], position: u64) {
    file.write_at(&[IoSlice::new(bytes)], position).expect("a write");
}

/// All that is in a file, read as one piece that may be longer.
fn whole(file: &Arc<dyn DiskFile>) -> Vec<u8> {
    let size_bytes = file.size_bytes().expect("a length") as usize;
    let mut bytes = vec![0xaa; size_bytes + 10];
    assert_eq!(file.read_at(&mut bytes, 0).expect("a read"), size_bytes);
    bytes.truncate(size_bytes);
    bytes
}

pub(super) fn reads_and_writes(disk: &dyn Disk, root: &Path) {
    let file = new_file(disk, root, "file");
    assert_eq!((file.size_bytes().unwrap(), file.read_at(&mut [0; 4], 0).unwrap()), (0, 0));
    let parts = [IoSlice::new(b"one"), IoSlice::new(b""), IoSlice::new(b"two"), IoSlice::new(b"three")];
    file.write_at(&parts, 2).unwrap();
    assert_eq!(whole(&file), b"\0\0onetwothree");
    write(&file, b"TWO", 5);
    assert_eq!(whole(&file), b"\0\0oneTWOthree");
    write(&file, b"", 100);
    file.write_at(&[], 100).unwrap();
    assert_eq!(file.size_bytes().unwrap(), 13, "writing nothing does not lengthen a file");
    write(&file, b"end", 10_000);
    assert_eq!(file.size_bytes().unwrap(), 10_003);
    let mut read = [0xaa; 5];
    assert_eq!((file.read_at(&mut read, 9_998).unwrap(), read), (5, *b"\0\0end"));
    let mut read = [0xaa; 5];
    assert_eq!((file.read_at(&mut read, 10_001).unwrap(), read), (2, *b"nd\xaa\xaa\xaa"));
    assert_eq!(file.read_at(&mut read, 10_003).unwrap(), 0);
    assert_eq!(file.read_at(&mut read, 1 << 40).unwrap(), 0);
    assert_eq!(file.read_at(&mut [], 0).unwrap(), 0);
}

pub(super) fn lengths(disk: &dyn Disk, root: &Path) {
    let file = new_file(disk, root, "file");
    write(&file, &[7; 10_000], 0);
    file.set_size(5_000).unwrap();
    file.set_size(9_000).unwrap();
    let mut expected = vec![7; 5_000];
    expected.resize(9_000, 0);
    assert_eq!(whole(&file), expected, "what was cut does not come back");
    file.set_size(4_096).unwrap();
    write(&file, b"x", 4_097);
    assert_eq!(whole(&file)[4_090..], *b"\x07\x07\x07\x07\x07\x07\0x");
    file.set_size(0).unwrap();
    assert_eq!(whole(&file), b"");
}

pub(super) fn reserved_room(disk: &dyn Disk, root: &Path) {
    let file = new_file(disk, root, "file");
    write(&file, b"content", 0);
    file.allocate(0, 1 << 20).unwrap();
    file.allocate(5, 0).unwrap();
    assert_eq!(whole(&file), b"content");
    write(&file, b"behind", 10_000);
    assert_eq!(whole(&file)[7..10_000], [0; 9_993]);
}

pub(super) fn syncs_and_caches(disk: &dyn Disk, root: &Path) {
    assert!(disk.sync_files(&[]).is_empty());
    let files: Vec<_> = (0..20).map(|index| new_file(disk, root, &format!("file-{index}"))).collect();
    for (index, file) in files.iter().enumerate() {
        write(file, &vec![index as u8; index * 1_000], 0);
    }
    for round in [&files[..1], &files[..], &files[3..5]] {
        let outcomes = disk.sync_files(round);
        assert_eq!(outcomes.len(), round.len());
        outcomes.into_iter().for_each(|outcome| outcome.expect("a sync"));
    }
    write(&files[3], b"unsynced", 0);
    for (index, file) in files.iter().enumerate() {
        file.drop_cache().unwrap();
        let mut expected = vec![index as u8; index * 1_000];
        if index == 3 {
            expected[..8].copy_from_slice(b"unsynced");
        }
        assert_eq!(whole(file), expected, "file {index}: dropping the cache loses nothing");
    }
    files[3].sync().unwrap();
}

pub(super) fn positions_beyond_reason(disk: &dyn Disk, root: &Path) {
    let file = new_file(disk, root, "file");
    for position in [u64::MAX, u64::MAX - 3, i64::MAX as u64, 1 << 62] {
        assert!(file.write_at(&[IoSlice::new(b"bytes")], position).is_err(), "a write at {position}");
        assert!(file.set_size(position).is_err(), "a length of {position}");
        assert!(file.allocate(position, 5).is_err(), "room at {position}");
        // Beyond what a position can be some say so and some read nothing.
        assert_eq!(file.read_at(&mut [0; 5], position).unwrap_or(0), 0);
    }
    assert!(file.allocate(5, u64::MAX).is_err());
    assert_eq!(file.size_bytes().unwrap(), 0);
}

pub(super) fn writers_side_by_side(disk: &dyn Disk, root: &Path) {
    let file = new_file(disk, root, "file");
    thread::scope(|scope| {
        for writer in 0..4_u8 {
            let file = &file;
            scope.spawn(move || {
                for round in 0..50_u64 {
                    write(file, &[writer + 1; 100], (round * 4 + u64::from(writer)) * 100);
                    assert_eq!(file.sync().map_err(|error| error.kind()), Ok(()));
                }
            });
        }
    });
    let expected: Vec<u8> = (0..200).flat_map(|chunk| [(chunk % 4) as u8 + 1; 100]).collect();
    assert_eq!(whole(&file), expected);
}

pub(super) fn random_writes_as_a_plain_array(disk: &dyn Disk, root: &Path) {
    let file = new_file(disk, root, "file");
    let (mut random, mut expected) = (Random::new(5), Vec::new());
    for step in 0..400 {
        let position = random.index(20_000);
        match random.below(8) {
            0 => {
                file.set_size(position as u64).unwrap();
                expected.resize(position, 0);
            }
            1 => file.sync().unwrap(),
            2 => file.drop_cache().unwrap(),
            3 => file.allocate(position as u64, 5_000).unwrap(),
            _ => {
                let mut bytes = vec![0; random.index(9_000) + 1];
                random.fill(&mut bytes);
                let (left, right) = bytes.split_at(random.index(bytes.len()));
                file.write_at(&[IoSlice::new(left), IoSlice::new(right)], position as u64).unwrap();
                expected.resize(expected.len().max(position + bytes.len()), 0);
                expected[position..position + bytes.len()].copy_from_slice(&bytes);
            }
        }
        assert!(whole(&file) == expected, "step {step}");
    }
}
