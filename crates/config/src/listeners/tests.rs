//! Tests of `listeners`: whole files, what comes of them, and what is refused.

use crate::broker_config::{BrokerConfig, Loaded};
use crate::properties::settings;

fn load(file: &str) -> Result<Loaded, String> {
    BrokerConfig::load(settings("f", file.as_bytes()).unwrap())
        .map_err(|errors| errors.iter().map(|error| error.error.to_string()).collect::<Vec<_>>().join("; "))
}

fn check(file: &str, opened: &str, advertised: &str, advertised_controller: &str) {
    let loaded = load(file).unwrap_or_else(|error| panic!("{file}\n{error}"));
    let listeners = loaded.config.listeners();
    let show = |listeners: &[super::Listener]| {
        let all = listeners.iter().map(|listener| format!("{} {}", listener.endpoint, listener.protocol));
        all.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(show(&listeners.opened), opened, "{file}");
    assert_eq!(show(&listeners.advertised), advertised, "{file}");
    assert_eq!(show(&listeners.advertised_controller), advertised_controller, "{file}");
}

fn refused(file: &str, expected: &str) {
    let error = load(file).map(drop).unwrap_err();
    assert!(error.contains(expected), "{file}\n{error}\n{expected}");
}

const BROKER: &str = "process.roles=broker\ncontroller.quorum.bootstrap.servers=c:9093\n";
const CONTROLLER: &str = "process.roles=controller\n";

#[test]
fn names_ports_and_addresses_come_out_as_written() {
    check("listeners=PLAINTEXT://:9092", "PLAINTEXT://:9092 PLAINTEXT", "PLAINTEXT://:9092 PLAINTEXT", "");
    check(
        "listeners=plaintext://127.0.0.1:0,CONTROLLER://[::1]:9093\nadvertised.listeners=PLAINTEXT://host:19092",
        "PLAINTEXT://127.0.0.1:0 PLAINTEXT, CONTROLLER://[::1]:9093 PLAINTEXT",
        "PLAINTEXT://host:19092 PLAINTEXT",
        "CONTROLLER://[::1]:9093 PLAINTEXT",
    );
    check(
        "listeners=IN://127.0.0.1:9092,IN6://[::1]:9092,OUT://:9094\ninter.broker.listener.name=in\n\
         listener.security.protocol.map=IN:PLAINTEXT,IN6:PLAINTEXT,OUT:SSL",
        "IN://127.0.0.1:9092 PLAINTEXT, IN6://[::1]:9092 PLAINTEXT, OUT://:9094 SSL",
        "IN://127.0.0.1:9092 PLAINTEXT, IN6://[::1]:9092 PLAINTEXT, OUT://:9094 SSL",
        "",
    );
    // A name of the controller's listener needs no protocol as long as nothing asks for security.
    check(
        "controller.listener.names=QUORUM\nlisteners=PLAINTEXT://:1,QUORUM://:2",
        "PLAINTEXT://:1 PLAINTEXT, QUORUM://:2 PLAINTEXT",
        "PLAINTEXT://:1 PLAINTEXT",
        "QUORUM://:2 PLAINTEXT",
    );
    check(
        "listeners=PLAINTEXT://:1,CONTROLLER://0.0.0.0:2\n\
         advertised.listeners=PLAINTEXT://a:1,CONTROLLER://b:3",
        "PLAINTEXT://:1 PLAINTEXT, CONTROLLER://0.0.0.0:2 PLAINTEXT",
        "PLAINTEXT://a:1 PLAINTEXT",
        "CONTROLLER://b:3 PLAINTEXT",
    );
}

#[test]
fn a_controller_that_is_open_for_every_address_is_told_by_its_place_among_the_voters() {
    let (plain, told) = ("PLAINTEXT://a:1 PLAINTEXT", "PLAINTEXT://a:1 PLAINTEXT");
    for (listener, voters, expected) in [
        ("CONTROLLER://0.0.0.0:2", "controller.quorum.voters=1@c:3", "CONTROLLER://c:3"),
        ("CONTROLLER://:2", "controller.quorum.voters=1@c:3", "CONTROLLER://c:3"),
        ("CONTROLLER://b:2", "controller.quorum.voters=1@c:3", "CONTROLLER://b:2"),
        ("CONTROLLER://0.0.0.0:2", "", "CONTROLLER://:2"),
    ] {
        check(
            &format!("listeners=PLAINTEXT://a:1,{listener}\n{voters}"),
            &format!("{plain}, {listener} PLAINTEXT"),
            told,
            &format!("{expected} PLAINTEXT"),
        );
    }
}

#[test]
fn a_brokers_advertised_listeners_may_name_the_controllers_one() {
    let file = format!("{BROKER}advertised.listeners=PLAINTEXT://a:1,CONTROLLER://b:2");
    check(&file, "PLAINTEXT://localhost:9092 PLAINTEXT", "PLAINTEXT://a:1 PLAINTEXT", "");
}

#[test]
fn defaults_follow_the_roles() {
    check(BROKER, "PLAINTEXT://localhost:9092 PLAINTEXT", "PLAINTEXT://localhost:9092 PLAINTEXT", "");
    check(CONTROLLER, "CONTROLLER://localhost:9093 PLAINTEXT", "", "CONTROLLER://localhost:9093 PLAINTEXT");
}

#[test]
fn contradictions_are_refused() {
    refused("listeners=A://:1,a://:2", "different name, and A is there twice");
    refused("listeners=PLAINTEXT://:1,CONTROLLER://:1", "different port, and 1 is there twice");
    refused("listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.2:1", "different port");
    refused("listeners=NAME://:1", "No security protocol defined for listener NAME");
    refused("listeners=PLAINTEXT://0.0.0.0:1", "nonroutable meta-address 0.0.0.0");
    refused("advertised.listeners=PLAINTEXT://a:1,CONTROLLER://0.0.0.0:2", "as listener CONTROLLER does");
    refused("advertised.listeners=PLAINTEXT://0.0.0.0:1", "nonroutable");
    refused("advertised.listeners=SSL://a:1", "names SSL, which is not in listeners");
    refused(
        "listeners=PLAINTEXT://:1\ncontroller.listener.names=PLAINTEXT",
        "There must be at least one broker listener",
    );
    refused("listeners=SSL://:1", "The brokers' own listener PLAINTEXT must be in advertised.listeners");
    refused("inter.broker.listener.name=X", "No security protocol defined for listener X");
    refused(
        "inter.broker.listener.name=PLAINTEXT\nsecurity.inter.broker.protocol=PLAINTEXT",
        "Only one of inter.broker.listener.name and security.inter.broker.protocol",
    );
    refused("controller.listener.names=X\nlisteners=PLAINTEXT://:1", "must contain at least one name");
    refused(
        "controller.listener.names=CONTROLLER,X\nlisteners=PLAINTEXT://:1,CONTROLLER://:2",
        "contains X, which listeners does not have",
    );
    refused("early.start.listeners=X", "early.start.listeners contains X");
    refused("process.roles=broker,zookeeper", "String must be one of: broker, controller");
}

#[test]
fn roles_and_quorum_must_agree() {
    refused(
        "process.roles=broker",
        "A node with just the broker role needs controller.quorum.bootstrap.servers",
    );
    refused(
        &format!("{BROKER}listeners=PLAINTEXT://:1,CONTROLLER://:2"),
        "must not contain the controller listener",
    );
    refused(
        &format!("{BROKER}controller.quorum.voters=1@a:1\nnode.id=1"),
        "controller.quorum.voters contains the id 1 of this node, which has just the broker role",
    );
    refused(
        &format!("{BROKER}controller.listener.names=X\nlistener.security.protocol.map=PLAINTEXT:PLAINTEXT"),
        "No security protocol defined for listener X",
    );
    refused(
        &format!("{BROKER}controller.quorum.auto.join.enable=true"),
        "only for nodes with the controller role",
    );
    refused(
        &format!("{CONTROLLER}listeners=CONTROLLER://:1,PLAINTEXT://:2"),
        "a node with just the controller role opens no other",
    );
    refused(&format!("{CONTROLLER}controller.quorum.voters=2@a:1"), "must contain the id 1 of this node");
    refused("controller.quorum.voters=1@a:1,1@b:1", "contains the id 1 twice");
    refused(
        "listeners=SASL_PLAINTEXT://:1\nsecurity.inter.broker.protocol=SASL_PLAINTEXT\n\
         sasl.enabled.mechanisms=PLAIN",
        "which must be in sasl.enabled.mechanisms",
    );
    assert!(
        load(&format!("{CONTROLLER}controller.quorum.voters=1@a:1,2@b:1"))
            .unwrap()
            .config
            .quorum()
            .is_static()
    );
}

/// The profile with which other people's test suites run against Kafka and against us.
#[test]
fn the_acceptance_profiles_are_accepted_without_a_word() {
    for (nodes, acls) in [(1, false), (3, false), (3, true)] {
        for node in 0..nodes {
            let port = 9092 + node * 10;
            let id = if nodes == 1 { 0 } else { node + 1 };
            let voters = match nodes {
                1 => "0@127.0.0.1:9093".to_owned(),
                _ => "1@127.0.0.1:9093,2@127.0.0.1:9103,3@127.0.0.1:9113".to_owned(),
            };
            let replicas = if nodes == 1 { 1 } else { 3 };
            let acls = match acls {
                true => {
                    "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
                         allow.everyone.if.no.acl.found=true\nsuper.users=User:ANONYMOUS\n"
                }
                false => "",
            };
            let file = format!(
                "process.roles=broker,controller\nnode.id={id}\nbroker.rack=RACK{id}\n\
                 controller.quorum.voters={voters}\ncontroller.listener.names=CONTROLLER\n\
                 listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{}\n\
                 advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
                 listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs=/data/{id}\n\
                 num.partitions=4\ndefault.replication.factor={replicas}\nauto.create.topics.enable=true\n\
                 offsets.topic.num.partitions=5\noffsets.topic.replication.factor={replicas}\n\
                 transaction.state.log.num.partitions=5\ntransaction.state.log.replication.factor={replicas}\n\
                 transaction.state.log.min.isr=1\nshare.coordinator.state.topic.num.partitions=5\n\
                 share.coordinator.state.topic.replication.factor={replicas}\n\
                 share.coordinator.state.topic.min.isr=1\n\
                 group.coordinator.rebalance.protocols=classic,consumer,share,streams\n\
                 group.initial.rebalance.delay.ms=0\ngroup.min.session.timeout.ms=1000\n\
                 group.share.min.record.lock.duration.ms=1000\ngroup.consumer.min.heartbeat.interval.ms=100\n\
                 replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector\n{acls}\n\
                 log.cleaner.backoff.ms=1000\nlog.cleaner.dedupe.buffer.size=16777216\n",
                port + 1
            );
            let loaded = load(&file).unwrap();
            assert_eq!(loaded.warnings, []);
            assert_eq!(loaded.config.listeners().opened.len(), 2);
        }
    }
}
