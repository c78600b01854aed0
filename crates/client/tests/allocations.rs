//! The hot paths of producer and consumer allocate per batch, per request and per poll, not per record. One test after the
//! other: what is counted is what the whole process does.

mod fake_broker;
mod fake_cluster;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fake_broker::{FakeBroker, TOPIC};
use fake_cluster::FakeCluster;
use jackdaw_client::consumer::Consumer;
use jackdaw_client::producer::{Producer, ProducerRecord};
use jackdaw_client::{ClientConfig, TopicPartition};

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

const COUNT: usize = 50_000;

#[tokio::test]
async fn a_record_allocates_nothing() {
    produced().await;
    consumed().await;
}

async fn consumed() {
    let cluster = FakeCluster::start(COUNT).await;
    cluster.world().batch_records = 5000;
    let settings = [("auto.offset.reset", "earliest"), ("max.poll.records", "1000")];
    let consumer = Consumer::connect(&cluster.config(&settings)).await.expect("connects");
    consumer.assign([TopicPartition::new(TOPIC, 0)]).expect("is assigned");
    let mut seen = consumer.poll(Duration::from_secs(20)).await.expect("reads").len();
    let (before, mut bytes, mut polls) = (ALLOCATIONS.load(Ordering::Relaxed), 0, 0);
    while seen < COUNT {
        for record in &consumer.poll(Duration::from_secs(20)).await.expect("reads") {
            seen += 1;
            bytes += record.value.map_or(0, <[u8]>::len);
        }
        polls += 1;
    }
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    assert!(bytes > 0 && polls >= COUNT / 1000 - 1);
    assert!(allocations < COUNT / 50, "{allocations} allocations for {COUNT} records in {polls} polls");
}

async fn produced() {
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
