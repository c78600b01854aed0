//! A partition from the outside: what is acknowledged when, what readers see, what survives.

mod support;

use jackdaw_base::{Clock, Offset, Signal, TimestampMs};
use jackdaw_log::producer_state::ProducerRules;
use jackdaw_partition::{
    AckStatus, AppendError, Isolation, OffsetQuery, PartitionSettings, RequiredAcks, Unavailable, Watch,
};
use jackdaw_sim::sim_disk::{Fault, FaultKind, Operation};
use jackdaw_store::recovery::LastStop;

use support::{World, at, batch, idempotent, settings};

const SYNCED: i64 = 1;
const PAGE_CACHE: i64 = i64::MAX;

#[test]
fn an_empty_partition_has_no_directory() {
    let world = World::new(SYNCED);
    assert!(!world.partition.is_materialized());
    assert!(world.disk.files().is_empty());
    world.append(&mut batch("a")).expect("appended");
    assert!(world.disk.files().keys().any(|path| path.ends_with("t-0/partition.metadata")));
}

#[test]
fn nothing_is_seen_before_it_is_on_the_disk() {
    let world = World::new(SYNCED);
    let appended = world.append(&mut batch("a")).expect("appended");
    assert_eq!(world.partition.ack_status(&appended, RequiredAcks::All), AckStatus::Pending);
    assert_eq!(world.partition.ack_status(&appended, RequiredAcks::Leader), AckStatus::Pending);
    assert!(world.read(0, Isolation::ReadUncommitted).slice.is_none());
    let signal = Signal::new();
    let _waiter = world.partition.subscribe(Watch::HighWatermark(Offset(1)), &signal);
    assert!(!signal.is_raised());

    world.flush();
    assert!(signal.is_raised());
    assert_eq!(world.partition.ack_status(&appended, RequiredAcks::All), AckStatus::Done);
    assert_eq!(world.offsets_from(0), [0]);
}

#[test]
fn with_kafkas_flush_setting_the_page_cache_is_enough() {
    let world = World::new(PAGE_CACHE);
    let appended = world.append(&mut batch("a")).expect("appended");
    assert_eq!(world.partition.ack_status(&appended, RequiredAcks::All), AckStatus::Done);
    assert_eq!(world.offsets_from(0), [0]);
}

#[test]
fn a_repeated_batch_gets_its_first_answer() {
    let world = World::new(PAGE_CACHE);
    let first = world.append(&mut idempotent(9, 0, 0, "a")).expect("appended");
    world.append(&mut idempotent(9, 0, 1, "b")).expect("appended");
    let again = world.append(&mut idempotent(9, 0, 0, "a")).expect("answered");
    assert_eq!((again.base_offset, again.required_end), (first.base_offset, Offset(1)));
    let gap = world.append(&mut idempotent(9, 0, 7, "c"));
    assert!(matches!(gap, Err(AppendError::Producer(_))), "{gap:?}");
    assert_eq!(world.partition.watermarks().log_end, Offset(2));
}

#[test]
fn a_repeated_batch_waits_for_the_sync_of_the_first() {
    let world = World::new(SYNCED);
    world.append(&mut idempotent(9, 0, 0, "a")).expect("appended");
    let again = world.append(&mut idempotent(9, 0, 0, "a")).expect("answered");
    assert_eq!(world.partition.ack_status(&again, RequiredAcks::All), AckStatus::Pending);
    world.flush();
    assert_eq!(world.partition.ack_status(&again, RequiredAcks::All), AckStatus::Done);
}

#[test]
fn a_kill_loses_nothing_and_producers_go_on() {
    let world = World::new(SYNCED);
    for sequence in 0..20 {
        world.append(&mut idempotent(9, 0, sequence, &"x".repeat(100))).expect("appended");
    }
    world.flush();
    world.disk.kill_process();
    let unclean = LastStop::Unclean { recovery_point: Offset::ZERO };
    let world = World::open(world.disk.clone(), world.clock.clone(), unclean, settings(SYNCED));
    assert_eq!(world.offsets_from(0), (0..20).collect::<Vec<i64>>());
    let again = world.append(&mut idempotent(9, 0, 19, &"x".repeat(100))).expect("answered");
    assert_eq!(again.base_offset, Offset(19), "a duplicate, also after recovery");
    world.append(&mut idempotent(9, 0, 20, "next")).expect("the sequence goes on");
}

