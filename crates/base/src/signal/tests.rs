use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::task::Wake;

use super::*;

/// A waker that counts, and unparks the thread that waits.
struct Counter {
    wakes: AtomicUsize,
    thread: std::thread::Thread,
}

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        self.thread.unpark();
    }
}

fn counter() -> (Arc<Counter>, Waker) {
    let counter = Arc::new(Counter { wakes: AtomicUsize::new(0), thread: std::thread::current() });
    (Arc::clone(&counter), Waker::from(counter))
}

#[test]
fn a_raised_signal_is_seen_at_once_and_a_waiter_is_woken_once() {
    let (count, waker) = counter();
    let mut cx = Context::from_waker(&waker);
    let signal = Signal::new();
    assert!(signal.poll_raised(&mut cx).is_pending());
    assert!(signal.poll_raised(&mut cx).is_pending());
    signal.clone().raise();
    signal.raise();
    assert_eq!(count.wakes.load(Ordering::SeqCst), 1);
    assert!(signal.poll_raised(&mut cx).is_ready());
    signal.lower();
    assert!(signal.poll_raised(&mut cx).is_pending());
    signal.raise();
    assert_eq!(count.wakes.load(Ordering::SeqCst), 2);
}

#[test]
fn no_wake_up_is_lost_between_threads() {
    const ROUNDS: usize = 20_000;
    const RAISERS: usize = 2;
    let signal = Signal::new();
    let value = Arc::new(AtomicUsize::new(0));
    let (go, start) = sync_channel::<()>(0);
    let start = Arc::new(Mutex::new(start));
    let threads: Vec<_> = (0..RAISERS)
        .map(|_| {
            let (signal, value, start) = (signal.clone(), Arc::clone(&value), Arc::clone(&start));
            std::thread::Builder::new()
                .spawn(move || {
                    start.lock().expect("not poisoned").recv().expect("started");
                    for _ in 0..ROUNDS {
                        value.fetch_add(1, Ordering::SeqCst);
                        signal.raise();
                    }
                })
                .expect("spawns")
        })
        .collect();
    for _ in 0..RAISERS {
        go.send(()).expect("a raiser waits");
    }

    let (_, waker) = counter();
    let mut cx = Context::from_waker(&waker);
    // A lost wake-up would leave this thread parked for ever.
    loop {
        signal.lower();
        if value.load(Ordering::SeqCst) == RAISERS * ROUNDS {
            break;
        }
        while signal.poll_raised(&mut cx).is_pending() {
            std::thread::park();
        }
    }
    for thread in threads {
        thread.join().expect("no panic");
    }
}
