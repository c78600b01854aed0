//! Tests of `broker_config`.

use std::sync::Arc;

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

const STARTS: &str = include_str!("../../../../tests/golden/configs/starts.tsv");

fn base(name: &str) -> &'static str {
    match name {
        "combined" => {
            "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n\
             controller.quorum.voters=1@h:9093\nlisteners=PLAINTEXT://:9092,CONTROLLER://:9093\n"
        }
        "broker" => {
            "process.roles=broker\nnode.id=1\ncontroller.listener.names=CONTROLLER\n\
             controller.quorum.bootstrap.servers=h:9093\nlisteners=PLAINTEXT://:9092\n"
        }
        "controller" => {
            "process.roles=controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n\
             controller.quorum.voters=1@h:9093\nlisteners=CONTROLLER://:9093\n"
        }
        other => panic!("no base: {other}"),
    }
}

/// Where we decide otherwise than Kafka, each for its reason.
const DECIDED_OTHERWISE: &[(&str, &str)] = &[
    ("controller.listener.names=controller", "names of listeners know no case anywhere"),
    ("controller.quorum.voters=", "a controller without a word on others is a quorum of its own"),
    ("controller.quorum.voters=1@a:1,1@b:2", "one of the two would be ignored"),
    ("controller.quorum.voters=-1@a:1", "no node can have this id"),
    ("listeners=PLAINTEXT://:70000,CONTROLLER://:2", "there is no such port"),
    ("listeners=PLAINTEXT://:-1,CONTROLLER://:2", "there is no such port"),
    ("listeners=PLAINTEXT://::1:1,CONTROLLER://:2", "nobody knows where the address ends"),
    ("listeners=PLAINTEXT://[h]:1,CONTROLLER://:2", "brackets are for IPv6"),
    (
        "log.cleaner.min.compaction.lag.ms=10\\nlog.cleaner.max.compaction.lag.ms=5",
        "Kafka says so a little later",
    ),
    (
        "remote.log.storage.system.enable=true\\nlog.retention.bytes=10\\nlog.local.retention.bytes=11",
        "Kafka says so a little later",
    ),
    (
        "remote.log.storage.system.enable=true\\nlog.retention.ms=10\\nlog.local.retention.ms=-1",
        "Kafka says so a little later",
    ),
    ("group.consumer.max.assignment.interval.ms=0", "our default of the interval is lower"),
    ("group.consumer.max.assignment.interval.ms=1", "our default of the interval is lower"),
    ("group.consumer.max.assignment.interval.ms= 7 ", "our default of the interval is lower"),
    ("group.consumer.max.assignment.interval.ms=+7", "our default of the interval is lower"),
    ("listener.name.plaintext.max.connections=x", "Kafka says so when the listener is opened"),
    ("listener.name.plaintext.num.network.threads=0", "Kafka says so when the listener is opened"),
];

/// Some three thousand starts of Kafka, and what it said to each.
#[test]
fn what_kafka_starts_with_we_start_with_and_nothing_else() {
    let mut wrong = Vec::new();
    for line in STARTS.lines().filter(|line| !line.starts_with('#')) {
        let [name, settings, verdict] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let file = format!("{}{}", base(name), settings.replace("\\n", "\n"));
        let ours = match load(&file) {
            Ok(_) => "ok".to_owned(),
            Err(errors) => errors.join("; "),
        };
        let is_decided = DECIDED_OTHERWISE.iter().any(|(ours, _)| *ours == settings);
        if (ours == "ok") != (verdict == "ok") && !is_decided {
            wrong.push(format!("{name} {settings}: Kafka {verdict}, ours {ours}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}
