//! Tests of heartbeats and fencing.

use super::*;
use crate::fixture::{TestCluster, directory};

fn decide(cluster: &mut TestCluster, request: &Heartbeat) -> HeartbeatAnswer {
    let decision = cluster.ask(|image, context| heartbeat(image, request, context)).expect("a current epoch");
    cluster.apply(decision.records);
    decision.answer
}

#[test]
fn a_broker_is_unfenced_when_it_has_caught_up_and_wants_to() {
    let mut cluster = TestCluster::new(0);
    cluster.register_broker(1, None, -1);
    let ready = cluster.sign_of_life(1);
    let behind = Heartbeat { metadata_offset: Offset(5), registration_offset: Offset(6), ..ready.clone() };
    let answer = decide(&mut cluster, &behind);
    assert!(!answer.is_caught_up && answer.is_fenced);
    assert!(decide(&mut cluster, &Heartbeat { wants_fence: true, ..ready.clone() }).is_fenced);
    assert!(!decide(&mut cluster, &ready).is_fenced);
    assert!(cluster.image.cluster.is_active(NodeId(1)));
    let stale = Heartbeat { epoch: 999, ..ready };
    assert!(cluster.ask(|image, context| heartbeat(image, &stale, context)).is_err());
}

#[test]
fn a_controlled_shutdown_moves_leaders_first() {
    let mut cluster = TestCluster::new(2);
    cluster.create("t", &[&[1, 2]], &[]);
    let stop =
        Heartbeat { wants_shutdown: true, others_caught_up: CaughtUp::NotYet, ..cluster.sign_of_life(1) };
    let answer = decide(&mut cluster, &stop);
    assert!(!answer.is_fenced && !answer.should_shut_down);
    assert!(cluster.image.cluster.broker(NodeId(1)).is_some_and(|broker| broker.in_controlled_shutdown));
    assert_eq!(cluster.show("t", 0), "leader 2 replicas 1,2 isr 2 epochs 1.1");
    assert!(!decide(&mut cluster, &stop).should_shut_down, "the others do not know yet");
    let answer = decide(&mut cluster, &Heartbeat { others_caught_up: CaughtUp::Yes, ..stop });
    assert!(answer.should_shut_down && answer.is_fenced);
    assert!(cluster.image.cluster.broker(NodeId(1)).is_some_and(|broker| broker.fenced));
}

#[test]
fn one_broker_alone_stops_with_the_records_of_kafkas_log() {
    let mut cluster = TestCluster::new(1);
    cluster.create("t", &[&[1]], &[]);
    let stop = Heartbeat { wants_shutdown: true, ..cluster.sign_of_life(1) };
    let decision = cluster.ask(|image, context| heartbeat(image, &stop, context)).expect("current");
    let MetadataRecord::BrokerRegistrationChange(change) = &decision.records[0] else {
        unreachable!("first")
    };
    assert_eq!((change.in_controlled_shutdown, change.fenced), (1, 0));
    let MetadataRecord::PartitionChange(change) = &decision.records[1] else { unreachable!("second") };
    assert_eq!((change.isr.as_deref(), change.leader), (Some(&[][..]), -1));
    assert_eq!(
        (change.eligible_leader_replicas.as_deref(), change.last_known_elr.as_deref()),
        (Some(&[1][..]), Some(&[1][..]))
    );
    cluster.apply(decision.records);
    let decision = cluster.ask(|image, context| heartbeat(image, &stop, context)).expect("current");
    assert!(decision.answer.should_shut_down);
    assert_eq!(decision.records.len(), 1);
}

#[test]
fn a_broker_without_leaderships_stops_at_once() {
    let mut cluster = TestCluster::new(2);
    cluster.create("t", &[&[1, 2]], &[]);
    let stop = Heartbeat { wants_shutdown: true, ..cluster.sign_of_life(2) };
    assert!(decide(&mut cluster, &stop).should_shut_down);
    assert_eq!(cluster.show("t", 0), "leader 1 replicas 1,2 isr 1 epochs 0.1");
}

#[test]
fn replicas_in_an_offline_directory_leave_the_set() {
    let mut cluster = TestCluster::new(1);
    let mut two = cluster.registration(2, None, -1);
    two.log_dirs = vec![directory(2), directory(20)];
    let registered =
        cluster.ask(|image, context| super::super::register_broker::register_broker(image, &two, context));
    cluster.apply(registered.expect("ok").records);
    cluster.unfence_broker(2);
    cluster.create("t", &[&[2, 1]], &[]);
    let t = cluster.image.topics.id_of("t").expect("t");
    let request = super::super::assign_directories::AssignDirectories {
        broker: NodeId(2),
        broker_epoch: cluster.sign_of_life(2).epoch,
        directories: vec![(directory(20), vec![(t, vec![jackdaw_base::PartitionIndex(0)])])],
    };
    let assigned = cluster
        .ask(|image, context| super::super::assign_directories::assign_directories(image, &request, context))
        .expect("supported");
    cluster.apply(assigned.records);
    let other = Heartbeat { offline_log_dirs: vec![directory(2)], ..cluster.sign_of_life(2) };
    decide(&mut cluster.clone(), &other);
    assert_eq!(cluster.show("t", 0), "leader 2 replicas 2,1 isr 2,1 epochs 0.1");
    let this = Heartbeat { offline_log_dirs: vec![directory(20)], ..cluster.sign_of_life(2) };
    decide(&mut cluster, &this);
    assert_eq!(cluster.show("t", 0), "leader 1 replicas 2,1 isr 1 epochs 1.2");
    assert_eq!(cluster.image.cluster.broker(NodeId(2)).map(|b| b.log_dirs.clone()), Some(vec![directory(2)]));
}

#[test]
fn cordoned_directories_are_written_when_they_change() {
    let mut cluster = TestCluster::new(1);
    let cordon = |dirs: &[DirectoryId]| Some(dirs.to_vec());
    for (dirs, expected) in [(cordon(&[]), 1), (cordon(&[]), 0), (cordon(&[directory(1)]), 1), (None, 0)] {
        let request = Heartbeat { cordoned_log_dirs: dirs, ..cluster.sign_of_life(1) };
        let decision = cluster.ask(|image, context| heartbeat(image, &request, context)).expect("current");
        assert_eq!(decision.records.len(), expected);
        cluster.apply(decision.records);
    }
}

#[test]
fn a_broker_is_fenced_once() {
    let mut cluster = TestCluster::new(1);
    let first = cluster.ask(|image, context| fence(image, NodeId(1), context));
    assert_eq!(first.records.len(), 1);
    cluster.apply(first.records);
    assert!(cluster.ask(|image, context| fence(image, NodeId(1), context)).records.is_empty());
    assert!(cluster.ask(|image, context| fence(image, NodeId(9), context)).records.is_empty());
}
