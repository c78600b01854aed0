//! Tests of DeleteTopics.

use jackdaw_base::Uuid;

use super::*;
use crate::fixture::TestCluster;

fn by_name(name: &str) -> TopicSelector {
    TopicSelector { name: Some(name.into()), id: Uuid::ZERO }
}

fn by_id(id: TopicId) -> TopicSelector {
    TopicSelector { name: None, id }
}

fn decide(cluster: &mut TestCluster, topics: &[TopicSelector]) -> Decision<Vec<DeletedTopic>> {
    cluster.ask(|image, context| delete_topics(image, topics, context)).expect("allowed")
}

#[test]
fn topics_go_by_name_and_by_id() {
    let mut cluster = TestCluster::new(1);
    cluster.create("a", &[&[1]], &[]);
    cluster.create("b", &[&[1]], &[]);
    let (a, b) = (cluster.image.topics.id_of("a").expect("a"), cluster.image.topics.id_of("b").expect("b"));
    let decision = decide(&mut cluster, &[by_name("a"), by_id(b)]);
    let answered: Vec<_> = decision.answer.iter().map(|t| (t.name.as_deref(), t.id, t.result)).collect();
    assert_eq!(answered, [(Some("a"), a, Ok(())), (Some("b"), b, Ok(()))]);
    cluster.apply(decision.records);
    assert!(cluster.image.topics.is_empty());
}

#[test]
fn each_bad_selection_gets_kafkas_error() {
    let mut cluster = TestCluster::new(1);
    cluster.create("a", &[&[1]], &[]);
    let a = cluster.image.topics.id_of("a").expect("a");
    let unknown = Uuid::from_u128(12_345);
    let both = TopicSelector { name: Some("a".into()), id: a };
    let cases: Vec<(Vec<TopicSelector>, &str)> = vec![
        (vec![by_name("x")], "UNKNOWN_TOPIC_OR_PARTITION: This server does not host this topic-partition."),
        (vec![by_id(unknown)], "UNKNOWN_TOPIC_ID: This server does not host this topic ID."),
        (vec![by_id(Uuid::ZERO)], "INVALID_REQUEST: Neither topic name nor id were specified."),
        (vec![both], "INVALID_REQUEST: You may not specify both topic name and topic id."),
        (vec![by_name("a"), by_name("a")], "INVALID_REQUEST: Duplicate topic name."),
        (vec![by_id(a), by_id(a)], "INVALID_REQUEST: Duplicate topic id."),
        (vec![by_name("a"), by_id(a)], "INVALID_REQUEST: Duplicate topic id."),
    ];
    for (topics, expected) in cases {
        let decision = decide(&mut cluster, &topics);
        assert!(decision.records.is_empty());
        assert_eq!(decision.answer.len(), 1, "{topics:?}");
        let error = decision.answer[0].result.expect_err(expected);
        assert_eq!(format!("{}: {error}", error.code().name()), expected);
    }
}
