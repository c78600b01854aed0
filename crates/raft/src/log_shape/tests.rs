//! Positions in a log: where two logs part, and what a fetch is answered.

use super::*;

fn at(offset: i64, epoch: i32) -> OffsetAndEpoch {
    OffsetAndEpoch::new(Offset(offset), LeaderEpoch(epoch))
}

fn snapshot(offset: i64, epoch: i32) -> SnapshotId {
    SnapshotId(at(offset, epoch))
}

/// Epoch 1 wrote 0..10, epoch 3 wrote 10..15, epoch 4 wrote 15..20.
fn log() -> LogShape {
    let epochs =
        [(1, 0), (3, 10), (4, 15)].map(|(epoch, start)| (LeaderEpoch(epoch), Offset(start))).to_vec();
    LogShape::new(RecoveredLog { start: Offset(0), end: Offset(20), epochs, snapshots: Vec::new() })
}

fn check(log: &LogShape, offset: i64, epoch: i32, expected: FetchPosition) {
    assert_eq!(log.validate(at(offset, epoch)), expected, "{offset} in {epoch}");
}

#[test]
fn a_fetch_is_compared_by_epoch() {
    use FetchPosition::*;
    let log = log();
    check(&log, 0, 0, Valid);
    check(&log, 5, 1, Valid);
    check(&log, 10, 1, Valid);
    check(&log, 20, 4, Valid);
    check(&log, 11, 1, Diverging(at(10, 1)));
    check(&log, 12, 2, Diverging(at(10, 1)));
    check(&log, 16, 3, Diverging(at(15, 3)));
    check(&log, 21, 4, Diverging(at(20, 4)));
    check(&log, 25, 9, Diverging(at(20, 4)));
}

#[test]
fn what_the_log_lost_is_in_a_snapshot() {
    use FetchPosition::*;
    let mut log = log();
    log.add_snapshot(snapshot(12, 3), 100);
    check(&log, 0, 0, Snapshot(snapshot(12, 3)));
    check(&log, 5, 1, Valid);
    log.advance_start(Offset(12));
    check(&log, 5, 1, Snapshot(snapshot(12, 3)));
    check(&log, 12, 3, Valid);
    check(&log, 12, 2, Snapshot(snapshot(12, 3)));
    check(&log, 13, 1, Snapshot(snapshot(12, 3)));
    check(&log, 15, 3, Valid);
    check(&log, 16, 3, Diverging(at(15, 3)));
    assert_eq!(log.end_of_epoch(LeaderEpoch(2)), at(12, 3));
}

#[test]
fn the_bootstrap_snapshot_is_not_replicated() {
    let mut log = LogShape::new(RecoveredLog::default());
    log.add_snapshot(SnapshotId::BOOTSTRAP, 241);
    check(&log, 0, 0, FetchPosition::Valid);
}

#[test]
fn an_emptied_log_knows_its_epoch_from_the_snapshot() {
    let mut log = log();
    log.reset_to(snapshot(50, 7), 10);
    assert_eq!((log.start(), log.end_position(), log.synced_position()), (Offset(50), at(50, 7), at(50, 7)));
    check(&log, 50, 7, FetchPosition::Valid);
    log.append(Offset(52), LeaderEpoch(9));
    assert_eq!((log.end_position(), log.synced_position()), (at(52, 9), at(50, 7)));
    log.sync(Offset(99));
    assert_eq!(log.synced_end(), Offset(52), "no more than there is");
}

#[test]
fn a_truncation_goes_where_the_logs_part() {
    let check = |offset, epoch, expected| {
        assert_eq!(log().truncation_offset(at(offset, epoch)), Offset(expected), "{offset} in {epoch}");
    };
    check(17, 4, 17);
    check(12, 3, 12);
    check(30, 3, 15);
    check(11, 2, 10);
    check(0, 0, 0);
    let mut log = log();
    log.truncate(Offset(10));
    assert_eq!((log.end_position(), log.synced_end()), (at(10, 1), Offset(10)));
}

#[test]
fn a_snapshot_may_overtake_a_log_that_lost_its_end() {
    let mut recovered = RecoveredLog {
        start: Offset(0),
        end: Offset(9),
        epochs: vec![(LeaderEpoch(1), Offset(0))],
        snapshots: vec![(snapshot(5, 1), 1)],
    };
    assert_eq!(recovered.overtaking_snapshot(), None);
    recovered.snapshots.push((snapshot(12, 1), 1));
    assert_eq!(recovered.overtaking_snapshot(), Some(snapshot(12, 1)));
}
