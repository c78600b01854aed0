use std::panic::{AssertUnwindSafe, catch_unwind};

use jackdaw_base::{Offset, Signal};

use crate::waiters::Watch;

#[allow(dead_code, reason = "the tests from outside use the rest")]
#[path = "../../tests/support/mod.rs"]
mod support;

use support::{World, batch};

#[test]
fn a_panic_under_the_lock_stops_this_partition_alone() {
    let (world, other) = (World::new(1), World::new(1));
    world.append(&mut batch("a")).expect("appended");
    let signal = Signal::new();
    let _waiter = world.partition.subscribe(Watch::HighWatermark(Offset(1)), &signal);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _guard = world.partition.lock();
        panic!("planted");
    }));
    assert!(panicked.is_err());
    assert!(!world.partition.is_serving());
    assert!(signal.is_raised(), "who waits is told");
    world.append(&mut batch("b")).expect_err("refused");
    other.append(&mut batch("b")).expect("the others serve");
    assert!(world.directory.is_online(), "the directory is not to blame");
}
