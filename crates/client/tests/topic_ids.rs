//! Offsets belong to topics, not to their names: committed and read by id where brokers can (OffsetCommit and OffsetFetch
//! version 10), and never carried over to a topic that was created again.

mod fake_broker;
mod fake_cluster;

use std::sync::Arc;
use std::time::Duration;

use fake_cluster::{Committed, FakeCluster, topic};
use jackdaw_client::error::ErrorKind;
use jackdaw_client::{TopicPartition, consumer::Consumer};
use jackdaw_protocol::api_key::ApiKey;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn partition() -> TopicPartition {
    TopicPartition::new(topic(), 0)
}

async fn reading(cluster: &Arc<FakeCluster>, reset: &str) -> Consumer {
    let settings = [("auto.offset.reset", reset), ("group.id", "g"), ("enable.auto.commit", "false")];
    let consumer = Consumer::connect(&cluster.config(&settings)).await.expect("connects");
    consumer.assign([partition()]).expect("is assigned");
    consumer
}

async fn read(consumer: &Consumer, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    while found.len() < count {
        for record in &consumer.poll(LONG).await.expect("reads") {
            found.push(record.value.map(String::from_utf8_lossy).unwrap_or_default().into_owned());
        }
    }
    found
}

fn committed(cluster: &FakeCluster) -> Vec<Committed> {
    cluster.world().committed.values().copied().collect()
}

#[tokio::test]
async fn offsets_go_by_id_where_the_broker_knows_ids_and_by_name_elsewhere() {
    for (commit_max, fetch_max) in [(10, 10), (9, 9), (10, 9), (2, 1)] {
        let cluster = FakeCluster::start(4).await;
        cluster.world().limit(ApiKey::OffsetCommit, commit_max);
        cluster.world().limit(ApiKey::OffsetFetch, fetch_max);
        let consumer = reading(&cluster, "earliest").await;
        read(&consumer, 4).await;
        consumer.commit().await.expect("is committed");
        let found = consumer.committed(&[partition()]).await.expect("is found");
        assert_eq!(found[&partition()].offset, 4);
        let world = cluster.world();
        let version = |key| world.seen.iter().rfind(|seen| seen.key == key).map(|seen| seen.version);
        assert_eq!(version(ApiKey::OffsetCommit), Some(commit_max));
        assert_eq!(version(ApiKey::OffsetFetch), Some(fetch_max));
    }
}

#[tokio::test]
async fn a_topic_that_is_created_again_is_read_from_its_start() {
    let cluster = FakeCluster::start(4).await;
    let consumer = reading(&cluster, "latest").await;
    consumer.seek(&partition(), 0).expect("is assigned");
    read(&consumer, 4).await;
    consumer.commit().await.expect("is committed");
    cluster.world().recreate(6);
    assert_eq!(read(&consumer, 6).await, ["again 0", "again 1", "again 2", "again 3", "again 4", "again 5"]);
    consumer.commit().await.expect("is committed");
    assert_eq!(committed(&cluster), [Committed { offset: 6, leader_epoch: 0 }]);
}

#[tokio::test]
async fn offsets_of_a_deleted_topic_are_not_committed_for_a_new_one() {
    let cluster = FakeCluster::start(4).await;
    let consumer = reading(&cluster, "none").await;
    consumer.seek(&partition(), 0).expect("is assigned");
    read(&consumer, 4).await;
    cluster.world().recreate(6);
    let error = consumer.poll(LONG).await.expect_err("what was read is gone");
    assert!(matches!(error.kind(), ErrorKind::LogTruncated { position: 4, diverges_at: Some(0) }), "{error}");
    let error = consumer.commit().await.expect_err("is about the old topic");
    assert!(matches!(error.kind(), ErrorKind::TopicRecreated), "{error}");
    assert_eq!((error.topic(), error.is_retriable()), (Some(topic()), false));
    assert_eq!(committed(&cluster), []);
    consumer.seek(&partition(), 0).expect("is assigned");
    assert_eq!(read(&consumer, 1).await[0], "again 0");
    consumer.commit().await.expect("is about the new topic");
}

#[tokio::test]
async fn a_coordinator_that_does_not_know_the_topic_yet_is_asked_again() {
    let cluster = FakeCluster::start(4).await;
    let consumer = reading(&cluster, "earliest").await;
    read(&consumer, 4).await;
    // The coordinator is a step ahead of the metadata that the consumer has: it hears of the new topic by the refusal.
    consumer.pause(&[partition()]);
    cluster.world().recreate(2);
    let error = consumer.commit().await.expect_err("is about the old topic");
    assert!(matches!(error.kind(), ErrorKind::TopicRecreated), "{error}");
    let found = consumer.committed(&[partition()]).await.expect("the new topic is known");
    assert!(found.is_empty());
}
