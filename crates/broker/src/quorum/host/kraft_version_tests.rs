//! kraft.version goes from 0 to 1 on a running node, and what a restart makes of it.

use std::sync::Arc;

use jackdaw_base::{NodeId, Uuid};
use jackdaw_metadata::decide::Decision;
use jackdaw_protocol::messages::no_op_record::NoOpRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;
use jackdaw_raft::KRaftVersion;
use jackdaw_sim::{SimClock, SimDisk};

use super::fixture::{self, NO_SNAPSHOT, Voters};
use crate::quorum::{QuorumFailure, QuorumView, SnapshotPolicy};

/// Runs a node over `disk`, raises kraft.version if asked, and returns the answer, the view at the end, and what is left.
fn run(
    disk: SimDisk,
    clock: Arc<SimClock>,
    snapshots: SnapshotPolicy,
    voters: Voters,
    raise: Option<KRaftVersion>,
) -> (Result<(), QuorumFailure>, QuorumView, SimDisk) {
    let (mut host, handle, _) = fixture::open(&disk, clock, snapshots, voters).expect("opens");
    host.begin().expect("a quorum of one elects itself");
    let thread = std::thread::Builder::new().name("quorum".into());
    let thread = thread.spawn(move || host.run()).expect("a thread");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("builds");
    let answer = runtime.block_on(handle.submit_with_kraft_version(move |_, _| {
        let records = vec![MetadataRecord::NoOp(NoOpRecord::default())];
        (Decision { records, answer: () }, raise)
    }));
    // A second job: the first one's snapshot, if any, is written when this is answered.
    runtime.block_on(handle.submit(|_, _| Decision::only(()))).expect("a sound disk");
    let view = QuorumView::clone(&handle.view());
    handle.stop();
    thread.join().expect("no panic").expect("ends in order");
    (answer, view, disk)
}

fn check_raised(view: &QuorumView) {
    assert_eq!(view.kraft_version, 1);
    let keys: Vec<_> = view.voters.iter().map(|voter| (voter.key.id, voter.key.directory)).collect();
    assert_eq!(keys, [(NodeId(0), Some(Uuid::ONE))]);
}

#[test]
fn a_static_quorum_becomes_a_dynamic_one_and_stays_it() {
    for snapshots in [NO_SNAPSHOT, SnapshotPolicy { record_bytes_max: 1, interval_ms_max: 0 }] {
        let (disk, clock) = fixture::new_disk();
        let (answer, view, disk) = run(disk, clock, snapshots, Voters::Configured, None);
        assert_eq!((answer, view.kraft_version), (Ok(()), 0));
        let raise = Some(KRaftVersion::Dynamic);
        let (answer, view, disk) = run(disk, Arc::default(), snapshots, Voters::Configured, raise);
        assert_eq!(answer, Ok(()));
        check_raised(&view);
        let back = Some(KRaftVersion::Static);
        let (answer, view, disk) = run(disk, Arc::default(), snapshots, Voters::Configured, back);
        assert_eq!(answer, Err(QuorumFailure::KRaftVersion));
        check_raised(&view);
        // The configured voters are not needed any more.
        let (answer, view, _) = run(disk, Arc::default(), snapshots, Voters::InTheLog, None);
        assert_eq!(answer, Ok(()));
        check_raised(&view);
    }
}
