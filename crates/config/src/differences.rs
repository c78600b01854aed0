//! Where our defaults differ from Kafka's, and why. A test compares all others with Kafka's.

use crate::resource_kind::ResourceKind;

/// A default that is not Kafka's.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// What it configures.
    pub resource: ResourceKind,
    /// The name.
    pub name: &'static str,
    /// Our default.
    pub ours: &'static str,
    /// Kafka's default; `None` where Kafka wants it to be set.
    pub kafka: Option<&'static str>,
    /// Why.
    pub reason: &'static str,
}

/// All of them.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        resource: ResourceKind::Broker,
        name: "log.flush.interval.messages",
        ours: "1",
        kafka: Some("9223372036854775807"),
        reason: "An acknowledged record is on disk. Kafka's value leaves syncing to the operating system.",
    },
    Difference {
        resource: ResourceKind::Topic,
        name: "flush.messages",
        ours: "1",
        kafka: Some("9223372036854775807"),
        reason: "It follows `log.flush.interval.messages`.",
    },
    Difference {
        resource: ResourceKind::Broker,
        name: "log.dir",
        ours: "./jackdaw-data",
        kafka: Some("/tmp/kafka-logs"),
        reason: "Data does not belong where a restart of the machine removes it.",
    },
    Difference {
        resource: ResourceKind::Broker,
        name: "listeners",
        ours: "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
        kafka: Some("PLAINTEXT://:9092"),
        reason: "Without authentication nobody outside this machine gets in unless somebody says so.",
    },
    Difference {
        resource: ResourceKind::Broker,
        name: "node.id",
        ours: "1",
        kafka: None,
        reason: "A node that is started with nothing is a whole cluster.",
    },
    Difference {
        resource: ResourceKind::Broker,
        name: "process.roles",
        ours: "broker,controller",
        kafka: None,
        reason: "A node that is started with nothing is a whole cluster.",
    },
    Difference {
        resource: ResourceKind::Broker,
        name: "controller.listener.names",
        ours: "CONTROLLER",
        kafka: None,
        reason: "A node that is started with nothing is a whole cluster.",
    },
    Difference {
        resource: ResourceKind::Broker,
        name: "group.consumer.assignment.interval.ms",
        ours: "0",
        kafka: Some("1000"),
        reason: "A new member has its partitions at once. Kafka's value makes the next ones wait.",
    },
    Difference {
        resource: ResourceKind::Group,
        name: "consumer.assignment.interval.ms",
        ours: "0",
        kafka: Some("1000"),
        reason: "It follows `group.consumer.assignment.interval.ms`.",
    },
];
