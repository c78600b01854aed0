//! Futures that are dropped half-way lose nothing and double nothing: polls, streams, deliveries, flushes, commits.

mod fake_broker;
mod fake_cluster;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use fake_cluster::{FakeCluster, topic};
use jackdaw_client::TopicPartition;
use jackdaw_client::consumer::Consumer;
use jackdaw_client::producer::{Producer, ProducerRecord};
use jackdaw_protocol::api_key::ApiKey;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn partition() -> TopicPartition {
    TopicPartition::new(topic(), 0)
}

async fn reading(cluster: &Arc<FakeCluster>) -> Consumer {
    let settings = [("auto.offset.reset", "earliest"), ("group.id", "g"), ("enable.auto.commit", "false")];
    let consumer = Consumer::connect(&cluster.config(&settings)).await.expect("connects");
    consumer.assign([partition()]).expect("is assigned");
    consumer
}

/// Looks at a future once; what it is ready with.
async fn once<F: Future + ?Sized>(future: Pin<&mut F>) -> Option<F::Output> {
    let mut future = future;
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn polls_that_are_dropped_hand_out_nothing() {
    let cluster = FakeCluster::start(0).await;
    let consumer = reading(&cluster).await;
    let mut offsets = Vec::new();
    while offsets.len() < 300 {
        if cluster.world().log.len() < 300 {
            cluster.world().append(3);
        }
        for _ in 0..5 {
            let mut poll = Box::pin(consumer.poll(LONG));
            if let Some(records) = once(poll.as_mut()).await {
                offsets.extend(records.expect("reads").iter().map(|record| record.offset));
            }
            tokio::task::yield_now().await;
        }
    }
    assert!(offsets.into_iter().eq(0..300));
}

#[tokio::test]
async fn a_stream_whose_next_is_dropped_goes_on_with_the_same_record() {
    let cluster = FakeCluster::start(0).await;
    let consumer = reading(&cluster).await;
    let mut records = consumer.records();
    let mut offsets = Vec::new();
    while offsets.len() < 100 {
        if cluster.world().log.len() < 100 {
            cluster.world().append(5);
        }
        let mut next = Box::pin(records.next());
        if let Some(record) = once(next.as_mut()).await {
            offsets.push(record.expect("reads").offset);
            drop(next);
            let position = consumer.position(&partition()).expect("is assigned");
            assert_eq!(position, offsets.last().map(|offset| offset + 1), "commits cover what was taken");
        }
        tokio::task::yield_now().await;
    }
    assert!(offsets.into_iter().eq(0..100));
}

#[tokio::test]
async fn a_delivery_may_be_awaited_again_and_a_flush_given_up() {
    let cluster = FakeCluster::start(0).await;
    let producer = Producer::new(&cluster.config(&[("linger.ms", "10000")])).await.expect("connects");
    let mut deliveries = Vec::new();
    for index in 0..50 {
        let value = format!("{index}");
        let delivery = producer.send(&ProducerRecord::new(topic(), &value)).await.expect("is sent");
        deliveries.push(Box::pin(delivery));
    }
    for delivery in &mut deliveries {
        assert!(once(delivery.as_mut()).await.is_none(), "it lingers");
    }
    let mut flush = Box::pin(producer.flush());
    assert!(once(flush.as_mut()).await.is_none());
    drop(flush);
    for (delivery, offset) in deliveries.into_iter().zip(0..) {
        assert_eq!(delivery.await.expect("is delivered").offset, Some(offset));
    }
}

#[tokio::test]
async fn a_commit_that_is_dropped_leaves_the_next_one_in_order() {
    let cluster = FakeCluster::start(10).await;
    let consumer = reading(&cluster).await;
    assert_eq!(consumer.poll(LONG).await.expect("reads").len(), 10);
    for _ in 0..20 {
        let mut commit = Box::pin(consumer.commit());
        assert!(once(commit.as_mut()).await.is_none());
    }
    consumer.commit().await.expect("is committed");
    let committed = consumer.committed(&[partition()]).await.expect("is found");
    assert_eq!(committed[&partition()].offset, 10);

    // One that nobody waits for goes on.
    cluster.world().append(1);
    assert_eq!(consumer.poll(LONG).await.expect("reads").len(), 1);
    let before = cluster.world().seen.iter().filter(|seen| seen.key == ApiKey::OffsetCommit).count();
    drop(consumer.commit_async());
    cluster.until_asked(1, ApiKey::OffsetCommit, before + 1).await;
}
