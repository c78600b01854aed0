//! Tests of `broker_config`.

use super::*;

fn load(text: &str) -> Result<Loaded, Vec<String>> {
    let path: Arc<str> = "server.properties".into();
    let settings = text.lines().enumerate().filter_map(|(index, line)| {
        let (name, value) = line.split_once('=')?;
        let origin = Origin::File { path: Arc::clone(&path), line: index + 1 };
        Some(Setting { name: name.to_owned(), value: value.to_owned(), origin })
    });
    BrokerConfig::load(settings).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

#[test]
fn a_node_starts_with_nothing() {
    let config = BrokerConfig::defaults();
    assert_eq!(config.roles(), Roles::BrokerAndController);
    let opened: Vec<String> =
        config.listeners().opened.iter().map(|listener| listener.endpoint.to_string()).collect();
    assert_eq!(opened, ["PLAINTEXT://localhost:9092", "CONTROLLER://localhost:9093"]);
    let advertised: Vec<String> =
        config.listeners().advertised.iter().map(|listener| listener.endpoint.to_string()).collect();
    assert_eq!(advertised, ["PLAINTEXT://localhost:9092"]);
    assert!(!config.is_given("node.id"));
}

#[test]
fn all_problems_are_named_with_their_lines() {
    let errors = load("num.partitions=0\nlog.retention.ms=soon\nlisteners=nonsense").unwrap_err();
    assert_eq!(
        errors,
        [
            "server.properties:3: Invalid value nonsense for configuration listeners: 'nonsense' is no listener; \
             each entry has the form NAME://host:port, with an IPv6 address in brackets",
            "server.properties:2: Invalid value soon for configuration log.retention.ms: Not a number of type LONG",
            "server.properties:1: Invalid value 0 for configuration num.partitions: Value must be at least 1",
        ]
    );
}

#[test]
fn unknown_names_are_warned_about_with_the_nearest_known_one() {
    let loaded =
        load("num.partitons=3\nzookeeper.connect=localhost:2181\nlistener.name.plaintext.max.connections=5")
            .unwrap();
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "server.properties:1: unknown configuration num.partitons has no effect; did you mean num.partitions?",
            "server.properties:2: unknown configuration zookeeper.connect has no effect",
        ]
    );
}
