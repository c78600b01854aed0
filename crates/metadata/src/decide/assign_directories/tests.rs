//! Tests of AssignReplicasToDirs.

use jackdaw_base::Uuid;

use super::*;
use crate::fixture::{TestCluster, directory};

fn decide(cluster: &mut TestCluster, dir: DirectoryId, topic: TopicId, index: i32) -> ReplicaResult {
    let request = AssignDirectories {
        broker: NodeId(1),
        broker_epoch: cluster.sign_of_life(1).epoch,
        directories: vec![(dir, vec![(topic, vec![PartitionIndex(index)])])],
    };
    let decision =
        cluster.ask(|image, context| assign_directories(image, &request, context)).expect("supported");
    let result = decision.answer[0].1[0].1[0].1;
    cluster.apply(decision.records);
    result
}

#[test]
fn a_replica_is_where_its_broker_says() {
    let mut cluster = TestCluster::new(2);
    cluster.create("t", &[&[1, 2]], &[]);
    cluster.create("u", &[&[2]], &[]);
    let t = cluster.image.topics.id_of("t").expect("t");
    let u = cluster.image.topics.id_of("u").expect("u");
    assert_eq!(decide(&mut cluster, directory(1), t, 0), Ok(()));
    assert_eq!(cluster.show("t", 0), "leader 1 replicas 1,2 isr 1,2 epochs 0.0", "it was there before");
    assert_eq!(decide(&mut cluster, Uuid::ONE, t, 0), Ok(()));
    assert_eq!(cluster.partition("t", 0).directories.as_ref(), [Uuid::ONE, directory(2)]);
    assert_eq!(decide(&mut cluster, directory(1), Uuid::ZERO, 0), Err(AssignDirectoryError::UnknownTopic));
    assert_eq!(decide(&mut cluster, directory(1), t, 9), Err(AssignDirectoryError::UnknownPartition));
    assert_eq!(decide(&mut cluster, directory(1), u, 0), Err(AssignDirectoryError::NoReplica));
}

#[test]
fn a_replica_in_a_lost_directory_leads_no_more() {
    let mut cluster = TestCluster::new(2);
    cluster.create("t", &[&[1, 2]], &[]);
    let t = cluster.image.topics.id_of("t").expect("t");
    assert_eq!(decide(&mut cluster, Uuid::TWO, t, 0), Ok(()));
    assert_eq!(cluster.show("t", 0), "leader 2 replicas 1,2 isr 2 epochs 1.2");
}

#[test]
fn before_directories_there_are_none() {
    let mut cluster = TestCluster::at_level("3.6", 1);
    let request = AssignDirectories { broker: NodeId(1), broker_epoch: 0, directories: Vec::new() };
    let result = cluster.ask(|image, context| assign_directories(image, &request, context));
    assert_eq!(result.map(|_| ()), Err(AssignDirectoriesError::NotSupported));
}
