//! SyncGroup: assignments, checks, members that never sync.

use super::driver::{Driver, TestClient};
use crate::group::record::GroupRecord;
use crate::group::request::{GroupRequest, SyncGroup};

/// Two members of generation 1, a leads; nobody has synced.
fn joined() -> Driver {
    let mut driver = Driver::new();
    driver.enter("a");
    driver.enter("b");
    driver.pass_ms(6_000);
    driver.expect("a", &["joined 1 range under a [a:a b:b]"]);
    driver.expect("b", &["joined 1 range under a"]);
    driver
}

#[test]
fn everybody_hears_of_its_assignment_when_the_leaders_is_in_the_log() {
    let mut driver = joined();
    driver.sync("b", &[]);
    driver.expect("b", &[]);
    driver.log_commits = false;
    driver.sync("a", &[("a", "0,1"), ("b", "2")]);
    driver.expect("a", &[]);
    driver.expect("b", &[]);
    driver.log_commits = true;
    driver.run();
    driver.expect("a", &["synced 0,1"]);
    driver.expect("b", &["synced 2"]);
    assert_eq!(driver.state(), "Stable");
    let Some(GroupRecord::Classic { value: Some(value), .. }) = driver.log.last() else {
        panic!("{:?}", driver.log.last())
    };
    assert_eq!((value.generation, value.members.len()), (1, 2));
    driver.sync("b", &[]);
    driver.expect("b", &["synced 2"]);
}

#[test]
fn an_assignment_names_who_has_left_and_forgets_who_is_there() {
    let mut driver = joined();
    driver.client("gone").member = "gone".into();
    driver.sync("a", &[("gone", "2"), ("a", "0")]);
    driver.sync("b", &[]);
    driver.expect("a", &["synced 0"]);
    driver.expect("b", &["synced "]);
}

#[test]
fn refused_syncs() {
    type Case = (&'static str, fn(&mut SyncGroup), &'static str);
    let cases: [Case; 7] = [
        ("no group", |sync| sync.group = "other".into(), "sync UNKNOWN_MEMBER_ID"),
        ("empty group", |sync| sync.group = "".into(), "sync INVALID_GROUP_ID"),
        ("unknown member", |sync| sync.member = "x".into(), "sync UNKNOWN_MEMBER_ID"),
        ("unknown instance", |sync| sync.instance = Some("x".into()), "sync UNKNOWN_MEMBER_ID"),
        ("old generation", |sync| sync.generation = 0, "sync ILLEGAL_GENERATION"),
        ("type", |sync| sync.protocol_type = Some("consumer".into()), "sync INCONSISTENT_GROUP_PROTOCOL"),
        ("protocol", |sync| sync.protocol = Some("sticky".into()), "sync INCONSISTENT_GROUP_PROTOCOL"),
    ];
    for (story, change, heard) in cases {
        let mut driver = joined();
        let client: TestClient = driver.client("b").clone();
        let mut request = SyncGroup {
            group: Driver::group_id(),
            member: client.member,
            instance: None,
            generation: 1,
            protocol_type: Some("connect".into()),
            protocol: Some("range".into()),
            assignments: Vec::new(),
        };
        change(&mut request);
        driver.ask("b", GroupRequest::Sync(request));
        driver.expect("b", &[heard]);
        assert_eq!(driver.state(), "CompletingRebalance", "{story}");
    }
}

#[test]
fn a_member_that_never_syncs_is_removed_and_the_others_join_again() {
    let mut driver = joined();
    driver.sync("a", &[("a", "0"), ("b", "1")]);
    driver.expect("a", &["synced 0"]);
    for _ in 0..12 {
        driver.heartbeat("a");
        driver.heartbeat("b");
        driver.pass_ms(5_000);
    }
    driver.heard("b");
    driver.heartbeat("a");
    assert_eq!(driver.heard("a").last().map(String::as_str), Some("heartbeat REBALANCE_IN_PROGRESS"));
    driver.join("a");
    driver.expect("a", &["joined 2 range under a [a:a]"]);
    driver.join("b");
    driver.expect("b", &["join UNKNOWN_MEMBER_ID as b"]);
}

#[test]
fn without_the_leaders_assignment_all_that_waited_join_again() {
    let mut driver = joined();
    driver.sync("b", &[]);
    for _ in 0..12 {
        driver.heartbeat("a");
        driver.pass_ms(5_000);
    }
    driver.expect("b", &["sync REBALANCE_IN_PROGRESS"]);
    driver.join("b");
    driver.expect("b", &["joined 2 range under b [b:b]"]);
}

#[test]
fn an_assignment_that_cannot_be_appended_was_never_given() {
    let mut driver = joined();
    driver.sync("b", &[]);
    driver.log_fails = true;
    driver.sync("a", &[("a", "0"), ("b", "1")]);
    driver.expect("a", &["refused NOT_COORDINATOR"]);
    driver.expect("b", &[]);
    assert_eq!(driver.state(), "CompletingRebalance");
    driver.log_fails = false;
    driver.sync("a", &[("a", "2"), ("b", "3")]);
    driver.expect("a", &["synced 2"]);
    driver.expect("b", &["synced 3"]);
}

#[test]
fn of_two_syncs_of_one_member_the_later_waits() {
    let mut driver = joined();
    driver.sync("b", &[]);
    driver.sync("b", &[]);
    driver.expect("b", &["sync REBALANCE_IN_PROGRESS"]);
    driver.sync("a", &[("b", "1")]);
    driver.expect("b", &["synced 1"]);
}
