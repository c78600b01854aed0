//! Tests of commits, fetches, deletions and expiry, with simple groups; what members may do is tested with their groups.

mod parts;

use std::sync::Arc;

use jackdaw_base::{Offset, ProducerId, Uuid};
use jackdaw_protocol::error_code::ErrorCode;

use crate::fixture::{Host, TestWorld};
use crate::group::request::{
    Client, CommitPartition, CommitTopic, FetchedPartition, GroupAnswer, GroupError, GroupRequest, JoinGroup,
    LeaveGroup, Leaving, OffsetCommit, OffsetFetch,
};
use crate::group::{GroupRecord, GroupShard};
use crate::runtime::{Runtime, RuntimeLimits};
use crate::shard::{Moment, Token, TransactionEnd};

const DAY_MS: u64 = 86_400_000;

fn host() -> Host {
    let mut world = TestWorld::new();
    world.set_topic("orders", 4);
    world.set_topic("trades", 4);
    Host::new(world)
}

fn commit_of(group: &str, topic: &str, id: Uuid, offsets: &[(i32, i64)]) -> OffsetCommit {
    let partition = |&(partition, offset): &(i32, i64)| CommitPartition {
        partition,
        offset,
        leader_epoch: 3,
        metadata: "where I was".into(),
    };
    let partitions = offsets.iter().map(partition).collect();
    OffsetCommit {
        group: group.into(),
        member: "".into(),
        instance: None,
        generation_or_epoch: -1,
        api_version: 9,
        retention_ms: None,
        topics: vec![CommitTopic { topic: topic.into(), id, partitions }],
    }
}

fn commit(host: &mut Host, group: &str, topic: &str, offsets: &[(i32, i64)]) {
    let id = host.world.topic_id(topic);
    match host.ask(GroupRequest::OffsetCommit(commit_of(group, topic, id, offsets))) {
        GroupAnswer::Committed(Ok(answers)) => {
            assert!(answers[0].2.iter().all(|(_, error)| error.is_none()), "{answers:?}");
        }
        other => panic!("{other:?}"),
    }
}

/// Topic, partition and offset of everything that a group has.
fn everything(host: &mut Host, group: &str) -> Vec<(String, i32, i64)> {
    let fetch = OffsetFetch {
        group: group.into(),
        member: None,
        member_epoch: -1,
        topics: None,
        requires_stable: false,
    };
    let GroupAnswer::Fetched(Ok(topics)) = host.ask(GroupRequest::OffsetFetch(fetch)) else {
        panic!("offsets")
    };
    let all = topics.iter().flat_map(|(topic, _, partitions)| {
        partitions.iter().map(|fetched| (topic.to_string(), fetched.partition, fetched.offset))
    });
    all.collect()
}

fn fetch_some(
    host: &mut Host,
    group: &str,
    topic: &str,
    id: Uuid,
    partitions: &[i32],
) -> Vec<FetchedPartition> {
    let topics = Some(vec![(Arc::from(topic), id, partitions.to_vec())]);
    let fetch =
        OffsetFetch { group: group.into(), member: None, member_epoch: -1, topics, requires_stable: true };
    let GroupAnswer::Fetched(Ok(mut topics)) = host.ask(GroupRequest::OffsetFetch(fetch)) else {
        panic!("offsets")
    };
    topics.remove(0).2
}

#[test]
fn what_is_committed_is_fetched_also_after_a_reload() {
    let mut host = host();
    commit(&mut host, "g", "orders", &[(0, 10), (1, 20)]);
    commit(&mut host, "g", "orders", &[(0, 11)]);
    commit(&mut host, "g", "trades", &[(3, 5)]);
    commit(&mut host, "gg", "orders", &[(0, 1)]);
    for _ in 0..2 {
        let expected =
            [("orders".to_owned(), 0, 11), ("orders".to_owned(), 1, 20), ("trades".to_owned(), 3, 5)];
        assert_eq!(everything(&mut host, "g"), expected);
        let id = host.world.topic_id("orders");
        let fetched = fetch_some(&mut host, "g", "orders", id, &[1, 2]);
        let found = FetchedPartition {
            partition: 1,
            offset: 20,
            leader_epoch: 3,
            metadata: "where I was".into(),
            error: None,
        };
        let none =
            FetchedPartition { partition: 2, offset: -1, leader_epoch: -1, metadata: "".into(), error: None };
        assert_eq!(fetched, [found, none]);
        host.reload();
    }
    assert_eq!(everything(&mut host, "nobody"), []);
}

