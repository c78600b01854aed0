use std::sync::Arc;

use crate::fixture::{Host, TestWorld};
use crate::group::request::{Client, GroupAnswer, GroupRequest, JoinGroup, Joined, SyncGroup, Synced};
use crate::shard::Token;

fn host() -> Host {
    Host::new(TestWorld::parking())
}

fn join(host: &mut Host, member: &str) -> Token {
    join_of(host, member, true)
}

fn join_of(host: &mut Host, member: &str, bears_waiting: bool) -> Token {
    host.send(GroupRequest::Join(JoinGroup {
        group: "g".into(),
        member: member.into(),
        instance: None,
        client: Client { id: "c".into(), host: "/127.0.0.1".into() },
        session_timeout_ms: 30_000,
        rebalance_timeout_ms: 60_000,
        protocol_type: "connect".into(),
        protocols: vec![("v1".into(), Arc::from([1]))],
        reason: None,
        requires_known_member_id: false,
        supports_skipping_assignment: false,
        bears_waiting,
    }))
}

fn joined(host: &mut Host, token: Token) -> Option<Joined> {
    match host.answer(token)? {
        Ok(GroupAnswer::Joined(joined)) => Some(joined),
        other => panic!("{other:?}"),
    }
}

fn sync(host: &mut Host, leader: &Joined) -> Synced {
    let answer = host.ask(GroupRequest::Sync(SyncGroup {
        group: "g".into(),
        member: Arc::clone(&leader.member),
        instance: None,
        generation: leader.generation,
        protocol_type: None,
        protocol: None,
        assignments: Vec::new(),
    }));
    match answer {
        GroupAnswer::Synced(synced) => synced,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_client_that_is_not_known_to_bear_it_waits_for_nobody() {
    let mut host = host();
    let token = join_of(&mut host, "", false);
    assert!(joined(&mut host, token).is_some());
}

#[test]
fn members_that_come_at_once_are_in_one_generation() {
    let mut host = host();
    let mut tokens = Vec::new();
    for _ in 0..5 {
        tokens.push(join(&mut host, ""));
        host.advance(9);
    }
    host.advance(90);
    assert!(tokens.iter().all(|token| joined(&mut host, *token).is_none()), "99 ms after the last one");
    host.advance(1);
    let generations = tokens.iter().map(|token| joined(&mut host, *token).map(|joined| joined.generation));
    assert_eq!(generations.collect::<Vec<_>>(), [Some(1); 5]);
}

#[test]
fn a_member_that_comes_alone_waits_hardly_and_with_whoever_rejoins() {
    let mut host = host();
    let first = join(&mut host, "");
    host.advance(99);
    assert_eq!(joined(&mut host, first), None);
    host.advance(1);
    let first = joined(&mut host, first).expect("nobody else has come");
    sync(&mut host, &first);
    let second = join(&mut host, "");
    let again = join(&mut host, &first.member);
    host.advance(9);
    assert_eq!(joined(&mut host, again), None);
    host.advance(1);
    assert_eq!(joined(&mut host, again).map(|joined| joined.generation), Some(2));
    let second = joined(&mut host, second).expect("the second one's generation");
    sync(&mut host, &Joined { generation: 2, ..first.clone() });
    let third = join(&mut host, "");
    host.advance(3_000);
    join(&mut host, &second.member);
    // The group was waiting for the first one, and for nobody else any more.
    let again = join(&mut host, &first.member);
    assert_eq!(joined(&mut host, again).map(|joined| joined.generation), Some(3));
    assert_eq!(joined(&mut host, third).map(|joined| joined.generation), Some(3));
}

#[test]
fn a_stream_of_newcomers_holds_nobody_up() {
    let mut host = host();
    let first = join(&mut host, "");
    for _ in 0..27 {
        host.advance(9);
        join(&mut host, "");
    }
    assert_eq!(joined(&mut host, first), None);
    host.advance(7);
    assert_eq!(joined(&mut host, first).map(|joined| joined.members.len()), Some(28));
}

#[test]
fn a_rebalance_without_newcomers_ends_at_once() {
    let mut host = host();
    let first = join(&mut host, "");
    host.advance(100);
    let first = joined(&mut host, first).unwrap();
    sync(&mut host, &first);
    let again = join(&mut host, &first.member);
    assert_eq!(joined(&mut host, again).map(|joined| joined.generation), Some(2));
}

#[test]
fn several_that_come_to_others_are_in_one_generation() {
    let mut host = host();
    let first = join(&mut host, "");
    host.advance(100);
    let first = joined(&mut host, first).unwrap();
    sync(&mut host, &first);
    let newcomers = [join(&mut host, ""), join(&mut host, "")];
    let again = join(&mut host, &first.member);
    host.advance(49);
    assert_eq!(joined(&mut host, again), None);
    host.advance(1);
    for token in newcomers.into_iter().chain([again]) {
        assert_eq!(joined(&mut host, token).map(|joined| joined.generation), Some(2));
    }
}
