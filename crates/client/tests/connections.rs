//! Connections and calls against a broker that misbehaves on purpose.

mod fake_broker;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use fake_broker::{Answer, FakeBroker, TOPIC, api_versions, frame, frame_as};
use jackdaw_client::error::ErrorKind;
use jackdaw_client::producer::{Producer, ProducerRecord};
use jackdaw_client::{ClientConfig, Cluster};
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::metadata_request::MetadataRequest;

const UNSUPPORTED: i16 = ErrorCode::UnsupportedVersion.code();

async fn connect(broker: &FakeBroker) -> Cluster {
    Cluster::connect(&ClientConfig::new(broker.address())).await.expect("connects")
}

#[tokio::test]
async fn an_old_broker_is_asked_again_in_its_own_version() {
    let broker = FakeBroker::start_with(|broker, asked| {
        Answer::Frame(match (asked.key, asked.version) {
            (ApiKey::ApiVersions, 0..=2) => broker.usual(asked),
            (ApiKey::ApiVersions, _) => {
                let mut response = api_versions(UNSUPPORTED);
                response.api_keys[0].max_version = 2;
                frame_as(asked, &response, 0)
            }
            _ => broker.usual(asked),
        })
    })
    .await;
    let cluster = connect(&broker).await;
    assert_eq!(cluster.metadata().brokers.len(), 1);
    let versions = cluster.api_versions(1).await.expect("is connected");
    assert_eq!(versions.range(ApiKey::Produce.key()), Some(3..=12));
}

#[tokio::test]
async fn what_the_broker_does_not_speak_is_refused_before_it_is_sent() {
    let broker = FakeBroker::start().await;
    let cluster = connect(&broker).await;
    let error = cluster.call_version(1, &MetadataRequest::default(), 13..=13).await.expect_err("is refused");
    assert!(matches!(error.kind(), ErrorKind::UnsupportedVersion { offered: Some((0, 12)), .. }), "{error}");
    assert_eq!((error.broker(), error.is_retriable()), (Some(1), false));
}

#[tokio::test]
async fn an_answer_to_another_request_ends_the_connection() {
    let broker = FakeBroker::start_with(|broker, asked| {
        let mut answer = broker.usual(asked);
        if asked.key == ApiKey::Metadata && asked.correlation_id > 1 {
            answer[3] ^= 0x55;
        }
        Answer::Frame(answer)
    })
    .await;
    let cluster = connect(&broker).await;
    let calls = (0..4).map(|_| {
        let cluster = cluster.clone();
        tokio::spawn(async move { cluster.call(1, &MetadataRequest::default()).await.map(drop) })
    });
    for call in calls.collect::<Vec<_>>() {
        if let Err(error) = call.await.expect("runs") {
            assert!(matches!(error.kind(), ErrorKind::InvalidAnswer(_) | ErrorKind::Disconnected), "{error}");
            assert_eq!(error.broker(), Some(1));
        }
    }
}

