//! Tests of ElectLeaders; texts and codes were asked of Kafka 4.3.1.

use super::*;
use crate::fixture::TestCluster;

fn elect(cluster: &mut TestCluster, election: ElectionType, topic: &str, index: i32) -> String {
    let partitions = [(topic.to_owned(), vec![PartitionIndex(index)])];
    let decision = cluster
        .ask(|image, context| elect_leaders(image, election, Some(&partitions), context))
        .expect("not too large");
    let result = match &decision.answer[0].1[0].1 {
        Ok(()) => "ok".into(),
        Err(error) => format!("{}: {error}", error.code().name()),
    };
    cluster.apply(decision.records);
    result
}

/// Broker 1 comes back and is in sync again, but does not lead.
fn cluster_with_leader_2() -> TestCluster {
    let mut cluster = TestCluster::new(2);
    cluster.create("t", &[&[1, 2]], &[]);
    let epoch = cluster.sign_of_life(1).epoch;
    cluster.fence_broker(1);
    cluster.register_broker(1, None, epoch);
    cluster.unfence_broker(1);
    let all = super::super::alter_partition::tests::wanted(&cluster, "t", &[2, 1]);
    let decision =
        cluster.ask(|image, context| super::super::alter_partition::alter_partition(image, &all, context));
    cluster.apply(decision.expect("the leader asks").records);
    assert_eq!(cluster.show("t", 0), "leader 2 replicas 1,2 isr 2,1 epochs 1.2");
    cluster
}

#[test]
fn the_preferred_leader_takes_over() {
    let mut cluster = cluster_with_leader_2();
    assert_eq!(elect(&mut cluster, ElectionType::Preferred, "t", 0), "ok");
    assert_eq!(cluster.show("t", 0), "leader 1 replicas 1,2 isr 2,1 epochs 2.3");
    assert_eq!(
        elect(&mut cluster, ElectionType::Preferred, "t", 0),
        "ELECTION_NOT_NEEDED: Leader election not needed for topic partition."
    );
}

#[test]
fn each_impossible_election_gets_kafkas_error() {
    let mut cluster = TestCluster::new(2);
    cluster.create("t", &[&[1, 2]], &[]);
    let unknown = "UNKNOWN_TOPIC_OR_PARTITION: No such topic as nope";
    assert_eq!(elect(&mut cluster, ElectionType::Preferred, "nope", 0), unknown);
    let unknown = "UNKNOWN_TOPIC_OR_PARTITION: No such partition as t-9";
    assert_eq!(elect(&mut cluster, ElectionType::Unclean, "t", 9), unknown);
    cluster.fence_broker(1);
    let failed = "PREFERRED_LEADER_NOT_AVAILABLE: The preferred leader was not available.";
    assert_eq!(elect(&mut cluster, ElectionType::Preferred, "t", 0), failed);
    cluster.fence_broker(2);
    let failed = "ELIGIBLE_LEADERS_NOT_AVAILABLE: Eligible topic partition leaders are not available.";
    assert_eq!(elect(&mut cluster, ElectionType::Unclean, "t", 0), failed);
}

#[test]
fn without_a_list_only_what_needs_an_election_is_answered() {
    let mut cluster = cluster_with_leader_2();
    cluster.create("u", &[&[1]], &[]);
    let decision = cluster
        .ask(|image, context| elect_leaders(image, ElectionType::Preferred, None, context))
        .expect("not too large");
    let counts: Vec<_> =
        decision.answer.iter().map(|(name, results)| (name.as_str(), results.len())).collect();
    assert_eq!(counts, [("t", 1), ("u", 0)]);
    assert_eq!(decision.records.len(), 1);
}

#[test]
fn the_controllers_rounds_balance_and_rescue() {
    let mut cluster = cluster_with_leader_2();
    let round = cluster.ask(|image, context| balance_leaders(image, context));
    assert_eq!((round.records.len(), round.answer), (1, false));
    cluster.apply(round.records);
    assert!(cluster.ask(|image, context| balance_leaders(image, context)).records.is_empty());

    let mut cluster = TestCluster::new(2);
    cluster.create("t", &[&[1, 2]], &[("unclean.leader.election.enable", "true")]);
    cluster.create("u", &[&[1, 2]], &[]);
    cluster.fence_broker(2);
    cluster.fence_broker(1);
    cluster.unfence_broker(2);
    // Broker 2 was not in sync: only the topic that allows it got it as its leader.
    assert_eq!(cluster.show("t", 0), "leader 2 replicas 1,2 isr 2 recovering epochs 2.3");
    assert_eq!(cluster.show("u", 0), "leader - replicas 1,2 isr  elr 1 last 1 epochs 1.2");
    assert!(cluster.ask(|image, context| elect_unclean_leaders(image, context)).records.is_empty());
    assert_eq!(elect(&mut cluster, ElectionType::Unclean, "u", 0), "ok");
    assert_eq!(cluster.show("u", 0), "leader 2 replicas 1,2 isr 2 recovering epochs 2.3");
}
