//! A leader that moves: where it went is followed at once when the answer says so (KIP-951), and else as soon as metadata
//! say so, not when a pause is over. The pauses here are longer than the tests may take.

mod fake_broker;
mod fake_cluster;

use std::sync::Arc;
use std::time::Duration;

use fake_cluster::{FakeCluster, topic};
use jackdaw_client::TopicPartition;
use jackdaw_client::consumer::Consumer;
use jackdaw_client::producer::{Producer, ProducerRecord};
use jackdaw_protocol::api_key::ApiKey;
use tokio::time::timeout;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(5);

const PAUSES: [(&str, &str); 3] =
    [("retry.backoff.ms", "60000"), ("retry.backoff.max.ms", "60000"), ("metadata.max.age.ms", "600000")];

/// How the client hears of the new leader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    /// The answer names it; metadata do not know it.
    Answer,
    Metadata,
}

fn move_leader(cluster: &Arc<FakeCluster>, by: By) {
    let mut world = cluster.world();
    world.names_leaders = by == By::Answer;
    let length = world.log.len();
    world.elect(2, length, 0);
}

/// Only broker 1 is in the metadata if the answer is to say where broker 2 lives.
fn hide(cluster: &Arc<FakeCluster>, by: By) {
    if by == By::Answer {
        cluster.world().in_metadata = vec![1];
    }
}

fn metadata_count(cluster: &FakeCluster) -> usize {
    cluster.world().seen.iter().filter(|seen| seen.key == ApiKey::Metadata).count()
}

#[tokio::test]
async fn a_producer_goes_where_the_leader_went() {
    for by in [By::Answer, By::Metadata] {
        let cluster = FakeCluster::start(0).await;
        hide(&cluster, by);
        let settings: Vec<_> = PAUSES.iter().copied().chain([("delivery.timeout.ms", "300000")]).collect();
        let producer = Producer::new(&cluster.config(&settings)).await.expect("connects");
        let record = ProducerRecord::new(topic(), "value");
        producer.send(&record).await.expect("is sent").await.expect("is delivered");
        let asked = metadata_count(&cluster);
        move_leader(&cluster, by);
        let delivery = producer.send(&record).await.expect("is sent");
        let written =
            timeout(LONG, delivery).await.unwrap_or_else(|_| panic!("{by:?}: a pause is waited for"));
        let written = written.expect("is delivered");
        assert_eq!(written.offset, Some(1), "{by:?}");
        assert_eq!(metadata_count(&cluster) > asked, by == By::Metadata, "what is known need not be asked");
    }
}

#[tokio::test]
async fn a_consumer_goes_where_the_leader_went() {
    for by in [By::Answer, By::Metadata] {
        let cluster = FakeCluster::start(1).await;
        hide(&cluster, by);
        let settings: Vec<_> = PAUSES.iter().copied().chain([("auto.offset.reset", "earliest")]).collect();
        let consumer = Consumer::connect(&cluster.config(&settings)).await.expect("connects");
        consumer.assign([TopicPartition::new(topic(), 0)]).expect("is assigned");
        assert_eq!(consumer.poll(LONG).await.expect("reads").len(), 1);
        move_leader(&cluster, by);
        {
            let mut world = cluster.world();
            let length = world.log.len();
            world.elect(2, length, 1);
        }
        assert_eq!(consumer.poll(LONG).await.expect("reads").len(), 1, "{by:?}");
    }
}

#[tokio::test]
async fn who_names_a_rack_reads_from_the_closest_replica_for_as_long_as_it_serves() {
    let cluster = FakeCluster::start(2).await;
    cluster.world().closest = Some(2);
    let settings = [("auto.offset.reset", "earliest"), ("client.rack", "here")];
    let consumer = Consumer::connect(&cluster.config(&settings)).await.expect("connects");
    consumer.assign([TopicPartition::new(topic(), 0)]).expect("is assigned");
    assert_eq!(consumer.poll(LONG).await.expect("reads").len(), 2);
    assert!(cluster.world().seen.iter().any(|seen| seen.node == 2 && seen.key == ApiKey::Fetch));
    {
        let mut world = cluster.world();
        world.closest = None;
        world.append(1);
    }
    assert_eq!(consumer.poll(LONG).await.expect("reads from the leader again").len(), 1);
}
