use std::fmt;

use jackdaw_base::MonotonicNs;
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::error_code::ErrorCode;

use super::*;
use crate::response::CloseReason;
use crate::testing::TestClock;

#[test]
fn what_was_counted_stands_in_the_text() {
    let metrics = Metrics::new(TestClock::shared());
    metrics.requests.received(ApiKey::Produce, 11, 100);
    metrics.requests.received(ApiKey::Produce, 11, 50);
    metrics.requests.answered(ApiKey::Produce, 1_500_000, 60);
    metrics.requests.error(ApiKey::Produce, ErrorCode::NotLeaderOrFollower);
    metrics.topics.add(|totals| &totals.messages_in, 7);
    metrics.stages.record(ApiKey::Fetch, Stage::Parked, 3_000);
    let name: Arc<str> = "PLAINTEXT".into();
    let listener = metrics.connections.listener(&name);
    listener.opened();
    listener.opened();
    listener.read(150);
    metrics.connections.ended(&listener, &CloseReason::SpeaksHttp);
    let text = metrics.to_text().expect("formats");
    for line in [
        "kafka_network_requestmetrics_requests_total{request=\"Produce\",version=\"11\"} 2",
        "kafka_network_requestmetrics_requestbytes_total{request=\"Produce\"} 150",
        "kafka_network_requestmetrics_totaltimems_count{request=\"Produce\"} 1",
        "kafka_network_requestmetrics_totaltimems_sum{request=\"Produce\"} 1.5",
        "kafka_network_requestmetrics_errors_total{request=\"Produce\",error=\"NOT_LEADER_OR_FOLLOWER\"} 1",
        "kafka_server_brokertopicmetrics_messagesin_total 7",
        "jackdaw_request_stage_seconds_count{request=\"Fetch\",stage=\"parked\"} 1",
        "kafka_server_socket_server_metrics_connection_count{listener=\"PLAINTEXT\"} 1",
        "kafka_server_socket_server_metrics_connection_creation_total{listener=\"PLAINTEXT\"} 2",
        "kafka_server_socket_server_metrics_incoming_byte_total{listener=\"PLAINTEXT\"} 150",
        "jackdaw_connections_closed_total{reason=\"http\"} 1",
        "jackdaw_connections_closed_total{reason=\"tls\"} 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn every_reason_has_its_name_in_the_list() {
    for reason in [CloseReason::ClientGone, CloseReason::Stalled, CloseReason::Panicked { api_key: 1 }] {
        assert!(CloseReason::NAMES.contains(&reason.name()));
    }
    let names: std::collections::BTreeSet<_> = CloseReason::NAMES.iter().collect();
    assert_eq!(names.len(), CloseReason::NAMES.len());
}

#[test]
fn laps_are_counted_for_sampled_produce_and_fetch_only() {
    let metrics = Metrics::new(TestClock::shared());
    let mut laps = Laps::new(Arc::clone(&metrics));
    for (api_key, sampled, counted) in [
        (ApiKey::Produce, true, true),
        (ApiKey::Produce, false, false),
        (ApiKey::Metadata, true, false),
        (ApiKey::Fetch, true, true),
    ] {
        let before = count(&metrics, api_key);
        laps.start(api_key, sampled, MonotonicNs(1));
        assert_eq!(laps.is_measured(), counted, "{api_key:?}");
        laps.mark(Stage::Decode);
        laps.clone().mark(Stage::Write);
        assert_eq!(count(&metrics, api_key) - before, if counted { 2 } else { 0 }, "{api_key:?}");
    }
}

fn count(metrics: &Metrics, api_key: ApiKey) -> u64 {
    [Stage::Decode, Stage::Write].iter().map(|stage| metrics.stages.count(api_key, *stage)).sum()
}

#[test]
fn a_collector_is_asked_at_each_scrape() {
    struct Partitions(std::sync::atomic::AtomicU64);
    impl Collector for Partitions {
        fn collect(&self, out: &mut Scrape<'_>) -> fmt::Result {
            let asked = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            out.counters("toy_asked", "How often", |family| family.counter(&[("topic", "a")], asked))
        }
    }
    let metrics = Metrics::new(TestClock::shared());
    metrics.register(Arc::new(Partitions(Default::default())));
    for asked in 0..2 {
        let text = metrics.to_text().expect("formats");
        assert!(text.contains(&format!("toy_asked_total{{topic=\"a\"}} {asked}\n")), "{text}");
    }
}
