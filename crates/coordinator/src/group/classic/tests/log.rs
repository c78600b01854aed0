//! What the log holds: groups go on after a start, also those that Kafka wrote; topics, owners, expiry.

use std::sync::Arc;

use jackdaw_base::TimestampMs;
use jackdaw_protocol::messages::group_metadata_value::{GroupMetadataValue, MemberMetadata};

use super::driver::Driver;
use super::world::TestWorld;
use crate::group::expiry::ExpiryBase;
use crate::group::record::GroupRecord;
use crate::group::request::{Client, DescribedGroup, GroupRequest, Heartbeat, JoinGroup, SyncGroup};

fn described(driver: &Driver) -> DescribedGroup {
    driver.runtime.shard().state().classic("g").expect("the group").describe()
}

#[test]
fn groups_go_on_after_a_start_and_sessions_begin_anew() {
    let mut driver = Driver::new();
    driver.client("s").instance = Some("i".into());
    driver.stable(&["a", "s"]);
    let before = described(&driver);
    driver.reload();
    assert_eq!(described(&driver), before);
    driver.pass_ms(9_999);
    driver.heartbeat("a");
    driver.expect("a", &["heartbeat"]);
    driver.sync("a", &[]);
    driver.expect("a", &["synced a"]);
    driver.pass_ms(1);
    driver.heartbeat("s");
    driver.expect("s", &["heartbeat UNKNOWN_MEMBER_ID"]);
}

#[test]
fn a_rebalance_that_was_under_way_is_not_in_the_log() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    driver.enter("b");
    driver.join("a");
    assert_eq!(driver.state(), "CompletingRebalance");
    driver.reload();
    assert_eq!(driver.state(), "Stable");
    driver.heartbeat("a");
    driver.expect("a", &["heartbeat ILLEGAL_GENERATION"]);
    driver.heartbeat("b");
    driver.expect("b", &["heartbeat UNKNOWN_MEMBER_ID"]);
}

/// The subscription of a consumer to some topics, version 1, with more behind what version 0 has.
fn subscription(topics: &[&str]) -> Vec<u8> {
    let mut bytes = vec![0, 1];
    bytes.extend((topics.len() as i32).to_be_bytes());
    for topic in topics {
        bytes.extend((topic.len() as i16).to_be_bytes());
        bytes.extend(topic.as_bytes());
    }
    bytes.extend((-1i32).to_be_bytes());
    bytes.extend(0i32.to_be_bytes());
    bytes
}

/// The assignment of partitions of one topic, version 1.
fn assignment(topic: &str, partitions: &[i32]) -> Vec<u8> {
    let mut bytes = vec![0, 1, 0, 0, 0, 1];
    bytes.extend((topic.len() as i16).to_be_bytes());
    bytes.extend(topic.as_bytes());
    bytes.extend((partitions.len() as i32).to_be_bytes());
    partitions.iter().for_each(|partition| bytes.extend(partition.to_be_bytes()));
    bytes.extend((-1i32).to_be_bytes());
    bytes
}

fn of_kafka(metadata: Vec<u8>) -> GroupRecord {
    let member = MemberMetadata {
        member_id: "m".into(),
        client_id: "client".into(),
        client_host: "/10.0.0.1".into(),
        rebalance_timeout: -1,
        session_timeout: 7_000,
        subscription: metadata.into(),
        assignment: assignment("orders", &[0, 2]).into(),
        ..MemberMetadata::default()
    };
    let value = GroupMetadataValue {
        protocol_type: "consumer".into(),
        generation: 41,
        protocol: Some("range".into()),
        leader: Some("m".into()),
        members: vec![member],
        ..GroupMetadataValue::default()
    };
    GroupRecord::Classic { group: Arc::from("g"), value: Some(value) }
}

#[test]
fn a_group_of_a_directory_that_kafka_wrote_goes_on() {
    let mut driver =
        Driver::with_log(TestWorld::default(), vec![of_kafka(subscription(&["orders", "täler"]))]);
    let group = driver.runtime.shard().state().classic("g").expect("the group").clone();
    assert_eq!((group.state_name(), group.generation(), group.is_empty()), ("Stable", 41, false));
    assert!(group.subscribes_to("orders") && group.subscribes_to("täler") && !group.subscribes_to("other"));
    let owned: Vec<_> = group.owners().into_iter().collect();
    let owner: (Arc<str>, Arc<str>) = ("m".into(), "client".into());
    assert_eq!(owned, [(("orders".into(), 0), owner.clone()), (("orders".into(), 2), owner)]);
    assert_eq!(group.member("m").map(|member| member.rebalance_timeout_ms), Some(7_000));
    assert_eq!(group.expiry_base(), ExpiryBase::Commit);

    let heartbeat =
        Heartbeat { group: "g".into(), member: "m".into(), instance: None, generation: 41, park_until: None };
    driver.ask("m", GroupRequest::Heartbeat(heartbeat));
    let sync = SyncGroup {
        group: "g".into(),
        member: "m".into(),
        instance: None,
        generation: 41,
        protocol_type: None,
        protocol: None,
        assignments: Vec::new(),
    };
    driver.ask("m", GroupRequest::Sync(sync));
    assert_eq!(driver.heard("m").len(), 2);
    driver.client("b").protocol_type = "consumer";
    driver.enter("b");
    driver.pass_ms(7_000);
    let heard = driver.heard("b");
    assert!(heard[0].starts_with("joined 42 range under b"), "{heard:?}");
}

