//! Tests of `config`: which layer wins, and what is refused while the node runs.

use super::*;
use crate::definitions::{replication, server};
use crate::properties::settings;

fn started(file: &str) -> Config {
    let loaded = BrokerConfig::load(settings("f", file.as_bytes()).unwrap()).unwrap();
    Config::new(Arc::new(loaded.config))
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn changed(config: &Config, all: &[(&str, &str)], one: &[(&str, &str)]) -> (Config, Vec<String>) {
    let dynamic = DynamicConfig { cluster_default: texts(all), per_broker: texts(one) };
    let (config, problems) = config.with_dynamic(dynamic);
    (config, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn the_stronger_layer_wins_and_leaves_when_it_is_removed() {
    let config = started("message.max.bytes=1");
    assert_eq!(config.get(server::MESSAGE_MAX_BYTES), 1);
    let (config, problems) = changed(&config, &[("message.max.bytes", "2")], &[("message.max.bytes", "3")]);
    assert_eq!((config.get(server::MESSAGE_MAX_BYTES), problems.len()), (3, 0));
    let (config, _) = changed(&config, &[("message.max.bytes", "2")], &[]);
    assert_eq!(config.get(server::MESSAGE_MAX_BYTES), 2);
    let (config, _) = changed(&config, &[], &[]);
    assert_eq!(config.get(server::MESSAGE_MAX_BYTES), 1);
    assert_eq!(started("").get(server::MESSAGE_MAX_BYTES), 1_048_588);
}

#[test]
fn changes_that_are_not_allowed_have_no_effect_and_are_reported() {
    let config = started("");
    let (config, problems) = changed(
        &config,
        &[("num.partitions", "7"), ("listeners", "PLAINTEXT://:1"), ("min.insync.replicas", "2")],
        &[("log.segment.bytes", "1"), ("ssl.keystore.location", "/x"), ("who.knows", "x")],
    );
    assert_eq!(
        problems,
        [
            "Cannot update these configs at default cluster level, broker id must be specified: [listeners]",
            "Cannot update these configs dynamically: [num.partitions]",
            "Invalid value 1 for configuration log.segment.bytes: Value must be at least 1048576",
            "These security configs can be dynamically updated only per-listener using the listener prefix \
             (listener.name.<listener>.ssl.keystore.location): [ssl.keystore.location]",
        ]
    );
    assert_eq!(config.get(server::NUM_PARTITIONS), 1);
    assert_eq!(config.get(replication::MIN_INSYNC_REPLICAS), 2, "what is allowed counts");
}

#[test]
fn changes_that_contradict_each_other_change_nothing() {
    let config = started("");
    let lags = [("log.cleaner.min.compaction.lag.ms", "100"), ("log.cleaner.max.compaction.lag.ms", "10")];
    let (after, problems) = changed(&config, &[], &lags);
    assert_eq!(after, config);
    assert_eq!(
        problems,
        [
            "log.cleaner.min.compaction.lag.ms must be less than or equal to log.cleaner.max.compaction.lag.ms, but \
          log.cleaner.min.compaction.lag.ms is 100 and log.cleaner.max.compaction.lag.ms is 10"
        ]
    );
}

#[test]
fn listeners_can_be_changed_and_have_settings_of_their_own() {
    let config = started("listener.name.plaintext.max.connections=7\nmax.connections=9");
    assert_eq!(config.get_for_listener("PLAINTEXT", network::MAX_CONNECTIONS), 7);
    assert_eq!(config.get_for_listener("OTHER", network::MAX_CONNECTIONS), 9);
    let (config, problems) = changed(
        &config,
        &[("listener.name.plaintext.max.connections", "8")],
        &[("listeners", "PLAINTEXT://:1,CONTROLLER://:2")],
    );
    assert_eq!(problems.len(), 0);
    assert_eq!(config.get_for_listener("PLAINTEXT", network::MAX_CONNECTIONS), 8);
    assert_eq!(config.listeners().opened[0].endpoint.to_string(), "PLAINTEXT://:1");
    let (after, problems) = changed(&config, &[], &[("listeners", "PLAINTEXT://0.0.0.0:1")]);
    assert!(problems[0].contains("nonroutable"), "{problems:?}");
    assert_eq!(after.listeners(), config.listeners());
}

#[test]
fn directories_fall_back_on_each_other() {
    let config = started("");
    assert_eq!(
        (config.log_dirs(), config.metadata_log_dir()),
        (vec!["./jackdaw-data".to_owned()], "./jackdaw-data".to_owned())
    );
    let config = started("log.dir=/c\nlog.dirs=/a, /b");
    assert_eq!(
        (config.log_dirs().join(" "), config.metadata_log_dir()),
        ("/a /b".to_owned(), "/a".to_owned())
    );
    assert_eq!(started("log.dirs=/a\nmetadata.log.dir=/m").metadata_log_dir(), "/m");
}

#[test]
fn replication_quotas_exist_only_dynamically() {
    let name = "leader.replication.throttled.rate";
    let (config, _) = changed(&started(""), &[(name, "10")], &[]);
    assert_eq!(config.replication_quota(name), Some(10));
    let (config, _) = changed(&config, &[(name, "10")], &[(name, "20")]);
    assert_eq!(config.replication_quota(name), Some(20));
    let (config, problems) = changed(&config, &[(name, "-1")], &[]);
    assert_eq!((config.replication_quota(name), problems.len()), (None, 1));
}
