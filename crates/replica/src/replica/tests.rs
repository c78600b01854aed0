//! From follower to leader and back.

use super::*;
use crate::broker_view::NoBrokers;
use crate::epoch_check::EpochError;
use crate::registration::LeaderRecovery;
use smallvec::smallvec;

const NOW: MonotonicNs = MonotonicNs(1_000_000_000);

fn registration(leader: Option<i32>, epoch: i32, partition_epoch: i32) -> PartitionRegistration {
    PartitionRegistration {
        leader: leader.map(NodeId),
        leader_epoch: LeaderEpoch(epoch),
        partition_epoch,
        replicas: smallvec![NodeId(1), NodeId(2)],
        isr: smallvec![NodeId(1)],
        recovery: LeaderRecovery::Recovered,
    }
}

fn replica() -> Replica {
    Replica::new(NodeId(1), ReplicationLimits::default(), Offset(10), Offset(4))
}

#[test]
fn a_new_replica_follows_nobody() {
    let replica = replica();
    assert_eq!((replica.leader_id(), replica.leader_epoch()), (None, LeaderEpoch::UNKNOWN));
    assert_eq!(replica.acks_all_status(Offset(1), LeaderEpoch(1)), AcksAllStatus::NotLeader);
    let beyond = Replica::new(NodeId(1), ReplicationLimits::default(), Offset(10), Offset(40));
    assert_eq!(beyond.high_watermark(), Offset(10), "a checkpoint may be ahead of a log that lost its end");
}

#[test]
fn a_lone_in_sync_leader_commits_what_it_has_at_once() {
    let mut replica = replica();
    // Two records are written but not yet durable.
    let change = replica.on_registration(&registration(Some(1), 3, 1), Offset(12), NOW, &NoBrokers);
    let expected = RoleChange::Leads {
        leader_epoch: LeaderEpoch(3),
        epoch_start: Offset(12),
        high_watermark: Some(Offset(10)),
    };
    assert_eq!(change, expected);
    assert_eq!(replica.on_local_end(Offset(12), NOW, &NoBrokers), Some(Offset(12)));
    assert_eq!(replica.leader_id(), Some(NodeId(1)));
}

#[test]
fn roles_follow_the_registrations() {
    let mut replica = replica();
    let mut check = |leader, epoch, partition_epoch, expected: fn(&RoleChange) -> bool| {
        let change = replica.on_registration(
            &registration(leader, epoch, partition_epoch),
            Offset(10),
            NOW,
            &NoBrokers,
        );
        assert!(expected(&change), "{change:?}");
    };
    check(Some(2), 1, 1, |change| matches!(change, RoleChange::Follows { leader: Some(NodeId(2)) }));
    check(Some(2), 1, 2, |change| matches!(change, RoleChange::FollowsOn));
    check(Some(1), 2, 3, |change| matches!(change, RoleChange::Leads { .. }));
    check(Some(1), 2, 4, |change| matches!(change, RoleChange::LeadsOn { .. }));
    check(Some(2), 1, 5, |change| matches!(change, RoleChange::Stale));
    check(Some(2), 3, 3, |change| matches!(change, RoleChange::Stale));
    check(Some(1), 3, 5, |change| matches!(change, RoleChange::Leads { leader_epoch: LeaderEpoch(3), .. }));
    check(None, 4, 6, |change| matches!(change, RoleChange::Follows { leader: None }));
    check(Some(2), 5, 7, |change| matches!(change, RoleChange::Follows { leader: Some(NodeId(2)) }));
}

#[test]
fn the_watermark_survives_changes_of_role() {
    let mut replica = replica();
    replica.on_registration(&registration(Some(2), 1, 1), Offset(10), NOW, &NoBrokers);
    replica.follower_mut().unwrap().on_leader_high_watermark(Offset(7), LeaderEpoch(1));
    let mut taking_over = registration(Some(1), 2, 2);
    taking_over.isr = smallvec![NodeId(1), NodeId(2)];
    replica.on_registration(&taking_over, Offset(10), NOW, &NoBrokers);
    assert_eq!(replica.high_watermark(), Offset(7), "the other in-sync replica has not been heard");
    replica.on_registration(&registration(Some(2), 3, 3), Offset(10), NOW, &NoBrokers);
    assert_eq!((replica.high_watermark(), replica.end()), (Offset(7), Offset(10)));
    assert!(replica.leader().is_none() && replica.follower().is_some());
}

#[test]
fn requests_of_other_leaderships_are_told_apart() {
    let mut replica = replica();
    replica.on_registration(&registration(Some(1), 3, 1), Offset(10), NOW, &NoBrokers);
    let current = LeaderEpoch(3);
    let check = |requested, expected| assert_eq!(replica.check_leader_epoch(requested), expected);
    check(None, Ok(()));
    check(Some(LeaderEpoch::UNKNOWN), Ok(()));
    check(Some(current), Ok(()));
    check(Some(LeaderEpoch(2)), Err(EpochError::Fenced { requested: LeaderEpoch(2), current }));
    check(Some(LeaderEpoch(4)), Err(EpochError::Unknown { requested: LeaderEpoch(4), current }));
}
