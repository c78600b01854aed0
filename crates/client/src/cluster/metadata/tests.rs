use jackdaw_protocol::messages::metadata_response::MetadataResponseBroker;

use super::*;

fn answer(topic: &str, error: ErrorCode, leader: i32, epoch: i32) -> MetadataResponse<'static> {
    let partition = MetadataResponsePartition {
        leader_id: leader,
        leader_epoch: epoch,
        ..MetadataResponsePartition::default()
    };
    let topic = MetadataResponseTopic {
        name: Some(topic.to_owned().into()),
        error_code: error.code(),
        topic_id: Uuid::from_u128(7),
        partitions: if error.is_none() { vec![partition] } else { Vec::new() },
        ..MetadataResponseTopic::default()
    };
    let broker =
        |node_id| MetadataResponseBroker { node_id, host: "h".into(), port: 9092, ..Default::default() };
    MetadataResponse {
        brokers: vec![broker(1), broker(2)],
        topics: vec![topic],
        ..MetadataResponse::default()
    }
}

fn known() -> Metadata {
    Metadata::default().merged(&answer("t", ErrorCode::None, 1, 5), Scope::Some)
}

#[test]
fn controllers_stand_where_brokers_do() {
    use jackdaw_protocol::messages::describe_cluster_response::DescribeClusterBroker;
    let node =
        |broker_id, port| DescribeClusterBroker { broker_id, host: "h".into(), port, ..Default::default() };
    let answer = DescribeClusterResponse {
        cluster_id: "c".into(),
        controller_id: 2,
        brokers: vec![node(1, 9093), node(2, 9094), node(3, 70_000)],
        ..Default::default()
    };
    let metadata = Metadata::of_controllers(&answer);
    assert_eq!((metadata.cluster_id.as_deref(), metadata.controller), (Some("c"), Some(2)));
    let ids: Vec<i32> = metadata.brokers.keys().copied().collect();
    assert_eq!(ids, [1, 2], "a port that is none is nowhere");
}

#[test]
fn an_older_leader_does_not_come_back() {
    let check = |leader, epoch, expected| {
        let merged = known().merged(&answer("t", ErrorCode::None, leader, epoch), Scope::Some);
        assert_eq!(merged.leader("t", 0).ok(), Some(expected), "leader {leader}, epoch {epoch}");
    };
    check(2, 6, (2, 6));
    check(2, 4, (1, 5));
    // A broker that knows no epochs is believed.
    check(2, -1, (2, -1));
}

#[test]
fn a_topic_that_was_created_again_starts_anew() {
    let mut again = answer("t", ErrorCode::None, 2, 0);
    again.topics[0].topic_id = Uuid::from_u128(8);
    let merged = known().merged(&again, Scope::Some);
    assert_eq!(merged.leader("t", 0).ok(), Some((2, 0)));
    assert!(merged.topic_by_id(Uuid::from_u128(7)).is_none());
    assert!(merged.topic_by_id(Uuid::from_u128(8)).is_some());
}

#[test]
fn a_passing_error_keeps_what_is_known_and_a_final_one_does_not() {
    let merged = known().merged(&answer("t", ErrorCode::LeaderNotAvailable, 0, 0), Scope::Some);
    assert!(merged.topic("t").is_some());
    assert!(merged.leader("t", 0).expect_err("has an error").is(ErrorCode::LeaderNotAvailable));
    let merged = known().merged(&answer("t", ErrorCode::UnknownTopicOrPartition, 0, 0), Scope::Some);
    assert!(merged.topic("t").is_none() && merged.topic_by_id(Uuid::from_u128(7)).is_none());
    let merged = merged.merged(&answer("t", ErrorCode::None, 1, 0), Scope::Some);
    assert!(merged.topic_errors.is_empty());
}

#[test]
fn an_answer_about_some_topics_leaves_the_others() {
    let mut other = answer("u", ErrorCode::None, 2, 0);
    other.topics[0].topic_id = Uuid::from_u128(9);
    assert_eq!(known().merged(&other, Scope::Some).topics.len(), 2);
    assert_eq!(known().merged(&other, Scope::All).topics.len(), 1);
}

#[test]
fn partitions_behind_a_gap_are_left_out() {
    let mut gap = answer("t", ErrorCode::None, 1, 0);
    let partition = gap.topics[0].partitions[0].clone();
    gap.topics[0].partitions.insert(0, MetadataResponsePartition { partition_index: 2, ..partition });
    let merged = Metadata::default().merged(&gap, Scope::Some);
    assert_eq!(merged.topic("t").map(|topic| topic.partitions.len()), Some(1));
}

#[test]
fn a_newer_leader_is_learnt_if_it_can_be_reached() {
    let check = |leader, leader_epoch, home: Option<i32>, expected: Option<(i32, i32)>| {
        let mut news = LeaderNews::default();
        news.leaders.push(NamedLeader { topic: "t".into(), partition: 0, leader, leader_epoch });
        home.into_iter().for_each(|port| news.add_broker(leader, "new", port, None));
        let learnt = known().with_news(&news);
        assert_eq!(learnt.as_ref().and_then(|metadata| metadata.leader("t", 0).ok()), expected);
        if let (Some(learnt), Some(port)) = (learnt, home) {
            assert_eq!(learnt.brokers[&leader].address.to_string(), format!("new:{port}"));
        }
    };
    check(2, 6, None, Some((2, 6)));
    check(2, 5, None, None);
    check(3, 6, None, None);
    check(3, 6, Some(9093), Some((3, 6)));
    check(3, 6, Some(70_000), None);
    check(2, 6, Some(9094), Some((2, 6)));
}
