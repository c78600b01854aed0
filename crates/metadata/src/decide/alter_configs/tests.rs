//! Tests of AlterConfigs and IncrementalAlterConfigs; texts and codes were asked of Kafka 4.3.1.

use super::*;
use crate::fixture::TestCluster;

fn edit(
    kind: ResourceKind,
    name: &str,
    key: &str,
    operation: AlterOp,
    value: Option<&str>,
) -> ResourceChange {
    let edit = ConfigEdit {
        name: key.into(),
        operation: ConfigOperation::Known(operation),
        value: value.map(Into::into),
    };
    ResourceChange { resource: ConfigResource::new(kind, name), change: ChangeKind::Edit(vec![edit]) }
}

fn set(kind: ResourceKind, name: &str, key: &str, value: &str) -> ResourceChange {
    edit(kind, name, key, AlterOp::Set, Some(value))
}

fn replace(name: &str, values: &[(&str, &str)]) -> ResourceChange {
    let values = values.iter().map(|(name, value)| ((*name).into(), Some((*value).into()))).collect();
    ResourceChange { resource: ConfigResource::topic(name), change: ChangeKind::Replace(values) }
}

fn decide(cluster: &mut TestCluster, resources: Vec<ResourceChange>) -> Decision<AlterConfigsAnswer> {
    let request = AlterConfigs { resources, mode: Mode::Apply };
    cluster.ask(|image, context| alter_configs(image, &request, context)).expect("not too large")
}

fn outcome(cluster: &mut TestCluster, change: ResourceChange) -> String {
    let decision = decide(cluster, vec![change]);
    let result = match &decision.answer[0].1 {
        Ok(()) => "ok".into(),
        Err(error) => format!("{}: {error}", error.code().name()),
    };
    cluster.apply(decision.records);
    result
}

use ResourceKind::{Broker, BrokerLogger, ClientMetrics, Group, Other, Topic};

#[test]
fn each_bad_change_gets_kafkas_error() {
    let mut cluster = TestCluster::new(1);
    cluster.create("ok", &[&[1]], &[]);
    let cases: Vec<(ResourceChange, &str)> = vec![
        (
            set(Topic, "nope", "retention.ms", "1"),
            "UNKNOWN_TOPIC_OR_PARTITION: The topic 'nope' does not exist.",
        ),
        (set(Topic, "", "retention.ms", "1"), "INVALID_REQUEST: Default topic resources are not allowed."),
        (
            set(Topic, "a b", "retention.ms", "1"),
            "INVALID_TOPIC_EXCEPTION: Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
        ),
        (set(Topic, "ok", "nope", "1"), "INVALID_CONFIG: Unknown topic config name: nope"),
        (
            edit(Topic, "ok", "retention.ms", AlterOp::Append, Some("1")),
            "INVALID_CONFIG: Can't APPEND to key retention.ms because its type is not LIST.",
        ),
        (
            edit(Topic, "ok", "retention.ms", AlterOp::Set, None),
            "INVALID_REQUEST: Null value not supported for : retention.ms",
        ),
        (
            set(Broker, "1", "min.insync.replicas", "1"),
            "INVALID_CONFIG: Broker-level min.insync.replicas cannot be altered while ELR is enabled.",
        ),
        (
            edit(Broker, "", "min.insync.replicas", AlterOp::Delete, None),
            "INVALID_CONFIG: Cluster-level min.insync.replicas cannot be removed while ELR is enabled.",
        ),
        (
            set(Broker, "5", "log.cleaner.threads", "1"),
            "INVALID_REQUEST: Unexpected broker id, expected 1, but received 5",
        ),
        (
            set(Broker, "abc", "log.cleaner.threads", "1"),
            "INVALID_REQUEST: Node id must be an integer, but it is: abc",
        ),
        (
            set(Group, "", "consumer.session.timeout.ms", "45000"),
            "INVALID_REQUEST: Default group resources are not allowed.",
        ),
        (set(Group, "g", "nope", "1"), "INVALID_CONFIG: Unknown group config name: nope"),
        (set(ClientMetrics, "", "interval.ms", "1000"), "INVALID_REQUEST: Subscription name can't be empty"),
        (
            edit(ClientMetrics, "m", "metrics", AlterOp::Append, Some("a")),
            "INVALID_CONFIG: Can't APPEND to key metrics because its type is not LIST.",
        ),
        (set(BrokerLogger, "1", "root", "INFO"), "INVALID_REQUEST: Unknown resource type 8"),
        (set(Other(3), "x", "a", "b"), "INVALID_REQUEST: Unknown resource type 3"),
    ];
    for (change, expected) in cases {
        assert_eq!(outcome(&mut cluster, change), expected);
    }
    let codes: Vec<(ResourceChange, &str)> = vec![
        (set(Topic, "ok", "retention.ms", "x"), "INVALID_CONFIG"),
        (set(Broker, "1", "node.id", "1"), "INVALID_REQUEST"),
        (set(Broker, "1", "log.cleaner.threads", "x"), "INVALID_REQUEST"),
        (set(Group, "g", "consumer.session.timeout.ms", "1"), "INVALID_CONFIG"),
        (set(ClientMetrics, "m", "interval.ms", "1"), "INVALID_REQUEST"),
        (set(ClientMetrics, "m", "nope", "1"), "INVALID_REQUEST"),
        (set(Topic, "ok", "retention.ms", &"1".repeat(40_000)), "INVALID_CONFIG"),
    ];
    for (change, code) in codes {
        let result = outcome(&mut cluster, change);
        assert!(result.starts_with(&format!("{code}: ")), "{result}");
    }
}

