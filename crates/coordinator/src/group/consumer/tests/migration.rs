//! Members with the classic protocol beside members with the consumer protocol, and groups that change between both.

use std::sync::Arc;

use jackdaw_base::MonotonicNs;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::consumer_protocol_subscription::{
    ConsumerProtocolSubscription, TopicPartition,
};
use jackdaw_protocol::wire::Writer;

use super::driver::*;
use crate::group::consumer::protocol::read_assignment;
use crate::group::request::{
    ConsumerHeartbeat, GroupAnswer, GroupRequest, Heartbeat, JoinGroup, Joined, LeaveGroup, Leaving, Left,
    SyncGroup, Synced,
};
use crate::group::world::MigrationPolicy;

type Named = Vec<(String, Vec<i32>)>;

fn subscription(topics: &[&str], owned: &Named) -> Arc<[u8]> {
    let owned_partitions = owned.iter().map(|(topic, partitions)| TopicPartition {
        topic: topic.as_str().into(),
        partitions: partitions.clone(),
    });
    let message = ConsumerProtocolSubscription {
        topics: topics.iter().map(|topic| (*topic).into()).collect(),
        user_data: None,
        owned_partitions: owned_partitions.collect(),
        generation_id: -1,
        rack_id: None,
    };
    let mut writer = Writer::default();
    writer.bytes.extend_from_slice(&1_i16.to_be_bytes());
    message.encode(&mut writer, 1).unwrap();
    Arc::from(writer.bytes)
}

fn join(member: &str, topics: &[&str], owned: &Named) -> JoinGroup {
    JoinGroup {
        group: GROUP.into(),
        member: member.into(),
        instance: None,
        client: client(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 30_000,
        protocol_type: "consumer".into(),
        protocols: vec![("range".into(), subscription(topics, owned))],
        reason: None,
        requires_known_member_id: false,
        supports_skipping_assignment: true,
        bears_waiting: true,
    }
}

fn joined(driver: &mut Driver, request: JoinGroup) -> Joined {
    match driver.host.ask(GroupRequest::Join(request)) {
        GroupAnswer::Joined(joined) => joined,
        other => panic!("{other:?}"),
    }
}

fn sync(
    driver: &mut Driver,
    member: &str,
    generation: i32,
    assignments: Vec<(Arc<str>, Arc<[u8]>)>,
) -> Synced {
    let request = SyncGroup {
        group: GROUP.into(),
        member: member.into(),
        instance: None,
        generation,
        protocol_type: Some("consumer".into()),
        protocol: Some("range".into()),
        assignments,
    };
    match driver.host.ask(GroupRequest::Sync(request)) {
        GroupAnswer::Synced(synced) => synced,
        other => panic!("{other:?}"),
    }
}

fn assigned(driver: &mut Driver, member: &str, generation: i32) -> Named {
    let synced = sync(driver, member, generation, Vec::new());
    assert_eq!(synced.error, None);
    let assignment = read_assignment(&synced.assignment).unwrap();
    assignment.partitions.into_iter().map(|(topic, partitions)| (topic.to_string(), partitions)).collect()
}

fn heartbeat(driver: &mut Driver, member: &str, generation: i32) -> Result<(), ErrorCode> {
    let request = Heartbeat {
        group: GROUP.into(),
        member: member.into(),
        instance: None,
        generation,
        park_until: None,
    };
    match driver.host.ask(GroupRequest::Heartbeat(request)) {
        GroupAnswer::Heartbeat(result) => result.map_err(|error| error.code),
        other => panic!("{other:?}"),
    }
}

fn leave(driver: &mut Driver, member: &str) -> Left {
    let leaving = Leaving { member: member.into(), instance: None, reason: None };
    let request = LeaveGroup { group: GROUP.into(), members: vec![leaving], is_single: false };
    match driver.host.ask(GroupRequest::Leave(request)) {
        GroupAnswer::Left(left) => left,
        other => panic!("{other:?}"),
    }
}

/// A classic group of one member that has all four partitions.
fn classic_group() -> (Driver, String) {
    let mut driver = Driver::new(&[("orders", 4)]);
    let answer = joined(&mut driver, join("", &["orders"], &vec![]));
    assert_eq!((&answer.error, answer.generation), (&None, 1));
    let id = answer.member.to_string();
    let all = super::super::protocol::write_assignment(
        [(driver.host.world.topic_id("orders"), vec![0, 1, 2, 3])].into_iter(),
        1,
        &driver.host.world,
    );
    assert_eq!(sync(&mut driver, &id, 1, vec![(answer.member, all)]).error, None);
    (driver, id)
}

#[test]
fn a_classic_group_becomes_a_consumer_group_and_both_kinds_share_partitions() {
    let (mut driver, classic) = classic_group();
    let batches = driver.host.log.len();
    driver.join("new", &["orders"]);
    assert_eq!(driver.written(batches), "lMGTECMGTTEC");
    assert_eq!((driver.known["new"].epoch, driver.sizes()), (2, vec![0]));
    // The member with the classic protocol is told to join; it gives back (cooperatively) and goes on.
    assert_eq!(heartbeat(&mut driver, &classic, 1), Err(ErrorCode::RebalanceInProgress));
    let owned = vec![("orders".to_string(), vec![0, 1, 2, 3])];
    let answer = joined(&mut driver, join(&classic, &["orders"], &owned));
    assert_eq!((&answer.error, answer.generation, answer.protocol.as_deref()), (&None, 1, Some("range")));
    let kept = assigned(&mut driver, &classic, 1);
    assert_eq!(kept[0].1.len(), 2);
    assert_eq!(
        heartbeat(&mut driver, &classic, 1),
        Err(ErrorCode::RebalanceInProgress),
        "it has to say that it is done"
    );
    let answer = joined(&mut driver, join(&classic, &["orders"], &kept));
    assert_eq!(answer.generation, 2);
    assert_eq!(assigned(&mut driver, &classic, 2), kept);
    assert_eq!(heartbeat(&mut driver, &classic, 2), Ok(()));
    driver.beat("new");
    assert_eq!(driver.sizes(), [2]);
    assert_eq!(driver.group().state_name(), "Stable");
    let describe = driver.group().describe(&driver.host.world);
    let mut kinds: Vec<i8> = describe.members.iter().map(|member| member.member_type).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [0, 1]);
    assert_eq!(heartbeat(&mut driver, &classic, 1), Err(ErrorCode::IllegalGeneration));
}

