//! How a client comes back: connections that were idle, brokers that are no longer the cluster's (KIP-899, KIP-1102).

mod fake_broker;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fake_broker::{Answer, Asked, FakeBroker, api_versions, frame};
use jackdaw_client::{ClientConfig, Cluster};
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::metadata_request::MetadataRequest;
use jackdaw_protocol::messages::metadata_response::{MetadataResponse, MetadataResponseBroker};

/// The first version of Metadata that can say "start again" (KIP-1102).
const REBOOTSTRAP_FROM: i16 = 13;

fn config(broker: &FakeBroker, settings: &[(&str, &str)]) -> ClientConfig {
    let mut config = ClientConfig::new(broker.address());
    for (name, value) in settings {
        config.set(name, *value).expect("is a setting");
    }
    config
}

/// A broker that names the one at `port` as the only one of its cluster, and counts how often it is asked.
async fn bootstrap(port: u16, asked_count: &Arc<AtomicUsize>) -> Arc<FakeBroker> {
    let count = Arc::clone(asked_count);
    FakeBroker::start_with(move |broker, asked| {
        if asked.key != ApiKey::Metadata {
            return Answer::Frame(broker.usual(asked));
        }
        count.fetch_add(1, Ordering::SeqCst);
        let mut response = MetadataResponse::default();
        response.brokers.push(MetadataResponseBroker {
            node_id: 1,
            port: port.into(),
            host: "127.0.0.1".into(),
            ..Default::default()
        });
        Answer::Frame(frame(asked, &response))
    })
    .await
}

/// Moves the test's clock, and lets everybody look at it.
async fn pass(time: Duration) {
    tokio::time::advance(time).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_and_made_again_when_it_is_needed() {
    let broker = FakeBroker::start().await;
    let settings = [("connections.max.idle.ms", "5000"), ("metadata.max.age.ms", "1000000000")];
    let cluster = Cluster::connect(&config(&broker, &settings)).await.expect("connects");
    let call = || async { cluster.call(1, &MetadataRequest::default()).await.map(|_| ()) };
    call().await.expect("is answered");
    let before = broker.connections.load(Ordering::SeqCst);
    pass(Duration::from_secs(4)).await;
    call().await.expect("is answered");
    assert_eq!(broker.connections.load(Ordering::SeqCst), before, "it is not idle long enough");
    // It is noticed late if a request was under way when it was looked at.
    pass(Duration::from_secs(60)).await;
    call().await.expect("is answered");
    assert_eq!(broker.connections.load(Ordering::SeqCst), before + 1);
}

#[tokio::test]
async fn a_broker_can_send_clients_back_to_the_bootstrap_addresses() {
    let foreign = FakeBroker::start_with(|_, asked: &Asked| {
        Answer::Frame(match asked.key {
            ApiKey::ApiVersions => {
                let mut versions = api_versions(0);
                let metadata = versions.api_keys.iter_mut().find(|api| api.api_key == ApiKey::Metadata.key());
                metadata.expect("is served").max_version = REBOOTSTRAP_FROM;
                frame(asked, &versions)
            }
            _ => {
                let error_code = ErrorCode::RebootstrapRequired.code();
                frame(asked, &MetadataResponse { error_code, ..Default::default() })
            }
        })
    })
    .await;
    let asked_count = Arc::new(AtomicUsize::new(0));
    let bootstrap = bootstrap(foreign.port, &asked_count).await;
    let cluster = Cluster::connect(&config(&bootstrap, &[])).await.expect("connects");
    assert_eq!(asked_count.load(Ordering::SeqCst), 1);
    let error = cluster.refresh(&[]).await.expect_err("it is sent back");
    assert!(error.is(ErrorCode::RebootstrapRequired), "{error}");
    cluster.refresh(&[]).await.expect("starts again");
    assert_eq!(asked_count.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn brokers_that_say_nothing_for_long_are_given_up() {
    for (strategy, starts_again) in [("rebootstrap", true), ("none", false)] {
        let silent = FakeBroker::start_with(|broker, asked| match asked.key {
            ApiKey::Metadata => Answer::Silence,
            _ => Answer::Frame(broker.usual(asked)),
        })
        .await;
        let asked_count = Arc::new(AtomicUsize::new(0));
        let bootstrap = bootstrap(silent.port, &asked_count).await;
        let settings = [
            ("metadata.recovery.strategy", strategy),
            ("metadata.recovery.rebootstrap.trigger.ms", "20000"),
            ("request.timeout.ms", "6000"),
            ("metadata.max.age.ms", "1000000000"),
            ("socket.connection.setup.timeout.ms", "1000000"),
            ("socket.connection.setup.timeout.max.ms", "1000000"),
        ];
        let cluster = Cluster::connect(&config(&bootstrap, &settings)).await.expect("connects");
        let mut failures = 0;
        while failures < 10 && cluster.refresh(&[]).await.is_err() {
            failures += 1;
        }
        // The first failure is the start of the silence; the fourth is 18 s, the fifth 24 s later.
        assert_eq!(
            (failures, asked_count.load(Ordering::SeqCst)),
            if starts_again { (5, 2) } else { (10, 1) }
        );
    }
}
