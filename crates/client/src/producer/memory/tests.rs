use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use super::*;

const LONG: Duration = Duration::from_secs(3600);

async fn is_pending(future: &mut std::pin::Pin<&mut impl Future>) -> bool {
    std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

#[test]
fn batches_take_a_buffer_each_or_what_their_record_needs() {
    let memory = Memory::new(1000, 300);
    let check = |first, expected: Option<usize>| assert_eq!(memory.needed(first).ok(), expected, "{first}");
    check(10, Some(300));
    check(500, Some(500));
    check(1001, None);
    assert_eq!(Memory::new(100, 300).needed(50).ok(), Some(100), "a memory smaller than a batch holds one");
}

#[tokio::test]
async fn who_waits_first_is_served_first_and_who_gives_up_leaves_nothing_behind() {
    let memory = Memory::new(1000, 500);
    assert!(memory.try_reserve(1000));
    let mut large = pin!(memory.reserve(800, LONG));
    assert!(is_pending(&mut large).await);
    {
        let mut given_up = pin!(memory.reserve(100, LONG));
        assert!(is_pending(&mut given_up).await);
    }
    let mut small = pin!(memory.reserve(100, LONG));
    assert!(is_pending(&mut small).await);
    memory.release(500);
    assert!(is_pending(&mut large).await && is_pending(&mut small).await, "the small one does not overtake");
    assert!(!memory.try_reserve(1), "nobody does");
    memory.release(500);
    let mut reservation = large.await.expect("there is room");
    assert!(reservation.take(800) && !reservation.take(1));
    drop(reservation);
    drop(small.await.expect("there is room"));
    assert_eq!(memory.used_bytes(), 800);
}

#[tokio::test(start_paused = true)]
async fn waiting_has_an_end() {
    let memory = Memory::new(10, 10);
    assert!(memory.try_reserve(10));
    let error = memory.reserve(1, Duration::from_millis(5)).await.err().expect("there is no room");
    assert!(matches!(error.kind(), ErrorKind::Timeout { .. }), "{error}");
}

#[test]
fn buffers_come_back() {
    let memory = Memory::new(1000, 500);
    let buffer = memory.buffer(500);
    let place = buffer.as_ptr();
    memory.recycle(buffer);
    let again = memory.buffer(100);
    assert_eq!(again.as_ptr(), place);
    memory.recycle(again);
    memory.recycle(Vec::with_capacity(600));
    let kept = memory.buffer(500);
    assert_eq!(kept.as_ptr(), place, "no more is kept than may be used at all");
    memory.recycle(Vec::with_capacity(600));
    assert_eq!(memory.buffer(500).capacity(), 600, "one that has grown is as good");
}