#[test]
fn offsets_of_a_deleted_topic_are_not_those_of_its_successor() {
    let mut host = host();
    commit(&mut host, "g", "orders", &[(0, 10)]);
    let fetched = fetch_some(&mut host, "g", "orders", Uuid::from_u128(77), &[0]);
    assert_eq!((fetched[0].offset, fetched[0].error), (-1, None));
    // Who names no id gets what is there.
    assert_eq!(fetch_some(&mut host, "g", "orders", Uuid::ZERO, &[0])[0].offset, 10);
}

#[test]
fn texts_beyond_the_limit_are_refused_alone() {
    let mut host = host();
    host.world.change_settings(|settings| settings.offset_metadata_bytes_max = 4);
    let mut request = commit_of("g", "orders", Uuid::ZERO, &[(0, 1), (1, 1), (2, 1)]);
    let partitions = &mut request.topics[0].partitions;
    // Kafka counts characters of Java: four of these are eight bytes.
    partitions[0].metadata = "éééé".into();
    partitions[1].metadata = "12345".into();
    partitions[2].metadata = "\u{1F600}\u{1F600}\u{1F600}".into();
    let GroupAnswer::Committed(Ok(answers)) = host.ask(GroupRequest::OffsetCommit(request)) else { panic!() };
    let too_large = Some(ErrorCode::OffsetMetadataTooLarge);
    assert_eq!(answers[0].2, [(0, None), (1, too_large), (2, too_large)]);
    assert_eq!(everything(&mut host, "g").len(), 1);
}

#[test]
fn commits_of_a_generation_need_a_group() {
    let cases = [(8, GroupError::from(ErrorCode::IllegalGeneration)), (9, GroupError::not_found("g"))];
    for (api_version, expected) in cases {
        let mut host = host();
        let mut request = commit_of("g", "orders", Uuid::ZERO, &[(0, 1)]);
        request.generation_or_epoch = 5;
        request.api_version = api_version;
        let answer = host.ask(GroupRequest::OffsetCommit(request));
        assert_eq!(answer, GroupAnswer::Committed(Err(expected)));
        assert!(host.log.is_empty());
    }
}

fn delete(host: &mut Host, group: &str, topic: &str, partitions: &[i32]) -> GroupAnswer {
    let topics = vec![(Arc::from(topic), partitions.to_vec())];
    host.ask(GroupRequest::OffsetDelete { group: group.into(), topics })
}

#[test]
fn offsets_are_deleted_and_an_offset_that_is_not_there_counts_as_deleted() {
    let mut host = host();
    commit(&mut host, "g", "orders", &[(0, 1), (1, 1)]);
    let answer = delete(&mut host, "g", "orders", &[0, 3]);
    assert_eq!(answer, GroupAnswer::OffsetsDeleted(Ok(vec![("orders".into(), vec![(0, None), (3, None)])])));
    assert_eq!(host.records().len(), 3, "one tombstone");
    host.reload();
    assert_eq!(everything(&mut host, "g"), [("orders".to_owned(), 1, 1)]);
    let answer = delete(&mut host, "nobody", "orders", &[0]);
    assert_eq!(answer, GroupAnswer::OffsetsDeleted(Err(GroupError::not_found("nobody"))));
}

fn join(host: &mut Host, group: &str, protocol_type: &str, metadata: &[u8]) -> Arc<str> {
    let request = JoinGroup {
        group: group.into(),
        member: "".into(),
        instance: None,
        client: Client { id: "c".into(), host: "/127.0.0.1".into() },
        session_timeout_ms: 1_800_000,
        rebalance_timeout_ms: 10_000,
        protocol_type: protocol_type.into(),
        protocols: vec![("range".into(), metadata.into())],
        reason: None,
        requires_known_member_id: false,
        supports_skipping_assignment: false,
        bears_waiting: true,
    };
    match host.ask(GroupRequest::Join(request)) {
        GroupAnswer::Joined(joined) if joined.error.is_none() => joined.member,
        other => panic!("{other:?}"),
    }
}

/// A subscription of the consumer protocol, version 0, to one topic.
fn subscription(topic: &str) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0, 0, 1];
    bytes.extend(u16::try_from(topic.len()).unwrap().to_be_bytes());
    bytes.extend(topic.as_bytes());
    bytes.extend([0xff; 4]);
    bytes
}

