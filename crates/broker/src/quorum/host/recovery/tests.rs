//! What a start makes of what stands on the disk.

use std::path::Path;
use std::sync::Arc;

use jackdaw_base::disk::{Disk, replace_whole};
use jackdaw_base::{LeaderEpoch, Offset, TimestampMs};
use jackdaw_metadata::Image;
use jackdaw_metadata::snapshot::{self, SnapshotHeader};
use jackdaw_raft::SnapshotId;
use jackdaw_raft::snapshot_id::SnapshotFileState;
use jackdaw_sim::sim_disk::{Operation, TraceEntry};

use super::super::fixture::{self, DATA, NO_SNAPSHOT, Voters};
use crate::quorum::METADATA_DIRECTORY;
use crate::server::StartError;

/// Nothing leaves the node between the states of an election that it wins alone: only the last one is written, and
/// before the first batch of its epoch (Q2).
#[test]
fn an_election_without_others_writes_its_state_once() {
    let (disk, clock) = fixture::new_disk();
    for epoch in 1..=3 {
        let (mut host, handle, _) =
            fixture::open(&disk, Arc::clone(&clock), NO_SNAPSHOT, Voters::Configured).expect("opens");
        let before = disk.trace_entries().len();
        host.begin().expect("a quorum of one elects itself");
        assert_eq!(handle.view().epoch, LeaderEpoch(epoch));
        let done = disk.trace_entries().split_off(before);
        let is_state = |entry: &TraceEntry| entry.path.to_string_lossy().contains("quorum-state");
        let written = |entry: &TraceEntry| entry.operation == Operation::Rename && is_state(entry);
        assert_eq!(done.iter().filter(|entry| written(entry)).count(), 1, "epoch {epoch}");
        let state = done.iter().position(written).expect("is written");
        let is_batch = |entry: &TraceEntry| {
            entry.operation == Operation::Write && entry.path.extension().is_some_and(|name| name == "log")
        };
        let batch = done.iter().position(is_batch).expect("the epoch begins with a batch");
        assert!(state < batch, "epoch {epoch}");
        disk.kill_process();
    }
}

/// A disk that is full when a node starts takes nothing from it, and the line says what to do.
#[test]
fn a_full_disk_at_the_start_is_named_and_harms_nothing() {
    let (disk, clock) = fixture::new_disk();
    let open = || fixture::open(&disk, Arc::clone(&clock), NO_SNAPSHOT, Voters::Configured).expect("opens");
    let mut epoch = 0;
    for _ in 0..3 {
        let (mut host, handle, _) = open();
        host.begin().expect("there is room");
        assert!(handle.view().epoch > LeaderEpoch(epoch));
        epoch = handle.view().epoch.0;
        let end = handle.view().log_end;
        disk.kill_process();

        disk.limit_free_bytes(Some(0));
        let (mut host, handle, directory) = open();
        let text = StartError::from(host.begin().expect_err("there is no room")).to_string();
        assert!(text.contains("is full: make room"), "{text}");
        assert!(directory.is_online(), "a full disk is no broken one");
        assert_eq!(handle.view().log_end, end);
        disk.limit_free_bytes(None);
        disk.kill_process();
    }
}

#[test]
fn a_kraft_version_of_the_future_in_a_snapshot_is_refused_with_what_to_do() {
    let (disk, clock) = fixture::new_disk();
    let log = Path::new(DATA).join(METADATA_DIRECTORY);
    disk.create_directory(&log).expect("a new disk");
    let header = SnapshotHeader {
        epoch: LeaderEpoch(0),
        last_contained_log_timestamp: TimestampMs(0),
        kraft_version: 7,
        voters: None,
    };
    let bytes = snapshot::write_whole(&Image::default(), &header, TimestampMs(0)).expect("encodes");
    let id = SnapshotId::new(Offset(5), LeaderEpoch(1));
    replace_whole(&disk, &log.join(id.file_name(SnapshotFileState::Complete)), &bytes).expect("writes");
    let refused = fixture::open(&disk, clock, NO_SNAPSHOT, Voters::Configured).map(drop);
    let text = StartError::from(refused.expect_err("nobody knows its voters")).to_string();
    for part in ["snapshot 00000000000000000005-0000000001", "kraft.version 7", "start that version"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}
