//! Tests of who has what after a change of the protocol: stories that the model has found.

use super::*;
use crate::fixture::{Host, TestWorld};
use crate::group::request::{Client, ConsumerHeartbeat, GroupAnswer, GroupRequest, JoinGroup};

const TOPIC: Uuid = Uuid::ONE;

fn upgraded(id: &str, has_joined: bool, assignment: &[i32], claims: &[i32]) -> Upgraded {
    let member = Member { subscription: Arc::default(), current: Arc::default() };
    let of = |partitions: &[i32]| vec![(TOPIC, partitions.to_vec())];
    Upgraded { id: id.into(), member, has_joined, assignment: of(assignment), claims: of(claims) }
}

#[test]
fn what_members_hold_now_counts_before_what_they_were_assigned_and_that_before_what_they_held_once() {
    let members = vec![
        // Was assigned 2 and 3 by a leader who did not know that `b` still reads them.
        upgraded("a", false, &[1, 2, 3], &[]),
        upgraded("b", true, &[0], &[0, 2, 3]),
        // Held 0 and 4 once; nobody is assigned 4.
        upgraded("c", false, &[5], &[0, 4]),
    ];
    let held: Vec<Vec<i32>> = with_partitions(members)
        .iter()
        .map(|(_, member)| {
            member.current.assigned.get(&TOPIC).into_iter().flatten().map(|(at, _)| *at).collect()
        })
        .collect();
    assert_eq!(held, [vec![1], vec![0, 2, 3], vec![4, 5]]);
}

/// A subscription of version 1 to `orders`, with partition 0 owned or nothing.
fn subscription(owns: bool) -> Arc<[u8]> {
    let mut bytes = b"\0\x01\0\0\0\x01\0\x06orders\xff\xff\xff\xff".to_vec();
    match owns {
        true => bytes.extend(b"\0\0\0\x01\0\x06orders\0\0\0\x01\0\0\0\0"),
        false => bytes.extend([0; 4]),
    }
    bytes.into()
}

#[test]
fn who_was_expelled_and_comes_back_gives_up_what_it_claims_first() {
    let mut world = TestWorld::new();
    world.set_topic("orders", 2);
    let mut host = Host::new(world);
    let client = Client { id: "c".into(), host: "/127.0.0.1".into() };
    host.ask(GroupRequest::ConsumerHeartbeat(ConsumerHeartbeat {
        group: "g".into(),
        member: "a".into(),
        member_epoch: 0,
        instance: None,
        rack: None,
        rebalance_timeout_ms: 10_000,
        topics: Some(vec!["orders".into()]),
        regex: None,
        assignor: None,
        owned: Some(Vec::new()),
        client: client.clone(),
        api_version: 1,
        park_until: None,
    }));
    for (owns, expected) in [(true, Some(ErrorCode::UnknownMemberId)), (false, None)] {
        let join = JoinGroup {
            group: "g".into(),
            member: "was-here".into(),
            instance: None,
            client: client.clone(),
            session_timeout_ms: 10_000,
            rebalance_timeout_ms: 10_000,
            protocol_type: "consumer".into(),
            protocols: vec![("cooperative-sticky".into(), subscription(owns))],
            reason: None,
            requires_known_member_id: true,
            supports_skipping_assignment: true,
            bears_waiting: true,
        };
        match host.ask(GroupRequest::Join(join)) {
            GroupAnswer::Joined(joined) => assert_eq!(joined.error.map(|error| error.code), expected),
            other => panic!("{other:?}"),
        }
    }
}