fn leave(host: &mut Host, group: &str, member: Arc<str>) {
    let members = vec![Leaving { member, instance: None, reason: None }];
    host.ask(GroupRequest::Leave(LeaveGroup { group: group.into(), members, is_single: false }));
}

#[test]
fn offsets_of_subscribed_topics_are_not_deleted() {
    let mut host = host();
    commit(&mut host, "g", "orders", &[(0, 1)]);
    commit(&mut host, "g", "trades", &[(0, 1)]);
    join(&mut host, "g", "consumer", &subscription("orders"));
    let error = Some(ErrorCode::GroupSubscribedToTopic);
    let answer = delete(&mut host, "g", "orders", &[0]);
    assert_eq!(answer, GroupAnswer::OffsetsDeleted(Ok(vec![("orders".into(), vec![(0, error)])])));
    let answer = delete(&mut host, "g", "trades", &[0]);
    assert_eq!(answer, GroupAnswer::OffsetsDeleted(Ok(vec![("trades".into(), vec![(0, None)])])));
    // Subscriptions of other protocols cannot be read.
    commit(&mut host, "connectors", "orders", &[(0, 1)]);
    join(&mut host, "connectors", "connect", b"?");
    let answer = delete(&mut host, "connectors", "orders", &[0]);
    assert_eq!(answer, GroupAnswer::OffsetsDeleted(Err(ErrorCode::NonEmptyGroup.into())));
}

#[test]
fn offsets_of_a_simple_group_expire_after_their_commit_and_the_group_with_the_last() {
    let mut host = host();
    commit(&mut host, "g", "orders", &[(0, 1)]);
    host.advance(3 * DAY_MS);
    commit(&mut host, "g", "orders", &[(1, 1)]);
    host.advance(4 * DAY_MS + 600_000);
    assert_eq!(everything(&mut host, "g"), [("orders".to_owned(), 1, 1)]);
    assert!(host.runtime.shard().state().groups.get("g").is_some());
    host.advance(3 * DAY_MS);
    assert_eq!(everything(&mut host, "g"), []);
    assert!(host.runtime.shard().state().groups.get("g").is_none());
    host.reload();
    assert!(host.runtime.shard().state().groups.get("g").is_none());
}

#[test]
fn offsets_of_a_group_in_use_expire_only_for_topics_it_does_not_read() {
    let mut host = host();
    commit(&mut host, "g", "orders", &[(0, 1)]);
    commit(&mut host, "g", "trades", &[(0, 1)]);
    for day in 0..8 {
        // Somebody is always there, and joins anew every day.
        let member = join(&mut host, "g", "consumer", &subscription("orders"));
        let sync = crate::group::request::SyncGroup {
            group: "g".into(),
            member: Arc::clone(&member),
            instance: None,
            generation: 1 + day * 2,
            protocol_type: None,
            protocol: None,
            assignments: vec![(Arc::clone(&member), [].into())],
        };
        host.ask(GroupRequest::Sync(sync));
        for _ in 0..DAY_MS / 1_500_000 {
            host.advance(1_500_000);
            let heartbeat = crate::group::request::Heartbeat {
                group: "g".into(),
                member: Arc::clone(&member),
                instance: None,
                generation: 1 + day * 2,
                park_until: None,
            };
            assert_eq!(host.ask(GroupRequest::Heartbeat(heartbeat)), GroupAnswer::Heartbeat(Ok(())));
        }
        leave(&mut host, "g", member);
    }
    // The group is empty only now: `orders` counts from here on.
    assert_eq!(everything(&mut host, "g"), [("orders".to_owned(), 0, 1)]);
    host.advance(6 * DAY_MS);
    assert_eq!(everything(&mut host, "g").len(), 1);
    host.advance(DAY_MS + 600_000);
    assert_eq!(everything(&mut host, "g"), []);
}

#[test]
fn a_commit_with_a_retention_of_its_own_expires_by_it() {
    let mut host = host();
    let mut request = commit_of("g", "orders", Uuid::ZERO, &[(0, 1)]);
    request.api_version = 4;
    request.retention_ms = Some(1000);
    host.ask(GroupRequest::OffsetCommit(request));
    host.reload();
    assert_eq!(everything(&mut host, "g").len(), 1);
    host.advance(600_000);
    assert_eq!(everything(&mut host, "g"), []);
}

