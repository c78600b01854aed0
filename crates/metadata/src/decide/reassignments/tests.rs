//! Tests of reassignments: start, completion through the in-sync set, cancelling, listing.

use super::super::alter_partition::{alter_partition, tests::wanted};
use super::*;
use crate::fixture::TestCluster;

fn reassign(
    cluster: &mut TestCluster,
    index: i32,
    target: Option<&[i32]>,
    factor_change: FactorChange,
) -> String {
    let target = target.map(|nodes| nodes.iter().copied().map(NodeId).collect());
    let topics = vec![("t".to_owned(), vec![(PartitionIndex(index), target)])];
    let request = AlterReassignments { topics, factor_change };
    let decision =
        cluster.ask(|image, context| alter_reassignments(image, &request, context)).expect("not too large");
    let result = decision.answer[0].1[0].1.clone();
    cluster.apply(decision.records);
    match result {
        Ok(()) => cluster.show("t", index),
        Err(error) => format!("{}: {error}", error.code().name()),
    }
}

fn to(cluster: &mut TestCluster, target: &[i32]) -> String {
    reassign(cluster, 0, Some(target), FactorChange::Allowed)
}

fn alter_isr(cluster: &mut TestCluster, isr: &[i32]) -> String {
    let request = wanted(cluster, "t", isr);
    let decision = cluster.ask(|image, context| alter_partition(image, &request, context)).expect("current");
    cluster.apply(decision.records);
    cluster.show("t", 0)
}

fn cluster() -> TestCluster {
    let mut cluster = TestCluster::new(5);
    cluster.create("t", &[&[1, 2]], &[]);
    cluster
}

#[test]
fn replicas_move_when_the_new_ones_are_in_sync() {
    let mut cluster = cluster();
    let moving = "leader 1 replicas 3,4,1,2 isr 1,2 adding 3,4 removing 1,2 epochs 0.1";
    assert_eq!(to(&mut cluster, &[3, 4]), moving);
    let ongoing = list_reassignments(&cluster.image, None);
    assert_eq!((ongoing.len(), ongoing[0].1[0].adding.as_slice()), (1, [NodeId(3), NodeId(4)].as_slice()));
    assert!(list_reassignments(&cluster.image, Some(&[("t".into(), vec![PartitionIndex(7)])])).is_empty());
    let half = "leader 1 replicas 3,4,1,2 isr 1,2,3 adding 3,4 removing 1,2 epochs 0.2";
    assert_eq!(alter_isr(&mut cluster, &[1, 2, 3]), half);
    assert_eq!(alter_isr(&mut cluster, &[1, 2, 3, 4]), "leader 3 replicas 3,4 isr 3,4 epochs 1.3");
    assert!(list_reassignments(&cluster.image, None).is_empty());
    assert_eq!(cluster.partition("t", 0).directories.as_ref(), [3, 4].map(crate::fixture::directory));
}

#[test]
fn replicas_that_only_go_are_gone_at_once_and_the_leader_epoch_rises() {
    let mut cluster = cluster();
    assert_eq!(to(&mut cluster, &[1]), "leader 1 replicas 1 isr 1 epochs 1.1");
    assert_eq!(to(&mut cluster, &[1]), "leader 1 replicas 1 isr 1 epochs 1.1", "nothing to do");
}

#[test]
fn a_reassignment_is_cancelled_while_old_replicas_are_in_sync() {
    let mut cluster = cluster();
    to(&mut cluster, &[3, 4]);
    let back = reassign(&mut cluster, 0, None, FactorChange::Allowed);
    assert_eq!(back, "leader 1 replicas 1,2 isr 1,2 epochs 1.2");
    let nothing = reassign(&mut cluster, 0, None, FactorChange::Allowed);
    assert_eq!(nothing, "NO_REASSIGNMENT_IN_PROGRESS: No partition reassignment is in progress.");
    to(&mut cluster, &[3, 4, 5]);
    alter_isr(&mut cluster, &[1, 2, 3]);
    cluster.fence_broker(1);
    cluster.fence_broker(2);
    assert_eq!(
        reassign(&mut cluster, 0, None, FactorChange::Allowed),
        "INVALID_REPLICA_ASSIGNMENT: Unable to revert partition assignment for t:0 because it would require an unclean leader election."
    );
}

#[test]
fn each_bad_reassignment_gets_kafkas_error() {
    let mut cluster = cluster();
    let unknown = reassign(&mut cluster, 7, Some(&[1]), FactorChange::Allowed);
    assert_eq!(unknown, "UNKNOWN_TOPIC_OR_PARTITION: Unable to find partition t:7.");
    assert_eq!(
        to(&mut cluster, &[1, 9]),
        "INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes broker 9, but no such broker is registered."
    );
    assert_eq!(
        reassign(&mut cluster, 0, Some(&[1, 2, 3]), FactorChange::Refused),
        "INVALID_REPLICATION_FACTOR: The replication factor is changed from 2 to 3"
    );
    to(&mut cluster, &[3, 4]);
    let swapped = reassign(&mut cluster, 0, Some(&[4, 5]), FactorChange::Refused);
    assert!(swapped.starts_with("leader 1"), "two stay two: {swapped}");
}

#[test]
fn who_holds_no_replica_any_more_is_not_eligible() {
    // Kafka 4.3.1 keeps broker 2 among the eligible replicas here, although it holds nothing.
    let mut cluster = TestCluster::new(3);
    cluster.create("t", &[&[2, 3]], &[("min.insync.replicas", "2")]);
    assert_eq!(to(&mut cluster, &[3]), "leader 3 replicas 3 isr 3 epochs 1.1");
}
