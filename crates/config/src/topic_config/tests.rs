//! Tests of `topic_config`.

use std::sync::Arc;

use super::*;
use crate::broker_config::BrokerConfig;
use crate::dynamic_config::DynamicConfig;
use crate::properties::settings;

fn started(file: &str) -> Config {
    let loaded = BrokerConfig::load(settings("f", file.as_bytes()).unwrap()).unwrap();
    Config::new(Arc::new(loaded.config))
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn a_topic_without_settings_has_the_defaults() {
    let topic = TopicConfig::new(&started(""), &BTreeMap::new());
    assert_eq!(topic, TopicConfig::default());
    assert_eq!(topic.flush_messages, 1, "an acknowledged record is on disk");
    assert_eq!(topic.retention_ms, 604_800_000);
    assert_eq!(topic.segment_ms, 604_800_000);
    assert_eq!(topic.flush_ms, i64::MAX);
    assert_eq!(topic.local_retention_ms, topic.retention_ms);
    assert_eq!(topic.cleanup_policy, CleanupPolicy { delete: true, compact: false });
    assert_eq!(topic.compression, CompressionType::Producer);
    assert_eq!(topic.message_timestamp_type, TimestampType::CreateTime);
    assert_eq!(topic.segment_bytes, 1 << 30);
}

#[test]
fn times_are_taken_from_the_first_unit_that_is_set() {
    let retention = |file: &str| TopicConfig::new(&started(file), &BTreeMap::new()).retention_ms;
    for (file, expected) in [
        ("log.retention.hours=2", 7_200_000),
        ("log.retention.hours=-1", -1),
        ("log.retention.minutes=5\nlog.retention.hours=2", 300_000),
        ("log.retention.minutes=-7", -1),
        ("log.retention.ms=7\nlog.retention.minutes=5", 7),
        ("log.retention.ms=-5", -1),
        ("log.retention.hours=2147483647", 2_147_483_647 * 3_600_000),
    ] {
        assert_eq!(retention(file), expected, "{file}");
    }
    let topic = TopicConfig::new(&started("log.roll.hours=1\nlog.roll.jitter.hours=2"), &BTreeMap::new());
    assert_eq!((topic.segment_ms, topic.segment_jitter_ms), (3_600_000, 7_200_000));
    let topic = TopicConfig::new(&started("log.flush.scheduler.interval.ms=9"), &BTreeMap::new());
    assert_eq!(topic.flush_ms, 9);
}

#[test]
fn a_topics_own_settings_win_over_all_layers_of_the_broker() {
    let dynamic =
        DynamicConfig { per_broker: texts(&[("log.retention.ms", "3")]), ..DynamicConfig::default() };
    let (broker, problems) = started("log.retention.ms=2").with_dynamic(dynamic);
    assert_eq!(problems, []);
    assert_eq!(TopicConfig::new(&broker, &BTreeMap::new()).retention_ms, 3);
    let own = texts(&[
        ("retention.ms", "4"),
        ("cleanup.policy", "compact,delete"),
        ("compression.type", "zstd"),
        ("compression.zstd.level", "7"),
        ("message.timestamp.type", "LogAppendTime"),
        ("leader.replication.throttled.replicas", "0:1"),
        ("internal.segment.bytes", "1000"),
        ("local.retention.bytes", "5"),
        ("max.compaction.lag.ms", "100"),
    ]);
    let topic = TopicConfig::new(&broker, &own);
    assert_eq!(topic.retention_ms, 4);
    assert_eq!(topic.local_retention_ms, 4);
    assert_eq!(topic.local_retention_bytes, 5);
    assert_eq!(topic.cleanup_policy, CleanupPolicy { delete: true, compact: true });
    assert_eq!(topic.compression, CompressionType::Zstd { level: 7 });
    assert_eq!(topic.message_timestamp_type, TimestampType::LogAppendTime);
    assert!(topic.leader_replication_throttled.contains(0, 1));
    assert_eq!(topic.segment_bytes, 1000);
    assert_eq!(topic.segment_age_ms_max(), 100);
}

#[test]
fn overrides_that_are_not_allowed_have_no_effect_and_are_named() {
    let own = texts(&[("retention.ms", "soon"), ("segment.bytes", "1"), ("message.format.version", "3.0")]);
    assert_eq!(TopicConfig::new(&started(""), &own), TopicConfig::default());
    let ignored: Vec<String> = ignored_overrides(&own).into_iter().map(|problem| problem.name).collect();
    assert_eq!(ignored, ["retention.ms", "segment.bytes"]);
}
