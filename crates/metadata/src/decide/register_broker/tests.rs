//! Tests of BrokerRegistration. What an unclean stop means for partitions is tested in `partition_change`.

use super::*;
use crate::fixture::{TestCluster, directory};

fn decide(cluster: &mut TestCluster, request: &RegisterBroker) -> Result<Decision<i64>, RegisterBrokerError> {
    cluster.ask(|image, context| register_broker(image, request, context))
}

#[test]
fn a_registration_is_the_record_that_kafka_writes() {
    let mut cluster = TestCluster::new(0);
    let request = cluster.registration(7, Some("r"), -1);
    let decision = decide(&mut cluster, &request).expect("a good one");
    assert_eq!((decision.records.len(), decision.answer), (1, request.new_epoch));
    cluster.apply(decision.records);
    let broker = cluster.image.cluster.broker(NodeId(7)).expect("registered");
    assert!(broker.fenced && !broker.in_controlled_shutdown && broker.cordoned_log_dirs.is_none());
    assert_eq!((broker.rack.as_deref(), broker.log_dirs.as_slice()), (Some("r"), [directory(7)].as_slice()));
    assert_eq!(broker.features.len(), 7);
}

#[test]
fn the_same_process_keeps_its_epoch_and_its_state() {
    let mut cluster = TestCluster::new(0);
    let request = cluster.registration(7, None, -1);
    cluster.apply(decide(&mut cluster.clone(), &request).expect("ok").records);
    cluster.unfence_broker(7);
    let again =
        RegisterBroker { rack: Some("r".into()), new_epoch: 99, session: SessionState::Alive, ..request };
    let decision = decide(&mut cluster, &again).expect("an amendment");
    cluster.apply(decision.records);
    let broker = cluster.image.cluster.broker(NodeId(7)).expect("registered");
    assert!(!broker.fenced && broker.epoch != 99 && broker.rack.is_some());
}

#[test]
fn each_bad_registration_gets_kafkas_error() {
    let mut cluster = TestCluster::new(2);
    let good = cluster.registration(3, None, -1);
    let unsupported = |name: &str, min, max| {
        let mut features = good.features.clone();
        features.insert(name.into(), VersionRange { min, max });
        RegisterBroker { features, ..good.clone() }
    };
    let without = |name: &str| {
        let mut features = good.features.clone();
        features.remove(name);
        RegisterBroker { features, ..good.clone() }
    };
    let dirs = |log_dirs: Vec<Uuid>| RegisterBroker { log_dirs, ..good.clone() };
    let cases = [
        (
            RegisterBroker { id: NodeId(1), session: SessionState::Alive, ..good.clone() },
            "DUPLICATE_BROKER_REGISTRATION: Another broker is registered",
        ),
        (dirs(vec![]), "INVALID_REGISTRATION: No directories specified in request"),
        (dirs(vec![Uuid::from_u128(99)]), "INVALID_REGISTRATION: Reserved directory ID in request"),
        (dirs(vec![directory(3), directory(3)]), "INVALID_REGISTRATION: Duplicate directory ID in request"),
        (dirs(vec![directory(1)]), "INVALID_REGISTRATION: Broker 1 is already registered with directory"),
        (
            without("metadata.version"),
            "INVALID_REGISTRATION: Request features do not contain 'metadata.version'",
        ),
        (
            without("group.version"),
            "UNSUPPORTED_VERSION: Unable to register because the broker does not support finalized version 1 of group.version. The broker wants a version between 0 and 0, inclusive.",
        ),
        (
            unsupported("metadata.version", 7, 29),
            "UNSUPPORTED_VERSION: Unable to register because the broker does not support finalized version 30 of metadata.version. The broker wants a version between 7 and 29, inclusive.",
        ),
    ];
    for (request, expected) in cases {
        let error = decide(&mut cluster, &request).expect_err(expected);
        let text = format!("{}: {error}", error.code().name());
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn an_old_level_knows_no_directories() {
    let mut cluster = TestCluster::at_level("3.6", 0);
    let request = RegisterBroker { log_dirs: Vec::new(), ..cluster.registration(3, None, -1) };
    cluster.apply(decide(&mut cluster.clone(), &request).expect("none are needed").records);
}
