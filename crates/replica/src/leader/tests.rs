//! The leader's rules, one story each. Random histories against a naive reference are in [`model`].

use super::*;
use crate::broker_view::{BrokerView, NoBrokers};
use smallvec::smallvec;

mod model;

const NOW: MonotonicNs = MonotonicNs(1_000_000_000_000);
const EPOCH: LeaderEpoch = LeaderEpoch(5);

fn nodes(ids: &[i32]) -> NodeSet {
    ids.iter().map(|id| NodeId(*id)).collect()
}

fn alive(_: NodeId) -> Option<BrokerView> {
    Some(BrokerView { broker_epoch: 100, is_fenced: false, is_shutting_down: false })
}

fn registration(replicas: &[i32], isr: &[i32]) -> PartitionRegistration {
    PartitionRegistration {
        leader: Some(NodeId(1)),
        leader_epoch: EPOCH,
        partition_epoch: 7,
        replicas: nodes(replicas),
        isr: nodes(isr),
        recovery: LeaderRecovery::Recovered,
    }
}

/// Ends at 10, watermark 4.
fn leader(replicas: &[i32], isr: &[i32], min_insync_replicas: usize) -> LeaderState {
    let limits = ReplicationLimits { min_insync_replicas, lag_ms_max: 30_000 };
    LeaderState::new(NodeId(1), &registration(replicas, isr), limits, Offset(10), Offset(10), Offset(4), NOW)
}

fn fetch(id: i32, end: i64) -> FollowerFetch {
    FollowerFetch { id: NodeId(id), end: Offset(end), log_start: Offset(0), broker_epoch: Some(100) }
}

#[test]
fn one_replica_commits_by_itself() {
    let mut leader = leader(&[1], &[1], 3);
    assert_eq!(leader.on_local_end(Offset(12), NOW, &NoBrokers), Some(Offset(12)));
    assert_eq!(leader.on_local_end(Offset(12), NOW, &NoBrokers), None);
    assert_eq!(
        leader.acks_all_status(Offset(12), EPOCH),
        AcksAllStatus::Done,
        "there can be no more replicas"
    );
    assert_eq!(leader.acks_all_status(Offset(13), EPOCH), AcksAllStatus::Pending);
    assert_eq!(leader.check_acks_all(), Ok(()));
    assert_eq!(leader.isr_shrink(NOW.plus_ms(1_000_000)), None);
}

#[test]
fn the_watermark_is_the_lowest_end_in_sync() {
    let mut leader = leader(&[1, 2, 3], &[1, 2], 1);
    assert_eq!(leader.on_fetch(fetch(2, 7), NOW, &alive), Ok(Some(Offset(7))));
    assert_eq!(leader.on_fetch(fetch(2, 6), NOW, &alive), Ok(None), "R1: never back");
    assert_eq!(leader.on_fetch(fetch(2, 10), NOW, &alive), Ok(Some(Offset(10))));
    assert_eq!(leader.on_local_end(Offset(20), NOW, &alive), None);
    assert_eq!(leader.high_watermark(), Offset(10));
}

#[test]
fn a_follower_that_keeps_up_is_waited_for_until_it_joins() {
    let mut leader = leader(&[1, 2], &[1], 1);
    assert_eq!(leader.on_fetch(fetch(2, 10), NOW, &alive), Ok(Some(Offset(10))));
    assert_eq!(leader.on_local_end(Offset(15), NOW, &alive), None, "it had all a moment ago");
    assert_eq!(leader.on_fetch(fetch(2, 12), NOW, &alive), Ok(Some(Offset(12))));
    let later = NOW.plus_ms(30_001);
    assert_eq!(leader.on_local_end(Offset(16), later, &alive), Some(Offset(16)), "not for ever");
}

#[test]
fn who_joins_is_waited_for_from_the_proposal_on() {
    let mut leader = leader(&[1, 2], &[1], 1);
    leader.on_fetch(fetch(2, 10), NOW, &alive).unwrap();
    let change = leader.isr_expansion(NodeId(2), &alive).expect("it has all");
    assert_eq!((change.isr.clone(), change.partition_epoch, change.leader_epoch), (nodes(&[1, 2]), 7, EPOCH));
    leader.begin_isr_change(change.clone()).unwrap();
    assert_eq!(leader.begin_isr_change(change.clone()), Err(IsrChangeError::InFlight));
    assert_eq!(leader.isr_expansion(NodeId(2), &alive), None);
    let later = NOW.plus_ms(40_000);
    assert_eq!(leader.on_local_end(Offset(15), later, &alive), None, "R2: it may be in the ISR by now");
    assert_eq!(leader.isr_shrink(later), None, "one change at a time");
    let (outcome, moved) = leader.on_isr_answer(&change, IsrAnswer::NotMade, later, &alive);
    assert_eq!((outcome, moved), (IsrOutcome::Reverted, Some(Offset(15))));
}

