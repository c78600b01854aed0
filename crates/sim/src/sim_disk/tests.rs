//! What a power cut, a kill and each fault leave.

use std::collections::BTreeSet;
use std::io::IoSlice;

use jackdaw_base::TimestampMs;

use super::*;
use crate::Random;

const SEEDS: u64 = 400;

fn disk_with(paths: &[&str]) -> SimDisk {
    let disk = SimDisk::default();
    for path in paths {
        disk.create_directory(Path::new(path)).unwrap();
        disk.sync_directory(Path::new(path).parent().unwrap()).unwrap();
    }
    disk
}

fn open(disk: &SimDisk, path: &str) -> Arc<dyn DiskFile> {
    disk.open(Path::new(path), OpenMode::CreateOrOpen).unwrap()
}

fn write(file: &Arc<dyn DiskFile>, bytes: &[u8], position: u64) {
    file.write_at(&[IoSlice::new(bytes)], position).unwrap();
}

fn read(disk: &SimDisk, path: &str) -> Option<Vec<u8>> {
    let file = disk.open(Path::new(path), OpenMode::Existing).ok()?;
    let mut bytes = vec![0; file.size_bytes().unwrap() as usize];
    assert_eq!(file.read_at(&mut bytes, 0).unwrap(), bytes.len());
    Some(bytes)
}

/// What many power cuts leave of a disk, each from the same state.
fn outcomes<T: Ord>(disk: &SimDisk, look: impl Fn(&SimDisk) -> T) -> BTreeSet<T> {
    let outcome = |seed| {
        let fork = disk.fork();
        fork.power_cut(seed);
        look(&fork)
    };
    (0..SEEDS).map(outcome).collect()
}

#[test]
fn what_was_synced_survives_every_power_cut() {
    let disk = disk_with(&["/d"]);
    let file = open(&disk, "/d/file");
    write(&file, &[1; 10_000], 0);
    file.sync().unwrap();
    disk.sync_directory(Path::new("/d")).unwrap();
    write(&file, &[2; 10_000], 10_000);
    let left = outcomes(&disk, |disk| read(disk, "/d/file").map(|bytes| bytes[..10_000] == [1; 10_000]));
    assert_eq!(left, BTreeSet::from([Some(true)]));
}

#[test]
fn unsynced_bytes_are_lost_kept_and_torn_and_nothing_else_appears() {
    let disk = disk_with(&["/d"]);
    let file = open(&disk, "/d/file");
    write(&file, &[1; 8_192], 0);
    file.sync().unwrap();
    disk.sync_directory(Path::new("/d")).unwrap();
    write(&file, &[2; 12_288], 0);
    let left = outcomes(&disk, |disk| read(disk, "/d/file").unwrap());
    assert!(left.contains(&vec![1; 8_192]), "all lost");
    assert!(left.contains(&vec![2; 12_288]), "all kept");
    let lengths: BTreeSet<usize> = left.iter().map(Vec::len).collect();
    assert!(
        lengths.iter().all(|length| (8_192..=12_288).contains(length)) && lengths.len() > 10,
        "{lengths:?}"
    );
    let one_page_each = |bytes: &[u8]| bytes[..4_096] == [1; 4_096] && bytes[4_096..8_192] == [2; 4_096];
    assert!(left.iter().any(|bytes| one_page_each(bytes)), "out of order");
    let is_torn = |page: &[u8]| page.contains(&1) && page.contains(&2);
    assert!(left.iter().any(|bytes| is_torn(&bytes[..4_096])), "torn");
    for bytes in left {
        for sector in bytes[..8_192].chunks(SECTOR_BYTES) {
            assert!(sector.iter().all(|byte| *byte == sector[0]), "a sector is written whole");
        }
        assert!(
            bytes[8_192..].iter().all(|byte| [0, 2].contains(byte)),
            "what did not arrive reads as zeros"
        );
    }
}

