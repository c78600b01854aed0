//! The hot path of the producer allocates per batch and per request, not per record.

mod fake_broker;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use fake_broker::{FakeBroker, TOPIC};
use jackdaw_client::ClientConfig;
use jackdaw_client::producer::{Producer, ProducerRecord};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[tokio::test]
async fn a_record_allocates_nothing() {
    const COUNT: usize = 50_000;
    let broker = FakeBroker::start().await;
    let config = ClientConfig::new(broker.address()).with("batch.size", "65536").expect("is a setting");
    let producer = Producer::new(&config).await.expect("connects");
    let value = [b'x'; 100];
    let record = ProducerRecord::new(TOPIC, &value).key("key");
    producer.send(&record).await.expect("is sent").await.expect("is delivered");
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for _ in 0..COUNT {
        drop(producer.send(&record).await.expect("is sent"));
    }
    producer.flush().await;
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    let batches = broker.produced_batches.load(Ordering::SeqCst);
    assert!(batches >= COUNT * 100 / 65536, "{batches} batches");
    // The broker in the same process allocates, too: two or three times per field of its answer.
    assert!(allocations < COUNT / 10, "{allocations} allocations for {COUNT} records in {batches} batches");
}
