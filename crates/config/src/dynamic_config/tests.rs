//! Tests of `dynamic_config`.

use super::*;

#[test]
fn the_way_a_setting_can_be_changed_follows_its_row_and_its_listener() {
    for (name, expected) in [
        ("num.partitions", Some(DynamicMode::ReadOnly)),
        ("listeners", Some(DynamicMode::PerBroker)),
        ("log.retention.ms", Some(DynamicMode::ClusterWide)),
        ("listener.name.a.max.connections", Some(DynamicMode::ClusterWide)),
        ("listener.name.a.ssl.keystore.location", Some(DynamicMode::PerBroker)),
        ("leader.replication.throttled.rate", Some(DynamicMode::ClusterWide)),
        ("who.knows", None),
    ] {
        assert_eq!(dynamic_mode(name), expected, "{name}");
    }
    for name in ONLY_BY_LISTENER {
        assert_eq!(dynamic_mode(name), Some(DynamicMode::PerBroker), "{name}");
    }
    assert!(check_change(Scope::Broker, "listener.name.a.ssl.keystore.location", "/x").is_ok());
    assert!(check_change(Scope::Cluster, "listener.name.a.ssl.keystore.location", "/x").is_err());
    assert!(check_change(Scope::Cluster, "who.knows", "x").is_ok(), "as Kafka: others may read it");
}
