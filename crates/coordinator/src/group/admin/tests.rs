//! Tests of lists, descriptions and deletions.

use std::sync::Arc;

use jackdaw_base::Uuid;
use jackdaw_protocol::error_code::ErrorCode;

use crate::fixture::{Host, TestWorld};
use crate::group::request::{
    Client, CommitPartition, CommitTopic, ConsumerHeartbeat, GroupAnswer, GroupError, GroupRequest,
    JoinGroup, ListGroups, OffsetCommit,
};

fn client() -> Client {
    Client { id: "c".into(), host: "/127.0.0.1".into() }
}

/// A simple group `simple`, a classic one `classic` in a rebalance, a consumer one `consumer`.
fn host() -> Host {
    let mut world = TestWorld::new();
    world.set_topic("orders", 2);
    let mut host = Host::new(world);
    commit(&mut host, "simple", "", -1);
    let join = JoinGroup {
        group: "classic".into(),
        member: "".into(),
        instance: None,
        client: client(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 10_000,
        protocol_type: "connect".into(),
        protocols: vec![("v1".into(), [1].into())],
        reason: None,
        requires_known_member_id: false,
        supports_skipping_assignment: false,
        bears_waiting: true,
    };
    host.ask(GroupRequest::Join(join));
    let heartbeat = ConsumerHeartbeat {
        group: "consumer".into(),
        member: "m".into(),
        member_epoch: 0,
        instance: None,
        rack: None,
        rebalance_timeout_ms: 10_000,
        topics: Some(vec!["orders".into()]),
        regex: None,
        assignor: None,
        owned: Some(Vec::new()),
        client: client(),
        api_version: 1,
        park_until: None,
    };
    match host.ask(GroupRequest::ConsumerHeartbeat(heartbeat)) {
        GroupAnswer::ConsumerHeartbeat(answer) => assert_eq!(answer.error, None),
        other => panic!("{other:?}"),
    }
    host
}

fn commit(host: &mut Host, group: &str, member: &str, generation_or_epoch: i32) {
    let partition = CommitPartition { partition: 1, offset: 7, leader_epoch: -1, metadata: "".into() };
    let topics = vec![CommitTopic { topic: "orders".into(), id: Uuid::ZERO, partitions: vec![partition] }];
    let commit = OffsetCommit {
        group: group.into(),
        member: member.into(),
        instance: None,
        generation_or_epoch,
        api_version: 9,
        retention_ms: None,
        topics,
    };
    let answer = host.ask(GroupRequest::OffsetCommit(commit));
    assert!(matches!(answer, GroupAnswer::Committed(Ok(_))), "{answer:?}");
}

fn list(
    host: &mut Host,
    states: &[&str],
    types: &[&str],
) -> Vec<(String, String, &'static str, &'static str)> {
    let strings = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let request = ListGroups { states: strings(states), types: strings(types) };
    let GroupAnswer::Listed(groups) = host.ask(GroupRequest::List(request)) else { panic!("a list") };
    let rows = groups
        .into_iter()
        .map(|group| (group.group.to_string(), group.protocol_type.to_string(), group.state, group.kind));
    rows.collect()
}

#[test]
fn groups_are_listed_by_state_and_type() {
    let mut host = host();
    let simple = ("simple".to_owned(), String::new(), "Empty", "classic");
    let classic = ("classic".to_owned(), "connect".to_owned(), "CompletingRebalance", "classic");
    let consumer = ("consumer".to_owned(), "consumer".to_owned(), "Stable", "consumer");
    assert_eq!(list(&mut host, &[], &[]), [classic.clone(), consumer.clone(), simple.clone()]);
    assert_eq!(list(&mut host, &["empty", "STABLE"], &[]), [consumer.clone(), simple.clone()]);
    assert_eq!(list(&mut host, &[], &["Classic"]), [classic, simple]);
    assert_eq!(list(&mut host, &["Stable"], &["consumer"]), [consumer]);
    assert_eq!(list(&mut host, &["nonsense"], &[]), []);
    assert_eq!(list(&mut host, &[], &["share"]), []);
}

#[test]
fn descriptions_are_of_groups_of_their_type() {
    let mut host = host();
    let describe = |host: &mut Host, group: &str| host.ask(GroupRequest::Describe { group: group.into() });
    let GroupAnswer::Described(Ok(described)) = describe(&mut host, "classic") else {
        panic!("a description")
    };
    assert_eq!((described.state, described.members.len()), ("CompletingRebalance", 1));
    let wrong = GroupError::new(ErrorCode::GroupIdNotFound, "Group consumer is not a classic group.");
    assert_eq!(describe(&mut host, "consumer"), GroupAnswer::Described(Err(wrong)));
    let missing = GroupError::new(ErrorCode::GroupIdNotFound, "Group nobody not found.");
    assert_eq!(describe(&mut host, "nobody"), GroupAnswer::Described(Err(missing)));

    let describe =
        |host: &mut Host, group: &str| host.ask(GroupRequest::DescribeConsumer { group: group.into() });
    let GroupAnswer::DescribedConsumer(Ok(described)) = describe(&mut host, "consumer") else {
        panic!("one")
    };
    assert_eq!((described.state, described.members.len()), ("Stable", 1));
    let wrong = GroupError::new(ErrorCode::GroupIdNotFound, "Group classic is not a consumer group.");
    assert_eq!(describe(&mut host, "classic"), GroupAnswer::DescribedConsumer(Err(wrong)));
}

#[test]
fn only_empty_groups_are_deleted_and_their_offsets_with_them() {
    let mut host = host();
    let delete = |host: &mut Host, group: &str| host.ask(GroupRequest::DeleteGroup { group: group.into() });
    let non_empty = || GroupAnswer::Deleted(Err(ErrorCode::NonEmptyGroup.into()));
    assert_eq!(delete(&mut host, "classic"), non_empty());
    assert_eq!(delete(&mut host, "consumer"), non_empty());
    assert_eq!(delete(&mut host, "nobody"), GroupAnswer::Deleted(Err(GroupError::not_found("nobody"))));
    assert_eq!(delete(&mut host, "simple"), GroupAnswer::Deleted(Ok(())));
    host.reload();
    assert!(list(&mut host, &[], &[]).iter().all(|(group, ..)| group != "simple"));
    assert_eq!(host.runtime.shard().state().offsets.of_group(&Arc::from("simple")).count(), 0);
}

#[test]
fn lag_names_the_owner_of_a_partition() {
    let mut host = host();
    let epoch = match host.ask(GroupRequest::DescribeConsumer { group: "consumer".into() }) {
        GroupAnswer::DescribedConsumer(Ok(described)) => described.members[0].member_epoch,
        other => panic!("{other:?}"),
    };
    commit(&mut host, "consumer", "m", epoch);
    let GroupAnswer::Lag(positions) = host.ask(GroupRequest::Lag) else { panic!("lag") };
    let rows: Vec<_> = positions
        .iter()
        .map(|position| {
            (position.group.as_ref(), position.partition, position.offset, position.owner.clone())
        })
        .collect();
    let owner = Some(("m".into(), "c".into()));
    assert_eq!(rows, [("consumer", 1, 7, owner), ("simple", 1, 7, None)]);
}