#[test]
fn eager_members_give_back_everything_and_get_their_share() {
    let (mut driver, classic) = classic_group();
    driver.join("new", &["orders"]);
    assert_eq!(heartbeat(&mut driver, &classic, 1), Err(ErrorCode::RebalanceInProgress));
    // It owns nothing when it joins, so nothing has to be waited for.
    let answer = joined(&mut driver, join(&classic, &["orders"], &vec![]));
    assert_eq!(answer.generation, 2);
    assert_eq!(assigned(&mut driver, &classic, 2)[0].1.len(), 2);
    driver.beat("new");
    assert_eq!(driver.sizes(), [2]);
}

#[test]
fn a_group_goes_back_when_its_last_consumer_member_leaves() {
    let (mut driver, classic) = classic_group();
    driver.join("new", &["orders"]);
    let answer = joined(&mut driver, join(&classic, &["orders"], &vec![]));
    assigned(&mut driver, &classic, answer.generation);
    let batches = driver.host.log.len();
    driver.ask(quiet("new", -1));
    assert_eq!(driver.written(batches), "ccttemmpgL");
    let group = driver.host.runtime.shard().state().classic(GROUP).expect("a classic group");
    assert_eq!((group.state_name(), group.generation()), ("PreparingRebalance", 2));
    assert_eq!(heartbeat(&mut driver, &classic, 2), Err(ErrorCode::RebalanceInProgress));
    let answer = joined(&mut driver, join(&classic, &["orders"], &vec![]));
    assert_eq!((answer.error, answer.generation), (None, 3));
}

