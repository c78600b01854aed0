//! The watermark, and whether the leader is still heard.

use super::*;
use crate::voter_set::{Endpoints, KRaftVersionRange};
use jackdaw_base::Uuid;

const NOW: MonotonicNs = MonotonicNs(1_000_000_000);

fn key(id: i32) -> ReplicaKey {
    ReplicaKey::new(NodeId(id), Uuid::from_u128(id as u128))
}

fn voters(ids: &[i32]) -> VoterSet {
    VoterSet::new(ids.iter().map(|id| Voter {
        key: key(*id),
        endpoints: Endpoints::default(),
        kraft_versions: KRaftVersionRange::OURS,
    }))
}

fn leader(ids: &[i32]) -> LeaderState {
    LeaderState::new(key(1), Offset(10), &voters(ids), 2_000, 2, Faults::default(), NOW)
}

#[test]
fn a_majority_commits_once_it_has_a_record_of_this_epoch() {
    let mut leader = leader(&[1, 2, 3]);
    assert_eq!(leader.on_local_end(Offset(11)), None);
    assert_eq!(leader.on_fetch(key(2), Offset(10), Offset(11), NOW), None, "all of an earlier epoch");
    assert_eq!(leader.on_fetch(key(2), Offset(11), Offset(11), NOW), Some(Offset(11)));
    assert_eq!(leader.on_fetch(key(3), Offset(11), Offset(11), NOW), None, "no further");
    assert_eq!(leader.on_fetch(key(2), Offset(5), Offset(11), NOW), None, "never back");
    assert_eq!(leader.high_watermark, Some(Offset(11)));
}

#[test]
fn followers_commit_without_the_leaders_own_disk() {
    let mut leader = leader(&[1, 2, 3]);
    assert_eq!(leader.on_fetch(key(2), Offset(11), Offset(11), NOW), None);
    assert_eq!(leader.on_fetch(key(3), Offset(11), Offset(11), NOW), Some(Offset(11)));
}

#[test]
fn another_directory_and_observers_do_not_count() {
    let mut leader = leader(&[1, 2, 3]);
    leader.on_local_end(Offset(11));
    let replaced = ReplicaKey::new(NodeId(2), Uuid::from_u128(99));
    assert_eq!(leader.on_fetch(replaced, Offset(11), Offset(11), NOW), None);
    assert_eq!(leader.on_fetch(key(9), Offset(11), Offset(11), NOW), None);
    assert_eq!(leader.observers().count(), 2);
    assert_eq!(leader.on_fetch(key(8), Offset(11), Offset(11), NOW), None);
    assert_eq!(leader.observers().count(), 2, "no more than replicas_max");
    assert!(leader.is_caught_up(&key(9), NOW) && !leader.is_caught_up(&key(8), NOW));
    let later = NOW.plus_ms(OBSERVER_SESSION_MS + 1);
    leader.on_fetch(key(8), Offset(11), Offset(11), later);
    assert_eq!(leader.observers().map(|observer| observer.key).collect::<Vec<_>>(), [key(8)]);
}

#[test]
fn a_removed_leader_counts_the_others_only() {
    let mut leader = leader(&[1, 2, 3]);
    leader.on_voters(&voters(&[2, 3]));
    assert_eq!(leader.on_local_end(Offset(20)), None);
    assert_eq!(leader.on_fetch(key(2), Offset(15), Offset(20), NOW), None);
    assert_eq!(leader.on_fetch(key(3), Offset(20), Offset(20), NOW), Some(Offset(15)));
}

#[test]
fn a_leader_stays_while_a_majority_fetches() {
    let mut leader = leader(&[1, 2, 3]);
    assert_eq!(leader.check_quorum_deadline(), Some(NOW.plus_ms(3_000)));
    let later = NOW.plus_ms(100);
    leader.on_heard(&key(9), later);
    assert_eq!(leader.check_quorum_deadline(), Some(NOW.plus_ms(3_000)), "an observer is no majority");
    leader.on_heard(&key(2), later);
    assert_eq!(leader.check_quorum_deadline(), Some(later.plus_ms(3_000)));
    assert_eq!(
        super::LeaderState::new(key(1), Offset(0), &voters(&[1]), 2_000, 2, Faults::default(), NOW)
            .check_quorum_deadline(),
        None,
        "the only voter hears nobody"
    );
}

#[test]
fn the_best_successor_comes_first() {
    let mut leader = leader(&[1, 2, 3, 4]);
    leader.on_fetch(key(3), Offset(9), Offset(20), NOW);
    leader.on_fetch(key(4), Offset(12), Offset(20), NOW);
    assert_eq!(leader.successors(), [key(4), key(3), key(2)]);
    assert_eq!(leader.silent_since(NOW), [key(2)]);
}
