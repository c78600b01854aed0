//! Who may commit, and delete.

use super::driver::Driver;
use crate::group::request::{GroupError, OffsetCommit};

fn check(driver: &mut Driver, name: &str, change: impl FnOnce(&mut OffsetCommit)) -> &'static str {
    let client = driver.client(name).clone();
    let mut commit = OffsetCommit {
        group: Driver::group_id(),
        member: client.member,
        instance: client.instance,
        generation_or_epoch: client.generation,
        api_version: 8,
        retention_ms: None,
        topics: Vec::new(),
    };
    change(&mut commit);
    let group = driver.runtime.shard().state().classic("g").expect("the group");
    match group.check_commit(&commit) {
        Ok(()) => "ok",
        Err(GroupError { code, .. }) => code.name(),
    }
}

fn outside(commit: &mut OffsetCommit) {
    commit.member = "".into();
    commit.instance = None;
    commit.generation_or_epoch = -1;
}

#[test]
fn commits_are_of_the_current_generation() {
    let mut driver = Driver::new();
    driver.client("s").instance = Some("i".into());
    driver.stable(&["a", "s"]);
    assert_eq!(check(&mut driver, "a", |_| ()), "ok");
    assert_eq!(check(&mut driver, "a", outside), "UNKNOWN_MEMBER_ID");
    assert_eq!(check(&mut driver, "a", |commit| commit.generation_or_epoch = 0), "ILLEGAL_GENERATION");
    assert_eq!(check(&mut driver, "a", |commit| commit.generation_or_epoch = -1), "ILLEGAL_GENERATION");
    assert_eq!(check(&mut driver, "a", |commit| commit.member = "x".into()), "UNKNOWN_MEMBER_ID");
    assert_eq!(check(&mut driver, "s", |_| ()), "ok");
    assert_eq!(check(&mut driver, "s", |commit| commit.member = "x".into()), "FENCED_INSTANCE_ID");
    assert_eq!(check(&mut driver, "s", |commit| commit.instance = Some("x".into())), "UNKNOWN_MEMBER_ID");
}

#[test]
fn commits_during_a_rebalance() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    driver.enter("b");
    assert_eq!(check(&mut driver, "a", |_| ()), "ok", "members commit before they join again");
    driver.join("a");
    assert_eq!(check(&mut driver, "a", |_| ()), "REBALANCE_IN_PROGRESS");
    assert_eq!(check(&mut driver, "a", |commit| commit.generation_or_epoch = 1), "ILLEGAL_GENERATION");
}

#[test]
fn outsiders_commit_to_empty_groups_and_these_may_be_deleted() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    let deletable = |driver: &Driver| {
        driver.runtime.shard().state().classic("g").map(|group| group.check_delete().is_ok())
    };
    assert_eq!(deletable(&driver), Some(false));
    driver.leave("a");
    assert_eq!(check(&mut driver, "a", outside), "ok");
    assert_eq!(check(&mut driver, "a", |_| ()), "UNKNOWN_MEMBER_ID");
    assert_eq!(deletable(&driver), Some(true));
}
