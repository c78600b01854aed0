//! Where logs part, and where they are cut: tables.

use super::*;

fn end_of(epoch: i32, end: i64) -> EpochEnd {
    EpochEnd { epoch: LeaderEpoch(epoch), end: Offset(end) }
}

/// What the epoch cache of a log of (epoch, end) pairs answers.
fn floor(log: &[(i32, i64)]) -> impl Fn(LeaderEpoch) -> Option<EpochEnd> + '_ {
    |asked| {
        let known =
            log.iter().rev().find(|(epoch, _)| *epoch <= asked.0).map(|(epoch, end)| end_of(*epoch, *end));
        known.or_else(|| (!log.is_empty()).then_some(end_of(asked.0, 0)))
    }
}

#[test]
fn a_leader_finds_where_a_follower_left_its_way() {
    // The leader's log: epoch 1 to 10, epoch 3 to 15, epoch 4 to 20.
    let log = [(1, 10), (3, 15), (4, 20)];
    let check = |last_epoch: i32, fetch_offset, expected| {
        let found =
            divergence(LeaderEpoch(last_epoch), Offset(fetch_offset), floor(&log)(LeaderEpoch(last_epoch)));
        assert_eq!(found, expected, "{fetch_offset} in {last_epoch}");
    };
    check(4, 20, Divergence::None);
    check(4, 21, Divergence::At(end_of(4, 20)));
    check(3, 15, Divergence::None);
    check(3, 16, Divergence::At(end_of(3, 15)));
    check(2, 12, Divergence::At(end_of(1, 10)));
    check(9, 20, Divergence::At(end_of(4, 20)));
    check(0, 1, Divergence::At(end_of(0, 0)));
    assert_eq!(divergence(LeaderEpoch(1), Offset(1), None), Divergence::Unknown);
}

#[test]
fn a_follower_cuts_where_epochs_agree() {
    // The follower's log: epoch 1 to 10, epoch 2 to 14; watermark 8.
    let log = [(1, 10), (2, 14)];
    let check = |leader: Option<EpochEnd>, expected| {
        assert_eq!(truncation(leader, Offset(14), Offset(8), floor(&log)), expected, "{leader:?}");
    };
    check(Some(end_of(2, 20)), Truncation::Final(Offset(14)));
    check(Some(end_of(2, 12)), Truncation::Final(Offset(12)));
    check(Some(end_of(1, 9)), Truncation::Final(Offset(9)));
    check(Some(end_of(1, 12)), Truncation::Final(Offset(10)));
    check(Some(end_of(3, 30)), Truncation::AskAgain(Offset(14)));
    check(Some(end_of(0, 5)), Truncation::Final(Offset(0)));
    check(None, Truncation::Final(Offset(8)));
    assert_eq!(Truncation::AskAgain(Offset(3)).offset(), Offset(3));
}

/// Any two logs that grew from common beginnings are the same after the follower has cut and asked until it was done.
#[test]
fn cutting_until_done_leaves_a_prefix() {
    let logs: [&[i32]; 7] =
        [&[1, 1, 1], &[1, 1, 2, 2], &[1, 3, 3], &[1, 1, 2, 4, 4], &[], &[1, 1, 2, 2, 5], &[7, 7, 8]];
    let epochs = |log: &[i32]| -> Vec<(i32, i64)> {
        let mut ends: Vec<(i32, i64)> = Vec::new();
        for (offset, epoch) in log.iter().enumerate() {
            match ends.last_mut() {
                Some((last, end)) if last == epoch => *end = offset as i64 + 1,
                _ => ends.push((*epoch, offset as i64 + 1)),
            }
        }
        ends
    };
    for leader in logs {
        for follower in logs {
            let mut log = follower.to_vec();
            for _ in 0..10 {
                let own = epochs(&log);
                let Some((last, _)) = own.last() else { break };
                let answer = floor(&epochs(leader))(LeaderEpoch(*last));
                let decided = truncation(answer, Offset(log.len() as i64), Offset(0), floor(&own));
                log.truncate(decided.offset().0 as usize);
                if matches!(decided, Truncation::Final(_)) {
                    break;
                }
            }
            let is_prefix = leader.starts_with(&log);
            assert!(is_prefix, "{follower:?} under {leader:?} became {log:?}");
            let common = leader.iter().zip(follower).take_while(|(a, b)| a == b).count();
            assert!(log.len() <= common, "{follower:?} under {leader:?} became {log:?}");
        }
    }
}

#[test]
fn out_of_range_has_three_ways_out() {
    let check = |end, start, leader_end, expected| {
        let leader = LeaderRange { start: Offset(start), end: Offset(leader_end) };
        assert_eq!(out_of_range_plan(Offset(end), leader), expected);
    };
    check(20, 0, 15, OutOfRangePlan::TruncateTo(Offset(15)));
    check(5, 10, 15, OutOfRangePlan::StartAnewAt(Offset(10)));
    check(12, 10, 15, OutOfRangePlan::FetchFrom(Offset(12)));
    check(15, 10, 15, OutOfRangePlan::FetchFrom(Offset(15)));
}
