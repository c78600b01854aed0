//! Who votes, and which changes are allowed.

use super::*;
use jackdaw_base::Uuid;

fn key(id: i32, directory: u128) -> ReplicaKey {
    ReplicaKey::new(NodeId(id), Uuid::from_u128(directory))
}

fn voter(id: i32, directory: u128) -> Voter {
    let endpoints = Endpoints::one("CONTROLLER", "host", 9093);
    Voter { key: key(id, directory), endpoints, kraft_versions: KRaftVersionRange::OURS }
}

fn set(ids: &[i32]) -> VoterSet {
    VoterSet::new(ids.iter().map(|id| voter(*id, *id as u128)))
}

#[test]
fn a_directory_is_part_of_who_votes() {
    let dynamic = set(&[1, 2, 3]);
    assert!(dynamic.contains(&key(1, 1)));
    assert!(!dynamic.contains(&key(1, 9)), "another disk is another voter");
    assert!(!dynamic.contains(&key(4, 4)));
    let configured = VoterSet::new([voter(1, 0)]);
    assert!(configured.contains(&key(1, 9)), "configured voters have no directory yet");
    assert!(configured.is_only(&key(1, 9)) && !dynamic.is_only(&key(1, 1)));
}

#[test]
fn changes_name_exactly_one_voter() {
    let voters = set(&[1, 2]);
    assert_eq!(voters.with_added(voter(3, 3)), Some(set(&[1, 2, 3])));
    assert_eq!(voters.with_added(voter(2, 9)), None, "the id votes already");
    assert_eq!(voters.with_removed(&key(2, 2)), Some(set(&[1])));
    assert_eq!(voters.with_removed(&key(2, 9)), None, "another directory");
    assert_eq!(set(&[1]).with_removed(&key(1, 1)), None, "the last one stays");
    let moved = Voter { endpoints: Endpoints::one("CONTROLLER", "elsewhere", 1), ..voter(2, 2) };
    assert!(voters.is_outdated_for(&moved) && !voters.is_outdated_for(&voter(2, 2)));
    assert_eq!(voters.with_updated(moved.clone()).unwrap().get(NodeId(2)), Some(&moved));
    assert_eq!(voters.with_updated(voter(7, 7)), None);
}

#[test]
fn majorities_overlap_if_one_goes_and_one_comes() {
    let check = |from: &[i32], to: &[i32], expected: bool| {
        assert_eq!(set(from).overlaps(&set(to)), expected, "{from:?} to {to:?}");
    };
    check(&[1, 2, 3], &[1, 2, 3], true);
    check(&[1, 2, 3], &[1, 2], true);
    check(&[1, 2, 3], &[1, 2, 3, 4], true);
    check(&[1, 2, 3], &[1, 2, 4], true);
    check(&[1, 2, 3], &[1], false);
    check(&[1, 2, 3], &[1, 2, 3, 4, 5], false);
}

#[test]
fn a_history_follows_the_log() {
    use crate::voter_history::{VoterHistory, VoterRecord};
    use jackdaw_base::Offset;
    let mut history = VoterHistory::new(set(&[7]));
    assert_eq!((history.last(), history.last_offset()), (&set(&[7]), None));
    history.add(Offset(-1), VoterRecord::Version(KRaftVersion::Dynamic)).unwrap();
    history.add(Offset(-1), VoterRecord::Voters(set(&[1]))).unwrap();
    // What the bootstrap snapshot says need not overlap with what the first leader writes.
    history.add(Offset(2), VoterRecord::Voters(set(&[1, 2, 3]))).unwrap();
    history.add(Offset(10), VoterRecord::Voters(set(&[1, 2, 3, 4]))).unwrap();
    assert!(history.add(Offset(11), VoterRecord::Voters(set(&[8]))).is_err());
    assert_eq!(history.before(Offset(10)), (KRaftVersion::Dynamic, Some(&set(&[1, 2, 3]))));
    assert_eq!(history.before(Offset(11)).1, Some(&set(&[1, 2, 3, 4])));
    history.truncate_to(Offset(10));
    assert_eq!((history.last(), history.last_offset()), (&set(&[1, 2, 3]), Some(Offset(2))));
    history.forget_before(Offset(50));
    assert_eq!(history.before(Offset(50)), (KRaftVersion::Dynamic, Some(&set(&[1, 2, 3]))));
    history.replace(Offset(90), KRaftVersion::Dynamic, Some(set(&[5])));
    assert_eq!((history.last(), history.last_offset()), (&set(&[5]), Some(Offset(89))));
}
