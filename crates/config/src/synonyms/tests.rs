//! Tests of `synonyms`.

use super::*;
use crate::definitions::find;
use crate::resource_kind::ResourceKind;

#[test]
fn every_chain_is_of_settings_that_exist_and_of_one_type() {
    for (resource, chains) in
        [(ResourceKind::Topic, topic_to_broker()), (ResourceKind::Group, group_to_broker())]
    {
        for (name, synonyms) in chains {
            let own = find(resource, name).unwrap();
            for synonym in *synonyms {
                let broker = find(ResourceKind::Broker, synonym.name).unwrap();
                let is_converted = synonym.factor != 1;
                assert!(is_converted || own.value_type == broker.value_type, "{name} {}", synonym.name);
            }
        }
    }
}

#[test]
fn a_listeners_setting_also_stands_under_its_general_name() {
    for (name, expected) in [
        ("listener.name.a.max.connections", Some("max.connections")),
        ("listener.name.a.plain.sasl.jaas.config", Some("sasl.jaas.config")),
        ("listener.name.a.scram-sha-256.sasl.login.class", Some("sasl.login.class")),
        ("listener.name.a", None),
        ("max.connections", None),
    ] {
        assert_eq!(without_listener(name), expected, "{name}");
    }
    assert_eq!(
        broker_names("log.retention.hours"),
        ["log.retention.ms", "log.retention.minutes", "log.retention.hours"]
    );
    assert_eq!(broker_names("num.partitions"), ["num.partitions"]);
    assert_eq!(broker_name_of_topic("retention.ms"), Some("log.retention.ms"));
    assert_eq!(broker_name_of_topic("remote.storage.enable"), None);
    assert_eq!(broker_name_of_group("share.isolation.level"), None);
}