/// A recovery point above what is on the disk would keep the partition from its next start.
#[test]
fn what_a_start_has_read_counts_as_synced_only_when_it_is() {
    let world = World::new(PAGE_CACHE);
    for _ in 0..5 {
        world.append(&mut batch("x")).expect("appended");
    }
    world.disk.kill_process();
    let unclean = |recovery_point| LastStop::Unclean { recovery_point };
    let again = |world: &World, recovery_point| {
        World::open(world.disk.clone(), world.clock.clone(), unclean(recovery_point), settings(PAGE_CACHE))
    };
    let world = again(&world, Offset::ZERO);
    assert_eq!(world.partition.watermarks().log_end, Offset(5));
    let recovery_point = world.partition.checkpoint().expect("a checkpoint");
    assert_eq!(recovery_point, Offset::ZERO, "nothing was synced yet");
    world.disk.power_cut(3);
    let world = again(&world, recovery_point);
    for _ in 0..5 {
        world.append(&mut batch("y")).expect("appended");
    }
    world.disk.kill_process();
    let world = again(&world, recovery_point);
    let end = world.partition.watermarks().log_end;
    world.partition.flush_recovered();
    world.flush();
    let recovery_point = world.partition.checkpoint().expect("a checkpoint");
    assert_eq!(recovery_point, end, "a round in the background");
    world.disk.power_cut(4);
    assert_eq!(again(&world, recovery_point).partition.watermarks().log_end, end);
}

#[test]
fn a_failed_sync_is_never_acknowledged_and_takes_the_directory_offline() {
    let world = World::new(SYNCED);
    let appended = world.append(&mut batch("a")).expect("appended");
    let signal = Signal::new();
    let _waiter = world.partition.subscribe(Watch::HighWatermark(Offset(1)), &signal);
    world.disk.plant(Fault::next(Operation::Sync, FaultKind::Error(5)));
    world.flush();
    assert!(signal.is_raised(), "who waits is told");
    assert_eq!(world.partition.ack_status(&appended, RequiredAcks::All), AckStatus::Storage);
    assert!(!world.directory.is_online());
    let refused = world.append(&mut batch("b"));
    assert!(matches!(refused, Err(AppendError::Unavailable(Unavailable::Storage))), "{refused:?}");
}

#[test]
fn a_full_disk_refuses_one_append_and_no_more() {
    let world = World::new(SYNCED);
    world.append(&mut batch("a")).expect("appended");
    world.flush();
    world.disk.limit_free_bytes(Some(0));
    let refused = world.append(&mut batch(&"b".repeat(5_000)));
    assert!(matches!(refused, Err(AppendError::Unavailable(Unavailable::Storage))), "{refused:?}");
    assert!(world.directory.is_online());
    assert_eq!(world.offsets_from(0), [0], "reads go on");
    world.disk.limit_free_bytes(None);
    let appended = world.append(&mut batch("c")).expect("there is room again");
    assert_eq!(appended.base_offset, Offset(1), "nothing of the refused batch is left");
    world.flush();
    assert_eq!(world.offsets_from(0), [0, 1]);
}

#[test]
fn offsets_are_found_by_time() {
    let world = World::new(PAGE_CACHE);
    for index in 0..50 {
        world.append(&mut at(1_000 + index * 10, &"x".repeat(100))).expect("appended");
    }
    let ask = |query| {
        let listed = world.partition.list_offset(query, Isolation::ReadUncommitted, None).expect("answered");
        listed.map(|listed| (listed.offset.0, listed.timestamp.0))
    };
    assert_eq!(ask(OffsetQuery::Timestamp(TimestampMs(0))), Some((0, 1_000)));
    assert_eq!(ask(OffsetQuery::Timestamp(TimestampMs(1_251))), Some((26, 1_260)));
    assert_eq!(ask(OffsetQuery::Timestamp(TimestampMs(1_490))), Some((49, 1_490)));
    assert_eq!(ask(OffsetQuery::Timestamp(TimestampMs(1_491))), None);
    assert_eq!(ask(OffsetQuery::MaxTimestamp), Some((49, 1_490)));
    assert_eq!(ask(OffsetQuery::Latest), Some((50, -1)));
    assert_eq!(ask(OffsetQuery::Earliest), Some((0, -1)));
}

