use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

use jackdaw_base::MonotonicNs;

use super::*;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn waker() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (Arc::clone(&count), Waker::from(count))
}

#[test]
fn memory_is_given_in_order_and_one_may_overdraw() {
    let memory = RequestMemory::new(100);
    let (first_wakes, first_waker) = waker();
    let (second_wakes, second_waker) = waker();
    let (first_cx, second_cx) =
        (&mut Context::from_waker(&first_waker), &mut Context::from_waker(&second_waker));
    let (mut holder, mut first, mut second) = (memory.lease(), memory.lease(), memory.lease());

    assert!(holder.poll_grow(90, first_cx).is_ready());
    // Nobody is beyond the budget yet, so the first one may go there: else two halves could block each other.
    assert!(first.poll_grow(50, first_cx).is_ready());
    assert_eq!(memory.used_bytes(), 140);
    assert!(!memory.is_scarce());
    // The second must wait, even for little.
    assert!(second.poll_grow(10, second_cx).is_pending());
    assert!(memory.is_scarce());
    // The one beyond the budget may finish its frame.
    assert!(first.poll_grow(60, first_cx).is_ready());
    drop(first);
    assert_eq!(second_wakes.0.load(Ordering::SeqCst), 1);
    assert!(second.poll_grow(10, second_cx).is_ready());
    assert!(!memory.is_scarce());
    assert_eq!(memory.used_bytes(), 100);
    drop((holder, second));
    assert_eq!(memory.used_bytes(), 0);
    assert_eq!(first_wakes.0.load(Ordering::SeqCst), 0);
}

#[test]
fn a_waiter_that_goes_away_lets_the_next_one_in() {
    let memory = RequestMemory::new(10);
    let (_, quiet) = waker();
    let (wakes, loud) = waker();
    let mut holder = memory.lease();
    assert!(holder.poll_grow(10, &mut Context::from_waker(&quiet)).is_ready());
    let (mut overdrawn, mut gone, mut next) = (memory.lease(), memory.lease(), memory.lease());
    assert!(overdrawn.poll_grow(5, &mut Context::from_waker(&quiet)).is_ready());
    assert!(gone.poll_grow(5, &mut Context::from_waker(&quiet)).is_pending());
    assert!(next.poll_grow(5, &mut Context::from_waker(&loud)).is_pending());
    drop(gone);
    drop(overdrawn);
    assert!(wakes.0.load(Ordering::SeqCst) >= 1);
    assert!(next.poll_grow(5, &mut Context::from_waker(&loud)).is_ready());
}

#[test]
fn the_log_gate_opens_once_a_minute() {
    let gate = LogGate::default();
    let start = MonotonicNs(5);
    assert_eq!(gate.pass(start), Some(0));
    assert_eq!(gate.pass(start), None);
    assert_eq!(gate.pass(start.plus_ms(LOG_GATE_MS - 1)), None);
    assert_eq!(gate.pass(start.plus_ms(LOG_GATE_MS)), Some(2));
}

#[test]
fn open_files_are_split() {
    for (open_files, connections_max, segment_files_max, reserve) in [
        (1024, 640, 320, 64),
        (1_048_576, 698_708, 349_356, 512),
        (65_536, 43_348, 21_676, 512),
        (20, 2, 2, 16),
    ] {
        let expected = FileLimits { connections_max, segment_files_max, reserve };
        assert_eq!(FileLimits::split(open_files), expected, "{open_files}");
    }
    let raised = raise_file_limit();
    assert!(raised.connections_max > 0 && raised.segment_files_max > 0);
}

#[test]
fn an_override_counts_for_its_address_only() {
    let mut limits = LimitValues { connections_per_address_max: 5, ..LimitValues::default() };
    limits.connections_per_address_overrides.insert("10.0.0.1".parse().expect("an address"), 1);
    for (address, expected) in [("10.0.0.1", 1), ("::ffff:10.0.0.1", 1), ("10.0.0.2", 5), ("::1", 5)] {
        assert_eq!(limits.connections_of(&address.parse().expect("an address")), expected, "{address}");
    }
}
