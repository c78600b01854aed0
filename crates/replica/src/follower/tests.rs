//! A follower's watermark.

use super::*;
use crate::registration::LeaderRecovery;
use smallvec::smallvec;

fn registration(leader: i32, epoch: i32, partition_epoch: i32) -> PartitionRegistration {
    PartitionRegistration {
        leader: Some(NodeId(leader)),
        leader_epoch: LeaderEpoch(epoch),
        partition_epoch,
        replicas: smallvec![NodeId(1), NodeId(2)],
        isr: smallvec![NodeId(1), NodeId(2)],
        recovery: LeaderRecovery::Recovered,
    }
}

#[test]
fn the_watermark_is_the_leaders_up_to_the_own_end() {
    let mut follower = FollowerState::new(&registration(2, 5, 1), Offset(10), Offset(4));
    let epoch = LeaderEpoch(5);
    assert_eq!(follower.on_leader_high_watermark(Offset(8), epoch), Some(Offset(8)));
    assert_eq!(follower.on_leader_high_watermark(Offset(15), epoch), Some(Offset(10)));
    assert_eq!(follower.on_local_end(Offset(12)), Some(Offset(12)), "the rest when it is here, and durable");
    assert_eq!(follower.on_local_end(Offset(20)), Some(Offset(15)));
    assert_eq!(follower.on_leader_high_watermark(Offset(7), epoch), None, "a late answer");
    assert_eq!(follower.high_watermark(), Offset(15));
}

#[test]
fn another_leadership_is_learned_anew() {
    let mut follower = FollowerState::new(&registration(2, 5, 1), Offset(10), Offset(4));
    follower.on_leader_high_watermark(Offset(30), LeaderEpoch(5));
    assert_eq!(follower.high_watermark(), Offset(10));
    follower.on_registration(&registration(3, 6, 2));
    assert_eq!(
        follower.on_leader_high_watermark(Offset(30), LeaderEpoch(5)),
        None,
        "the old leader's answer"
    );
    // What the old leader promised beyond the own end may not be what the new one sends.
    assert_eq!(follower.on_local_end(Offset(20)), None);
    assert_eq!(follower.on_leader_high_watermark(Offset(11), LeaderEpoch(6)), Some(Offset(11)));
    follower.on_registration(&registration(9, 7, 1));
    assert_eq!(follower.leader(), Some(NodeId(3)), "an older registration changes nothing");
}

#[test]
fn truncation_takes_the_watermark_along() {
    let mut follower = FollowerState::new(&registration(2, 5, 1), Offset(10), Offset(8));
    follower.on_truncated(Offset(9));
    assert_eq!((follower.end(), follower.high_watermark()), (Offset(9), Offset(8)));
    follower.on_truncated(Offset(6));
    assert_eq!((follower.end(), follower.high_watermark()), (Offset(6), Offset(6)));
    follower.on_started_anew(Offset(50));
    assert_eq!((follower.end(), follower.high_watermark()), (Offset(50), Offset(50)));
}
