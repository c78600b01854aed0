//! LeaveGroup: alone, in batches, by instance id.

use super::driver::Driver;
use crate::group::request::{GroupRequest, LeaveGroup, Leaving};

fn leaving(member: &str, instance: Option<&str>) -> Leaving {
    Leaving { member: member.into(), instance: instance.map(Into::into), reason: None }
}

#[test]
fn a_leaver_makes_the_others_join_again_at_once() {
    let mut driver = Driver::new();
    driver.stable(&["a", "b"]);
    driver.client("b").park_ms = Some(3_000);
    driver.heartbeat("b");
    driver.leave("a");
    driver.expect("a", &["left a"]);
    driver.expect("b", &["heartbeat REBALANCE_IN_PROGRESS"]);
    driver.join("b");
    driver.expect("b", &["joined 2 range under b [b:b]"]);
}

#[test]
fn the_last_leaver_leaves_an_empty_group() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    driver.leave("a");
    driver.expect("a", &["left a"]);
    assert_eq!(driver.state(), "Empty");
    driver.leave("a");
    driver.expect("a", &["left a=UNKNOWN_MEMBER_ID"]);
}

#[test]
fn many_leave_at_once_each_with_its_own_error() {
    let mut driver = Driver::new();
    driver.client("s").instance = Some("i".into());
    driver.client("t").instance = Some("j".into());
    driver.stable(&["a", "b", "s", "t"]);
    driver.join("p");
    driver.heard("p");
    let id = |driver: &mut Driver, name: &str| driver.client(name).member.to_string();
    let members = vec![
        leaving("", Some("i")),
        leaving("", Some("nobody")),
        leaving("", None),
        leaving(&id(&mut driver, "a"), None),
        leaving(&id(&mut driver, "a"), Some("j")),
        leaving("x", Some("j")),
        leaving("x", None),
        leaving(&id(&mut driver, "p"), None),
    ];
    driver.leave_all("admin", members);
    driver.expect(
        "admin",
        &["left i nobody=UNKNOWN_MEMBER_ID -=UNKNOWN_MEMBER_ID a a=FENCED_INSTANCE_ID x=FENCED_INSTANCE_ID \
           x=UNKNOWN_MEMBER_ID p"],
    );
    driver.join("t");
    driver.join("b");
    let heard = [driver.heard("b"), driver.heard("t")].concat();
    assert!(heard.iter().any(|heard| heard.contains("[b:b t:t]")), "{heard:?}");
}

#[test]
fn a_single_leavers_error_is_the_requests() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    let members = vec![leaving("x", None)];
    let request = LeaveGroup { group: Driver::group_id(), members, is_single: true };
    driver.ask("a", GroupRequest::Leave(request));
    driver.expect("a", &["left UNKNOWN_MEMBER_ID"]);
    let request = LeaveGroup { group: "".into(), members: Vec::new(), is_single: false };
    driver.ask("a", GroupRequest::Leave(request));
    driver.expect("a", &["left INVALID_GROUP_ID"]);
}

#[test]
fn who_leaves_while_its_join_waits_hears_so() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    driver.enter("b");
    let b = driver.client("b").member.to_string();
    driver.leave_all("admin", vec![leaving(&b, None)]);
    driver.expect("b", &["join UNKNOWN_MEMBER_ID"]);
    driver.join("a");
    driver.expect("a", &["joined 2 range under a [a:a]"]);
}

#[test]
fn who_leaves_while_its_sync_waits_hears_so() {
    let mut driver = Driver::new();
    driver.enter("a");
    driver.enter("b");
    driver.pass_ms(6_000);
    driver.heard("a");
    driver.heard("b");
    driver.sync("b", &[]);
    let b = driver.client("b").member.to_string();
    driver.leave_all("admin", vec![leaving(&b, None)]);
    driver.expect("b", &["sync UNKNOWN_MEMBER_ID"]);
    assert_eq!(driver.state(), "PreparingRebalance");
}

#[test]
fn a_group_that_is_left_while_it_gathers_begins_anew() {
    let mut driver = Driver::new();
    driver.enter("a");
    driver.leave("a");
    driver.expect("a", &["join UNKNOWN_MEMBER_ID", "left a"]);
    driver.client("a").member = "".into();
    driver.enter("a");
    driver.pass_ms(6_000);
    driver.expect("a", &["joined 1 range under a [a:a]"]);
}
