//! Heartbeat: sessions, verdicts, parking.

use super::driver::Driver;

#[test]
fn refused_heartbeats() {
    let mut driver = Driver::new();
    driver.heartbeat("a");
    driver.expect("a", &["heartbeat UNKNOWN_MEMBER_ID"]);
    driver.stable(&["a"]);
    driver.client("a").generation = 0;
    driver.heartbeat("a");
    driver.client("a").generation = 1;
    driver.client("a").instance = Some("i".into());
    driver.heartbeat("a");
    driver.client("a").instance = None;
    driver.client("a").member = "x".into();
    driver.heartbeat("a");
    driver.expect(
        "a",
        &["heartbeat ILLEGAL_GENERATION", "heartbeat UNKNOWN_MEMBER_ID", "heartbeat UNKNOWN_MEMBER_ID"],
    );
}

#[test]
fn members_heartbeat_before_they_sync() {
    let mut driver = Driver::new();
    driver.client("a").park_ms = Some(2_000);
    driver.enter("a");
    driver.pass_ms(3_000);
    driver.heard("a");
    driver.heartbeat("a");
    driver.expect("a", &["heartbeat"]);
}

#[test]
fn a_silent_member_is_removed_after_its_session_and_not_before() {
    let mut driver = Driver::new();
    driver.stable(&["a", "b"]);
    driver.pass_ms(9_999);
    driver.heartbeat("a");
    driver.expect("a", &["heartbeat"]);
    driver.pass_ms(1);
    driver.heartbeat("b");
    driver.expect("b", &["heartbeat UNKNOWN_MEMBER_ID"]);
    driver.heartbeat("a");
    driver.expect("a", &["heartbeat REBALANCE_IN_PROGRESS"]);
    driver.join("a");
    driver.expect("a", &["joined 2 range under a [a:a]"]);
}

#[test]
fn the_last_silent_member_leaves_an_empty_group_in_the_log() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    driver.pass_ms(10_000);
    assert_eq!(driver.state(), "Empty");
    driver.reload();
    assert_eq!(driver.state(), "Empty");
    driver.client("a").member = "".into();
    driver.enter("a");
    driver.pass_ms(3_000);
    driver.expect("a", &["joined 3 range under a [a:a]"]);
}

#[test]
fn a_waiting_member_is_not_silent_but_a_new_one_has_to_come_again() {
    let mut driver = Driver::new();
    driver.client("a").rebalance_timeout_ms = 1_000_000;
    driver.client("a").session_timeout_ms = 1_000_000;
    driver.stable(&["a", "b"]);
    driver.enter("c");
    driver.join("b");
    // b waits for longer than its session; c is new, and its JoinGroup is given up after five minutes.
    driver.pass_ms(299_999);
    driver.expect("b", &[]);
    driver.expect("c", &[]);
    driver.pass_ms(1);
    driver.expect("c", &["join UNKNOWN_MEMBER_ID"]);
    driver.expect("b", &[]);
    driver.join("a");
    driver.expect("a", &["joined 2 range under a [a:a b:b]"]);
}

#[test]
fn a_parked_heartbeat_hears_of_a_rebalance_at_once() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    driver.client("a").park_ms = Some(3_000);
    driver.heartbeat("a");
    driver.expect("a", &[]);
    driver.enter("b");
    driver.expect("a", &["heartbeat REBALANCE_IN_PROGRESS"]);
    driver.heartbeat("a");
    driver.expect("a", &["heartbeat REBALANCE_IN_PROGRESS"]);
}

/// Members of a service leave one after another, and commit last: not in a rebalance, if that can be helped.
#[test]
fn a_parked_heartbeat_hears_a_little_later_that_somebody_has_left_unless_somebody_comes() {
    let stable = || {
        let mut driver = Driver::new();
        driver.stable(&["a", "b", "c"]);
        driver.world.parks_answers = true;
        driver.client("a").park_ms = Some(3_000);
        driver.heartbeat("a");
        driver.leave("b");
        driver.expect("a", &[]);
        driver
    };
    let mut driver = stable();
    // As with Kafka, whoever asks is told.
    driver.heartbeat("c");
    driver.expect("c", &["heartbeat REBALANCE_IN_PROGRESS"]);
    driver.pass_ms(499);
    driver.expect("a", &[]);
    driver.pass_ms(1);
    driver.expect("a", &["heartbeat REBALANCE_IN_PROGRESS"]);

    let mut driver = stable();
    driver.enter("d");
    driver.expect("a", &["heartbeat REBALANCE_IN_PROGRESS"]);
}

#[test]
fn a_parked_heartbeat_is_answered_at_its_time_when_nothing_happens() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    driver.client("a").park_ms = Some(2_000);
    driver.heartbeat("a");
    driver.pass_ms(1_999);
    driver.expect("a", &[]);
    driver.pass_ms(1);
    driver.expect("a", &["heartbeat"]);
    // However long the host would wait, a third of the session is enough.
    driver.client("a").park_ms = Some(60_000);
    driver.heartbeat("a");
    driver.pass_ms(3_334);
    driver.expect("a", &["heartbeat"]);
}

#[test]
fn a_parked_heartbeat_does_not_lengthen_the_session() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    driver.client("a").park_ms = Some(3_000);
    driver.heartbeat("a");
    driver.pass_ms(10_000);
    driver.expect("a", &["heartbeat"]);
    assert_eq!(driver.state(), "Empty");
}

#[test]
fn a_second_heartbeat_answers_the_one_that_is_parked() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    driver.client("a").park_ms = Some(3_000);
    driver.heartbeat("a");
    driver.heartbeat("a");
    driver.expect("a", &["heartbeat"]);
    driver.pass_ms(3_000);
    driver.expect("a", &["heartbeat"]);
    assert_eq!(driver.runtime.open_count(), 0);
}

#[test]
fn an_interrupted_heartbeat_is_answered_and_an_abandoned_one_is_forgotten() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    driver.client("a").park_ms = Some(3_000);
    let token = driver.heartbeat("a");
    driver.runtime.on_interrupt(token);
    driver.run();
    driver.expect("a", &["heartbeat"]);
    let token = driver.heartbeat("a");
    driver.runtime.on_abandon(token);
    driver.run();
    driver.pass_ms(3_000);
    driver.expect("a", &[]);
    assert_eq!(driver.runtime.shard().state().parked.len(), 0);
}

#[test]
fn a_heartbeat_does_not_copy_the_group() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    let before = driver.runtime.shard().state().groups.get("g").map(std::sync::Arc::as_ptr);
    driver.heartbeat("a");
    driver.expect("a", &["heartbeat"]);
    assert_eq!(driver.runtime.shard().state().groups.get("g").map(std::sync::Arc::as_ptr), before);
}
