//! What a started node tells a scraper: every line can be parsed, and partitions, directories, quorum and process are
//! in it.
#![allow(clippy::disallowed_methods, reason = "these tests run on the real file system and real sockets")]

mod support;

use std::collections::BTreeMap;

use support::{Scratch, append, create, partition, start, synced};

/// Samples by name and labels.
fn parse(text: &str) -> BTreeMap<String, f64> {
    let mut families = BTreeMap::new();
    let mut samples = BTreeMap::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            if let Some((name, kind)) = comment.strip_prefix("TYPE ").and_then(|rest| rest.split_once(' ')) {
                assert!(families.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} comes twice");
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
        let name = series.split('{').next().unwrap_or_default();
        let known = families.keys().any(|family| name.starts_with(family.as_str()));
        assert!(known, "{line} belongs to no family");
        let value = value.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(samples.insert(series.to_owned(), value).is_none(), "{series} comes twice");
    }
    samples
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_tells_of_its_partitions_directories_quorum_and_process() {
    let scratch = Scratch::new("node-metrics");
    let server = start(&[&scratch.path("data")], &[]).await;
    let node = server.node();
    create(node, "orders", 2).await;
    let written = partition(node, "orders", 1);
    for value in ["a", "b", "c"] {
        append(&written, value);
    }
    synced(&written).await;
    let samples = parse(&node.metrics.to_text().expect("formats"));
    let get =
        |series: &str| *samples.get(series).unwrap_or_else(|| panic!("{series} is missing: {samples:#?}"));
    let data = scratch.path("data").display().to_string();
    for (series, value) in [
        (r#"kafka_log_log_logendoffset{topic="orders",partition="0"}"#.to_owned(), 0.0),
        (r#"kafka_log_log_logendoffset{topic="orders",partition="1"}"#.to_owned(), 3.0),
        (r#"kafka_log_log_logstartoffset{topic="orders",partition="1"}"#.to_owned(), 0.0),
        (r#"kafka_log_log_flushedoffset{topic="orders",partition="1"}"#.to_owned(), 3.0),
        (r#"kafka_log_log_numlogsegments{topic="orders",partition="0"}"#.to_owned(), 0.0),
        (r#"kafka_log_log_numlogsegments{topic="orders",partition="1"}"#.to_owned(), 1.0),
        ("kafka_server_replicamanager_partitioncount".to_owned(), 2.0),
        ("kafka_server_replicamanager_leadercount".to_owned(), 2.0),
        ("kafka_server_replicamanager_underreplicatedpartitions".to_owned(), 0.0),
        ("kafka_server_replicamanager_offlinereplicacount".to_owned(), 0.0),
        ("kafka_controller_kafkacontroller_activecontrollercount".to_owned(), 1.0),
        ("kafka_controller_kafkacontroller_globalpartitioncount".to_owned(), 2.0),
        ("kafka_controller_kafkacontroller_offlinepartitionscount".to_owned(), 0.0),
        ("kafka_server_raft_metrics_current_leader".to_owned(), 1.0),
        ("kafka_server_fetchsessioncache_numincrementalfetchsessions".to_owned(), 0.0),
        ("kafka_log_logmanager_offlinelogdirectorycount".to_owned(), 0.0),
        (format!(r#"jackdaw_refused_appends_total{{logdirectory="{data}"}}"#), 0.0),
        (format!(r#"jackdaw_flush_failures_total{{logdirectory="{data}"}}"#), 0.0),
    ] {
        assert_eq!(get(&series), value, "{series}");
    }
    let at_least = |series: &str, least: f64| assert!(get(series) >= least, "{series}: {}", get(series));
    at_least(r#"kafka_log_log_size{topic="orders",partition="1"}"#, 61.0);
    at_least(
        &format!(r#"kafka_log_logflushstats_logflushrateandtimems_count{{logdirectory="{data}"}}"#),
        1.0,
    );
    at_least("kafka_server_raft_metrics_high_watermark", 1.0);
    at_least("jackdaw_segment_files_open", 1.0);
    at_least("process_resident_memory_bytes", 1e6);
    at_least("process_open_fds", 3.0);
    at_least("process_cpu_seconds_total", 0.0);
    server.stop().await;
}
