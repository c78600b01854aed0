//! Tests of `describe`, row by row against what Apache Kafka 4.3.1 answers.

use std::sync::Arc;

use super::*;
use crate::broker_config::BrokerConfig;
use crate::differences::DIFFERENCES;
use crate::dynamic_config::DynamicConfig;
use crate::properties;

const SERVER: &str = include_str!("../../../../tests/golden/configs/server.properties");
const DESCRIBED: &str = include_str!("../../../../tests/golden/configs/describe.tsv");
const REFERENCE: &str = include_str!("../../../../tests/golden/configs/kafka-4.3.1.tsv");

fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn config(file: &str, dynamic: DynamicConfig) -> Config {
    let loaded =
        BrokerConfig::load(properties::settings("server.properties", file.as_bytes()).unwrap()).unwrap();
    let (config, problems) = Config::new(Arc::new(loaded.config)).with_dynamic(dynamic);
    assert_eq!(problems, []);
    config
}

fn rows<'a>(text: &'a str, resource: &'a str) -> impl Iterator<Item = Vec<&'a str>> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter_map(move |row| (row[0] == resource).then(|| row[1..].to_vec()))
}

/// A row in the form of the golden file. Kafka's clients have longer names for two sources.
fn show(row: &Described) -> Vec<String> {
    let null = || "null".to_owned();
    let source = |source: ConfigSource| match source {
        ConfigSource::Group => "DYNAMIC_GROUP_CONFIG",
        ConfigSource::ClientMetrics => "DYNAMIC_CLIENT_METRICS_CONFIG",
        other => other.name(),
    };
    let synonyms = row.synonyms.iter().map(|synonym| {
        let value = synonym.value.clone().unwrap_or_else(null);
        format!("{}={}={value}", source(synonym.source), synonym.name)
    });
    vec![
        row.name.clone(),
        row.value_type.map_or("UNKNOWN", ValueType::name).to_owned(),
        row.value.clone().unwrap_or_else(null),
        source(row.source).to_owned(),
        if row.read_only { "ro" } else { "rw" }.to_owned(),
        if row.sensitive { "sensitive" } else { "open" }.to_owned(),
        synonyms.collect::<Vec<_>>().join(";"),
    ]
}

/// Puts Kafka's defaults where ours differ on purpose.
fn with_defaults_of_kafka(text: &str) -> String {
    let replaced = |text: String, name: &str| {
        let difference = DIFFERENCES.iter().find(|difference| difference.name == name).unwrap();
        let of = |value: &str| format!("DEFAULT_CONFIG={name}={value}");
        text.replace(&of(difference.ours), &of(difference.kafka.unwrap()))
    };
    let text = replaced(text.to_owned(), "log.flush.interval.messages");
    let text = replaced(text, "group.consumer.assignment.interval.ms");
    replaced(replaced(text, "listeners"), "log.dir")
}

fn compare(resource: &str, described: &[Described]) {
    let kafka: BTreeMap<&str, Vec<&str>> = rows(DESCRIBED, resource).map(|row| (row[0], row)).collect();
    let ours = described.iter().filter(|row| !row.name.starts_with("jackdaw."));
    let ours: BTreeMap<String, Vec<String>> = ours.map(|row| (row.name.clone(), show(row))).collect();
    let names = |map: Vec<&str>| map.join(" ");
    assert_eq!(names(ours.keys().map(String::as_str).collect()), names(kafka.keys().copied().collect()));
    for (name, expected) in kafka {
        let mut row = ours[name].clone();
        row[6] = with_defaults_of_kafka(&row[6]);
        let is_ours =
            DIFFERENCES.iter().any(|difference| difference.name == name && row[2] == difference.ours);
        if is_ours {
            row[2] = expected[2].to_owned();
        }
        assert_eq!(row, expected, "{resource} {name}");
    }
}

fn changed() -> DynamicConfig {
    DynamicConfig {
        cluster_default: settings(&[
            ("log.retention.ms", "600000"),
            ("message.max.bytes", "2000000"),
            ("min.insync.replicas", "1"),
        ]),
        per_broker: settings(&[
            ("message.max.bytes", "2000001"),
            ("log.flush.interval.ms", "500"),
            ("listener.name.plaintext.max.connections", "78"),
            ("leader.replication.throttled.rate", "1000"),
        ]),
    }
}