#[tokio::test]
async fn nonsense_is_an_error() {
    for nonsense in [vec![], vec![0, 0], vec![0xff; 40]] {
        let broker = FakeBroker::start_with(move |_, _| Answer::Frame(nonsense.clone())).await;
        let error = Cluster::connect(&ClientConfig::new(broker.address())).await.expect_err("cannot connect");
        assert!(matches!(error.kind(), ErrorKind::NoBroker(Some(_))), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_ends_in_a_time_out_and_a_new_connection() {
    let is_silent = Arc::new(AtomicBool::new(false));
    let silent = Arc::clone(&is_silent);
    let broker = FakeBroker::start_with(move |broker, asked| {
        if asked.key == ApiKey::Metadata && silent.load(Ordering::SeqCst) {
            Answer::Silence
        } else {
            Answer::Frame(broker.usual(asked))
        }
    })
    .await;
    let config = ClientConfig::new(broker.address())
        .with("request.timeout.ms", "700")
        .and_then(|config| config.with("metadata.max.age.ms", "1000000000"))
        .and_then(|config| config.with("socket.connection.setup.timeout.ms", "1000000"))
        .and_then(|config| config.with("socket.connection.setup.timeout.max.ms", "1000000"))
        .expect("are settings");
    let cluster = Cluster::connect(&config).await.expect("connects");
    cluster.call(1, &MetadataRequest::default()).await.expect("is answered");
    let before = broker.connections.load(Ordering::SeqCst);
    is_silent.store(true, Ordering::SeqCst);
    let error = cluster.call(1, &MetadataRequest::default()).await.expect_err("is not answered");
    assert!(
        matches!(error.kind(), ErrorKind::RequestTimeout { after } if after.as_millis() == 700),
        "{error}"
    );
    assert!(error.is_retriable() && error.is_disconnect());
    is_silent.store(false, Ordering::SeqCst);
    cluster.call(1, &MetadataRequest::default()).await.expect("is answered");
    assert_eq!(broker.connections.load(Ordering::SeqCst), before + 1);
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_the_connection_in_order() {
    let broker = FakeBroker::start().await;
    let cluster = connect(&broker).await;
    cluster.call(1, &MetadataRequest::default()).await.expect("is answered");
    let before = broker.connections.load(Ordering::SeqCst);
    for _ in 0..50 {
        let request = MetadataRequest::default();
        let mut call = Box::pin(cluster.call(1, &request));
        let pending =
            std::future::poll_fn(|context| std::task::Poll::Ready(call.as_mut().poll(context))).await;
        drop((pending, call));
        let answer = cluster.call(1, &MetadataRequest::default()).await.expect("is answered");
        assert_eq!(answer.brokers.len(), 1);
    }
    assert_eq!(broker.connections.load(Ordering::SeqCst), before);
}

#[tokio::test]
async fn when_all_brokers_are_gone_it_starts_again_from_the_bootstrap_addresses() {
    // The bootstrap address names another broker, which dies after its first answer.
    let node = FakeBroker::start_with(|broker, asked| match asked.key {
        ApiKey::Metadata => Answer::Close,
        _ => Answer::Frame(broker.usual(asked)),
    })
    .await;
    let asked_count = Arc::new(AtomicUsize::new(0));
    let (count, dying_port) = (Arc::clone(&asked_count), node.port);
    let bootstrap = FakeBroker::start_with(move |broker, asked| {
        if asked.key != ApiKey::Metadata {
            return Answer::Frame(broker.usual(asked));
        }
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        let mut response = jackdaw_protocol::messages::metadata_response::MetadataResponse::default();
        response.brokers.push(jackdaw_protocol::messages::metadata_response::MetadataResponseBroker {
            node_id: 1,
            // A port where nobody listens, at first.
            port: if first { 1 } else { i32::from(dying_port) },
            host: "127.0.0.1".into(),
            ..Default::default()
        });
        Answer::Frame(frame(asked, &response))
    })
    .await;
    let cluster = connect(&bootstrap).await;
    assert_eq!(cluster.metadata().brokers[&1].address.port, 1);
    cluster.refresh(&[]).await.expect("starts again");
    assert_eq!(cluster.metadata().brokers[&1].address.port, dying_port);
}

#[tokio::test]
async fn a_send_that_is_dropped_while_it_waits_for_room_sends_nothing() {
    let silent = Arc::new(AtomicBool::new(true));
    let is_silent = Arc::clone(&silent);
    let broker = FakeBroker::start_with(move |broker, asked| {
        if asked.key == ApiKey::Produce && is_silent.load(Ordering::SeqCst) {
            Answer::Silence
        } else {
            Answer::Frame(broker.usual(asked))
        }
    })
    .await;
    let config = ClientConfig::new(broker.address())
        .with("buffer.memory", "1000")
        .and_then(|config| config.with("batch.size", "1000"))
        .and_then(|config| config.with("linger.ms", "0"))
        .expect("are settings");
    let producer = Producer::new(&config).await.expect("connects");
    let record = ProducerRecord::new(TOPIC, "value");
    let first = producer.send(&record).await.expect("there is room");
    let mut waiting = Box::pin(producer.send(&record));
    let pending =
        std::future::poll_fn(|context| std::task::Poll::Ready(waiting.as_mut().poll(context))).await;
    // Either it still fits into the first batch, or it waits.
    if pending.is_pending() {
        drop(waiting);
        let refused = producer.try_send(&record).expect_err("is full");
        assert!(matches!(refused.kind(), ErrorKind::BufferFull), "{refused}");
    }
    assert!(producer.buffered_bytes() <= 1000);
    drop(first);
}
