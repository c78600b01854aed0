//! Tests of CreatePartitions; texts and codes were asked of Kafka 4.3.1.

use super::*;
use crate::fixture::TestCluster;

fn more(name: &str, count: i32, assignments: Option<&[&[i32]]>) -> MorePartitions {
    let assignments = assignments
        .map(|lists| lists.iter().map(|nodes| nodes.iter().copied().map(NodeId).collect()).collect());
    MorePartitions { name: name.into(), count, assignments }
}

fn decide(cluster: &mut TestCluster, topics: Vec<MorePartitions>) -> Decision<CreatePartitionsAnswer> {
    let request = CreatePartitions { topics, mode: Mode::Apply };
    cluster.ask(|image, context| create_partitions(image, &request, context)).expect("not too large")
}

#[test]
fn topics_grow_with_the_replication_factor_they_have() {
    let mut cluster = TestCluster::new(3);
    cluster.create("t", &[&[1, 2]], &[]);
    let decision = decide(&mut cluster, vec![more("t", 4, None)]);
    cluster.apply(decision.records);
    assert_eq!(cluster.image.topics.by_name("t").map(Topic::partition_count), Some(4));
    assert!((0..4).all(|index| cluster.partition("t", index).replicas.len() == 2));
    let decision = decide(&mut cluster, vec![more("t", 5, Some(&[&[3, 1]]))]);
    cluster.apply(decision.records);
    assert_eq!(cluster.show("t", 4), "leader 3 replicas 3,1 isr 3,1 epochs 0.0");
}

#[test]
fn each_bad_growth_gets_kafkas_error() {
    let mut cluster = TestCluster::new(1);
    cluster.create("ok", &[&[1], &[1]], &[]);
    let cases: Vec<(MorePartitions, &str)> = vec![
        (more("ok", 2, None), "INVALID_PARTITIONS: Topic already has 2 partition(s)."),
        (
            more("ok", 1, None),
            "INVALID_PARTITIONS: The topic ok currently has 2 partition(s); 1 would not be an increase.",
        ),
        (
            more("ok", -5, None),
            "INVALID_PARTITIONS: The topic ok currently has 2 partition(s); -5 would not be an increase.",
        ),
        (
            more("nope", 1, None),
            "UNKNOWN_TOPIC_OR_PARTITION: This server does not host this topic-partition.",
        ),
        (
            more("ok", 4, Some(&[&[1]])),
            "INVALID_REPLICA_ASSIGNMENT: Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.",
        ),
        (
            more("ok", 3, Some(&[&[9]])),
            "INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes broker 9, but no such broker is registered.",
        ),
        (
            more("ok", i32::MAX, None),
            "POLICY_VIOLATION: Unable to perform excessively large batch operation.",
        ),
    ];
    for (topic, expected) in cases {
        let decision = decide(&mut cluster, vec![topic]);
        assert!(decision.records.is_empty());
        let error = decision.answer[0].1.clone().expect_err(expected);
        assert_eq!(format!("{}: {error}", error.code().name()), expected);
    }
    let twice = decide(&mut cluster, vec![more("ok", 3, None), more("ok", 4, None)]);
    assert_eq!(twice.answer, [("ok".to_owned(), Err(CreatePartitionsError::Duplicate))]);
}