#[test]
fn many_offsets_expire_in_batches_that_fit() {
    let mut host = host();
    let offsets: Vec<(i32, i64)> = (0..2500).map(|partition| (partition, 1)).collect();
    commit(&mut host, "g", "orders", &offsets);
    host.advance(8 * DAY_MS);
    assert_eq!(everything(&mut host, "g"), []);
    assert_eq!(host.records().len(), 2500 * 2 + 1);
}

#[test]
fn with_a_topic_go_its_offsets_in_all_groups() {
    let mut host = host();
    for group in ["a", "b"] {
        commit(&mut host, group, "orders", &[(0, 1), (1, 1)]);
        commit(&mut host, group, "trades", &[(0, 1)]);
    }
    let topics = vec![("orders".into(), host.world.topic_id("orders"))];
    assert_eq!(host.ask(GroupRequest::TopicsDeleted { topics }), GroupAnswer::Noted);
    for group in ["a", "b"] {
        assert_eq!(everything(&mut host, group), [("trades".to_owned(), 0, 1)]);
    }
    // One of another topic with that name stays.
    commit(&mut host, "a", "orders", &[(0, 7)]);
    let topics = vec![("orders".into(), Uuid::from_u128(5))];
    host.ask(GroupRequest::TopicsDeleted { topics });
    assert_eq!(everything(&mut host, "a").len(), 2);
}

/// A runtime that reads a log with transactions.
fn load(replay: impl FnOnce(&mut Runtime<GroupShard>)) -> Runtime<GroupShard> {
    let mut runtime = Runtime::new(GroupShard::default(), RuntimeLimits::default());
    replay(&mut runtime);
    runtime.on_loaded(Offset(10), Offset(10));
    runtime
}

fn record(offset: i64) -> GroupRecord {
    use jackdaw_protocol::messages::offset_commit_value::OffsetCommitValue;
    let value = OffsetCommitValue { offset, ..OffsetCommitValue::default() };
    GroupRecord::Offset { group: "g".into(), topic: "orders".into(), partition: 0, value: Some(value) }
}

fn fetched(runtime: &mut Runtime<GroupShard>, now: Moment, world: &TestWorld) -> FetchedPartition {
    let topics = Some(vec![("orders".into(), Uuid::ZERO, vec![0])]);
    let fetch =
        OffsetFetch { group: "g".into(), member: None, member_epoch: -1, topics, requires_stable: true };
    runtime.on_request(now, Token(1), GroupRequest::OffsetFetch(fetch));
    assert!(runtime.poll_append(&now, world).is_none());
    match runtime.poll_answers().remove(0).answer {
        Ok(GroupAnswer::Fetched(Ok(mut topics))) => topics.remove(0).2.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn offsets_of_transactions_count_when_they_are_committed() {
    let now = host().now();
    let world = TestWorld::new();
    let (one, two) = (ProducerId(1), ProducerId(2));
    let mut open = load(|runtime| runtime.replay_transactional(one, &record(5)));
    let unstable = fetched(&mut open, now, &world);
    assert_eq!((unstable.offset, unstable.error), (-1, Some(ErrorCode::UnstableOffsetCommit)));

    let mut committed = load(|runtime| {
        runtime.replay_transactional(one, &record(5));
        runtime.replay_transaction_end(one, TransactionEnd::Committed);
        runtime.replay_transactional(two, &record(9));
        runtime.replay_transaction_end(two, TransactionEnd::Aborted);
    });
    let stable = fetched(&mut committed, now, &world);
    assert_eq!((stable.offset, stable.error), (5, None));

    let mut overtaken = load(|runtime| {
        runtime.replay_transactional(one, &record(5));
        runtime.replay(&record(6));
        runtime.replay_transaction_end(one, TransactionEnd::Committed);
    });
    assert_eq!(fetched(&mut overtaken, now, &world).offset, 6);

    let mut deleted = load(|runtime| {
        runtime.replay_transactional(one, &record(5));
        runtime.replay(&GroupRecord::offset_tombstone(&"g".into(), &"orders".into(), 0));
        runtime.replay_transaction_end(one, TransactionEnd::Committed);
    });
    assert_eq!(fetched(&mut deleted, now, &world).offset, -1);
}
