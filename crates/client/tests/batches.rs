//! How large a producer's batches and requests are: as `batch.size` says when packed, never above `max.request.size`, and
//! smaller ones where a broker finds them too large.

mod fake_broker;
mod fake_cluster;

use std::sync::Arc;

use fake_cluster::{FakeCluster, topic};
use jackdaw_client::error::ErrorKind;
use jackdaw_client::producer::{Producer, ProducerRecord};
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::error_code::ErrorCode;

async fn producer(cluster: &Arc<FakeCluster>, settings: &[(&str, &str)]) -> Producer {
    Producer::new(&cluster.config(settings)).await.expect("connects")
}

/// Sends these values; all of them have to arrive in order.
async fn send_all(cluster: &FakeCluster, producer: &Producer, values: &[String]) {
    let mut deliveries = Vec::new();
    for value in values {
        deliveries.push(producer.send(&ProducerRecord::new(topic(), value)).await.expect("is sent"));
    }
    for (delivery, offset) in deliveries.into_iter().zip(0..) {
        assert_eq!(delivery.await.expect("is delivered").offset, Some(offset));
    }
    let log: Vec<String> = cluster.world().log.iter().map(|entry| entry.value.clone()).collect();
    assert!(log == values, "the log is not what was sent");
}

/// Characters that no codec makes small.
fn noise(seed: u64, length: usize) -> String {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let characters = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'!' + (state % 90) as u8)
    });
    characters.take(length).collect()
}

#[tokio::test]
async fn a_batch_holds_what_fits_into_it_when_packed() {
    let cluster = FakeCluster::start(0).await;
    let settings = [("compression.type", "lz4"), ("batch.size", "4000"), ("linger.ms", "1000")];
    let producer = producer(&cluster, &settings).await;
    let values: Vec<String> = (0..20_000).map(|index| format!("{index} {}", "x".repeat(100))).collect();
    let mut deliveries = Vec::new();
    for value in &values {
        deliveries.push(producer.send(&ProducerRecord::new(topic(), value)).await.expect("is sent"));
    }
    producer.flush().await;
    let world = cluster.world();
    let (last, all) = (&world.batch_bytes[world.batch_bytes.len() - 10..], &world.batch_bytes);
    let usual = last.iter().filter(|bytes| **bytes > 2000).count();
    assert!(all.iter().all(|bytes| *bytes <= 4000), "{all:?}");
    assert!(usual >= 8, "batches of packed records are nearly full: {last:?}");
}

#[tokio::test]
async fn no_request_is_larger_than_allowed_however_badly_it_is_packed() {
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let cluster = FakeCluster::start(0).await;
        let settings = [
            ("compression.type", codec),
            ("batch.size", "100000"),
            ("max.request.size", "10000"),
            ("linger.ms", "1000"),
        ];
        let producer = producer(&cluster, &settings).await;
        // First what packs well, so that much is expected of the codec, then what does not pack at all.
        let well = (0..3000).map(|index| format!("{index} {}", "x".repeat(90)));
        let badly = (0..100).map(|index| noise(index, 900));
        let values: Vec<String> = well.chain(badly).collect();
        for value in &values {
            drop(producer.send(&ProducerRecord::new(topic(), value)).await.expect("is sent"));
        }
        producer.flush().await;
        let largest = {
            let world = cluster.world();
            assert!(world.log.iter().map(|entry| &entry.value).eq(&values), "{codec}");
            let produced = world.seen.iter().filter(|seen| seen.key == ApiKey::Produce);
            produced.map(|seen| seen.frame_bytes).max().expect("something was produced")
        };
        assert!(largest <= 10_000, "{codec}: {largest} bytes");
        assert!(largest > 7_000, "{codec}: {largest} bytes");
        let error =
            producer.send(&ProducerRecord::new(topic(), &noise(1, 10_001))).await.expect_err("is too large");
        assert!(matches!(error.kind(), ErrorKind::RecordTooLarge { bytes_max: 10_000, .. }), "{error}");
    }
}

#[tokio::test]
async fn what_a_broker_finds_too_large_is_cut_until_it_fits() {
    for codec in ["none", "zstd"] {
        let cluster = FakeCluster::start(0).await;
        cluster.world().batch_bytes_max = 2500;
        let settings = [("compression.type", codec), ("batch.size", "40000"), ("linger.ms", "50")];
        let producer = producer(&cluster, &settings).await;
        let values: Vec<String> = (0..200).map(|index| noise(index, 300 + index as usize)).collect();
        send_all(&cluster, &producer, &values).await;
        assert!(cluster.world().batch_bytes.iter().all(|bytes| *bytes <= 2500));
    }
}

#[tokio::test]
async fn a_single_record_that_is_too_large_for_the_broker_fails_alone() {
    let cluster = FakeCluster::start(0).await;
    cluster.world().batch_bytes_max = 2500;
    let producer = producer(&cluster, &[("batch.size", "40000"), ("linger.ms", "50")]).await;
    let values: Vec<String> =
        (0..20).map(|index| noise(index, if index == 7 { 5000 } else { 200 })).collect();
    let mut deliveries = Vec::new();
    for value in &values {
        deliveries.push(producer.send(&ProducerRecord::new(topic(), value)).await.expect("is sent"));
    }
    for (index, delivery) in deliveries.into_iter().enumerate() {
        match delivery.await {
            Ok(_) => assert_ne!(index, 7),
            Err(error) => assert!(index == 7 && error.is(ErrorCode::MessageTooLarge), "{index}: {error}"),
        }
    }
    let log: Vec<String> = cluster.world().log.iter().map(|entry| entry.value.clone()).collect();
    let expected: Vec<String> =
        values.into_iter().enumerate().filter(|(index, _)| *index != 7).map(|(_, value)| value).collect();
    assert!(log == expected);
}