#[test]
fn without_the_policy_groups_stay_what_they_are() {
    let (mut driver, classic) = classic_group();
    driver.host.world.change_settings(|settings| settings.migration_policy = MigrationPolicy::Downgrade);
    let (code, message) = driver.refusal(joining("new", &["orders"]));
    assert_eq!(code, ErrorCode::GroupIdNotFound);
    assert_eq!(
        message,
        "Cannot upgrade classic group g to consumer group because online upgrade is disabled."
    );
    assert_eq!(heartbeat(&mut driver, &classic, 1), Ok(()));
    driver.host.world.change_settings(|settings| settings.migration_policy = MigrationPolicy::Upgrade);
    driver.join("new", &["orders"]);
    let answer = joined(&mut driver, join(&classic, &["orders"], &vec![]));
    assigned(&mut driver, &classic, answer.generation);
    driver.ask(quiet("new", -1));
    assert_eq!(driver.group().members().len(), 1, "it stays a consumer group");
    // It has nobody but members with the classic protocol; the target moves on all the same.
    assert_eq!(heartbeat(&mut driver, &classic, 2), Err(ErrorCode::RebalanceInProgress));
    let answer = joined(&mut driver, join(&classic, &["orders"], &vec![("orders".to_string(), vec![0, 1])]));
    assert_eq!(assigned(&mut driver, &classic, answer.generation)[0].1, [0, 1, 2, 3]);
    driver.host.world.change_settings(|settings| settings.migration_policy = MigrationPolicy::Disabled);
    let answer = joined(&mut driver, join("", &["orders"], &vec![]));
    assert_eq!(answer.error.unwrap().code, ErrorCode::InconsistentGroupProtocol);
}

#[test]
fn an_empty_group_changes_its_kind_freely() {
    let mut driver = Driver::new(&[("orders", 1)]);
    driver.host.world.change_settings(|settings| settings.migration_policy = MigrationPolicy::Disabled);
    driver.join("a", &["orders"]);
    driver.ask(quiet("a", -1));
    let answer = joined(&mut driver, join("", &["orders"], &vec![]));
    assert_eq!((&answer.error, answer.generation), (&None, 1));
    leave(&mut driver, &answer.member);
    driver.join("b", &["orders"]);
    assert_eq!(driver.known["b"].epoch, 2);
}

#[test]
fn bytes_that_are_no_subscription_keep_a_group_classic() {
    let mut driver = Driver::new(&[("orders", 1)]);
    let mut request = join("", &["orders"], &vec![]);
    request.protocols = vec![("range".into(), Arc::from([0xff_u8; 3]))];
    let answer = joined(&mut driver, request);
    sync(&mut driver, &answer.member, 1, vec![]);
    let (code, message) = driver.refusal(joining("new", &["orders"]));
    assert_eq!(code, ErrorCode::GroupIdNotFound);
    assert!(message.ends_with("because the embedded consumer protocol is malformed."), "{message}");
    driver.host.runtime.shard().state().classic(GROUP).expect("still a classic group");
}

#[test]
fn foreign_protocols_and_ids_that_have_to_be_asked_for() {
    let mut driver = Driver::new(&[("orders", 1)]);
    driver.join("a", &["orders"]);
    let mut request = join("", &["orders"], &vec![]);
    request.protocol_type = "connect".into();
    assert_eq!(joined(&mut driver, request).error.unwrap().code, ErrorCode::InconsistentGroupProtocol);
    let mut request = join("", &["orders"], &vec![]);
    request.requires_known_member_id = true;
    let answer = joined(&mut driver, request);
    assert_eq!(answer.error.unwrap().code, ErrorCode::MemberIdRequired);
    let answer = joined(&mut driver, join(&answer.member, &["orders"], &vec![]));
    assert_eq!((&answer.error, answer.generation), (&None, 3));
    assert_eq!(heartbeat(&mut driver, "a", 2), Err(ErrorCode::UnknownMemberId));
    let refused = sync(&mut driver, "a", 2, vec![]);
    assert_eq!(refused.error.unwrap().code, ErrorCode::UnknownMemberId);
    let left = leave(&mut driver, "nobody");
    assert_eq!(left.members[0].1, Some(ErrorCode::UnknownMemberId));
}

