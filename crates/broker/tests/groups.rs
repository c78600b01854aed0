//! Where coordinators meet the broker: the topic of offsets and its first use, loads and restarts, lost leaderships, appends
//! that fail, heartbeats that wait and requests behind them.
#![allow(clippy::disallowed_methods, reason = "these tests run on the real file system and real sockets")]

mod support;

use std::path::Path;
use std::time::Duration;

use jackdaw_broker::server::Server;
use jackdaw_metadata::decide::Decision;
use jackdaw_protocol::compression::Compression;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::api_versions_request::ApiVersionsRequest;
use jackdaw_protocol::messages::consumer_group_heartbeat_request::ConsumerGroupHeartbeatRequest;
use jackdaw_protocol::messages::consumer_protocol_subscription::ConsumerProtocolSubscription;
use jackdaw_protocol::messages::find_coordinator_request::FindCoordinatorRequest;
use jackdaw_protocol::messages::heartbeat_request::HeartbeatRequest;
use jackdaw_protocol::messages::join_group_request::{JoinGroupRequest, JoinGroupRequestProtocol};
use jackdaw_protocol::messages::join_group_response::JoinGroupResponse;
use jackdaw_protocol::messages::list_groups_request::ListGroupsRequest;
use jackdaw_protocol::messages::offset_commit_request::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use jackdaw_protocol::messages::offset_fetch_request::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics,
};
use jackdaw_protocol::messages::remove_topic_record::RemoveTopicRecord;
use jackdaw_protocol::messages::sync_group_request::SyncGroupRequest;
use jackdaw_protocol::metadata_record::MetadataRecord;
use support::client::Client;
use support::{Scratch, create, partition, start};

const GROUP: &str = "orders-group";
const QUICK: &[(&str, &str)] =
    &[("group.initial.rebalance.delay.ms", "0"), ("offsets.topic.num.partitions", "4")];

async fn node(data: &Path) -> Server {
    start(&[data], QUICK).await
}

/// Asks on a thread that may block, as the node runs in this process.
async fn with<T: Send + 'static>(server: &Server, ask: impl FnOnce(&mut Client) -> T + Send + 'static) -> T {
    let mut client = Client::of_broker(server.node());
    tokio::task::spawn_blocking(move || ask(&mut client)).await.expect("no panic")
}

fn code(code: i16) -> ErrorCode {
    ErrorCode::from_code(code).expect("a known code")
}

fn find(client: &mut Client) -> ErrorCode {
    let request = FindCoordinatorRequest { coordinator_keys: vec![GROUP.into()], ..Default::default() };
    let answer = client.ask(6, &request);
    code(answer.coordinators[0].error_code)
}

