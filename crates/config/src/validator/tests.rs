//! Tests of `validator`, by the texts that people see.

use crate::definitions::find;
use crate::resource_kind::ResourceKind;

fn check(resource: ResourceKind, name: &str, text: &str, expected: &str) {
    let result = match find(resource, name).unwrap().parse(text) {
        Ok(value) => value.to_text().unwrap(),
        Err(error) => error.to_string(),
    };
    assert_eq!(result, expected);
}

#[test]
fn refusals_say_what_is_wrong_and_what_is_allowed() {
    let topic = |name, text, expected: &str| {
        check(
            ResourceKind::Topic,
            name,
            text,
            &format!("Invalid value {text} for configuration {name}: {expected}"),
        );
    };
    topic("retention.ms", "abc", "Not a number of type LONG");
    topic("retention.ms", "-2", "Value must be at least -1");
    topic("cleanup.policy", "foo", "String must be one of: compact, delete");
    topic("cleanup.policy", "delete,", "values must not be empty");
    topic("min.cleanable.dirty.ratio", "1.5", "Value must be no more than 1");
    topic("min.cleanable.dirty.ratio", "NaN", "Value must be at least 0");
    topic("compression.gzip.level", "0", "Value must be between 1 and 9 or equal to -1");
    topic("preallocate", "maybe", "Expected value to be either true or false");
    topic(
        "leader.replication.throttled.replicas",
        "1:2,x",
        "Value must be the literal '*' or a list of replicas, [partitionId]:[brokerId],...",
    );
    let broker = |name, text, expected: &str| {
        check(
            ResourceKind::Broker,
            name,
            text,
            &format!("Invalid value {text} for configuration {name}: {expected}"),
        );
    };
    broker("process.roles", "broker,zookeeper", "String must be one of: broker, controller");
    broker("process.roles", "", "must not be empty");
    broker("log.dirs", "", "must not be empty");
    broker(
        "controller.quorum.voters",
        "1@a",
        "'1@a' is no voter; each entry has the form {id}@{host}:{port}",
    );
    broker(
        "listener.security.protocol.map",
        "A:B",
        "'B' is no security protocol; there are PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL",
    );
    broker("listener.security.protocol.map", "A", "'A' is no entry of the form key:value");
    broker("max.connections.per.ip.overrides", "a:b", "'b' is no number of connections");
    broker(
        "offsets.topic.compression.codec",
        "5",
        "the codecs are 0 (none), 1 (gzip), 2 (snappy), 3 (lz4) and 4 (zstd)",
    );
}

#[test]
fn secrets_are_not_repeated_in_refusals() {
    let definition = find(ResourceKind::Broker, "ssl.key.password").unwrap();
    assert!(definition.parse("anything").is_ok());
    let error = crate::error::InvalidValue {
        name: "x".to_owned(),
        value: None,
        problem: crate::error::Problem::Empty,
    };
    assert_eq!(error.to_string(), "Invalid value [hidden] for configuration x: must not be empty");
}

#[test]
fn repetitions_are_removed_from_lists_as_kafka_does() {
    check(ResourceKind::Topic, "cleanup.policy", "delete, delete,compact", "delete,compact");
    check(ResourceKind::Broker, "log.dirs", "/a,/b,/a", "/a,/b");
    check(ResourceKind::Broker, "group.consumer.migration.policy", "upgrade", "upgrade");
}
