//! What a flush round is worth when the log's end was cut off while it ran.

use std::path::Path;
use std::sync::Arc;

use jackdaw_base::disk::Disk;
use jackdaw_base::{Clock, Offset, TimestampMs, Uuid};
use jackdaw_log::BatchSummary;
use jackdaw_log::producer_state::{ProducerRules, ProducerState};
use jackdaw_log::segment::SegmentRules;
use jackdaw_protocol::records::{Batch, BatchBuilder, BatchOptions};
use jackdaw_sim::{SimClock, SimDisk};
use jackdaw_store::flusher::FlushWork;
use jackdaw_store::{DataDirectory, FileCache, PartitionLog};

fn new_log() -> (SimDisk, PartitionLog) {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new());
    let disk = SimDisk::new(Arc::clone(&clock), 1);
    disk.create_directory(Path::new("/data")).expect("a new disk");
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let files = Arc::new(FileCache::new(Arc::clone(&shared), 100));
    let directory = DataDirectory::new(Path::new("/data"), Uuid::ONE, shared, files, clock);
    let rules = SegmentRules {
        segment_bytes_max: 1 << 20,
        segment_age_ms_max: i64::MAX,
        segment_jitter_ms_max: 0,
        index_bytes_max: 1 << 20,
        index_interval_bytes: 4096,
    };
    let producers = ProducerState::new(ProducerRules { producer_id_expiration_ms: i64::MAX });
    (disk, PartitionLog::empty(directory.place("t-0"), Uuid::ONE, rules, producers))
}

/// Appends batches of one record each.
fn append(log: &mut PartitionLog, count: usize) {
    for _ in 0..count {
        let base_offset = log.log_end().0;
        let mut builder = BatchBuilder::new(BatchOptions { base_offset, ..BatchOptions::default() });
        builder.append(1_000, None, Some(b"value"), &[]).expect("fits");
        let bytes = builder.build().expect("builds");
        let summary = BatchSummary::of(&Batch::parse(&bytes).expect("a batch"), None);
        log.append(&bytes, &summary, TimestampMs(1_000)).expect("there is room");
    }
}

/// Ends a round that [`PartitionLog::begin_flush`] began.
fn end(disk: &SimDisk, log: &mut PartitionLog, work: FlushWork) -> i64 {
    disk.sync_files(&work.files).into_iter().for_each(|result| result.expect("a sound disk"));
    work.directories.iter().for_each(|directory| disk.sync_directory(directory).expect("a sound disk"));
    log.on_flushed(work.goal);
    log.flushed_end().0
}

#[test]
fn bytes_in_the_place_of_cut_ones_wait_for_the_next_round() {
    let (disk, mut log) = new_log();
    append(&mut log, 10);
    let first = log.begin_flush().expect("there is something");
    log.truncate_to(Offset(5)).expect("a sound disk");
    append(&mut log, 3);
    assert_eq!(end(&disk, &mut log, first), 5, "0 to 4 were there, 5 to 7 are others than it synced");
    let second = log.begin_flush().expect("the cut and what followed");
    append(&mut log, 1);
    assert_eq!(end(&disk, &mut log, second), 8);
    let third = log.begin_flush().expect("the last one");
    assert_eq!(end(&disk, &mut log, third), 9);
}

#[test]
fn a_round_from_before_the_cut_says_nothing_about_the_one_after_it() {
    let (disk, mut log) = new_log();
    append(&mut log, 10);
    let before = log.begin_flush().expect("there is something");
    log.truncate_to(Offset(5)).expect("a sound disk");
    append(&mut log, 3);
    let after = log.begin_flush().expect("the cut and what followed");
    assert_eq!(end(&disk, &mut log, before), 5, "the round after the cut has not ended");
    assert_eq!(end(&disk, &mut log, after), 8);
}

#[test]
fn a_round_of_a_log_that_started_over_says_nothing_about_the_new_one() {
    let (disk, mut log) = new_log();
    append(&mut log, 10);
    let before = log.begin_flush().expect("there is something");
    log.start_over(Offset(3), TimestampMs(1_000)).expect("a sound disk");
    append(&mut log, 4);
    assert_eq!(end(&disk, &mut log, before), 3);
    let after = log.begin_flush().expect("the new log");
    assert_eq!(end(&disk, &mut log, after), 7);
}
