//! kraft.version from 0 to 1: configured voters become voters of the log.

use super::*;
use crate::KRaftUpgradeError;

/// A voter as `controller.quorum.voters` names it.
fn configured(id: i32) -> Voter {
    Voter { key: ReplicaKey { id: NodeId(id), directory: None }, ..voter(id) }
}

/// The leader of configured voters, with its epoch's start committed.
fn leading_alone() -> Quorum {
    let voters = VoterHistory::new(VoterSet::new([configured(1)]));
    let mut leader = Quorum::new(Start { voters, ..start(&[1]) }, NOW);
    leader.on_tick(NOW);
    outputs(&mut leader);
    leader.on_log_synced(leader.log().end(), NOW);
    outputs(&mut leader);
    assert!(leader.is_leader() && leader.high_watermark().is_some());
    leader
}

#[test]
fn the_leader_writes_version_and_voters_with_their_directories_in_one_batch() {
    let mut leader = leading_alone();
    let (epoch, base) = (leader.epoch(), leader.log().end());
    assert_eq!(leader.check_kraft_version(epoch, KRaftVersion::Dynamic), Ok(()));
    assert_eq!(leader.voter_history().kraft_version(), KRaftVersion::Static, "a check changes nothing");
    leader.on_kraft_version(epoch, KRaftVersion::Dynamic, NOW).expect("it leads alone");
    let records = vec![
        ControlRecord::KRaftVersion(KRaftVersion::Dynamic),
        ControlRecord::KRaftVoters(VoterSet::new([voter(1)])),
    ];
    assert_eq!(outputs(&mut leader), [Output::AppendControl { base, epoch, records }]);
    assert_eq!(leader.voter_history().kraft_version(), KRaftVersion::Dynamic);
    leader.on_log_synced(leader.log().end(), NOW);
    assert_eq!(leader.high_watermark(), Some(base.plus(2)));

    outputs(&mut leader);
    leader.on_kraft_version(epoch, KRaftVersion::Dynamic, NOW).expect("it is so already");
    assert_eq!(outputs(&mut leader), []);
    let back = leader.on_kraft_version(epoch, KRaftVersion::Static, NOW);
    assert_eq!(back, Err(KRaftUpgradeError::Downgrade));
}

#[test]
fn nobody_but_the_leader_of_the_epoch_and_not_without_every_voters_directory() {
    let mut leader = leading_alone();
    let later = LeaderEpoch(leader.epoch().0 + 1);
    let refused = leader.on_kraft_version(later, KRaftVersion::Dynamic, NOW);
    assert_eq!(refused, Err(KRaftUpgradeError::NotReady(later)));

    let mut member = member();
    let epoch = member.epoch();
    let refused = member.on_kraft_version(epoch, KRaftVersion::Dynamic, NOW);
    assert_eq!(refused, Err(KRaftUpgradeError::NotReady(epoch)));

    let voters = VoterHistory::new(VoterSet::new([1, 2, 3].map(configured)));
    let mut leader = super::voters::committed(super::replication::leading(member_of(voters)));
    let refused = leader.on_kraft_version(leader.epoch(), KRaftVersion::Dynamic, NOW);
    assert_eq!(refused, Err(KRaftUpgradeError::UnknownDirectory(NodeId(2))));
    assert_eq!(outputs(&mut leader), []);
}