#[test]
fn an_unsynced_truncation_may_be_lost_and_brings_nothing_back_once_it_is_synced() {
    let disk = disk_with(&["/d"]);
    let file = open(&disk, "/d/file");
    write(&file, &[1; 20_000], 0);
    file.sync().unwrap();
    disk.sync_directory(Path::new("/d")).unwrap();
    file.set_size(6_000).unwrap();
    let left = outcomes(&disk, |disk| read(disk, "/d/file").unwrap());
    assert_eq!(left, BTreeSet::from([vec![1; 6_000], vec![1; 20_000]]));
    write(&file, &[2; 6_000], 6_000);
    for bytes in outcomes(&disk, |disk| read(disk, "/d/file").unwrap()) {
        let is_old = bytes == [1; 20_000];
        let is_cut = bytes.len() <= 12_000 && bytes[6_000..].iter().all(|byte| [0, 2].contains(byte));
        assert!(is_old || is_cut, "{} bytes", bytes.len());
    }
    file.sync().unwrap();
    let left = outcomes(&disk, |disk| read(disk, "/d/file").unwrap());
    assert_eq!(left, BTreeSet::from([[[1; 6_000], [2; 6_000]].concat()]));
}

#[test]
fn a_name_needs_the_sync_of_its_directory() {
    let disk = disk_with(&["/d"]);
    let file = open(&disk, "/d/file");
    write(&file, b"content", 0);
    file.sync().unwrap();
    let both = BTreeSet::from([None, Some(b"content".to_vec())]);
    assert_eq!(outcomes(&disk, |disk| read(disk, "/d/file")), both);
    disk.sync_directory(Path::new("/")).unwrap();
    assert_eq!(outcomes(&disk, |disk| read(disk, "/d/file")), both, "the parent's sync is of no use");
    disk.sync_directory(Path::new("/d")).unwrap();
    assert_eq!(outcomes(&disk, |disk| read(disk, "/d/file")), BTreeSet::from([Some(b"content".to_vec())]));
    disk.remove_file(Path::new("/d/file")).unwrap();
    assert_eq!(outcomes(&disk, |disk| read(disk, "/d/file")), both, "a removal can be lost too");
    disk.sync_directory(Path::new("/d")).unwrap();
    assert_eq!(outcomes(&disk, |disk| read(disk, "/d/file")), BTreeSet::from([None]));
}

#[test]
fn a_synced_name_in_an_unsynced_directory_can_be_lost() {
    let disk = disk_with(&["/d"]);
    disk.create_directory(Path::new("/d/e")).unwrap();
    open(&disk, "/d/e/file").sync().unwrap();
    disk.sync_directory(Path::new("/d/e")).unwrap();
    let exists = |disk: &SimDisk| disk.exists(Path::new("/d/e/file")).unwrap();
    assert_eq!(outcomes(&disk, exists), BTreeSet::from([false, true]));
    disk.sync_directory(Path::new("/d")).unwrap();
    assert_eq!(outcomes(&disk, exists), BTreeSet::from([true]));
}

#[test]
fn a_rename_is_lost_or_kept_as_a_whole() {
    let disk = disk_with(&["/d"]);
    for (path, bytes) in [("/d/new", b"new"), ("/d/old", b"old")] {
        write(&open(&disk, path), bytes, 0);
        open(&disk, path).sync().unwrap();
    }
    disk.sync_directory(Path::new("/d")).unwrap();
    disk.rename(Path::new("/d/new"), Path::new("/d/old")).unwrap();
    let look = |disk: &SimDisk| (read(disk, "/d/new"), read(disk, "/d/old"));
    let [new, old] = [b"new", b"old"].map(|bytes| Some(bytes.to_vec()));
    assert_eq!(outcomes(&disk, look), BTreeSet::from([(None, new.clone()), (new, old)]));
}

#[test]
fn a_move_between_directories_leaves_one_name_whichever_is_synced() {
    for synced in ["/a", "/b"] {
        let disk = disk_with(&["/a", "/b"]);
        open(&disk, "/a/x");
        disk.rename(Path::new("/a/x"), Path::new("/b/y")).unwrap();
        disk.sync_directory(Path::new(synced)).unwrap();
        let look = |disk: &SimDisk| ["/a/x", "/b/y"].map(|path| disk.exists(Path::new(path)).unwrap());
        assert_eq!(outcomes(&disk, look), BTreeSet::from([[false, true]]), "synced {synced}");
    }
}

