use super::driver::*;
use crate::group::consumer::MemberState;
use crate::group::request::ConsumerHeartbeat;

#[test]
fn a_partition_changes_hands_only_after_it_was_given_back() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    driver.join("b", &["orders"]);
    assert_eq!((driver.known["b"].epoch, driver.owned("b")), (3, vec![]));
    assert_eq!(driver.group().members()["b"].current.state, MemberState::UnreleasedPartitions);
    assert_eq!(driver.group().state_name(), "Reconciling");
    // The first member hears of it, in its old epoch.
    let answer = driver.beat("a");
    assert_eq!((answer.member_epoch, driver.owned("a")), (2, vec![("orders".to_string(), vec![0])]));
    assert_eq!(driver.group().members()["a"].current.state, MemberState::UnrevokedPartitions);
    // It still gives back; nobody else has it.
    driver.ask(quiet("a", 2));
    assert_eq!((driver.beat("b").assignment, driver.group().state_name()), (None, "Reconciling"));
    // It has given back.
    assert_eq!(driver.beat("a").member_epoch, 3);
    driver.beat("b");
    assert_eq!(driver.owned("b"), [("orders".to_string(), vec![1])]);
    assert_eq!(driver.group().state_name(), "Stable");
}

#[test]
fn who_does_not_give_back_in_time_is_fenced() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    driver.join("b", &["orders"]);
    driver.beat("a");
    for _ in 0..6 {
        driver.host.advance(9_999);
        driver.ask(quiet("a", 2));
        driver.ask(quiet("b", 3));
    }
    assert!(driver.group().members().contains_key("a"), "59.994 s of 60 s have passed");
    driver.host.advance(6);
    assert!(!driver.group().members().contains_key("a"));
    driver.beat("b");
    assert_eq!(driver.owned("b"), [("orders".to_string(), vec![0, 1])]);
}

#[test]
fn giving_back_in_time_keeps_a_member() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    driver.join("b", &["orders"]);
    driver.settle();
    driver.host.advance(40_000);
    driver.settle();
    driver.host.advance(30_000);
    assert_eq!(driver.group().members().len(), 2);
}

#[test]
fn partitions_are_shared_evenly_whoever_comes_and_goes() {
    let mut driver = Driver::new(&[("orders", 12)]);
    for member in ["a", "b", "c"] {
        driver.join(member, &["orders"]);
    }
    driver.settle();
    assert_eq!(driver.sizes(), [4, 4, 4]);
    let kept = driver.known["b"].owned.clone();
    let answer = driver.ask(quiet("a", -1));
    assert_eq!(
        (answer.member_epoch, answer.member.as_deref(), answer.heartbeat_interval_ms),
        (-1, Some("a"), 0)
    );
    driver.known.remove("a");
    driver.settle();
    assert_eq!(driver.sizes(), [6, 6]);
    for (topic, partitions) in kept {
        let now = &driver.known["b"].owned[&topic];
        assert!(partitions.iter().all(|partition| now.contains(partition)), "b has kept what it had");
    }
}

#[test]
fn a_changed_subscription_is_heard_of_in_its_own_answer() {
    let mut driver = Driver::new(&[("x", 2), ("y", 2)]);
    driver.join("a", &["x"]);
    let request = ConsumerHeartbeat { topics: Some(vec!["y".into()]), ..driver.reporting("a") };
    let answer = driver.ask(request);
    // What it reads no more is to be given back before it goes on.
    driver.take("a", &answer);
    assert_eq!((answer.member_epoch, driver.sizes()), (2, vec![0]));
    driver.settle();
    assert_eq!(driver.owned("a"), [("y".to_string(), vec![0, 1])]);
}

#[test]
fn with_an_interval_the_next_target_waits() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.host.world.change_settings(|settings| settings.assignment_interval_ms = 1000);
    driver.join("a", &["orders"]);
    driver.join("b", &["orders"]);
    assert_eq!((driver.known["b"].epoch, driver.group().state_name()), (2, "Assigning"));
    driver.beat("a");
    assert_eq!(driver.sizes(), [2, 0]);
    driver.host.advance(999);
    assert_eq!(driver.group().target_epoch(), 2);
    driver.host.advance(1);
    assert_eq!(driver.group().target_epoch(), 3);
    driver.settle();
    assert_eq!(driver.sizes(), [1, 1]);
}

#[test]
fn a_member_that_unsubscribes_meanwhile_gets_nothing_of_the_old_target() {
    let mut driver = Driver::new(&[("x", 2), ("y", 2)]);
    driver.host.world.change_settings(|settings| settings.assignment_interval_ms = 1000);
    driver.join("a", &["x"]);
    let request = ConsumerHeartbeat { topics: Some(vec!["y".into()]), ..driver.reporting("a") };
    let answer = driver.ask(request);
    driver.take("a", &answer);
    assert_eq!((driver.sizes(), driver.group().target_epoch()), (vec![0], 2));
    driver.beat("a");
    assert_eq!(driver.sizes(), [0]);
    driver.host.advance(1000);
    driver.settle();
    assert_eq!(driver.owned("a"), [("y".to_string(), vec![0, 1])]);
}
