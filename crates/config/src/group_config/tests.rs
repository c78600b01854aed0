//! Tests of `group_config`.

use std::sync::Arc;

use super::*;
use crate::broker_config::BrokerConfig;
use crate::properties::settings;

fn started(file: &str) -> Config {
    let loaded = BrokerConfig::load(settings("f", file.as_bytes()).unwrap()).unwrap();
    Config::new(Arc::new(loaded.config))
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn a_group_follows_the_broker_where_it_has_no_setting_of_its_own() {
    let broker = started("group.consumer.session.timeout.ms=46000\ngroup.share.delivery.count.limit=7");
    let group = GroupConfig::new(&broker, &texts(&[("share.auto.offset.reset", "by_duration:PT1S")]));
    assert_eq!(group.consumer_session_timeout_ms, 46_000);
    assert_eq!(group.share_delivery_count_max, 7);
    assert_eq!(group.share_offset_reset, ShareOffsetReset::ByDuration(1000));
    assert_eq!(group.share_isolation_level, IsolationLevel::ReadUncommitted);
    assert!(group.share_renew_acknowledge_enable);
}

#[test]
fn settings_beyond_the_brokers_limits_count_as_the_limit() {
    let own = texts(&[
        ("consumer.session.timeout.ms", "1"),
        ("consumer.heartbeat.interval.ms", "99999999"),
        ("streams.num.standby.replicas", "9"),
    ]);
    let group = GroupConfig::new(&started(""), &own);
    assert_eq!(group.consumer_session_timeout_ms, 45_000);
    assert_eq!(group.consumer_heartbeat_interval_ms, 15_000);
    assert_eq!(group.streams_standby_replicas, 2);
}

#[test]
fn every_limit_names_settings_that_exist() {
    let broker = started("");
    for limit in LIMITS {
        assert!(Values::defaults(ResourceKind::Group).find(limit.name).is_some(), "{}", limit.name);
        for name in limit.least.into_iter().chain([limit.most]) {
            assert!(matches!(broker.value(name), Some(Value::Int(_))), "{name}");
        }
    }
    for (own, synonyms) in group_to_broker() {
        assert!(Values::defaults(ResourceKind::Group).find(own).is_some(), "{own}");
        assert!(synonyms.iter().all(|synonym| broker.value(synonym.name).is_some()), "{own}");
    }
}