#[test]
fn whole_files_are_replaced_at_once() {
    let disk = disk_with(&["/d"]);
    let path = Path::new("/d/checkpoint");
    jackdaw_base::disk::replace_whole(&disk, path, &[1; 9_000]).unwrap();
    for changes in 0..10 {
        let fork = disk.fork();
        fork.cut_power_after(changes);
        let done = jackdaw_base::disk::replace_whole(&fork, path, &[2; 5_000]);
        let left = outcomes(&fork, |disk| read(disk, "/d/checkpoint").unwrap());
        let allowed = [vec![1; 9_000], vec![2; 5_000]];
        assert!(left.iter().all(|bytes| allowed.contains(bytes)), "power out after {changes} changes");
        if done.is_ok() {
            assert_eq!(left, BTreeSet::from([vec![2; 5_000]]));
        }
    }
}

#[test]
fn a_kill_keeps_the_cache_and_ends_handles_and_locks() {
    let disk = disk_with(&["/d"]);
    let file = open(&disk, "/d/file");
    let lock = disk.lock(Path::new("/d/.lock")).unwrap();
    write(&file, b"unsynced", 0);
    disk.kill_process();
    assert_eq!(read(&disk, "/d/file"), Some(b"unsynced".to_vec()));
    assert!(file.read_at(&mut [0], 0).is_err() && file.sync().is_err());
    let again = disk.lock(Path::new("/d/.lock")).unwrap();
    drop(lock);
    assert!(disk.lock(Path::new("/d/.lock")).is_err(), "the lock of before the kill is nobody's");
    drop(again);
}

#[test]
fn after_the_moment_of_the_cut_nothing_happens_any_more() {
    let disk = disk_with(&["/d"]);
    let file = open(&disk, "/d/file");
    disk.cut_power_after(1);
    write(&file, b"1", 0);
    assert!(!disk.is_power_out());
    assert!(file.write_at(&[IoSlice::new(b"2")], 0).is_err());
    assert!(disk.is_power_out());
    assert!(file.size_bytes().is_err() && disk.exists(Path::new("/d")).is_err());
    disk.power_cut(1);
    assert!(!disk.is_power_out() && disk.exists(Path::new("/d")).unwrap());
}

#[test]
fn a_failed_sync_is_told_to_each_open_file_once_and_its_bytes_are_gone_later() {
    let disk = disk_with(&["/d"]);
    let [file, other] = [(); 2].map(|()| open(&disk, "/d/file"));
    write(&file, &[1; 400_000], 0);
    disk.plant(Fault::next(Operation::Sync, FaultKind::Error(libc::EIO)));
    assert_eq!(file.sync().unwrap_err().raw_os_error(), Some(libc::EIO));
    assert!(file.sync().is_ok(), "the kernel calls the pages clean");
    assert!(other.sync().is_err() && other.sync().is_ok());
    assert!(open(&disk, "/d/file").sync().is_ok(), "opened after it was told");
    assert_eq!(read(&disk, "/d/file"), Some(vec![1; 400_000]), "the cache still shows them");
    disk.sync_directory(Path::new("/d")).unwrap();
    let after_cut = outcomes(&disk, |disk| read(disk, "/d/file").unwrap());
    file.drop_cache().unwrap();
    let dropped = read(&disk, "/d/file").unwrap();
    assert!(dropped.len() == 400_000 && dropped.contains(&0) && dropped.contains(&1));
    assert!(after_cut.iter().all(|bytes| bytes.contains(&0)));
}

#[test]
fn a_full_disk_takes_what_fits_and_works_again_when_there_is_room() {
    let disk = disk_with(&["/d"]);
    let [file, other] = ["/d/file", "/d/other"].map(|path| open(&disk, path));
    write(&other, &[1; 8_192], 0);
    disk.limit_free_bytes(Some(8_192));
    assert_eq!(disk.space(Path::new("/")).unwrap(), DiskSpace { total_bytes: 16_384, usable_bytes: 8_192 });
    let refused = file.write_at(&[IoSlice::new(&[2; 5_000]), IoSlice::new(&[3; 5_000])], 0).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
    assert_eq!(file.size_bytes().unwrap(), 8_192, "a part was written");
    write(&file, &[4; 8_192], 0);
    assert_eq!(file.allocate(8_192, 1).unwrap_err().kind(), io::ErrorKind::StorageFull);
    file.sync().unwrap();
    disk.remove_file(Path::new("/d/other")).unwrap();
    assert!(file.allocate(8_192, 1).is_err(), "an open file keeps its room");
    drop(other);
    file.allocate(8_192, 8_192).unwrap();
    write(&file, &[5; 8_192], 8_192);
    assert!(file.write_at(&[IoSlice::new(b"6")], 16_384).is_err());
    file.set_size(4_096).unwrap();
    write(&file, &[7; 4_096], 4_096);
    disk.limit_free_bytes(None);
    write(&file, &[8; 100_000], 0);
}

