//! A consumer whose partition gets another leader (KIP-320): it asks whether the new leader's log holds what it has read,
//! tells or makes good what was lost, and skips nothing.

mod fake_broker;
mod fake_cluster;

use std::sync::Arc;
use std::time::Duration;

use fake_cluster::{Committed, FakeCluster, topic};
use jackdaw_client::error::ErrorKind;
use jackdaw_client::{Error, TopicPartition, consumer::Consumer};
use jackdaw_protocol::api_key::ApiKey;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// Fetches below version 12 do not compare epochs themselves.
const FETCH_WITHOUT_EPOCHS: i16 = 11;

fn partition() -> TopicPartition {
    TopicPartition::new(topic(), 0)
}

async fn reading(cluster: &Arc<FakeCluster>, settings: &[(&str, &str)]) -> Consumer {
    let consumer = Consumer::connect(&cluster.config(settings)).await.expect("connects");
    consumer.assign([partition()]).expect("is assigned");
    consumer
}

/// The next records, so many at least.
async fn read(consumer: &Consumer, count: usize) -> Result<Vec<(i64, String)>, Error> {
    let mut found = Vec::new();
    while found.len() < count {
        for record in &consumer.poll(LONG).await? {
            let value = record.value.map(String::from_utf8_lossy).unwrap_or_default();
            found.push((record.offset, value.into_owned()));
        }
    }
    Ok(found)
}

fn values(found: &[(i64, String)]) -> Vec<&str> {
    found.iter().map(|(_, value)| value.as_str()).collect()
}

#[tokio::test]
async fn a_new_leader_is_asked_before_it_is_read_from() {
    let cluster = FakeCluster::start(10).await;
    let consumer = reading(&cluster, &[("auto.offset.reset", "earliest")]).await;
    assert_eq!(read(&consumer, 10).await.expect("reads").len(), 10);
    cluster.world().elect(2, 10, 2);
    assert_eq!(values(&read(&consumer, 2).await.expect("reads on")), ["new 0", "new 1"]);
    let world = cluster.world();
    let at_2: Vec<ApiKey> = world.seen.iter().filter(|seen| seen.node == 2).map(|seen| seen.key).collect();
    let position = |key| at_2.iter().position(|seen| *seen == key).expect("was asked");
    assert!(position(ApiKey::OffsetForLeaderEpoch) < position(ApiKey::Fetch));
    assert!(!world.seen.iter().any(|seen| seen.node == 1 && seen.key == ApiKey::OffsetForLeaderEpoch));
}

#[tokio::test]
async fn without_a_reset_the_application_is_told_where_the_logs_part() {
    for fetch_max in [FETCH_WITHOUT_EPOCHS, i16::MAX] {
        let cluster = FakeCluster::start(10).await;
        cluster.world().limit(ApiKey::Fetch, fetch_max.min(18));
        let consumer = reading(&cluster, &[("auto.offset.reset", "none")]).await;
        consumer.seek(&partition(), 0).expect("is assigned");
        read(&consumer, 10).await.expect("reads");
        cluster.world().elect(2, 6, 8);
        let error = read(&consumer, 1).await.expect_err("records were lost");
        let ErrorKind::LogTruncated { position: 10, diverges_at: Some(6) } = error.kind() else {
            panic!("{error}")
        };
        assert_eq!((error.topic(), error.partition()), (Some(topic()), Some(0)));
        assert_eq!(
            error.to_string(),
            "the log was cut below offset 10; it is unchanged up to 6 (topic t, partition 0)"
        );
        assert_eq!(consumer.position(&partition()).expect("is assigned"), Some(10));
        consumer.seek(&partition(), 6).expect("is assigned");
        assert_eq!(read(&consumer, 1).await.expect("goes on")[0], (6, "new 0".to_owned()));
    }
}

#[tokio::test]
async fn with_a_reset_reading_goes_on_where_the_logs_part() {
    for fetch_max in [FETCH_WITHOUT_EPOCHS, 18] {
        let cluster = FakeCluster::start(10).await;
        cluster.world().limit(ApiKey::Fetch, fetch_max);
        let consumer = reading(&cluster, &[("auto.offset.reset", "earliest")]).await;
        read(&consumer, 10).await.expect("reads");
        cluster.world().elect(2, 6, 3);
        let found = read(&consumer, 3).await.expect("goes on");
        assert_eq!(found[0], (6, "new 0".to_owned()));
        assert_eq!(values(&found), ["new 0", "new 1", "new 2"]);
    }
}

#[tokio::test]
async fn what_was_only_fetched_ahead_is_fetched_again_and_not_skipped() {
    for fetch_max in [FETCH_WITHOUT_EPOCHS, 18] {
        let cluster = FakeCluster::start(10).await;
        cluster.world().limit(ApiKey::Fetch, fetch_max);
        let settings = [("auto.offset.reset", "none"), ("max.poll.records", "3")];
        let consumer = reading(&cluster, &settings).await;
        consumer.seek(&partition(), 0).expect("is assigned");
        assert_eq!(values(&read(&consumer, 3).await.expect("reads")), ["old 0", "old 1", "old 2"]);
        cluster.world().elect(2, 6, 2);
        cluster.until_asked(2, ApiKey::Fetch, 1).await;
        let found = read(&consumer, 5).await.expect("nothing was lost that was handed out");
        assert_eq!(values(&found), ["old 3", "old 4", "old 5", "new 0", "new 1"]);
    }
}

#[tokio::test]
async fn a_committed_offset_is_compared_by_the_epoch_that_was_committed_with_it() {
    let cluster = FakeCluster::start(10).await;
    let settings = [("auto.offset.reset", "earliest"), ("group.id", "g"), ("enable.auto.commit", "false")];
    let consumer = reading(&cluster, &settings).await;
    read(&consumer, 10).await.expect("reads");
    consumer.commit().await.expect("is committed");
    let committed = cluster.world().committed.values().copied().collect::<Vec<_>>();
    assert_eq!(committed, [Committed { offset: 10, leader_epoch: 0 }]);
    drop(consumer);

    // While nobody reads, a leader without the last records is elected.
    cluster.world().elect(1, 6, 8);
    let settings = [("auto.offset.reset", "none"), ("group.id", "g"), ("enable.auto.commit", "false")];
    let consumer = reading(&cluster, &settings).await;
    let error = read(&consumer, 1).await.expect_err("records were lost");
    assert!(
        matches!(error.kind(), ErrorKind::LogTruncated { position: 10, diverges_at: Some(6) }),
        "{error}"
    );
}

#[tokio::test]
async fn a_leader_that_knows_no_such_epoch_cannot_say_where_the_logs_part() {
    let cluster = FakeCluster::start(0).await;
    cluster.world().elect(2, 0, 5);
    let consumer = reading(&cluster, &[("auto.offset.reset", "none")]).await;
    let place =
        jackdaw_client::consumer::CommittedOffset { offset: 3, leader_epoch: Some(0), ..Default::default() };
    consumer.seek_to(&partition(), &place).expect("is assigned");
    let error = read(&consumer, 1).await.expect_err("nothing is as it was");
    assert!(matches!(error.kind(), ErrorKind::LogTruncated { position: 3, diverges_at: None }), "{error}");
}
