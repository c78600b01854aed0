//! Tests of `protection`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::broker_config::BrokerConfig;
use crate::config::Config;
use crate::dynamic_config::DynamicConfig;
use crate::properties::settings;

fn started(file: &str) -> Config {
    let loaded = BrokerConfig::load(settings("f", file.as_bytes()).unwrap()).unwrap();
    Config::new(Arc::new(loaded.config))
}

fn protections(config: &Config) -> Vec<String> {
    config.protective_settings().iter().map(ToString::to_string).collect()
}

#[test]
fn what_would_protect_somebody_is_named() {
    let check = |file: &str, expected: &[&str]| assert_eq!(protections(&started(file)), expected, "{file}");
    check("", &[]);
    check(
        "authorizer.class.name=a.B",
        &["f:1: authorizer.class.name is set, and this version does not enforce it yet"],
    );
    check("authorizer.class.name=", &[]);
    check(
        "\nssl.client.auth=required",
        &["f:2: ssl.client.auth is set, and this version does not enforce it yet"],
    );
    check("ssl.client.auth=none", &[]);
    check("sasl.enabled.mechanisms=GSSAPI", &[]);
    check(
        "listener.name.plaintext.scram-sha-256.sasl.jaas.config=x",
        &[
            "f:1: listener.name.plaintext.scram-sha-256.sasl.jaas.config is set, and this version does not enforce it yet",
        ],
    );
    check(
        "delegation.token.secret.key=x",
        &["f:1: delegation.token.secret.key is set, and this version does not enforce it yet"],
    );
    check(
        "client.quota.callback.class=x",
        &["f:1: client.quota.callback.class is set, and this version does not enforce it yet"],
    );
    check(
        "create.topic.policy.class.name=\nalter.config.policy.class.name=x",
        &["f:2: alter.config.policy.class.name is set, and this version does not enforce it yet"],
    );
    check(
        "listeners=PLAINTEXT://:1,X://:2\nlistener.security.protocol.map=PLAINTEXT:PLAINTEXT,X:SASL_SSL",
        &["listener X speaks SASL_SSL, and this version speaks only PLAINTEXT"],
    );
    // Kafka's own example file maps all protocols and uses one.
    check(
        "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL",
        &[],
    );
}

#[test]
fn what_is_set_while_the_node_runs_counts_too() {
    let texts: BTreeMap<_, _> = [("max.connection.creation.rate".to_owned(), "5".to_owned())].into();
    let dynamic = DynamicConfig { cluster_default: texts, ..DynamicConfig::default() };
    let (config, problems) = started("").with_dynamic(dynamic);
    assert_eq!(problems, []);
    assert_eq!(
        protections(&config),
        ["max.connection.creation.rate is set, and this version does not enforce it yet"]
    );
}

#[test]
fn what_has_no_effect_yet_is_named_only_if_it_differs_from_the_default() {
    let config =
        started("num.io.threads=8\nnum.network.threads=9\nbroker.session.timeout.ms=10000\nnum.partitions=3");
    assert_eq!(config.not_yet_effective(), ["broker.session.timeout.ms", "num.network.threads"]);
    assert_eq!(started("").not_yet_effective(), [""; 0]);
}
