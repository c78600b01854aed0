//! Tests of AlterPartition.

use super::*;
use crate::fixture::TestCluster;

/// What the leader of partition 0 asks for, with all it knows up to date.
pub(in crate::decide) fn wanted(cluster: &TestCluster, topic: &str, isr: &[i32]) -> AlterPartition {
    let partition = cluster.partition(topic, 0);
    let leader = partition.leader.expect("somebody leads");
    AlterPartition {
        broker: leader,
        broker_epoch: cluster.sign_of_life(leader.0).epoch,
        topics: vec![(
            cluster.image.topics.id_of(topic).expect("it exists"),
            vec![WantedIsr {
                index: PartitionIndex(0),
                leader_epoch: partition.leader_epoch,
                partition_epoch: partition.partition_epoch,
                isr: isr.iter().map(|id| (NodeId(*id), -1)).collect(),
                recovery: LeaderRecoveryState::Recovered,
            }],
        )],
    }
}

fn outcome(cluster: &mut TestCluster, request: &AlterPartition) -> Result<String, AlterPartitionError> {
    let decision =
        cluster.ask(|image, context| alter_partition(image, request, context)).expect("a current epoch");
    let answered = decision.answer[0].1[0].1.clone();
    cluster.apply(decision.records);
    answered.map(|partition| crate::fixture::show(&partition))
}

fn cluster() -> TestCluster {
    let mut cluster = TestCluster::new(3);
    cluster.create("t", &[&[1, 2, 3]], &[("min.insync.replicas", "2")]);
    cluster
}

#[test]
fn a_leader_shrinks_and_grows_its_set() {
    let mut cluster = cluster();
    for (isr, expected) in [
        (vec![1, 2], "leader 1 replicas 1,2,3 isr 1,2 epochs 0.1"),
        (vec![1], "leader 1 replicas 1,2,3 isr 1 elr 2 epochs 0.2"),
        (vec![1], "leader 1 replicas 1,2,3 isr 1 elr 2 epochs 0.2"),
        (vec![1, 3], "leader 1 replicas 1,2,3 isr 1,3 epochs 0.3"),
        (vec![1, 2, 3], "leader 1 replicas 1,2,3 isr 1,2,3 epochs 0.4"),
    ] {
        let request = wanted(&cluster, "t", &isr);
        assert_eq!(outcome(&mut cluster, &request), Ok(expected.to_owned()), "{isr:?}");
        assert_eq!(cluster.show("t", 0), expected);
    }
}

#[test]
fn each_impossible_set_gets_kafkas_error() {
    type Change = fn(&mut AlterPartition);
    let cases: [(&str, Change, AlterPartitionError); 12] = [
        ("topic", |r| r.topics[0].0 = jackdaw_base::Uuid::ZERO, AlterPartitionError::UnknownTopic),
        ("partition", |r| r.topics[0].1[0].index.0 = 5, AlterPartitionError::UnknownPartition),
        ("newer leadership", |r| r.topics[0].1[0].leader_epoch.0 = 9, AlterPartitionError::NotController),
        ("newer registration", |r| r.topics[0].1[0].partition_epoch = 9, AlterPartitionError::NotController),
        (
            "older leadership",
            |r| r.topics[0].1[0].leader_epoch.0 = -1,
            AlterPartitionError::FencedLeaderEpoch,
        ),
        (
            "older registration",
            |r| r.topics[0].1[0].partition_epoch = -1,
            AlterPartitionError::InvalidUpdateVersion,
        ),
        ("nobody", |r| r.topics[0].1[0].isr.clear(), AlterPartitionError::InvalidRequest),
        ("stranger", |r| r.topics[0].1[0].isr.push((NodeId(9), -1)), AlterPartitionError::InvalidRequest),
        ("twice", |r| r.topics[0].1[0].isr.push((NodeId(1), -1)), AlterPartitionError::InvalidRequest),
        (
            "without itself",
            |r| r.topics[0].1[0].isr = vec![(NodeId(2), -1)],
            AlterPartitionError::InvalidRequest,
        ),
        (
            "recovering anew",
            |r| r.topics[0].1[0].recovery = LeaderRecoveryState::Recovering,
            AlterPartitionError::InvalidRequest,
        ),
        ("another process", |r| r.topics[0].1[0].isr[1].1 = 999, AlterPartitionError::IneligibleReplica),
    ];
    for (name, change, expected) in cases {
        let mut cluster = cluster();
        let mut request = wanted(&cluster, "t", &[1, 2]);
        change(&mut request);
        assert_eq!(outcome(&mut cluster, &request), Err(expected), "{name}");
        assert_eq!(cluster.show("t", 0), "leader 1 replicas 1,2,3 isr 1,2,3 epochs 0.0");
    }
    let mut cluster = cluster();
    let all = wanted(&cluster, "t", &[1, 2, 3]);
    cluster.fence_broker(3);
    let mut late = wanted(&cluster, "t", &[1, 2, 3]);
    assert_eq!(outcome(&mut cluster, &all), Err(AlterPartitionError::InvalidUpdateVersion));
    assert_eq!(outcome(&mut cluster, &late), Err(AlterPartitionError::IneligibleReplica));
    late.broker_epoch = 999;
    assert!(cluster.ask(|image, context| alter_partition(image, &late, context)).is_err());
}

#[test]
fn a_leader_says_when_it_has_recovered() {
    let mut cluster = TestCluster::new(1);
    cluster.create("t", &[&[1]], &[]);
    cluster.fence_broker(1);
    cluster.start_broker(1, None);
    assert_eq!(cluster.show("t", 0), "leader 1 replicas 1 isr 1 recovering epochs 2.3");
    let request = wanted(&cluster, "t", &[1]);
    assert_eq!(outcome(&mut cluster, &request), Ok("leader 1 replicas 1 isr 1 epochs 2.4".into()));
}