#[test]
fn old_segments_go_and_the_log_start_follows() {
    let world = World::new(PAGE_CACHE);
    for index in 0..40 {
        world.append(&mut at(1_000 + index, &"x".repeat(100))).expect("appended");
    }
    let report = world.partition.retain(TimestampMs(1_000_000));
    assert!(report.segments > 2, "{report:?}");
    let watermarks = world.partition.watermarks();
    assert_eq!(watermarks.log_start, watermarks.log_end, "all of it was too old");
    let appended = world.append(&mut batch("a")).expect("appended");
    assert_eq!(appended.base_offset, Offset(40), "offsets are never used again");
    assert_eq!(world.offsets_from(40), [40]);
}

#[test]
fn deleted_records_are_gone_for_readers() {
    let world = World::new(PAGE_CACHE);
    for _ in 0..10 {
        world.append(&mut batch("a")).expect("appended");
    }
    assert_eq!(world.partition.delete_records(Offset(4)), Ok(Offset(4)));
    assert_eq!(world.partition.delete_records(Offset(2)), Ok(Offset(4)), "it never goes back");
    assert!(world.partition.delete_records(Offset(11)).is_err());
    assert_eq!(world.partition.delete_records(Offset::NONE), Ok(Offset(10)), "-1 is the high watermark");
    assert_eq!(world.partition.watermarks().log_start, Offset(10));
}

#[test]
fn a_reader_that_waits_is_woken_when_the_topic_is_deleted() {
    let world = World::new(PAGE_CACHE);
    let signal = Signal::new();
    let waiter = world.partition.subscribe(Watch::HighWatermark(Offset(1)), &signal);
    assert_eq!(world.partition.waiter_count(), 1);
    world.partition.mark_deleted();
    assert!(signal.is_raised());
    drop(waiter);
    assert_eq!(world.partition.waiter_count(), 0);
}

#[test]
fn full_segments_are_synced_and_old_records_too() {
    let world = World::new(PAGE_CACHE);
    world.append(&mut batch("a")).expect("appended");
    world.partition.flush_overdue(world.clock.monotonic());
    world.flush();
    assert_eq!(world.partition.watermarks().flushed_end, Offset(0), "nobody asked for it");
    for _ in 0..20 {
        world.append(&mut batch(&"x".repeat(100))).expect("appended");
    }
    world.partition.flush_overdue(world.clock.monotonic());
    world.flush();
    assert_eq!(world.partition.watermarks().flushed_end, Offset(21), "a segment was full");

    let by_time = PartitionSettings { flush_ms_max: Some(50), ..settings(PAGE_CACHE) };
    world.partition.set_settings(std::sync::Arc::new(by_time), world.clock.monotonic());
    world.append(&mut batch("b")).expect("appended");
    world.partition.flush_overdue(world.clock.monotonic());
    world.flush();
    assert_eq!(world.partition.watermarks().flushed_end, Offset(21), "not yet");
    world.clock.advance_ms(51);
    world.partition.flush_overdue(world.clock.monotonic());
    world.flush();
    assert_eq!(world.partition.watermarks().flushed_end, Offset(22));
}

#[test]
fn how_long_producers_are_remembered_changes_while_they_write() {
    let world = World::new(1);
    let day = ProducerRules { producer_id_expiration_ms: 86_400_000 };
    world.append(&mut idempotent(7, 0, 0, "a")).expect("appended");
    world.clock.advance_ms(10_000);
    world.partition.expire_producers(day, world.clock.wall());
    let again = world.append(&mut idempotent(7, 0, 0, "a")).expect("a duplicate is answered");
    assert_eq!(again.base_offset, Offset(0), "with its first answer");
    let second = ProducerRules { producer_id_expiration_ms: 1_000 };
    world.partition.expire_producers(second, world.clock.wall());
    let anew = world.append(&mut idempotent(7, 0, 0, "a")).expect("nobody knows it any more");
    assert_eq!(anew.base_offset, Offset(1));
}