fn commit_request(offset: i64) -> OffsetCommitRequest<'static> {
    OffsetCommitRequest {
        group_id: GROUP.into(),
        generation_id_or_member_epoch: -1,
        topics: vec![OffsetCommitRequestTopic {
            name: "orders".into(),
            partitions: vec![OffsetCommitRequestPartition {
                partition_index: 0,
                committed_offset: offset,
                committed_leader_epoch: -1,
                committed_metadata: Some("note".into()),
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn commit(client: &mut Client, offset: i64) -> ErrorCode {
    code(client.ask(9, &commit_request(offset)).topics[0].partitions[0].error_code)
}

/// The committed offset, or the group's error.
fn committed(client: &mut Client) -> Result<i64, ErrorCode> {
    let topics = vec![OffsetFetchRequestTopics {
        name: "orders".into(),
        partition_indexes: vec![0],
        ..Default::default()
    }];
    let group =
        OffsetFetchRequestGroup { group_id: GROUP.into(), topics: Some(topics), ..Default::default() };
    let answer = client.ask(9, &OffsetFetchRequest { groups: vec![group], ..Default::default() });
    let group = &answer.groups[0];
    match code(group.error_code) {
        ErrorCode::None => Ok(group.topics[0].partitions[0].committed_offset),
        error => Err(error),
    }
}

/// As [`committed`], once the coordinator has read its log.
fn loaded(client: &mut Client) -> Result<i64, ErrorCode> {
    loop {
        match committed(client) {
            Err(ErrorCode::CoordinatorLoadInProgress) => std::thread::yield_now(),
            other => return other,
        }
    }
}

fn join(client: &mut Client, member: &str) -> JoinGroupResponse<'static> {
    let protocol = JoinGroupRequestProtocol {
        name: "range".into(),
        metadata: subscription().into(),
        ..Default::default()
    };
    let request = JoinGroupRequest {
        group_id: GROUP.into(),
        session_timeout_ms: 30_000,
        rebalance_timeout_ms: 30_000,
        member_id: member.to_owned().into(),
        protocol_type: "consumer".into(),
        protocols: vec![protocol],
        ..Default::default()
    };
    client.ask(9, &request)
}

fn subscription() -> Vec<u8> {
    use jackdaw_protocol::message::Message;
    let subscription = ConsumerProtocolSubscription { topics: vec!["orders".into()], ..Default::default() };
    let mut writer = jackdaw_protocol::wire::Writer::default();
    writer.bytes.extend(0i16.to_be_bytes());
    subscription.encode(&mut writer, 0).expect("encodes");
    writer.bytes
}

/// A member alone in its group, with its assignment; returns its id.
fn settle(client: &mut Client) -> String {
    let told = join(client, "");
    assert_eq!(code(told.error_code), ErrorCode::MemberIdRequired);
    let member = told.member_id.to_string();
    let joined = join(client, &member);
    assert_eq!((joined.error_code, joined.generation_id), (0, 1));
    let request = SyncGroupRequest {
        group_id: GROUP.into(),
        generation_id: 1,
        member_id: member.clone().into(),
        protocol_type: Some("consumer".into()),
        protocol_name: Some("range".into()),
        ..Default::default()
    };
    assert_eq!(client.ask(5, &request).error_code, 0);
    member
}

fn heartbeat(member: &str) -> HeartbeatRequest<'static> {
    HeartbeatRequest {
        group_id: GROUP.into(),
        generation_id: 1,
        member_id: member.to_owned().into(),
        ..Default::default()
    }
}

/// Says that it is a client whose heartbeats may be kept back.
fn introduce(client: &mut Client) {
    let request = ApiVersionsRequest {
        client_software_name: "librdkafka".into(),
        client_software_version: "2.0".into(),
        ..Default::default()
    };
    assert_eq!(client.ask(3, &request).error_code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_question_makes_the_topic_and_a_restart_keeps_what_was_committed() {
    let scratch = Scratch::new("groups-restart");
    let data = scratch.path("data");
    let server = node(&data).await;
    create(server.node(), "orders", 1).await;
    assert_eq!(with(&server, committed).await, Err(ErrorCode::NotCoordinator), "nobody has asked for it");
    assert_eq!(with(&server, find).await, ErrorCode::None);
    assert_eq!(with(&server, loaded).await, Ok(-1));
    assert_eq!(with(&server, |client| commit(client, 7)).await, ErrorCode::None);
    assert_eq!(with(&server, |client| commit(client, 42)).await, ErrorCode::None);
    server.stop().await;

    let server = node(&data).await;
    assert_eq!(with(&server, loaded).await, Ok(42));
    let listed = with(&server, |client| client.ask(5, &ListGroupsRequest::default())).await;
    let listed: Vec<(&str, &str)> =
        listed.groups.iter().map(|group| (&*group.group_id, &*group.group_state)).collect();
    assert_eq!(listed, [(GROUP, "Empty")]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_goes_on_after_a_restart_of_its_coordinator_without_a_rebalance() {
    let scratch = Scratch::new("groups-heartbeat");
    let data = scratch.path("data");
    let server = node(&data).await;
    create(server.node(), "orders", 1).await;
    with(&server, find).await;
    with(&server, loaded).await.expect("loads");
    let member = with(&server, settle).await;
    server.stop().await;

    let server = node(&data).await;
    with(&server, loaded).await.expect("loads");
    let ask = move |client: &mut Client| {
        let known = client.ask(4, &heartbeat(&member)).error_code;
        let generation = HeartbeatRequest { generation_id: 2, ..heartbeat(&member) };
        [known, client.ask(4, &generation).error_code, client.ask(4, &heartbeat("nobody")).error_code]
            .map(code)
    };
    let expected = [ErrorCode::None, ErrorCode::IllegalGeneration, ErrorCode::UnknownMemberId];
    assert_eq!(with(&server, ask).await, expected);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offsets_of_a_deleted_topic_go_and_a_deleted_topic_of_offsets_is_nobodys() {
    let scratch = Scratch::new("groups-deleted");
    let server = node(&scratch.path("data")).await;
    create(server.node(), "orders", 1).await;
    with(&server, find).await;
    with(&server, loaded).await.expect("loads");
    assert_eq!(with(&server, |client| commit(client, 7)).await, ErrorCode::None);
    delete(&server, "orders").await;
    // The coordinators are told on a thread of their own.
    let is_gone = with(&server, |client| (0..1_000_000).any(|_| loaded(client) == Ok(-1)));
    assert!(is_gone.await, "the offset is still there");
    delete(&server, "__consumer_offsets").await;
    assert_eq!(with(&server, committed).await, Err(ErrorCode::NotCoordinator));
    server.stop().await;
}

async fn delete(server: &Server, topic: &str) {
    let topic_id = server.node().partitions.by_name(topic).expect("the topic is there").id;
    let records = vec![MetadataRecord::RemoveTopic(RemoveTopicRecord { topic_id, ..Default::default() })];
    server.node().quorum.submit(|_, _| Decision { records, answer: () }).await.expect("committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_fails_is_a_refusal_and_nothing_is_committed() {
    let scratch = Scratch::new("groups-append");
    let server = node(&scratch.path("data")).await;
    create(server.node(), "orders", 1).await;
    with(&server, find).await;
    with(&server, loaded).await.expect("loads");
    assert_eq!(with(&server, |client| commit(client, 1)).await, ErrorCode::None);
    let home = jackdaw_broker::coordinators::partition_of(GROUP, 4).expect("a partition");
    let partition = partition(server.node(), "__consumer_offsets", home);
    // While it moves to another directory it takes no records.
    partition.set_moving(true);
    assert_eq!(with(&server, |client| commit(client, 2)).await, ErrorCode::CoordinatorNotAvailable);
    assert_eq!(with(&server, committed).await, Ok(1), "what was not appended never was");
    partition.set_moving(false);
    assert_eq!(with(&server, |client| commit(client, 3)).await, ErrorCode::None);
    assert_eq!(with(&server, committed).await, Ok(3));
    partition.fail("a test says so");
    assert_eq!(with(&server, |client| commit(client, 4)).await, ErrorCode::NotCoordinator);
    assert_eq!(with(&server, committed).await, Err(ErrorCode::NotCoordinator));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_topic_of_offsets_is_made_and_written_as_its_settings_say() {
    let scratch = Scratch::new("groups-topic");
    let settings = [
        ("offsets.topic.num.partitions", "3"),
        ("offsets.topic.segment.bytes", "1048576"),
        ("offsets.topic.compression.codec", "4"),
        ("offset.metadata.max.bytes", "3"),
    ];
    let server = start(&[&scratch.path("data")], &settings).await;
    create(server.node(), "orders", 1).await;
    with(&server, find).await;
    with(&server, loaded).await.expect("loads");
    // The note that these tests commit has four letters.
    assert_eq!(with(&server, |client| commit(client, 1)).await, ErrorCode::OffsetMetadataTooLarge);
    assert_eq!(
        with(&server, |client| client.ask(8, &without_note(7)).topics[0].partitions[0].error_code).await,
        0
    );
    let image = server.node().image();
    let topic = image.topics.by_name("__consumer_offsets").expect("the topic is there");
    assert_eq!(topic.partition_count(), 3);
    let home = jackdaw_broker::coordinators::partition_of(GROUP, 3).expect("a partition");
    let log = partition(server.node(), "__consumer_offsets", home);
    assert_eq!(log.settings().segment.segment_bytes_max, 1_048_576);
    let codecs = support::of_batches(&log, |batch| batch.compression());
    assert_eq!(codecs, [Some(Compression::Zstd)]);
    server.stop().await;
}

fn without_note(offset: i64) -> OffsetCommitRequest<'static> {
    let mut request = commit_request(offset);
    request.topics[0].partitions[0].committed_metadata = None;
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_that_come_while_a_batch_lingers_share_it() {
    let scratch = Scratch::new("groups-linger");
    let settings = [QUICK, &[("group.coordinator.append.linger.ms", "500")]].concat();
    let server = start(&[&scratch.path("data")], &settings).await;
    create(server.node(), "orders", 1).await;
    with(&server, find).await;
    with(&server, loaded).await.expect("loads");
    let mut second = Client::of_broker(server.node());
    let errors = with(&server, move |first| {
        first.send(9, &commit_request(1));
        second.send(9, &commit_request(2));
        [first, &mut second].map(|client| {
            let answer = client.receive::<OffsetCommitRequest<'static>>(9);
            answer.topics[0].partitions[0].error_code
        })
    });
    assert_eq!(errors.await, [0, 0]);
    let home = jackdaw_broker::coordinators::partition_of(GROUP, 4).expect("a partition");
    let log = partition(server.node(), "__consumer_offsets", home);
    let counts = support::of_batches(&log, |batch| batch.record_count());
    assert_eq!(counts, [2], "records by batch");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_back_heartbeat_is_answered_when_a_request_arrives_behind_it() {
    let scratch = Scratch::new("groups-interrupt");
    let server = node(&scratch.path("data")).await;
    create(server.node(), "orders", 1).await;
    with(&server, find).await;
    with(&server, loaded).await.expect("loads");
    let answers = with(&server, |client| {
        introduce(client);
        let member = settle(client);
        client.send(4, &heartbeat(&member));
        let is_kept_back = !client.is_answered_within(Duration::from_millis(200));
        client
            .send(6, &FindCoordinatorRequest { coordinator_keys: vec![GROUP.into()], ..Default::default() });
        let first = client.receive::<HeartbeatRequest<'static>>(4).error_code;
        let second = client.receive::<FindCoordinatorRequest<'static>>(6).coordinators[0].error_code;
        (is_kept_back, first, second)
    });
    assert_eq!(answers.await, (true, 0, 0));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_back_heartbeat_hears_of_a_rebalance_at_once() {
    let scratch = Scratch::new("groups-rebalance");
    let server = node(&scratch.path("data")).await;
    create(server.node(), "orders", 1).await;
    with(&server, find).await;
    with(&server, loaded).await.expect("loads");
    let mut second = Client::of_broker(server.node());
    let error = with(&server, move |first| {
        introduce(first);
        let member = settle(first);
        first.send(4, &heartbeat(&member));
        let told = join(&mut second, "");
        let joining = std::thread::spawn(move || join(&mut second, &told.member_id).error_code);
        let error = first.receive::<HeartbeatRequest<'static>>(4).error_code;
        let joined = join(first, &member);
        assert_eq!((joined.error_code, joined.generation_id), (0, 2));
        assert_eq!(joining.join().expect("no panic"), 0);
        code(error)
    });
    assert_eq!(error.await, ErrorCode::RebalanceInProgress);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_nobody_knows_and_nodes_that_are_told_so_keep_nothing_back() {
    for (software, settings) in
        [(None, &[][..]), (Some(()), &[("jackdaw.group.heartbeat.parking.enable", "false")][..])]
    {
        let scratch = Scratch::new("groups-unparked");
        let server = start(&[&scratch.path("data")], &[QUICK, settings].concat()).await;
        create(server.node(), "orders", 1).await;
        with(&server, find).await;
        with(&server, loaded).await.expect("loads");
        let error = with(&server, move |client| {
            if software.is_some() {
                introduce(client);
            }
            let member = settle(client);
            client.ask(4, &heartbeat(&member)).error_code
        });
        assert_eq!(error.await, 0);
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_are_kept_waiting_are_told_to_come_often_unless_somebody_has_said_how_often() {
    let given = [("group.consumer.heartbeat.interval.ms", "6000")];
    for (settings, stranger, patient) in [(&[][..], 5000, 1000), (&given[..], 6000, 6000)] {
        let scratch = Scratch::new("groups-interval");
        let server = start(&[&scratch.path("data")], &[QUICK, settings].concat()).await;
        create(server.node(), "orders", 1).await;
        with(&server, find).await;
        with(&server, loaded).await.expect("loads");
        let told = with(&server, |client| {
            let first = told_interval_ms(client, "a");
            introduce(client);
            [first, told_interval_ms(client, "b")]
        });
        assert_eq!(told.await, [stranger, patient]);
        server.stop().await;
    }
}

/// What a new member of a group of its own is told, once that group's coordinator has read its log.
fn told_interval_ms(client: &mut Client, member: &str) -> i32 {
    loop {
        let answer = client.ask(1, &consumer_join(member));
        match code(answer.error_code) {
            ErrorCode::None => return answer.heartbeat_interval_ms,
            ErrorCode::CoordinatorLoadInProgress => std::thread::yield_now(),
            error => panic!("{error:?}"),
        }
    }
}

fn consumer_join(member: &str) -> ConsumerGroupHeartbeatRequest<'static> {
    ConsumerGroupHeartbeatRequest {
        group_id: format!("group of {member}").into(),
        member_id: member.to_owned().into(),
        rebalance_timeout_ms: 30_000,
        subscribed_topic_names: Some(vec!["orders".into()]),
        topic_partitions: Some(Vec::new()),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lag_is_told_with_its_group() {
    let scratch = Scratch::new("groups-lag");
    let server = node(&scratch.path("data")).await;
    create(server.node(), "orders", 1).await;
    with(&server, find).await;
    with(&server, loaded).await.expect("loads");
    let log = partition(server.node(), "orders", 0);
    for value in 0..5 {
        support::append(&log, &value.to_string());
    }
    support::synced(&log).await;
    assert_eq!(with(&server, |client| commit(client, 2)).await, ErrorCode::None);
    let node = server.node().clone();
    let text = tokio::task::spawn_blocking(move || node.metrics.to_text().expect("formats"))
        .await
        .expect("no panic");
    let labels = "group=\"orders-group\",topic=\"orders\",partition=\"0\",member=\"\",client_id=\"\"";
    for line in
        [format!("jackdaw_group_lag_records{{{labels}}} 3"), "jackdaw_group_lag_series_left_out 0".to_owned()]
    {
        assert!(text.contains(&line), "{line} is missing in\n{text}");
    }
    assert!(text.contains(&format!("jackdaw_group_lag_seconds{{{labels}}} ")), "{text}");
    server.stop().await;
}
