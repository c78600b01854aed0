//! Tests of CreateTopics; texts and codes were asked of Kafka 4.3.1.

use jackdaw_config::ConfigSource;

use super::*;
use crate::fixture::TestCluster;

fn topic(name: &str, partition_count: i32, replication_factor: i16) -> NewTopic {
    NewTopic { name: name.into(), partition_count, replication_factor, ..Default::default() }
}

fn assigned(name: &str, assignments: &[(i32, &[i32])]) -> NewTopic {
    let assignments = assignments.iter().map(|(index, replicas)| Assignment {
        partition: PartitionIndex(*index),
        replicas: replicas.iter().copied().map(NodeId).collect(),
    });
    NewTopic { assignments: assignments.collect(), ..topic(name, -1, -1) }
}

fn configured(name: &str, config: &str, value: Option<&str>) -> NewTopic {
    NewTopic { configs: vec![(config.into(), value.map(Into::into))], ..topic(name, 1, 1) }
}

fn decide(cluster: &mut TestCluster, topics: Vec<NewTopic>, mode: Mode) -> Decision<CreateTopicsAnswer> {
    let request = CreateTopics { topics, mode };
    cluster.ask(|image, context| create_topics(image, &request, context)).expect("not too large")
}

/// What becomes of one topic: `ok`, or code and text.
fn outcome(cluster: &mut TestCluster, topic: NewTopic) -> String {
    let decision = decide(cluster, vec![topic], Mode::Apply);
    match &decision.answer[0].1 {
        Ok(_) => "ok".into(),
        Err(error) => {
            assert!(decision.records.is_empty());
            format!("{}: {error}", error.code().name())
        }
    }
}

fn bad_names_and_counts() -> Vec<(NewTopic, &'static str)> {
    vec![
        (topic("ok", 1, 1), "TOPIC_ALREADY_EXISTS: Topic 'ok' already exists."),
        (topic("my.topic", 1, 1), "TOPIC_ALREADY_EXISTS: Topic 'my.topic' already exists."),
        (topic("", 1, 1), "INVALID_TOPIC_EXCEPTION: Topic name is invalid: the empty string is not allowed"),
        (topic("..", 1, 1), "INVALID_TOPIC_EXCEPTION: Topic name is invalid: '.' or '..' is not allowed"),
        (
            topic("a b", 1, 1),
            "INVALID_TOPIC_EXCEPTION: Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
        ),
        (
            topic("my_topic", 1, 1),
            "INVALID_TOPIC_EXCEPTION: Topic 'my_topic' collides with existing topic: my.topic",
        ),
        (
            topic("t", 1, 2),
            "INVALID_REPLICATION_FACTOR: Unable to replicate the partition 2 time(s): The target replication factor of 2 cannot be reached because only 1 broker(s) are registered or some brokers have all their log directories cordoned.",
        ),
        (
            topic("t", 1, 0),
            "INVALID_REPLICATION_FACTOR: Replication factor must be larger than 0, or -1 to use the default value.",
        ),
        (
            topic("t", 0, 1),
            "INVALID_PARTITIONS: Number of partitions was set to an invalid non-positive value.",
        ),
        (
            topic("__cluster_metadata", 1, 1),
            "INVALID_REQUEST: Creation of internal topic __cluster_metadata is prohibited.",
        ),
    ]
}

fn bad_assignments_and_configs() -> Vec<(NewTopic, &'static str)> {
    vec![
        (
            NewTopic { replication_factor: 1, ..assigned("t", &[(0, &[1])]) },
            "INVALID_REQUEST: A manual partition assignment was specified, but replication factor was not set to -1.",
        ),
        (
            NewTopic { partition_count: 1, ..assigned("t", &[(0, &[1])]) },
            "INVALID_REQUEST: A manual partition assignment was specified, but numPartitions was not set to -1.",
        ),
        (
            assigned("t", &[(0, &[7])]),
            "INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes broker 7, but no such broker is registered.",
        ),
        (
            assigned("t", &[(0, &[1, 1])]),
            "INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes the broker 1 more than once.",
        ),
        (
            assigned("t", &[(0, &[])]),
            "INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes an empty replica list.",
        ),
        (
            assigned("t", &[(1, &[1])]),
            "INVALID_REPLICA_ASSIGNMENT: partitions should be a consecutive 0-based integer sequence",
        ),
        (
            assigned("t", &[(0, &[1]), (0, &[1])]),
            "INVALID_REPLICA_ASSIGNMENT: Found multiple manual partition assignments for partition 0",
        ),
        (configured("t", "nope", Some("1")), "INVALID_CONFIG: Unknown topic config name: nope"),
        (
            configured("t", "retention.ms", None),
            "INVALID_CONFIG: Null value not supported for topic configs: retention.ms",
        ),
    ]
}

#[test]
fn each_bad_topic_gets_kafkas_error() {
    let mut cluster = TestCluster::new(1);
    cluster.create("ok", &[&[1]], &[]);
    cluster.create("my.topic", &[&[1]], &[]);
    for (topic, expected) in bad_names_and_counts().into_iter().chain(bad_assignments_and_configs()) {
        assert_eq!(outcome(&mut cluster, topic), expected);
    }
    let bad_value = outcome(&mut cluster, configured("t", "retention.ms", Some("abc")));
    assert!(
        bad_value.starts_with("INVALID_CONFIG: Invalid value abc for configuration retention.ms"),
        "{bad_value}"
    );
}