#[test]
fn classic_members_that_do_not_sync_join_or_beat_in_time_are_fenced() {
    for silence in ["session", "sync", "join"] {
        let (mut driver, classic) = classic_group();
        driver.join("new", &["orders"]);
        match silence {
            "session" => driver.host.advance(10_000),
            "sync" => {
                joined(&mut driver, join(&classic, &["orders"], &vec![]));
                for _ in 0..3 {
                    driver.host.advance(9_999);
                    assert_eq!(heartbeat(&mut driver, &classic, 2), Ok(()));
                    driver.beat("new");
                }
                driver.host.advance(4);
            }
            _ => {
                for _ in 0..4 {
                    let _ = heartbeat(&mut driver, &classic, 1);
                    driver.beat("new");
                    driver.host.advance(8_000);
                }
            }
        }
        assert_eq!(driver.group().members().len(), 1, "{silence}");
    }
}

#[test]
fn a_static_member_changes_its_protocol_and_back() {
    let mut driver = Driver::new(&[("orders", 2)]);
    let of = |request: ConsumerHeartbeat| ConsumerHeartbeat { instance: Some("i".into()), ..request };
    let answer = driver.ask(of(joining("a", &["orders"])));
    driver.take("a", &answer);
    // The last member with the consumer protocol comes back with the classic one: the group is a classic one.
    let mut request = join("", &["orders"], &vec![]);
    request.instance = Some("i".into());
    let answer = joined(&mut driver, request);
    assert_eq!((&answer.error, answer.generation), (&None, 2));
    let group = driver.host.runtime.shard().state().classic(GROUP).expect("a classic group");
    assert_eq!((group.state_name(), group.generation()), ("Stable", 2));
    let request = SyncGroup {
        group: GROUP.into(),
        member: Arc::clone(&answer.member),
        instance: Some("i".into()),
        generation: 2,
        protocol_type: Some("consumer".into()),
        protocol: Some("range".into()),
        assignments: Vec::new(),
    };
    let GroupAnswer::Synced(synced) = driver.host.ask(GroupRequest::Sync(request)) else { panic!() };
    assert_eq!(read_assignment(&synced.assignment).unwrap().partitions[0].1, [0, 1]);
    // And back.
    let answer = driver.ask(of(joining("b", &["orders"])));
    driver.take("b", &answer);
    assert_eq!((driver.group().members().len(), driver.known["b"].owned.len()), (1, 1));
}

#[test]
fn parked_heartbeats_of_classic_members_hear_at_once() {
    let (mut driver, classic) = classic_group();
    driver.join("new", &["orders"]);
    let answer = joined(&mut driver, join(&classic, &["orders"], &vec![]));
    assigned(&mut driver, &classic, answer.generation);
    driver.beat("new");
    let until = MonotonicNs((driver.host.now_ms + 3000) * 1_000_000);
    let request = Heartbeat {
        group: GROUP.into(),
        member: classic.as_str().into(),
        instance: None,
        generation: 2,
        park_until: Some(until),
    };
    let token = driver.host.send(GroupRequest::Heartbeat(request));
    assert!(driver.host.answer(token).is_none());
    driver.join("third", &["orders"]);
    match driver.host.answer(token) {
        Some(Ok(GroupAnswer::Heartbeat(Err(error)))) => {
            assert_eq!(error.code, ErrorCode::RebalanceInProgress)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn parked_heartbeats_of_a_classic_group_hear_of_its_upgrade() {
    let (mut driver, classic) = classic_group();
    let until = MonotonicNs((driver.host.now_ms + 3000) * 1_000_000);
    let request = Heartbeat {
        group: GROUP.into(),
        member: classic.as_str().into(),
        instance: None,
        generation: 1,
        park_until: Some(until),
    };
    let token = driver.host.send(GroupRequest::Heartbeat(request));
    driver.join("new", &["orders"]);
    match driver.host.answer(token) {
        Some(Ok(GroupAnswer::Heartbeat(Err(error)))) => {
            assert_eq!(error.code, ErrorCode::RebalanceInProgress)
        }
        other => panic!("{other:?}"),
    }
}
