//! Static members (KIP-345, KIP-814), and the size of groups.

use super::driver::Driver;

/// A leads, `s` is static with instance id `i`.
fn with_static(is_leader: bool) -> Driver {
    let mut driver = Driver::new();
    driver.client("s").instance = Some("i".into());
    match is_leader {
        true => driver.stable(&["s", "a"]),
        false => driver.stable(&["a", "s"]),
    }
    // The same member, started again.
    driver.client("s2").instance = Some("i".into());
    driver.client("s2").protocols = vec![("range", "s".to_owned())];
    driver
}

#[test]
fn a_restarted_static_member_takes_its_place_without_a_rebalance() {
    let mut driver = with_static(false);
    driver.join("s2");
    driver.expect("s2", &["joined 1 range under a"]);
    assert_eq!(driver.state(), "Stable");
    driver.sync("s2", &[]);
    driver.expect("s2", &["synced s"]);
    driver.heartbeat("a");
    driver.expect("a", &["heartbeat"]);
    driver.reload();
    driver.heartbeat("s2");
    driver.expect("s2", &["heartbeat"]);
}

#[test]
fn a_restarted_static_leader_is_told_not_to_assign() {
    let mut driver = with_static(true);
    driver.join("s2");
    driver.expect("s2", &["joined 1 range under s2 [a:a s2:s] skip"]);
    assert_eq!(driver.state(), "Stable");
    // One that does not understand that is told that its old id leads.
    driver.client("s3").instance = Some("i".into());
    driver.client("s3").protocols = vec![("range", "s".to_owned())];
    driver.client("s3").join_version = 8;
    driver.join("s3");
    driver.expect("s3", &["joined 1 range under s2"]);
}

#[test]
fn whoever_uses_the_old_id_is_fenced() {
    let mut driver = with_static(false);
    driver.client("s").park_ms = Some(3_000);
    driver.heartbeat("s");
    driver.join("s2");
    driver.expect("s", &["heartbeat FENCED_INSTANCE_ID"]);
    driver.heartbeat("s");
    driver.join("s");
    driver.sync("s", &[]);
    driver.leave("s");
    driver.expect(
        "s",
        &[
            "heartbeat FENCED_INSTANCE_ID",
            "join FENCED_INSTANCE_ID as s",
            "sync FENCED_INSTANCE_ID",
            "left s=FENCED_INSTANCE_ID",
        ],
    );
}

#[test]
fn requests_of_the_replaced_member_that_wait_are_fenced() {
    let mut driver = with_static(false);
    driver.enter("b");
    driver.join("s");
    driver.join("s2");
    driver.expect("s", &["join FENCED_INSTANCE_ID as s"]);
    driver.join("a");
    driver.expect("a", &["joined 2 range under a [a:a b:b s2:s]"]);
    driver.sync("s2", &[]);
    driver.client("s3").instance = Some("i".into());
    driver.join("s3");
    assert_eq!(driver.heard("s2").last().map(String::as_str), Some("sync FENCED_INSTANCE_ID"));
    assert_eq!(driver.state(), "PreparingRebalance", "the leader has been told of the old id");
}

#[test]
fn a_replacement_that_changes_the_protocol_rebalances() {
    let mut driver = Driver::new();
    driver.client("s").instance = Some("i".into());
    let both =
        |first: &'static str, second: &'static str| vec![(first, String::new()), (second, String::new())];
    driver.client("s").protocols = both("range", "robin");
    driver.stable(&["s"]);
    driver.client("s2").instance = Some("i".into());
    driver.client("s2").protocols = both("robin", "range");
    driver.join("s2");
    driver.expect("s2", &["joined 2 robin under s2 [s2:]"]);
}

#[test]
fn a_replacement_that_cannot_be_appended_never_happened() {
    let mut driver = with_static(false);
    driver.log_fails = true;
    driver.join("s2");
    driver.expect("s2", &["refused NOT_COORDINATOR"]);
    driver.log_fails = false;
    driver.heartbeat("s");
    driver.expect("s", &["heartbeat"]);
}

#[test]
fn static_members_that_do_not_come_back_are_kept_until_their_sessions_end() {
    let mut driver = Driver::new();
    driver.client("s").instance = Some("i".into());
    driver.client("s").session_timeout_ms = 100_000;
    driver.stable(&["a", "s"]);
    driver.leave("a");
    driver.heard("a");
    // Nobody joins: the generation does not change before the session of `s` ends.
    driver.pass_ms(80_000);
    assert_eq!(driver.state(), "PreparingRebalance");
    driver.pass_ms(20_000);
    assert_eq!(driver.state(), "Empty");
}

#[test]
fn a_rebalance_goes_on_without_static_members_that_are_away() {
    let mut driver = Driver::new();
    driver.client("s").instance = Some("i".into());
    driver.client("s").session_timeout_ms = 1_000_000;
    driver.client("a").session_timeout_ms = 1_000_000;
    driver.stable(&["a", "s"]);
    driver.enter("b");
    driver.join("a");
    driver.pass_ms(60_000);
    // They keep their part.
    driver.expect("a", &["joined 2 range under a [a:a b:b s:s]"]);
}

#[test]
fn a_full_group_takes_nobody_more() {
    let mut driver = Driver::with_world(|world| world.settings.classic_size_max = 2);
    driver.enter("a");
    driver.enter("b");
    driver.join("c");
    driver.expect("c", &["join GROUP_MAX_SIZE_REACHED"]);
    driver.pass_ms(6_000);
    driver.sync("b", &[]);
    driver.sync("a", &[]);
    driver.join("c");
    driver.expect("c", &["join GROUP_MAX_SIZE_REACHED"]);
    driver.join("a");
    assert_eq!(driver.state(), "PreparingRebalance", "who is there may come again");
}

#[test]
fn a_loaded_group_that_is_too_large_sends_away_who_comes_back_last() {
    let mut driver = Driver::new();
    driver.stable(&["a", "b", "c"]);
    driver.world.settings.classic_size_max = 2;
    driver.reload();
    assert_eq!(driver.state(), "PreparingRebalance");
    driver.join("a");
    driver.join("b");
    driver.join("c");
    driver.expect("c", &["join GROUP_MAX_SIZE_REACHED"]);
    driver.pass_ms(60_000);
    assert_eq!([driver.heard("a"), driver.heard("b")].concat().len(), 2);
}
