//! The quorum on a simulated disk that fails: what is refused, what is still served, what a restart finds.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use jackdaw_base::disk::Disk;
use jackdaw_metadata::decide::Decision;
use jackdaw_metadata::image::ConfigResource;
use jackdaw_protocol::messages::config_record::ConfigRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;
use jackdaw_sim::sim_disk::{Fault, FaultKind, Operation};
use jackdaw_sim::{SimClock, SimDisk};
use jackdaw_store::DataDirectory;

use super::super::{HostError, fixture};
use crate::quorum::{METADATA_DIRECTORY, QuorumFailure, QuorumHandle, SnapshotPolicy};

/// A quorum of one node that runs.
struct World {
    disk: SimDisk,
    directory: Arc<DataDirectory>,
    handle: QuorumHandle,
    thread: JoinHandle<Result<(), HostError>>,
}

fn every_snapshot() -> SnapshotPolicy {
    SnapshotPolicy { record_bytes_max: 1, interval_ms_max: 0 }
}

fn no_snapshot() -> SnapshotPolicy {
    fixture::NO_SNAPSHOT
}

impl World {
    fn new(snapshots: SnapshotPolicy) -> Self {
        let (disk, clock) = fixture::new_disk();
        Self::on(disk, clock, snapshots)
    }

    fn on(disk: SimDisk, clock: Arc<SimClock>, snapshots: SnapshotPolicy) -> Self {
        let (mut host, handle, directory) =
            fixture::open(&disk, clock, snapshots, fixture::Voters::Configured).expect("opens");
        host.begin().expect("a quorum of one elects itself");
        assert!(host.is_active());
        let thread = std::thread::Builder::new().name("quorum".into());
        let thread = thread.spawn(move || host.run()).expect("a thread");
        Self { disk, directory, handle, thread }
    }

    /// Sets a configuration of a topic, as far as the metadata goes.
    fn change(&self, value: &str) -> Result<(), QuorumFailure> {
        let record = ConfigRecord {
            resource_type: 2,
            resource_name: "t".into(),
            name: "retention.ms".into(),
            value: Some(value.to_owned().into()),
            ..Default::default()
        };
        let records = vec![MetadataRecord::Config(record)];
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("builds");
        runtime.block_on(self.handle.submit(|_, _| Decision { records, answer: () }))
    }

    /// What is committed.
    fn value(&self) -> Option<String> {
        let image = self.handle.image();
        let configs = image.configs.get(&ConfigResource::topic("t"))?;
        configs.get("retention.ms").map(ToString::to_string)
    }

    fn failure(&self) -> Option<Arc<str>> {
        self.handle.view().failure.clone()
    }

    /// Stops it, which works in any state.
    fn stop(self) -> SimDisk {
        self.handle.stop();
        self.thread.join().expect("no panic").expect("ends in order");
        self.disk
    }
}

fn restarted(disk: SimDisk) -> World {
    disk.clear_faults();
    disk.limit_free_bytes(None);
    disk.kill_process();
    World::on(disk, Arc::new(SimClock::new()), no_snapshot())
}

#[test]
fn a_failed_sync_is_never_acknowledged_and_what_is_committed_is_still_served() {
    for operation in [Operation::Sync, Operation::Write] {
        let world = World::new(no_snapshot());
        world.change("1").expect("a sound disk");
        world.disk.plant(Fault::next(operation, FaultKind::Error(libc::EIO)).on(METADATA_DIRECTORY));
        assert_eq!(world.change("2"), Err(QuorumFailure::Storage), "{operation:?}");
        // The disk is sound again, but nobody knows what became of the pages.
        for value in ["3", "4"] {
            assert_eq!(world.change(value), Err(QuorumFailure::Storage), "{operation:?}");
        }
        assert_eq!(world.value().as_deref(), Some("1"), "{operation:?}");
        assert!(world.failure().is_some(), "{operation:?}: the view says why");
        assert!(!world.directory.is_online(), "{operation:?}");
        let world = restarted(world.stop());
        assert!(matches!(world.value().as_deref(), Some("1" | "2")), "{operation:?}: {:?}", world.value());
        world.change("5").expect("a new start on a sound disk");
        assert_eq!(world.value().as_deref(), Some("5"), "{operation:?}");
        world.stop();
    }
}

#[test]
fn a_full_disk_refuses_a_change_and_takes_the_next_one_when_there_is_room() {
    let world = World::new(no_snapshot());
    let long = "1".repeat(20_000);
    world.disk.limit_free_bytes(Some(0));
    assert_eq!(world.change(&long), Err(QuorumFailure::Storage));
    assert_eq!(world.value(), None);
    assert_eq!(world.failure(), None);
    assert!(world.directory.is_online());
    world.disk.limit_free_bytes(None);
    world.change("7").expect("there is room again");
    assert_eq!(world.value().as_deref(), Some("7"));
    let world = restarted(world.stop());
    assert_eq!(world.value().as_deref(), Some("7"), "nothing of the refused change is left");
    world.stop();
}

#[test]
fn a_snapshot_without_room_is_put_off() {
    let world = World::new(every_snapshot());
    world
        .disk
        .plant(Fault::next(Operation::Write, FaultKind::Error(libc::ENOSPC)).on(".checkpoint").always());
    for value in ["1", "2"] {
        world.change(value).expect("changes need no snapshot");
    }
    assert_eq!(world.failure(), None);
    assert_eq!(world.value().as_deref(), Some("2"));
    world.stop();
}

/// What is closed on a full disk is not in order, and nothing worse.
#[test]
fn a_clean_stop_on_a_full_disk_costs_only_order() {
    let world = World::new(no_snapshot());
    world.change("1").expect("a sound disk");
    world.disk.limit_free_bytes(Some(0));
    let directory = Arc::clone(&world.directory);
    let disk = world.stop();
    assert!(!directory.is_online(), "nobody marks it as stopped in order");
    let mark = Path::new("/data").join(jackdaw_store::data_directory::SYNC_FAILED_MARK);
    assert!(!disk.exists(&mark).expect("a sound disk"), "no sync has failed");
    let world = restarted(disk);
    assert_eq!(world.value().as_deref(), Some("1"));
    world.change("2").expect("there is room again");
    world.stop();
}

#[test]
fn a_directory_that_failed_under_a_partition_takes_no_more_metadata() {
    let world = World::new(no_snapshot());
    world.change("1").expect("a sound disk");
    world.directory.on_sync_error(&std::io::Error::from_raw_os_error(libc::EIO));
    assert_eq!(world.change("2"), Err(QuorumFailure::Storage));
    assert_eq!(world.value().as_deref(), Some("1"));
    assert!(world.failure().is_some());
    world.stop();
}

#[test]
fn what_snapshots_hold_leaves_the_log() {
    let world = World::new(every_snapshot());
    for value in 0..200 {
        world.change(&value.to_string()).expect("a sound disk");
    }
    let disk = world.stop();
    let directory: PathBuf = Path::new("/data").join(METADATA_DIRECTORY);
    let names = disk.read_directory(&directory).expect("there").into_iter().map(|entry| entry.name);
    let names: Vec<String> = names.collect();
    let count = |suffix: &str| names.iter().filter(|name| name.ends_with(suffix)).count();
    assert!(count(".checkpoint") <= 4 && count(".log") <= 3, "{names:?}");
    assert!(count(".deleted") == 0 && count(".index") == count(".log"), "{names:?}");
    let world = restarted(disk);
    assert_eq!(world.value().as_deref(), Some("199"));
    world.change("next").expect("a sound disk");
    assert_eq!(world.value().as_deref(), Some("next"));
    world.stop();
}
