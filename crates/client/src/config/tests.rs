use std::time::Duration;

use super::*;

fn config(pairs: &[(&str, &str)]) -> ClientConfig {
    let mut config = ClientConfig::new("a:1,b:2");
    for (name, value) in pairs {
        config.set(name, *value).expect("is valid");
    }
    config
}

#[test]
fn every_default_passes_its_own_check() {
    for definition in definitions() {
        if let Some(default) = definition.default {
            assert_eq!(definition.check(default), Ok(()), "{}", definition.name);
        }
    }
    let config = config(&[]);
    assert!(config.producer().expect("works").is_idempotent);
    assert_eq!(config.consumer().expect("works").session_timeout, Duration::from_secs(45));
    assert_eq!(config.admin().expect("works").common.bootstrap_servers.len(), 2);
}

#[test]
fn unknown_names_name_the_nearest() {
    let error = ClientConfig::default().set("bootstrap.server", "a:1").expect_err("is unknown");
    assert_eq!(
        error.to_string(),
        "no client knows the setting `bootstrap.server`; did you mean `bootstrap.servers`?"
    );
}

#[test]
fn secrets_do_not_show() {
    let config = config(&[("sasl.jaas.config", "password=\"hunter2\""), ("client.id", "me")]);
    let shown = format!("{config:?}");
    assert!(shown.contains("me") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn values_are_checked_when_they_are_set() {
    let refused = |name: &str, value: &str| {
        assert!(ClientConfig::new("a:1").set(name, value).is_err(), "{name}={value}")
    };
    refused("linger.ms", "soon");
    refused("linger.ms", "-1");
    refused("acks", "2");
    refused("compression.type", "brotli");
    refused("enable.auto.commit", "yes");
}

#[test]
fn addresses_are_read() {
    let check = |text: &str, expected: Option<(&str, u16)>| {
        let expected = expected.map(|(host, port)| HostPort { host: host.to_owned(), port });
        assert_eq!(HostPort::parse(text), expected, "{text}");
    };
    check("host:9092", Some(("host", 9092)));
    check("PLAINTEXT://host:9092", Some(("host", 9092)));
    check("[::1]:9092", Some(("::1", 9092)));
    check("host", None);
    check(":9092", None);
    check("host:99999", None);
}

#[test]
fn idempotence_gives_way_unless_it_was_asked_for() {
    let check = |pairs: &[(&str, &str)], expected: Option<bool>| {
        assert_eq!(config(pairs).producer().ok().map(|config| config.is_idempotent), expected, "{pairs:?}");
    };
    check(&[("acks", "1")], Some(false));
    check(&[("acks", "1"), ("enable.idempotence", "true")], None);
    check(&[("max.in.flight.requests.per.connection", "6")], Some(false));
    check(&[("max.in.flight.requests.per.connection", "6"), ("enable.idempotence", "true")], None);
    check(&[("transactional.id", "t"), ("enable.idempotence", "false")], None);
    check(&[("transactional.id", "t")], Some(true));
}

#[test]
fn the_delivery_timeout_covers_an_attempt() {
    let check = |pairs: &[(&str, &str)], expected_ms: Option<u64>| {
        let timeout = config(pairs).producer().ok().map(|config| config.delivery_timeout);
        assert_eq!(timeout, expected_ms.map(Duration::from_millis), "{pairs:?}");
    };
    check(&[("linger.ms", "100000")], Some(130_000));
    check(&[("linger.ms", "100000"), ("delivery.timeout.ms", "120000")], None);
    check(&[("request.timeout.ms", "500"), ("delivery.timeout.ms", "1000")], Some(1000));
}

#[test]
fn javas_classes_are_understood() {
    let class = "org.apache.kafka.clients.consumer.RangeAssignor, cooperative-sticky";
    let consumer = config(&[("partition.assignment.strategy", class)]).consumer().expect("works");
    assert_eq!(consumer.assignors, ["range", "cooperative-sticky"]);
    let class = "org.apache.kafka.clients.producer.RoundRobinPartitioner";
    let producer = config(&[("partitioner.class", class)]).producer().expect("works");
    assert_eq!(producer.partitioner, PartitionerKind::RoundRobin);
    assert!(config(&[("partitioner.class", "com.example.Mine")]).producer().is_err());
}

#[test]
fn what_is_not_supported_is_refused() {
    let pairs = [("security.protocol", "SASL_SSL"), ("sasl.mechanism", "GSSAPI")];
    let error = config(&pairs).common().expect_err("is Kerberos");
    assert!(matches!(error, ConfigError::Unsupported { name: "sasl.mechanism", .. }), "{error}");
    assert!(error.to_string().contains("SCRAM-SHA-256"), "{error}");
}

#[test]
fn offsets_are_reset_by_duration() {
    let reset =
        |value| config(&[("auto.offset.reset", value)]).consumer().map(|config| config.auto_offset_reset);
    assert_eq!(reset("by_duration:PT1H"), Ok(AutoOffsetReset::ByDuration(Duration::from_secs(3600))));
    assert_eq!(reset("none"), Ok(AutoOffsetReset::None));
    assert!(reset("whenever").is_err());
}

#[test]
fn settings_of_java_are_taken_and_named_as_without_effect() {
    let config = config(&[("key.serializer", "org.example.Mine"), ("client.id", "me")]);
    assert_eq!(config.without_effect().collect::<Vec<_>>(), ["key.serializer"]);
}