#[test]
fn subscriptions_that_do_not_parse_are_passed_on_and_hold_back_expiry() {
    for metadata in [Vec::new(), vec![0], vec![0, 0, 0x7f, 0xff, 0xff, 0xff], vec![0xff; 1_000_000]] {
        let driver = Driver::with_log(TestWorld::default(), vec![of_kafka(metadata.clone())]);
        let group = driver.runtime.shard().state().classic("g").expect("the group");
        assert!(group.subscribes_to("anything"), "a consumer whose topics are not known reads all of them");
        assert_eq!(group.expiry_base(), ExpiryBase::Never);
        assert_eq!(*group.describe().members[0].metadata, *metadata);
    }
}

#[test]
fn subscriptions_that_kafka_could_not_load_again_are_refused() {
    let with_count = |count: i32| [&[0, 1][..], &count.to_be_bytes()].concat();
    let with_name = |length: i16| [&[0, 1, 0, 0, 0, 1][..], &length.to_be_bytes(), b"abc"].concat();
    let with_data = |length: i32| [&[0, 1, 0, 0, 0, 0][..], &length.to_be_bytes(), b"abc"].concat();
    let refused =
        [with_count(-1), with_count(1), with_count(i32::MAX), with_name(-1), with_name(4), with_data(4)];
    let taken = [
        Vec::new(),
        vec![0],
        vec![0, 1, 0, 0],
        with_count(0),
        with_name(3),
        with_data(3),
        with_data(-1),
        subscription(&["orders"]),
        vec![0; 1_000_000],
    ];
    for (metadata, is_taken) in
        refused.into_iter().map(|metadata| (metadata, false)).chain(taken.map(|metadata| (metadata, true)))
    {
        let mut driver = Driver::new();
        let join = JoinGroup {
            group: Driver::group_id(),
            member: "".into(),
            instance: None,
            client: Client { id: "c".into(), host: "/127.0.0.1".into() },
            session_timeout_ms: 10_000,
            rebalance_timeout_ms: 10_000,
            protocol_type: "consumer".into(),
            protocols: vec![("range".into(), metadata.as_slice().into())],
            reason: None,
            requires_known_member_id: true,
            supports_skipping_assignment: true,
            bears_waiting: true,
        };
        driver.ask("a", GroupRequest::Join(join));
        let heard =
            if is_taken { "join MEMBER_ID_REQUIRED as a" } else { "join INCONSISTENT_GROUP_PROTOCOL" };
        assert_eq!(driver.heard("a"), [heard], "{:?}", &metadata[..metadata.len().min(20)]);
    }
}

#[test]
fn malformed_records_of_groups_are_folded_into_something_sound() {
    let GroupRecord::Classic { value: Some(mut value), .. } = of_kafka(Vec::new()) else { panic!() };
    value.members.push(value.members[0].clone());
    value.leader = Some("nobody".into());
    value.generation = i32::MAX;
    let record = GroupRecord::Classic { group: Arc::from("g"), value: Some(value) };
    let mut driver = Driver::with_log(TestWorld::default(), vec![record]);
    driver.client("b").protocol_type = "consumer";
    driver.enter("b");
    driver.pass_ms(7_000);
    driver.expect("b", &["joined 0 range under b [b:b]"]);
}

#[test]
fn tombstones_end_groups() {
    let tombstone = GroupRecord::Classic { group: Arc::from("g"), value: None };
    let log = vec![tombstone.clone(), of_kafka(Vec::new()), tombstone];
    let driver = Driver::with_log(TestWorld::default(), log);
    assert_eq!(driver.state(), "-");
    assert_eq!(driver.runtime.shard().state().timers.deadline(&session("m")), None);
}

fn session(member: &str) -> crate::group::timers::TimerKey {
    crate::group::timers::TimerKey::ClassicSession("g".into(), member.into())
}

#[test]
fn offsets_of_an_emptied_group_expire_from_then_on() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    let expiry =
        |driver: &Driver| driver.runtime.shard().state().classic("g").map(|group| group.expiry_base());
    assert_eq!(expiry(&driver), Some(ExpiryBase::Never), "nobody knows what Connect reads");
    driver.leave("a");
    let emptied = TimestampMs(1_700_000_000_000 + driver.now_ms as i64);
    assert_eq!(expiry(&driver), Some(ExpiryBase::Empty(emptied)));
    driver.pass_ms(5_000);
    driver.reload();
    assert_eq!(expiry(&driver), Some(ExpiryBase::Empty(emptied)));
}

#[test]
fn descriptions_show_protocol_and_metadata_only_of_stable_groups() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    let group = described(&driver);
    assert_eq!((group.state, &*group.protocol_type, &*group.protocol), ("Stable", "connect", "range"));
    assert_eq!((&*group.members[0].metadata, &*group.members[0].assignment), (&b"a"[..], &b"a"[..]));
    assert_eq!(&*group.members[0].client.host, "/127.0.0.1");
    driver.enter("b");
    let group = described(&driver);
    assert_eq!((group.state, &*group.protocol), ("PreparingRebalance", ""));
    assert_eq!((&*group.members[0].metadata, group.members.len()), (&b""[..], 2));
}
