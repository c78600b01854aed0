use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use super::driver::*;
use crate::group::request::ConsumerHeartbeat;

fn group_of_two() -> Driver {
    let mut driver = Driver::new(&[("orders", 4)]);
    driver.join("a", &["orders"]);
    driver.join("b", &["orders"]);
    driver.settle();
    driver
}

#[test]
fn a_rebalance_reaches_parked_members_at_once() {
    let mut driver = group_of_two();
    let a = driver.park("a", 5000);
    let b = driver.park("b", 5000);
    assert!(driver.arrived(a).is_none() && driver.arrived(b).is_none());
    let answer = driver.ask(joining("c", &["orders"]));
    driver.take("c", &answer);
    // One of them has to give back; the other keeps what it has, and goes on waiting.
    let (giver, told, keeper) = match (driver.arrived(a), driver.arrived(b)) {
        (Some(told), None) => ("a", told, b),
        (None, Some(told)) => ("b", told, a),
        other => panic!("one of them has something to hear: {other:?}"),
    };
    assert_eq!(told.member_epoch, 3);
    driver.take(giver, &told);
    // The newcomer waits; it hears as soon as the partition is free.
    let c = driver.park("c", 5000);
    assert!(driver.arrived(c).is_none());
    driver.beat(giver);
    let answer = driver.arrived(c).expect("the free partition");
    driver.take("c", &answer);
    assert!(driver.arrived(keeper).is_none());
    driver.settle();
    let mut sizes = driver.sizes();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 1, 2]);
}

/// Somebody who has just told that it has given back is reached by the next change, too: with Kafka, and if its answer
/// carried the new epoch alone, it would hear of it an interval later.
#[test]
fn who_has_given_back_hears_at_once_what_comes_next() {
    let mut driver = Driver::new(&[("orders", 4)]);
    driver.join("a", &["orders"]);
    driver.join("b", &["orders"]);
    driver.beat("a");
    let reported = driver.report_parked("a", 5000);
    assert!(driver.arrived(reported).is_none(), "an epoch is no news");
    assert_eq!(driver.group().members()["a"].current.epoch, 2, "it has the epoch that it knows");
    driver.beat("b");
    assert_eq!(driver.sizes(), [2, 2]);
    driver.host.world.set_topic("orders", 8);
    driver.host.announce_topics();
    let answer = driver.arrived(reported).expect("more partitions");
    driver.take("a", &answer);
    assert_eq!((driver.sizes(), answer.member_epoch), (vec![4, 2], 4));
}

#[test]
fn who_goes_on_waiting_has_the_epoch_that_it_knows() {
    let mut driver = group_of_two();
    let a = driver.park("a", 5000);
    let b = driver.park("b", 5000);
    driver.join("c", &["orders"]);
    let keeper = if driver.arrived(a).is_none() { "a" } else { "b" };
    let waiting = if keeper == "a" { a } else { b };
    assert_eq!(driver.group().epoch(), 4);
    assert_eq!(driver.group().members()[keeper].current.epoch, driver.known[keeper].epoch);
    // In the end it is told its epoch, and goes on from there.
    driver.host.advance(5000);
    let answer = driver.arrived(waiting).expect("before its next heartbeat");
    assert_eq!((answer.member_epoch, &answer.assignment), (4, &None));
    driver.take(keeper, &answer);
    driver.beat(keeper);
}

#[test]
fn who_stays_hears_that_another_left_or_was_fenced() {
    let mut driver = group_of_two();
    let a = driver.park("a", 5000);
    driver.ask(quiet("b", -1));
    // Somebody who leaves is often followed by others.
    driver.host.advance(49);
    assert!(driver.arrived(a).is_none());
    driver.host.advance(1);
    let answer = driver.arrived(a).expect("news");
    driver.take("a", &answer);
    assert_eq!(driver.sizes(), [4, 2]);
    let mut driver = group_of_two();
    driver.host.advance(44_000);
    driver.beat("a");
    let a = driver.park("a", 5000);
    driver.host.advance(1000);
    assert_eq!(driver.arrived(a).expect("news").member_epoch, 4);
}