#[test]
fn who_leaves_is_waited_for_until_the_controller_says_so() {
    let mut leader = leader(&[1, 2, 3], &[1, 2, 3], 1);
    leader.on_fetch(fetch(2, 10), NOW, &alive).unwrap();
    leader.on_fetch(fetch(3, 8), NOW, &alive).unwrap();
    let later = NOW.plus_ms(30_001);
    leader.on_fetch(fetch(2, 10), later, &alive).unwrap();
    let change = leader.isr_shrink(later).expect("node 3 lags");
    assert_eq!(change.isr, nodes(&[1, 2]));
    leader.begin_isr_change(change.clone()).unwrap();
    assert_eq!(leader.high_watermark(), Offset(8));
    assert_eq!(leader.on_isr_answer(&change, IsrAnswer::Unanswered, later, &alive).0, IsrOutcome::Retry);
    assert_eq!(
        leader.on_isr_answer(&change, IsrAnswer::OutOfDate, later, &alive).0,
        IsrOutcome::AwaitRegistration
    );
    assert_eq!(leader.high_watermark(), Offset(8));
    let done = IsrAnswer::Done {
        leader_epoch: EPOCH,
        partition_epoch: 8,
        isr: nodes(&[1, 2]),
        recovery: LeaderRecovery::Recovered,
    };
    let answered = leader.on_isr_answer(&change, done.clone(), later, &alive);
    assert_eq!(answered, (IsrOutcome::Committed, Some(Offset(10))));
    assert_eq!(leader.on_isr_answer(&change, done, later, &alive), (IsrOutcome::Ignored, None), "twice");
    assert_eq!(leader.partition_epoch(), 8);
    assert_eq!(leader.begin_isr_change(change), Err(IsrChangeError::Stale));
}

#[test]
fn below_min_isr_nothing_is_committed() {
    let mut leader = leader(&[1, 2, 3], &[1], 2);
    assert!(leader.is_under_min_isr());
    assert_eq!(leader.check_acks_all(), Err(NotEnoughReplicas { in_sync: 1, required: 2 }));
    assert_eq!(leader.on_local_end(Offset(12), NOW, &alive), None, "R2, KIP-966");
    assert_eq!(leader.acks_all_status(Offset(4), EPOCH), AcksAllStatus::NotEnoughReplicasAfterAppend);
    assert_eq!(leader.acks_all_status(Offset(12), EPOCH), AcksAllStatus::Pending);
    let relaxed = ReplicationLimits { min_insync_replicas: 1, lag_ms_max: 30_000 };
    assert_eq!(leader.on_limits(relaxed, NOW, &alive), Some(Offset(12)));
}

#[test]
fn who_joins_has_the_watermark_and_this_leadership() {
    let check = |end: i64, expected: bool| {
        let mut leader = leader(&[1, 2, 3], &[1, 3], 1);
        leader.on_fetch(fetch(3, 10), NOW, &alive).unwrap();
        leader.on_fetch(fetch(2, end), NOW, &alive).unwrap();
        assert_eq!(leader.isr_expansion(NodeId(2), &alive).is_some(), expected, "{end}");
    };
    check(9, false);
    check(10, true);
    // R4: the watermark is at 4 only, but this leadership begins at 10.
    let mut fresh = leader(&[1, 2], &[1], 2);
    fresh.on_fetch(fetch(2, 8), NOW, &alive).unwrap();
    assert_eq!(fresh.isr_expansion(NodeId(2), &alive), None);
}

#[test]
fn a_broker_that_is_not_well_does_not_join() {
    let check = |brokers: &dyn Fn(NodeId) -> Option<BrokerView>, expected: bool| {
        let mut leader = leader(&[1, 2], &[1], 1);
        leader.on_fetch(fetch(2, 10), NOW, &NoBrokers).unwrap();
        assert_eq!(leader.isr_expansion(NodeId(2), &brokers).is_some(), expected);
    };
    let view = BrokerView { broker_epoch: 100, is_fenced: false, is_shutting_down: false };
    check(&|_| Some(view), true);
    check(&|_| None, false);
    check(&|_| Some(BrokerView { is_fenced: true, ..view }), false);
    check(&|_| Some(BrokerView { is_shutting_down: true, ..view }), false);
    check(&|_| Some(BrokerView { broker_epoch: 101, ..view }), false);
}

