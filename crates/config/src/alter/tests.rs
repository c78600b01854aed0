//! Tests of `alter`; codes and decisions were tried on Apache Kafka 4.3.1, exceptions are named.

use std::sync::Arc;

use super::*;
use crate::broker_config::BrokerConfig;
use crate::properties::settings;

fn started(file: &str) -> Config {
    let loaded = BrokerConfig::load(settings("f", file.as_bytes()).unwrap()).unwrap();
    Config::new(Arc::new(loaded.config))
}

fn texts(pairs: &[(&str, &str)]) -> Settings {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// `None` for what is allowed.
type Refusal = Option<(AlterErrorCode, &'static str)>;

fn check(result: Result<(), AlterError>, expected: Refusal, what: &str) {
    let refusal = result.err().map(|error| (error.code(), error.to_string()));
    match (&refusal, expected) {
        (None, None) => {}
        (Some((code, text)), Some((expected_code, expected_text))) => {
            assert_eq!(*code, expected_code, "{what}: {text}");
            assert!(text.contains(expected_text), "{what}: {text}");
        }
        _ => panic!("{what}: {refusal:?}, expected {expected:?}"),
    }
}

const CONFIG: AlterErrorCode = AlterErrorCode::InvalidConfig;
const REQUEST: AlterErrorCode = AlterErrorCode::InvalidRequest;

#[test]
fn topics() {
    let broker = started("");
    let check_one = |name: &str, text: &str, expected: Refusal| {
        let result = validate_topic(&broker, "t", &texts(&[(name, text)]), &Settings::new());
        check(result, expected, &format!("{name}={text}"));
    };
    check_one("retention.ms", "-1", None);
    check_one("retention.ms", " 77 ", None);
    check_one("max.message.bytes", "+5", None);
    check_one("cleanup.policy", "delete,delete", None);
    check_one("cleanup.policy", "", None);
    check_one("leader.replication.throttled.replicas", "*", None);
    check_one("internal.segment.bytes", "1000", None);
    check_one("retention.ms", "abc", Some((CONFIG, "Invalid value abc for configuration retention.ms")));
    check_one("retention.ms", "-2", Some((CONFIG, "Value must be at least -1")));
    check_one("cleanup.policy", "foo", Some((CONFIG, "String must be one of: compact, delete")));
    check_one("flush.messages", "99999999999999999999", Some((CONFIG, "Not a number of type LONG")));
    check_one("segment.bytes", "1000", Some((CONFIG, "Value must be at least 1048576")));
    // Kafka takes "not a number" for a number between 0 and 1.
    check_one("min.cleanable.dirty.ratio", "NaN", Some((CONFIG, "Value must be at least 0")));
    check_one("nope", "1", Some((CONFIG, "Unknown topic config name: nope")));
    check_one("retention.m", "1", Some((CONFIG, "(did you mean retention.ms?)")));
    check_one("remote.storage.enable", "true", Some((CONFIG, "Tiered Storage functionality is disabled")));
    check_one(
        "max.compaction.lag.ms",
        &"1".repeat(40_000),
        Some((CONFIG, "exceeds the maximum value size of 32767")),
    );
    check(
        validate_topic(
            &broker,
            "t",
            &texts(&[("min.compaction.lag.ms", "10"), ("max.compaction.lag.ms", "5")]),
            &Settings::new(),
        ),
        Some((CONFIG, "min.compaction.lag.ms must be less than or equal to max.compaction.lag.ms")),
        "lags",
    );
    check(
        validate_topic(&broker, "", &Settings::new(), &Settings::new()),
        Some((REQUEST, "Default topic resources are not allowed.")),
        "no name",
    );
}

#[test]
fn topics_with_remote_storage() {
    let broker = started("remote.log.storage.system.enable=true");
    let check_all = |new: &[(&str, &str)], old: &[(&str, &str)], expected: Refusal| {
        check(
            validate_topic(&broker, "t", &texts(new), &texts(old)),
            expected,
            &format!("{new:?} after {old:?}"),
        );
    };
    let on = ("remote.storage.enable", "true");
    check_all(&[on], &[], None);
    check_all(&[on, ("cleanup.policy", "")], &[], None);
    check_all(
        &[on, ("cleanup.policy", "compact")],
        &[],
        Some((CONFIG, "cleanup.policy to be delete or empty")),
    );
    check_all(&[on, ("local.retention.ms", "-1")], &[], Some((CONFIG, "Value must not be -1")));
    check_all(
        &[on, ("retention.bytes", "5"), ("local.retention.bytes", "6")],
        &[],
        Some((CONFIG, "Value must not be more than retention.bytes property value: 5")),
    );
    check_all(&[on, ("retention.bytes", "5"), ("local.retention.bytes", "5")], &[], None);
    let frozen = ("remote.log.copy.disable", "true");
    check_all(&[on, frozen], &[], None);
    check_all(
        &[on, frozen, ("retention.ms", "7"), ("local.retention.ms", "6")],
        &[],
        Some((CONFIG, "local.retention.ms must be the same as retention.ms")),
    );
    check_all(
        &[],
        &[on],
        Some((CONFIG, "Remote storage cannot be disabled without a word on the remote data")),
    );
    check_all(&[("remote.log.delete.on.disable", "true")], &[on], None);
}

#[test]
fn brokers() {
    let broker = started("num.io.threads=4");
    let check_one = |scope: Scope, name: &str, text: &str, expected: Refusal| {
        check(validate_broker(&broker, scope, &texts(&[(name, text)])), expected, &format!("{name}={text}"));
    };
    let (one, all) = (Scope::Broker, Scope::Cluster);
    check_one(one, "log.retention.ms", "5", None);
    check_one(all, "log.retention.ms", "-5", None);
    check_one(one, "foo", "bar", None);
    check_one(all, "listener.name.plaintext.max.connections", "9", None);
    check_one(
        one,
        "num.partitions",
        "3",
        Some((REQUEST, "Cannot update these configs dynamically: [num.partitions]")),
    );
    check_one(
        all,
        "listeners",
        "PLAINTEXT://:1",
        Some((REQUEST, "broker id must be specified: [listeners]")),
    );
    check_one(
        one,
        "ssl.keystore.location",
        "/x",
        Some((REQUEST, "only per-listener using the listener prefix")),
    );
    check_one(
        all,
        "listener.name.plaintext.ssl.keystore.location",
        "/x",
        Some((REQUEST, "broker id must be specified: [listener.name.plaintext.ssl.keystore.location]")),
    );
    check_one(one, "num.io.threads", "100", Some((REQUEST, "Dynamic thread count update validation failed")));
    check_one(one, "num.io.threads", "1", Some((REQUEST, "between half and double the current value 4")));
    check_one(one, "num.io.threads", "8", None);
    check_one(one, "log.segment.bytes", "1", Some((REQUEST, "Value must be at least 1048576")));
    check_one(one, "log.segment.bytes", "abc", Some((REQUEST, "Not a number of type INT")));
    check_one(
        one,
        "compression.type",
        "foo",
        Some((REQUEST, "String must be one of: uncompressed, zstd, lz4")),
    );
    check_one(all, "leader.replication.throttled.rate", "-1", Some((REQUEST, "Value must be at least 0")));
    check_one(all, "log.roll.ms", "0", Some((REQUEST, "log.roll.ms must be at least 1")));
    check_one(all, "log.retention.ms", "0", Some((REQUEST, "log.retention.ms must be unlimited (-1)")));
    // It once was taken, did nothing, and kept the node from its next start.
    check_one(all, "max.connection.creation.rate", "10", Some((REQUEST, "does not enforce it yet")));
    check_one(all, "max.connection.creation.rate", "2147483647", None);
}

#[test]
fn min_insync_replicas_belongs_to_the_cluster_while_eligible_leader_replicas_are_on() {
    let name = "min.insync.replicas";
    check(
        check_min_insync_replicas(Scope::Broker, name, Some("2")),
        Some((CONFIG, "Broker-level min.insync.replicas cannot be altered while ELR is enabled.")),
        "one broker",
    );
    check(
        check_min_insync_replicas(Scope::Cluster, name, None),
        Some((CONFIG, "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.")),
        "removed",
    );
    check(check_min_insync_replicas(Scope::Cluster, name, Some("2")), None, "set");
    check(check_min_insync_replicas(Scope::Broker, "log.retention.ms", None), None, "another name");
}

#[test]
fn groups() {
    let broker = started("");
    let check_all = |new: &[(&str, &str)], expected: Refusal| {
        check(validate_group(&broker, "g", &texts(new)), expected, &format!("{new:?}"));
    };
    check_all(&[("consumer.heartbeat.interval.ms", "14000"), ("consumer.session.timeout.ms", "46000")], None);
    check_all(&[("share.auto.offset.reset", "by_duration:PT1H")], None);
    check_all(&[("nope", "1")], Some((CONFIG, "Unknown group config name: nope")));
    check_all(
        &[("consumer.session.timeout.ms", "1")],
        Some((
            CONFIG,
            "consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms",
        )),
    );
    check_all(&[("consumer.session.timeout.ms", "abc")], Some((CONFIG, "Not a number of type INT")));
    check_all(
        &[("share.auto.offset.reset", "by_duration:-PT1H")],
        Some((CONFIG, "must be latest, earliest or")),
    );
    check_all(
        &[("share.isolation.level", "READ_COMMITTED")],
        Some((CONFIG, "read_committed, read_uncommitted")),
    );
    check_all(
        &[("streams.num.standby.replicas", "3")],
        Some((
            CONFIG,
            "streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas",
        )),
    );
    check(
        validate_group(&broker, "", &texts(&[("consumer.session.timeout.ms", "46000")])),
        Some((REQUEST, "Default group resources are not allowed.")),
        "no name",
    );
    let close = started(
        "group.consumer.min.session.timeout.ms=5000\ngroup.consumer.session.timeout.ms=6000\n\
         group.consumer.min.heartbeat.interval.ms=1000",
    );
    check(
        validate_group(&close, "g", &texts(&[("consumer.session.timeout.ms", "5000")])),
        Some((CONFIG, "consumer.heartbeat.interval.ms must be less than consumer.session.timeout.ms")),
        "a session no longer than a heartbeat",
    );
}

#[test]
fn subscriptions_to_client_metrics() {
    let check_one = |name: &str, text: &str, expected: Refusal| {
        check(validate_client_metrics("m", &texts(&[(name, text)])), expected, &format!("{name}={text}"));
    };
    check_one("interval.ms", "100", None);
    check_one("match", "client_id=a,client_id=b", None);
    check_one("metrics", "*", None);
    check_one("metrics", "a,a", None);
    check_one("nope", "1", Some((REQUEST, "Unknown client metrics config name: nope")));
    check_one("interval.ms", "1", Some((REQUEST, "Invalid value 1 for configuration interval.ms")));
    check_one("interval.ms", "3600001", Some((REQUEST, "Value must be no more than 3600000")));
    check_one("interval.ms", "x", Some((CONFIG, "Not a number of type INT")));
    for pattern in ["foo=bar", "client_id=(", "client_id"] {
        check_one("match", pattern, Some((CONFIG, "Illegal client matching pattern")));
    }
    check_one("metrics", "a,,b", Some((CONFIG, "values must not be empty")));
    check(
        validate_client_metrics("", &texts(&[("metrics", "*")])),
        Some((REQUEST, "Subscription name can't be empty")),
        "no name",
    );
}

#[test]
fn operations_on_lists_and_on_anything_else() {
    let check = |name: &str,
                 current: Option<&str>,
                 op: AlterOp,
                 value: Option<&str>,
                 expected: Result<Option<&str>, &str>| {
        let result = apply_incremental(ResourceKind::Topic, name, current, op, value);
        let result = result.map_err(|error| error.to_string());
        let expected = expected.map(|value| value.map(str::to_owned)).map_err(str::to_owned);
        assert_eq!(result, expected, "{} {name} {current:?} {value:?}", op.name());
    };
    let policy = "cleanup.policy";
    check(policy, None, AlterOp::Set, Some("compact"), Ok(Some("compact")));
    check(policy, Some("compact"), AlterOp::Delete, None, Ok(None));
    check(policy, None, AlterOp::Append, Some("compact"), Ok(Some("delete,compact")));
    check(policy, Some("compact"), AlterOp::Append, Some("compact,delete"), Ok(Some("compact,delete")));
    check(policy, Some("compact, delete"), AlterOp::Subtract, Some("delete"), Ok(Some("compact")));
    check(policy, None, AlterOp::Subtract, Some("delete"), Ok(Some("")));
    check(policy, Some(""), AlterOp::Append, Some("delete"), Ok(Some("delete")));
    check(policy, Some("delete"), AlterOp::Subtract, Some("compact"), Ok(Some("delete")));
    let not_a_list = "Can't APPEND to key retention.ms because its type is not LIST.";
    check("retention.ms", None, AlterOp::Append, Some("1"), Err(not_a_list));
    check(
        "nope",
        None,
        AlterOp::Append,
        Some("1"),
        Err("Can't APPEND to key nope because its type is not LIST."),
    );
    check(policy, None, AlterOp::Set, None, Err("Null value not supported for : cleanup.policy"));
    check(policy, None, AlterOp::Append, None, Err("Null value not supported for : cleanup.policy"));
    for op in [AlterOp::Set, AlterOp::Delete, AlterOp::Append, AlterOp::Subtract] {
        assert_eq!(AlterOp::from_code(op.code()), Some(op));
    }
    assert_eq!(AlterOp::from_code(4), None);
}

#[test]
fn listeners_come_and_go_but_speak_what_they_spoke() {
    let broker = started("listeners=PLAINTEXT://:9092,CONTROLLER://:9093");
    let map = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,EXTRA:PLAINTEXT,SAFE:SSL";
    let check_both = |listeners: &str, map: &str, expected: Refusal| {
        let both = texts(&[("listeners", listeners), ("listener.security.protocol.map", map)]);
        check(validate_broker(&broker, Scope::Broker, &both), expected, listeners);
    };
    let with_extra = "PLAINTEXT://:9092,CONTROLLER://:9093,EXTRA://:9094";
    check_both(with_extra, map, None);
    check_both("PLAINTEXT://:9092,CONTROLLER://:9093", map, None);
    check_both(
        "PLAINTEXT://:9092,CONTROLLER://:9093,SAFE://:9094",
        map,
        Some((REQUEST, "listener SAFE would speak SSL")),
    );
    check_both(
        "PLAINTEXT://:9092,CONTROLLER://:9093",
        "PLAINTEXT:SSL,CONTROLLER:PLAINTEXT",
        Some((REQUEST, "Security protocol cannot be updated for existing listener PLAINTEXT")),
    );
    let unmapped =
        texts(&[("listeners", with_extra), ("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT")]);
    assert!(validate_broker(&broker, Scope::Broker, &unmapped).is_err(), "nobody knows what EXTRA speaks");
}
