//! Many members that join and vanish: what is kept of them goes.

use super::driver::Driver;
use crate::group::timers::TimerKey;

const MANY: usize = 10_000;

fn group_timers(driver: &Driver) -> bool {
    let timers = &driver.runtime.shard().state().timers;
    timers.deadline(&TimerKey::ClassicJoin("g".into())).is_some()
        || timers.deadline(&TimerKey::ClassicSync("g".into())).is_some()
}

#[test]
fn ten_thousand_members_that_ask_for_an_id_and_vanish_leave_nothing() {
    let mut driver = Driver::new();
    for _ in 0..MANY {
        driver.join("x");
        driver.client("x").member = "".into();
    }
    assert!(driver.heard("x").iter().all(|heard| heard.starts_with("join MEMBER_ID_REQUIRED")));
    let pending =
        |driver: &Driver| driver.runtime.shard().state().classic("g").map(|group| group.pending_joins);
    assert_eq!(pending(&driver), Some(MANY));
    driver.pass_ms(10_000);
    assert_eq!(pending(&driver), Some(0));
    assert_eq!(driver.state(), "Empty");
    assert!(!group_timers(&driver));
    assert_eq!(driver.log.len(), 1, "only the group itself was written");
}

#[test]
fn two_thousand_members_of_an_old_version_that_vanish_are_removed_with_their_sessions() {
    let mut driver = Driver::with_world(|world| world.settings.initial_rebalance_delay_ms = 1);
    driver.client("x").join_version = 0;
    for _ in 0..2_000 {
        driver.join("x");
        driver.client("x").member = "".into();
    }
    driver.pass_ms(60_000 + 10_000 + 60_000);
    assert_eq!(driver.state(), "Empty");
    assert!(!group_timers(&driver));
    assert_eq!(driver.runtime.open_count(), 0, "nobody waits for ever");
}