#[test]
fn a_fetch_from_an_earlier_life_or_a_stranger_counts_for_nothing() {
    let mut leader = leader(&[1, 2], &[1, 2], 1);
    let old = FollowerFetch { broker_epoch: Some(99), ..fetch(2, 10) };
    let refused = FollowerFetchError::StaleBrokerEpoch { id: NodeId(2), requested: 99, current: 100 };
    assert_eq!(leader.on_fetch(old, NOW, &alive), Err(refused));
    assert_eq!(leader.on_fetch(fetch(9, 10), NOW, &alive), Err(FollowerFetchError::NotAReplica(NodeId(9))));
    assert_eq!(leader.high_watermark(), Offset(4));
    let unnamed = FollowerFetch { broker_epoch: None, ..fetch(2, 10) };
    assert_eq!(leader.on_fetch(unnamed, NOW, &alive), Ok(Some(Offset(10))));
}

#[test]
fn lag_is_time_since_it_had_all_not_records() {
    let mut leader = leader(&[1, 2], &[1, 2], 1);
    let mut now = NOW;
    // Under steady load it never has exactly all, but each time what was all the time before.
    for step in 0..100 {
        leader.on_fetch(fetch(2, 10 + 5 * step), now, &alive).unwrap();
        leader.on_local_end(Offset(15 + 5 * step), now, &alive);
        now = now.plus_ms(1_000);
    }
    assert_eq!(leader.isr_shrink(now), None);
    let silent = now.plus_ms(31_000);
    assert_eq!(leader.isr_shrink(silent).unwrap().isr, nodes(&[1]));
}

#[test]
fn an_answer_waits_for_its_own_leadership() {
    let mut leader = leader(&[1], &[1], 1);
    leader.on_local_end(Offset(12), NOW, &NoBrokers);
    assert_eq!(leader.acks_all_status(Offset(12), LeaderEpoch(4)), AcksAllStatus::NotLeader);
    let newer = PartitionRegistration {
        leader_epoch: LeaderEpoch(6),
        partition_epoch: 8,
        ..registration(&[1], &[1])
    };
    leader.on_registration(&newer, Offset(12), NOW, &NoBrokers);
    assert_eq!(leader.acks_all_status(Offset(12), EPOCH), AcksAllStatus::NotLeader);
}

#[test]
fn a_registration_replaces_what_was_in_flight() {
    let mut leader = leader(&[1, 2], &[1, 2], 1);
    let later = NOW.plus_ms(31_000);
    leader.on_fetch(fetch(2, 6), NOW, &alive).unwrap();
    let change = leader.isr_shrink(later).unwrap();
    leader.begin_isr_change(change.clone()).unwrap();
    let newer = PartitionRegistration { partition_epoch: 9, ..registration(&[1, 2, 3], &[1]) };
    assert_eq!(leader.on_registration(&newer, Offset(10), later, &alive), Some(Offset(10)));
    assert_eq!(leader.on_isr_answer(&change, IsrAnswer::NotMade, later, &alive).0, IsrOutcome::Ignored);
    assert_eq!(leader.followers().iter().map(|f| (f.id.0, f.end.0)).collect::<Vec<_>>(), [(2, 6), (3, -1)]);
    let stale = PartitionRegistration { partition_epoch: 8, ..registration(&[1], &[1]) };
    assert_eq!(leader.on_registration(&stale, Offset(10), later, &alive), None);
    assert_eq!(leader.followers().len(), 2);
}

#[test]
fn deleted_records_are_gone_everywhere_that_lives() {
    let mut leader = leader(&[1, 2, 3], &[1, 2], 1);
    assert_eq!(leader.low_watermark(Offset(5), &alive), Offset(-1), "nobody has said");
    for (id, log_start) in [(2, 3), (3, 1)] {
        let log_start = Offset(log_start);
        leader.on_fetch(FollowerFetch { log_start, ..fetch(id, 10) }, NOW, &alive).unwrap();
    }
    assert_eq!(leader.low_watermark(Offset(5), &alive), Offset(1));
    let without_3 = |id: NodeId| alive(id).map(|view| BrokerView { is_fenced: id == NodeId(3), ..view });
    assert_eq!(leader.low_watermark(Offset(5), &without_3), Offset(3));
}

#[test]
fn a_set_of_five_fits_too() {
    let mut leader = leader(&[1, 2, 3, 4, 5], &[1, 2, 3, 4, 5], 3);
    for (id, end) in [(2, 9), (3, 8), (4, 7)] {
        assert_eq!(leader.on_fetch(fetch(id, end), NOW, &alive), Ok(None));
    }
    assert_eq!(leader.on_fetch(fetch(5, 6), NOW, &alive), Ok(Some(Offset(6))));
    let _: NodeSet = smallvec![NodeId(1); 5];
}
