//! Tests of `checks`.

use super::*;
use crate::broker_config::BrokerConfig;
use crate::properties::settings;

fn errors(file: &str) -> Vec<String> {
    match BrokerConfig::load(settings("f", file.as_bytes()).unwrap()) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn every_pair_of_numbers_exists() {
    let config = BrokerConfig::defaults();
    for (left, _, right) in ORDERS {
        assert!(whole(&config.values, left).is_some(), "{left}");
        assert!(whole(&config.values, right).is_some(), "{right}");
    }
}

#[test]
fn contradictions_are_refused_with_their_line() {
    let check = |file: &str, expected: &[&str]| assert_eq!(errors(file), expected, "{file}");
    check("node.id=1\nbroker.id=1", &[]);
    check("broker.id=7", &[]);
    check("node.id=1\nbroker.id=2", &["f:2: node.id and broker.id must be the same where both are set"]);
    check(
        "log.retention.minutes=0",
        &["f:1: log.retention.ms must be unlimited (-1) or at least 1, but it comes to 0"],
    );
    check("log.roll.ms=0", &["f:1: log.roll.ms must be at least 1, but it comes to 0"]);
    check(
        "\nqueued.max.request.bytes=10",
        &["f:2: queued.max.request.bytes must be greater than or equal to socket.request.max.bytes, but \
           queued.max.request.bytes is 10 and socket.request.max.bytes is 104857600"],
    );
    check("queued.max.request.bytes=10\nsocket.request.max.bytes=10", &[]);
    check(
        "max.connections.per.ip=0",
        &["f:1: max.connections.per.ip can be 0 only if max.connections.per.ip.overrides allows some hosts"],
    );
    check("max.connections.per.ip=0\nmax.connections.per.ip.overrides=::1:5", &[]);
    check(
        "connections.max.idle.ms=100",
        &["f:1: connection.failed.authentication.delay.ms must be less than connections.max.idle.ms, but \
           connection.failed.authentication.delay.ms is 100 and connections.max.idle.ms is 100"],
    );
    check("connections.max.idle.ms=-1", &[]);
    check(
        "log.cleaner.threads=1000",
        &[
            "f:1: log.cleaner.dedupe.buffer.size must be more than 1 MiB per compaction thread, but 1000 threads share \
           134217728 bytes",
        ],
    );
    check(
        "log.cleaner.threads=0\nlog.dirs=/a\ncordoned.log.dirs=*",
        &[
            "f:1: log.cleaner.dedupe.buffer.size must be more than 1 MiB per compaction thread, but 0 threads share \
         134217728 bytes",
        ],
    );
    check(
        "cordoned.log.dirs=/x",
        &["f:1: cordoned.log.dirs names /x, which is none of the directories in log.dirs or \
         log.dir; '*' can only stand alone"],
    );
    check(
        "group.coordinator.rebalance.protocols=consumer",
        &["f:1: group.coordinator.rebalance.protocols must contain classic: it cannot be disabled"],
    );
    check(
        "group.share.assignors=simple,org.apache.kafka.coordinator.group.assignor.SimpleAssignor",
        &["f:1: group.share.assignors must contain exactly one assignor, but it has 2"],
    );
    check(
        "group.consumer.session.timeout.ms=1",
        &[
            "f:1: group.consumer.session.timeout.ms must be greater than or equal to \
             group.consumer.min.session.timeout.ms, but group.consumer.session.timeout.ms is 1 and \
             group.consumer.min.session.timeout.ms is 45000",
            "f:1: group.consumer.heartbeat.interval.ms must be less than group.consumer.session.timeout.ms, but \
             group.consumer.heartbeat.interval.ms is 5000 and group.consumer.session.timeout.ms is 1",
        ],
    );
    check(
        "remote.log.storage.system.enable=true\nlog.retention.bytes=10\nlog.local.retention.bytes=11",
        &["f:3: Invalid value 11 for configuration log.local.retention.bytes: Value must not be more than \
           log.retention.bytes property value: 10"],
    );
}

#[test]
fn rare_heartbeats_are_a_warning() {
    let loaded = BrokerConfig::load(settings("f", b"broker.heartbeat.interval.ms=5000").unwrap()).unwrap();
    assert_eq!(loaded.warnings, [Warning::RareHeartbeats { interval_ms: 5000, timeout_ms: 9000 }]);
}
