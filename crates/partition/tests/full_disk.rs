//! A disk without room where more than a batch's bytes is to be written: files of a segment, indexes of a recovery.

#[allow(dead_code, reason = "not every test file needs all of it")]
mod support;

use jackdaw_base::Offset;
use jackdaw_base::disk::Disk;
use jackdaw_partition::Isolation;
use jackdaw_sim::sim_disk::{Fault, FaultKind, Operation};
use jackdaw_store::recovery::LastStop;
use support::{World, batch, settings};

/// A batch that fills more than half a segment.
fn large(fill: char) -> Vec<u8> {
    batch(&fill.to_string().repeat(600))
}

const UNCLEAN: LastStop = LastStop::Unclean { recovery_point: Offset::ZERO };

/// The next segment cannot be made, then a batch comes that the old one still takes: a restart finds one log.
#[test]
fn a_segment_that_could_not_be_made_leaves_nothing_behind() {
    for suffix in [".log", ".index", ".timeindex"] {
        let world = World::new(1);
        world.append(&mut large('a')).expect("room");
        world.flush();
        let fault = Fault::next(Operation::Open, FaultKind::Error(libc::ENOSPC)).on(suffix);
        world.disk.plant(fault.on(&format!("00001{suffix}")));
        world.append(&mut large('b')).expect_err("no room for another segment");
        assert_eq!(world.append(&mut batch("small")).expect("room in the old one").base_offset, Offset(1));
        world.flush();
        assert_eq!(world.offsets_from(0), [0, 1], "{suffix}");
        let World { disk, clock, .. } = world;
        disk.kill_process();
        let world = World::open(disk, clock, UNCLEAN, settings(1));
        assert_eq!(world.offsets_from(0), [0, 1], "{suffix}: what was acknowledged");
        assert_eq!(world.append(&mut large('c')).expect("room").base_offset, Offset(2), "{suffix}");
    }
}

/// Recovery needs no room: indexes that cannot be written stay in memory.
#[test]
fn a_full_disk_is_recovered_and_read() {
    let world = World::new(1);
    for value in 0..40 {
        world.append(&mut batch(&value.to_string().repeat(30))).expect("room");
    }
    world.flush();
    let World { disk, clock, .. } = world;
    disk.kill_process();
    for entry in disk.read_directory("/data/t-0".as_ref()).unwrap() {
        if entry.name.ends_with("index") {
            disk.remove_file(&std::path::Path::new("/data/t-0").join(entry.name)).unwrap();
        }
    }
    disk.limit_free_bytes(Some(0));
    let world = World::open(disk, clock, UNCLEAN, settings(1));
    let all: Vec<i64> = (0..40).collect();
    assert_eq!(world.offsets_from(0), all);
    assert!(world.read(35, Isolation::ReadCommitted).slice.is_some());
    world.disk.limit_free_bytes(None);
    assert_eq!(world.append(&mut batch("more")).expect("room again").base_offset, Offset(40));
    world.flush();
    assert_eq!(world.offsets_from(40), [40]);
}

/// A first append that finds no room leaves no file that says something wrong, and grows nothing when it is tried again.
#[test]
fn a_directory_that_could_not_be_made_holds_no_half_file() {
    for free_pages in 0..5 {
        let world = World::new(1);
        world.disk.limit_free_bytes(Some(free_pages * 4096));
        for _ in 0..3 {
            world.append(&mut batch(&"x".repeat(30_000))).expect_err("no room");
        }
        for entry in world.disk.read_directory("/data/t-0".as_ref()).unwrap_or_default() {
            let may_be_empty = [".log", ".index", ".timeindex"].iter().any(|end| entry.name.ends_with(end));
            assert!(entry.size_bytes > 0 || may_be_empty, "{free_pages} pages: {entry:?}");
            assert!(!entry.name.ends_with(".tmp"), "{free_pages} pages: {entry:?}");
        }
        world.disk.limit_free_bytes(None);
        assert_eq!(world.append(&mut batch("small")).expect("room").base_offset, Offset(0));
        world.flush();
        assert_eq!(world.offsets_from(0), [0]);
    }
}
