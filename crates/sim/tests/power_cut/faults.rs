//! A disk that is full or broken while the node runs: nothing of it is ever acknowledged, and nothing is lost that was.

use std::sync::Arc;

use jackdaw_base::{Clock, LeaderEpoch};
use jackdaw_partition::{AckStatus, AppendError, Appended, RequiredAcks};
use jackdaw_sim::sim_disk::{Fault, FaultKind, Operation};
use jackdaw_sim::{Random, SimClock, SimDisk};

use crate::batches;
use crate::node::{Found, Node};
use crate::oracle::Oracle;
use crate::planted::Bug;
use crate::run::append;

/// One node with one partition, and the memory of what it must hold.
pub struct World {
    pub disk: SimDisk,
    clock: Arc<SimClock>,
    pub node: Node,
    oracle: Oracle,
    random: Random,
    bug: Bug,
}

impl World {
    pub fn new(seed: u64, bug: Bug) -> Self {
        let clock = Arc::new(SimClock::new());
        let disk = SimDisk::new(Arc::clone(&clock) as Arc<dyn Clock>, seed);
        Node::prepare(&disk);
        let node = Node::open(&disk, &clock, bug, 1, LeaderEpoch(0)).expect("a start");
        Self { disk, clock, node, oracle: Oracle::default(), random: Random::new(seed), bug }
    }

    pub fn append(&mut self) -> Result<Appended, AppendError> {
        let sent = batches::draw(&mut self.random, None, self.clock.wall().0);
        let appended = append(self.node.partition(0), RequiredAcks::All, &sent, &self.clock)?;
        self.oracle.on_accepted(&sent, appended.base_offset.0).unwrap();
        Ok(appended)
    }

    /// One round of group commit; how many syncs failed.
    pub fn flush(&mut self) -> usize {
        let failed = self.node.flusher().run_round().failed;
        let high_watermark = self.node.partition(0).watermarks().high_watermark;
        self.oracle.on_promised(high_watermark.0).unwrap();
        failed
    }

    pub fn append_and_flush(&mut self, count: usize) {
        for _ in 0..count {
            let appended = self.append().expect("an append");
            assert_eq!(self.flush(), 0);
            assert_eq!(self.status(&appended), AckStatus::Done);
        }
    }

    pub fn status(&self, appended: &Appended) -> AckStatus {
        let status = self.node.partition(0).ack_status(appended, RequiredAcks::All);
        assert_eq!(self.node.partition(0).ack_status(appended, RequiredAcks::Leader), status);
        status
    }

    pub fn log(&self) -> Found {
        self.node.read(0).expect("a log that can be read")
    }

    /// Starts anew after the power was cut, `None` for a kill, and compares.
    pub fn restart(&mut self, power_cut: Option<u64>) -> Result<(), String> {
        match power_cut {
            Some(seed) => self.disk.power_cut(seed),
            None => self.disk.kill_process(),
        }
        self.node = Node::open(&self.disk, &self.clock, self.bug, 1, LeaderEpoch(0))?;
        let found = self.node.read(0)?;
        let (log_start, log_end) = (found.watermarks.log_start.0, found.watermarks.log_end.0);
        self.oracle.on_recovered(log_start, log_end, &found.bytes)?;
        self.oracle.on_promised(found.watermarks.high_watermark.0)
    }
}

/// Whatever an append was doing when the room ended: it is undone, reads go on, and the next one finds the same offset.
#[test]
fn a_full_disk_refuses_an_append_and_undoes_it_and_takes_the_next_one_when_there_is_room() {
    for free_pages in 0..24 {
        let mut world = World::new(free_pages, Bug::None);
        world.append_and_flush(free_pages as usize % 3);
        world.disk.limit_free_bytes(Some(free_pages * 4_096));
        let mut refused = 0;
        for _ in 0..60 {
            let before = world.log();
            match world.append() {
                Ok(appended) => {
                    assert_eq!(world.flush(), 0, "{free_pages} pages");
                    assert_eq!(world.status(&appended), AckStatus::Done);
                }
                Err(_) => {
                    refused += 1;
                    assert_eq!(world.log(), before, "{free_pages} pages: undone, and still read");
                }
            }
        }
        assert!(refused > 0, "{free_pages} pages: the room must end");
        assert!(world.node.directory().is_online(), "{free_pages} pages: a full disk is not a broken one");
        world.disk.limit_free_bytes(None);
        world.append_and_flush(3);
        world.restart(Some(free_pages)).unwrap();
        world.append_and_flush(1);
    }
}

/// The n-th sync fails: from then on nothing is acknowledged until a restart, and that believes only the device.
fn check_failed_sync(skip: u64, operation: Operation, bug: Bug) -> Result<(), String> {
    let mut world = World::new(skip, bug);
    world.disk.plant(Fault::next(operation, FaultKind::Error(libc::EIO)).after(skip));
    let mut last = None;
    for _ in 0..60 {
        let Ok(appended) = world.append() else { break };
        last = Some(appended);
        if world.flush() > 0 {
            break;
        }
    }
    let last = last.ok_or("nothing was appended")?;
    if world.node.directory().is_online() {
        // The store never met the fault, or a lie of the disk hid it.
        world.disk.clear_faults();
    } else {
        for _ in 0..3 {
            assert_eq!(world.status(&last), AckStatus::Storage, "sync {skip}: neither now nor later");
            assert!(world.append().is_err(), "sync {skip}: nothing is taken any more");
            world.flush();
        }
    }
    world.restart(None)?;
    world.restart(Some(skip))?;
    world.append_and_flush(2);
    Ok(())
}

#[test]
fn a_failed_sync_takes_the_directory_offline_and_is_never_acknowledged() {
    for skip in 0..30 {
        for operation in [Operation::Sync, Operation::SyncDirectory] {
            check_failed_sync(skip, operation, Bug::None)
                .unwrap_or_else(|error| panic!("{operation:?} {skip}: {error}"));
        }
    }
}

#[test]
fn a_sync_that_is_tried_again_is_found_out() {
    let outcomes: Vec<_> =
        (0..30).map(|skip| check_failed_sync(skip, Operation::Sync, Bug::SyncRetried)).collect();
    assert!(outcomes.iter().any(Result::is_err), "no seed found the planted bug");
}

/// A device that refuses writes takes the directory offline, whatever it was that was written.
#[test]
fn a_failed_write_takes_the_directory_offline() {
    for skip in 0..40 {
        let mut world = World::new(skip, Bug::None);
        world.disk.plant(Fault::next(Operation::Write, FaultKind::Error(libc::EIO)).after(skip));
        while world.append().is_ok() {
            world.flush();
        }
        assert!(!world.node.directory().is_online(), "write {skip}");
        world.restart(None).unwrap_or_else(|error| panic!("write {skip}: {error}"));
        world.append_and_flush(2);
    }
}