#[test]
fn a_broker_is_described_as_kafka_does() {
    let config = config(SERVER, changed());
    compare("broker", &config.describe_broker());
    compare("default", &config.describe_cluster_default());
}

#[test]
fn topics_groups_and_subscriptions_are_described_as_kafka_does() {
    let config = config(SERVER, changed());
    let topic = settings(&[("retention.ms", "1234"), ("cleanup.policy", "compact , delete")]);
    compare("topic", &config.describe_topic(&topic));
    let group = settings(&[
        ("consumer.session.timeout.ms", "50000"),
        ("share.auto.offset.reset", "by_duration:PT1H"),
    ]);
    compare("group", &config.describe_group(&group));
    compare("group-none", &config.describe_group(&BTreeMap::new()));
    let subscription = settings(&[("interval.ms", "1000"), ("match", "client_id=a.*")]);
    compare("metrics", &describe_client_metrics(&subscription));
    compare("metrics-none", &describe_client_metrics(&BTreeMap::new()));
}

/// The reference table leaves secrets and what differs from machine to machine empty, and names a synonym's
/// source only where it is none of the usual ones.
#[test]
fn names_types_defaults_access_and_synonyms_are_those_of_the_reference() {
    let minimal = "listeners=PLAINTEXT://:9092,CONTROLLER://:9093\nadvertised.listeners=PLAINTEXT://a:9092\n\
                   listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs=/data\n\
                   controller.quorum.voters=1@a:9093\n";
    let dynamic = DynamicConfig {
        cluster_default: settings(&[("min.insync.replicas", "1")]),
        ..DynamicConfig::default()
    };
    let config = config(minimal, dynamic);
    for (resource, described) in [
        ("broker", config.describe_broker()),
        ("topic", config.describe_topic(&BTreeMap::new())),
        ("group", config.describe_group(&BTreeMap::new())),
        ("client_metrics", describe_client_metrics(&BTreeMap::new())),
    ] {
        let ours: BTreeMap<&str, &Described> = described.iter().map(|row| (row.name.as_str(), row)).collect();
        let mut count = 0;
        for row in rows(REFERENCE, resource) {
            count += 1;
            let [name, value_type, value, access, synonyms] = row[..] else { panic!("{row:?}") };
            let described = ours.get(name).unwrap_or_else(|| panic!("{resource} {name}"));
            assert_eq!(described.value_type.unwrap().name(), value_type, "{name}");
            let differs = DIFFERENCES.iter().any(|difference| difference.name == name);
            if !value.is_empty() && !differs {
                assert_eq!(described.value.as_deref().unwrap_or("null"), value, "{name}");
            }
            assert_eq!(if described.read_only { "ro" } else { "rw" }, access, "{name}");
            let shown = described.synonyms.iter().map(|synonym| match synonym.source {
                ConfigSource::DynamicDefaultBroker => {
                    format!("DYNAMIC_DEFAULT_BROKER_CONFIG:{}", synonym.name)
                }
                _ => synonym.name.clone(),
            });
            assert_eq!(shown.collect::<Vec<_>>().join(","), synonyms, "{name}");
        }
        let own = described.iter().filter(|row| row.name.starts_with("jackdaw.")).count();
        assert_eq!(described.len(), count + own, "{resource}");
    }
}

#[test]
fn secrets_and_unknown_settings_are_hidden_wherever_they_are_set() {
    let dynamic = DynamicConfig {
        per_broker: settings(&[
            ("listener.name.x.ssl.keystore.password", "hunter2"),
            ("who.knows", "hunter2"),
        ]),
        ..DynamicConfig::default()
    };
    let config = config("ssl.key.password=hunter2\nfoo.bar=hunter2\n", dynamic);
    for row in config.describe_broker() {
        let texts = row.synonyms.iter().filter_map(|synonym| synonym.value.as_ref()).chain(&row.value);
        assert!(texts.into_iter().all(|text| !text.contains("hunter2")), "{row:?}");
    }
    assert!(config.describe_broker().iter().any(|row| row.name == "who.knows" && row.sensitive));
}

#[test]
fn a_cluster_default_shows_only_what_was_set_for_all() {
    let described = config("num.io.threads=4\n", changed()).describe_cluster_default();
    let names: Vec<&str> = described.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["log.retention.ms", "message.max.bytes", "min.insync.replicas"]);
    assert!(described.iter().all(|row| !row.is_default() && row.synonyms.len() == 1));
}