#[test]
fn a_parked_heartbeat_is_answered_in_time_when_interrupted_and_before_the_next() {
    let mut driver = group_of_two();
    let nothing_new = |answer: Option<_>| {
        let answer: crate::group::request::ConsumerHeartbeatAnswer = answer.expect("an answer");
        assert_eq!((answer.error, answer.member_epoch, answer.assignment), (None, 3, None));
        assert_eq!((answer.member.as_deref(), answer.heartbeat_interval_ms), (Some("a"), 5000));
    };
    let first = driver.park("a", 5000);
    driver.host.advance(4999);
    assert!(driver.arrived(first).is_none());
    driver.host.advance(1);
    nothing_new(driver.arrived(first));
    let second = driver.park("a", 5000);
    driver.host.interrupt(second);
    nothing_new(driver.arrived(second));
    let third = driver.park("a", 5000);
    let fourth = driver.park("a", 5000);
    nothing_new(driver.arrived(third));
    driver.host.advance(5000);
    nothing_new(driver.arrived(fourth));
    assert!(driver.host.runtime.shard().state().parked.is_empty());
}

#[test]
fn news_are_never_parked() {
    let mut driver = Driver::new(&[("orders", 4)]);
    let parked = |driver: &Driver, request: ConsumerHeartbeat| ConsumerHeartbeat {
        park_until: Some(jackdaw_base::MonotonicNs((driver.host.now_ms + 5000) * 1_000_000)),
        ..request
    };
    let request = parked(&driver, joining("a", &["orders"]));
    let answer = driver.ask(request);
    driver.take("a", &answer);
    driver.join("b", &["orders"]);
    let request = parked(&driver, driver.reporting("a"));
    let answer = driver.ask(request);
    driver.take("a", &answer);
    // While it gives back it is not kept waiting either: its next heartbeat says that it is done.
    let request = parked(&driver, quiet("a", 2));
    assert_eq!(driver.ask(request).member_epoch, 2);
    let request = parked(&driver, quiet("z", 2));
    assert_eq!(driver.refusal(request).0, ErrorCode::UnknownMemberId);
}

#[test]
fn a_parked_member_that_is_removed_is_told() {
    let mut driver = group_of_two();
    let a = driver.park("a", 60_000);
    driver.host.advance(44_000);
    driver.beat("b");
    driver.host.advance(1000);
    let answer = driver.arrived(a).expect("the end");
    assert_eq!(answer.error.unwrap().code, ErrorCode::UnknownMemberId);
}

#[test]
fn a_heartbeat_that_changes_nothing_copies_nothing() {
    let mut driver = group_of_two();
    let entry = |driver: &Driver| Arc::as_ptr(driver.host.runtime.shard().state().groups.get(GROUP).unwrap());
    let before = entry(&driver);
    let a = driver.park("a", 5000);
    driver.beat("b");
    driver.host.interrupt(a);
    assert_eq!(entry(&driver), before);
}

#[test]
fn topics_reach_parked_members_at_once() {
    let mut driver = group_of_two();
    let a = driver.park("a", 5000);
    let b = driver.park("b", 5000);
    driver.host.world.set_topic("orders", 6);
    driver.host.announce_topics();
    for (member, token) in [("a", a), ("b", b)] {
        let answer = driver.arrived(token).expect("news");
        driver.take(member, &answer);
    }
    assert_eq!(driver.sizes(), [3, 3]);
}

#[test]
fn a_delayed_target_wakes_parked_members() {
    let mut driver = Driver::new(&[("orders", 4)]);
    driver.host.world.change_settings(|settings| settings.assignment_interval_ms = 1000);
    driver.join("a", &["orders"]);
    let a = driver.park("a", 5000);
    driver.join("b", &["orders"]);
    driver.host.advance(999);
    assert!(driver.arrived(a).is_none());
    driver.host.advance(1);
    let answer = driver.arrived(a).expect("news");
    driver.take("a", &answer);
    assert_eq!(driver.owned("a"), [("orders".to_string(), vec![0, 1])]);
}

#[test]
fn consumers_that_leave_one_after_another_are_not_handed_what_the_others_had() {
    let mut driver = group_of_two();
    let b = driver.park("b", 5000);
    driver.ask(quiet("a", -1));
    assert!(driver.arrived(b).is_none());
    driver.ask(quiet("b", -1));
    let answer = driver.arrived(b).expect("the answer to its last heartbeat, as it leaves");
    assert_eq!((answer.member_epoch, answer.assignment), (3, None));
}

#[test]
fn who_hears_earlier_has_as_long_to_give_back_as_with_kafka() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    let a = driver.park("a", 5000);
    driver.host.advance(1000);
    driver.join("b", &["orders"]);
    driver.arrived(a).expect("news");
    for _ in 0..63 {
        driver.host.advance(1000);
        driver.ask(quiet("a", 2));
        driver.ask(quiet("b", 3));
    }
    assert_eq!(driver.group().members().len(), 2, "63 s, of 60 s and the 4 s that parking saved");
    driver.host.advance(1000);
    assert_eq!(driver.group().members().len(), 1);
}