#[test]
fn edits_become_records_and_records_become_values() {
    let mut cluster = TestCluster::new(1);
    cluster.create("ok", &[&[1]], &[]);
    let steps = [
        (edit(Topic, "ok", "cleanup.policy", AlterOp::Append, Some("compact")), Some("delete,compact")),
        (edit(Topic, "ok", "cleanup.policy", AlterOp::Append, Some("compact")), Some("delete,compact")),
        (edit(Topic, "ok", "cleanup.policy", AlterOp::Subtract, Some("delete")), Some("compact")),
        (edit(Topic, "ok", "cleanup.policy", AlterOp::Subtract, Some("compact")), Some("")),
        (edit(Topic, "ok", "cleanup.policy", AlterOp::Delete, None), None),
    ];
    for (change, expected) in steps {
        let decision = decide(&mut cluster, vec![change]);
        assert_eq!(decision.answer[0].1, Ok(()));
        cluster.apply(decision.records);
        assert_eq!(cluster.image.configs.value(&ConfigResource::topic("ok"), "cleanup.policy"), expected);
    }
}

#[test]
fn a_value_that_stays_is_written_for_brokers_only() {
    let mut cluster = TestCluster::new(1);
    cluster.create("ok", &[&[1]], &[("retention.ms", "5")]);
    assert!(decide(&mut cluster, vec![set(Topic, "ok", "retention.ms", "5")]).records.is_empty());
    let first = decide(&mut cluster, vec![set(Broker, "1", "log.cleaner.threads", "2")]);
    cluster.apply(first.records);
    let again = decide(&mut cluster, vec![set(Broker, "1", "log.cleaner.threads", "2")]);
    assert_eq!(again.records.len(), 1);
}

#[test]
fn a_replacement_removes_what_it_does_not_name() {
    let mut cluster = TestCluster::new(1);
    cluster.create("ok", &[&[1]], &[("retention.ms", "5"), ("segment.ms", "6")]);
    let decision = decide(&mut cluster, vec![replace("ok", &[("retention.ms", "7")])]);
    cluster.apply(decision.records);
    let values = cluster.image.configs.get(&ConfigResource::topic("ok")).expect("some are left");
    let values: Vec<_> = values.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
    assert_eq!(values, [("retention.ms", "7")]);
    assert_eq!(outcome(&mut cluster, replace("ok", &[])), "ok");
    assert!(cluster.image.configs.get(&ConfigResource::topic("ok")).is_none());
}

#[test]
fn min_insync_replicas_clears_what_was_eligible_under_the_old_one() {
    let mut cluster = TestCluster::new(3);
    cluster.create("a", &[&[1, 2, 3]], &[("min.insync.replicas", "3")]);
    cluster.fence_broker(3);
    assert_eq!(cluster.show("a", 0), "leader 1 replicas 1,2,3 isr 1,2 elr 3 epochs 0.1");
    assert_eq!(outcome(&mut cluster, set(Topic, "a", "min.insync.replicas", "2")), "ok");
    assert_eq!(cluster.show("a", 0), "leader 1 replicas 1,2,3 isr 1,2 epochs 0.2");
    let decision = decide(&mut cluster, vec![set(Broker, "", "min.insync.replicas", "2")]);
    let names: Vec<_> = decision.records.iter().map(MetadataRecord::type_name).collect();
    assert_eq!(names, ["ConfigRecord", "ClearElrRecord"]);
    cluster.apply(decision.records);
    assert_eq!(
        cluster.rules().min_insync_replicas(&cluster.image, "b"),
        2,
        "the cluster's value holds for all"
    );
}

#[test]
fn a_resource_or_a_value_that_is_there_twice_is_refused() {
    let mut cluster = TestCluster::new(1);
    cluster.create("ok", &[&[1]], &[]);
    let twice = vec![set(Topic, "ok", "retention.ms", "1"), set(Topic, "ok", "segment.ms", "1")];
    let decision = decide(&mut cluster, twice);
    assert!(decision.records.is_empty());
    assert!(decision.answer.iter().all(|(_, result)| *result == Err(ConfigChangeError::DuplicateResource)));
    let names = replace("ok", &[("retention.ms", "1"), ("retention.ms", "2")]);
    assert_eq!(outcome(&mut cluster, names), "INVALID_REQUEST: Error due to duplicate config keys");
}

#[test]
fn through_a_controller_any_registered_node_can_be_changed() {
    let mut cluster = TestCluster::new(2);
    cluster.via = Via::Controller;
    assert_eq!(outcome(&mut cluster, set(Broker, "2", "log.cleaner.threads", "3")), "ok");
    assert_eq!(
        outcome(&mut cluster, set(Broker, "9", "log.cleaner.threads", "3")),
        "BROKER_ID_NOT_REGISTERED: No node with id 9 found."
    );
    assert_eq!(
        outcome(&mut cluster, set(Broker, "2", "cordoned.log.dirs", "/a")),
        "INVALID_CONFIG: When updating cordoned.log.dirs via controllers, the new value must be a subset of the current configuration value."
    );
}
