//! Tests of the shard as a whole: turns that fail, callers that wait, work that is left over.

use jackdaw_base::MonotonicNs;
use jackdaw_protocol::error_code::ErrorCode;

use crate::fixture::{Appends, Host, TestWorld};
use crate::group::request::{Client, ConsumerHeartbeat, ConsumerHeartbeatAnswer, GroupAnswer, GroupRequest};
use crate::runtime::Refusal;
use crate::shard::Token;

fn host() -> Host {
    let mut world = TestWorld::new();
    world.set_topic("orders", 4);
    Host::new(world)
}

fn heartbeat(member: &str, member_epoch: i32, park_until_ms: Option<u64>) -> GroupRequest {
    let is_join = member_epoch == 0;
    GroupRequest::ConsumerHeartbeat(ConsumerHeartbeat {
        group: "g".into(),
        member: member.into(),
        member_epoch,
        instance: None,
        rack: None,
        rebalance_timeout_ms: if is_join { 10_000 } else { -1 },
        topics: is_join.then(|| vec!["orders".into()]),
        regex: None,
        assignor: None,
        owned: is_join.then(Vec::new),
        client: Client { id: "c".into(), host: "/127.0.0.1".into() },
        api_version: 1,
        park_until: park_until_ms.map(|ms| MonotonicNs(ms * 1_000_000)),
    })
}

fn answered(host: &mut Host, token: Token) -> ConsumerHeartbeatAnswer {
    match host.answer(token) {
        Some(Ok(GroupAnswer::ConsumerHeartbeat(answer))) => answer,
        other => panic!("{other:?}"),
    }
}

/// A member alone in its group, whose next heartbeat is parked for a minute.
fn one_parked(host: &mut Host) -> Token {
    let first = host.send(heartbeat("a", 0, None));
    let epoch = answered(host, first).member_epoch;
    let parked = host.send(heartbeat("a", epoch, Some(host.now_ms + 10_000)));
    assert_eq!(host.answer(parked), None);
    parked
}

#[test]
fn a_join_answers_the_parked_heartbeats_of_the_others_in_the_same_turn() {
    let mut host = host();
    let parked = one_parked(&mut host);
    let batches = host.log.len();
    let joined = host.send(heartbeat("b", 0, None));
    assert_eq!(answered(&mut host, joined).error, None);
    let told = answered(&mut host, parked).assignment.expect("something to give up");
    assert_eq!(told[0].1.len(), 2);
    assert_eq!(host.log.len(), batches + 1, "one batch for both");
}

#[test]
fn nobody_hears_of_a_join_that_is_not_in_the_log() {
    let mut host = host();
    let parked = one_parked(&mut host);
    let records = host.records();
    host.appends = Appends::Failing(ErrorCode::NotEnoughReplicas);
    let refused = host.send(heartbeat("b", 0, None));
    let expected = Refusal::NotAppended(ErrorCode::NotEnoughReplicas);
    assert_eq!(host.answer(refused), Some(Err(expected)));
    assert_eq!(host.answer(parked), None, "it waits on");
    assert_eq!(host.records(), records);
    // The next one finds everything as it was.
    host.appends = Appends::Committed;
    let joined = host.send(heartbeat("b", 0, None));
    assert_eq!(answered(&mut host, joined).error, None);
    assert!(answered(&mut host, parked).assignment.is_some());
}

#[test]
fn answers_and_parked_answers_wait_for_the_commit() {
    let mut host = host();
    let parked = one_parked(&mut host);
    host.appends = Appends::Written;
    let joined = host.send(heartbeat("b", 0, None));
    assert_eq!((host.answer(joined), host.answer(parked)), (None, None));
    host.commit();
    assert_eq!(answered(&mut host, joined).error, None);
    assert!(answered(&mut host, parked).assignment.is_some());
}

#[test]
fn a_parked_heartbeat_is_answered_when_somebody_waits_behind_it_and_at_its_time() {
    let mut host = host();
    let parked = one_parked(&mut host);
    host.interrupt(parked);
    let answer = answered(&mut host, parked);
    assert_eq!((answer.error, answer.assignment), (None, None));
    let parked = host.send(heartbeat("a", answer.member_epoch, Some(host.now_ms + 3000)));
    host.advance(2999);
    assert_eq!(host.answer(parked), None);
    host.advance(1);
    assert_eq!(answered(&mut host, parked).error, None);
}

#[test]
fn topics_that_change_while_the_log_cannot_be_written_are_looked_at_later() {
    let mut host = host();
    let parked = one_parked(&mut host);
    host.appends = Appends::Failing(ErrorCode::NotEnoughReplicas);
    host.world.set_topic("orders", 6);
    let notice = host.send(GroupRequest::TopicsChanged);
    assert_eq!((host.answer(notice), host.answer(parked)), (None, None));
    host.appends = Appends::Committed;
    host.advance(500);
    assert_eq!(host.answer(notice), Some(Ok(GroupAnswer::Noted)));
    assert_eq!(answered(&mut host, parked).assignment.expect("more")[0].1.len(), 6);
}

#[test]
fn only_members_without_an_id_ask_for_one() {
    let asks = [heartbeat("", 0, None), heartbeat("a", 0, None), GroupRequest::Lag];
    assert_eq!(asks.map(|request| request.asks_for_id()), [true, false, false]);
}