#[test]
fn faults_come_where_and_when_they_were_planted() {
    let disk = disk_with(&["/d"]);
    let [log, index] = ["/d/0.log", "/d/0.index"].map(|path| open(&disk, path));
    disk.plant(Fault::next(Operation::Write, FaultKind::Error(libc::EIO)).on(".log").after(1));
    disk.plant(Fault::next(Operation::Write, FaultKind::Short(3)).on(".index"));
    disk.plant(Fault::next(Operation::Read, FaultKind::Short(2)).always());
    write(&log, b"first", 0);
    assert!(log.write_at(&[IoSlice::new(b"second")], 5).is_err());
    write(&log, b"third", 5);
    assert_eq!(index.write_at(&[IoSlice::new(b"torn")], 0).unwrap_err().raw_os_error(), Some(libc::EIO));
    assert_eq!((log.size_bytes().unwrap(), index.size_bytes().unwrap()), (10, 3));
    for _ in 0..2 {
        assert_eq!(log.read_at(&mut [0; 10], 0).unwrap(), 2);
    }
    disk.clear_faults();
    assert_eq!(log.read_at(&mut [0; 10], 0).unwrap(), 10);
}

#[test]
fn times_of_change_are_the_clocks() {
    let clock = Arc::new(SimClock::new());
    let disk = SimDisk::new(Arc::clone(&clock) as Arc<dyn Clock>, 0);
    let file = open(&disk, "/file");
    clock.set_wall(TimestampMs(5_000));
    write(&file, b"1", 0);
    assert_eq!(disk.read_directory(Path::new("/")).unwrap()[0].modified_ms, 5_000);
}

/// Random operations, crashes and faults; all that can be seen of them as one text.
fn random_run(seed: u64) -> String {
    let (disk, mut random) = (disk_with(&["/d", "/e"]), Random::new(seed));
    let path = |random: &mut Random| format!("/{}/{}", ["d", "e"][random.index(2)], random.below(4));
    for _ in 0..200 {
        let (one, two) = (path(&mut random), path(&mut random));
        let file = disk.open(Path::new(&one), OpenMode::CreateOrOpen);
        let outcome = match (random.below(12), file) {
            (0, _) => disk.rename(Path::new(&one), Path::new(&two)),
            (1, _) => disk.remove_file(Path::new(&one)),
            (2, _) => disk.sync_directory(Path::new(&one).parent().unwrap()),
            (3, _) if random.chance(1, 4) => {
                disk.power_cut(random.next_u64());
                Ok(())
            }
            (4, _) => {
                disk.plant(Fault::next(Operation::Sync, FaultKind::Error(libc::EIO)));
                Ok(())
            }
            (5 | 6, Ok(file)) => file.sync(),
            (7, Ok(file)) => file.set_size(random.below(20_000)),
            (8, Ok(file)) => file.drop_cache(),
            (_, Ok(file)) => {
                let mut bytes = vec![0; random.index(9_000)];
                random.fill(&mut bytes);
                file.write_at(&[IoSlice::new(&bytes)], random.below(20_000))
            }
            (_, Err(error)) => Err(error),
        };
        drop(outcome);
    }
    format!("{}{:?}{}", disk.trace(), disk.files(), disk.fingerprint())
}

#[test]
fn the_same_seed_prints_the_same_bytes() {
    for seed in 0..20 {
        assert_eq!(random_run(seed), random_run(seed), "seed {seed}");
        assert_ne!(random_run(seed), random_run(seed + 1));
    }
}