#[test]
fn a_topic_becomes_the_records_that_kafka_writes() {
    let mut cluster = TestCluster::new(1);
    let mut wanted = configured("t", "retention.ms", Some("-1"));
    wanted.configs.push(("segment.bytes".into(), Some("1048576".into())));
    wanted.partition_count = 2;
    let decision = decide(&mut cluster, vec![wanted], Mode::Apply);
    let names: Vec<_> = decision.records.iter().map(MetadataRecord::type_name).collect();
    assert_eq!(names, ["TopicRecord", "ConfigRecord", "ConfigRecord", "PartitionRecord", "PartitionRecord"]);
    let MetadataRecord::Partition(partition) = &decision.records[4] else { unreachable!("a partition") };
    assert_eq!(
        (partition.partition_id, partition.leader, partition.leader_epoch, partition.partition_epoch),
        (1, 1, 0, 0)
    );
    assert_eq!((&partition.replicas, &partition.isr), (&vec![1], &vec![1]));
    assert_eq!(partition.directories, [crate::fixture::directory(1)]);
    assert_eq!((&partition.eligible_leader_replicas, &partition.last_known_elr), (&None, &None));
    cluster.apply(decision.records);
    assert_eq!(cluster.image.topics.by_name("t").map(|topic| topic.partition_count()), Some(2));
}

#[test]
fn min_insync_replicas_of_a_new_topic_clears_what_was_eligible() {
    let mut cluster = TestCluster::new(1);
    let decision = decide(&mut cluster, vec![configured("t", "min.insync.replicas", Some("1"))], Mode::Apply);
    let names: Vec<_> = decision.records.iter().map(MetadataRecord::type_name).collect();
    assert_eq!(names, ["TopicRecord", "ConfigRecord", "ClearElrRecord", "PartitionRecord"]);
    cluster.apply(decision.records);
}

#[test]
fn defaults_fill_in_what_is_not_said() {
    let mut cluster = TestCluster::new(1);
    let decision = decide(&mut cluster, vec![configured("t", "retention.ms", Some("5"))], Mode::Apply);
    let created = decision.answer[0].1.as_ref().expect("created");
    assert_eq!((created.partition_count, created.replication_factor), (1, 1));
    let config = |name: &str| created.configs.iter().find(|config| config.name == name).expect("it is there");
    assert_eq!(
        (config("retention.ms").value.as_deref(), config("retention.ms").source),
        (Some("5"), ConfigSource::Topic)
    );
    assert_eq!(config("cleanup.policy").value.as_deref(), Some("delete"));
    assert!(created.configs.is_sorted_by(|a, b| a.name < b.name));
    let default = decide(&mut cluster, vec![topic("d", -1, -1)], Mode::Apply);
    assert_eq!(default.answer[0].1.as_ref().map(|created| created.partition_count), Ok(1));
}

#[test]
fn validation_alone_writes_nothing_and_duplicates_are_refused_once() {
    let mut cluster = TestCluster::new(1);
    let decision = decide(&mut cluster, vec![topic("t", 3, 1)], Mode::ValidateOnly);
    assert!(decision.records.is_empty() && decision.answer[0].1.is_ok());
    let twice = decide(&mut cluster, vec![topic("t", 1, 1), topic("u", 1, 1), topic("t", 2, 1)], Mode::Apply);
    let names: Vec<_> = twice.answer.iter().map(|(name, result)| (name.as_str(), result.is_ok())).collect();
    assert_eq!(names, [("t", false), ("u", true)]);
    assert_eq!(twice.answer[0].1, Err(CreateTopicError::Duplicate));
}

#[test]
fn too_many_partitions_refuse_the_whole_request() {
    let mut cluster = TestCluster::new(1);
    for count in [10_001, i32::MAX] {
        let request = CreateTopics { topics: vec![topic("t", count, 1)], mode: Mode::Apply };
        let result = cluster.ask(|image, context| create_topics(image, &request, context));
        assert_eq!(result.err(), Some(CreateTopicsError::TooManyPartitions));
    }
}

#[test]
fn fenced_brokers_hold_replicas_but_do_not_lead() {
    let mut cluster = TestCluster::new(3);
    cluster.fence_broker(2);
    let decision = decide(&mut cluster, vec![topic("t", 6, 3)], Mode::Apply);
    cluster.apply(decision.records);
    for index in 0..6 {
        let partition = cluster.partition("t", index);
        assert_eq!(partition.replicas.len(), 3);
        assert!(!partition.isr.contains(&NodeId(2)) && partition.leader != Some(NodeId(2)));
    }
    cluster.fence_broker(1);
    cluster.fence_broker(3);
    assert!(
        outcome(&mut cluster, topic("u", 1, 1))
            .ends_with("All brokers are currently fenced, or have all their log directories cordoned.")
    );
    assert_eq!(
        outcome(&mut cluster, assigned("u", &[(0, &[1])])),
        "INVALID_REPLICA_ASSIGNMENT: All brokers specified in the manual partition assignment for partition 0 are fenced or in controlled shutdown."
    );
}
