//! Random requests against the invariants: after every decision the image satisfies M4 and the rest of
//! `fixture::check_invariants`; blocks of producer ids never overlap (M5); the image is what a snapshot of it
//! gives (M1, Q4), and comparing images finds what was noted on the way.

use std::collections::BTreeSet;

use jackdaw_base::{NodeId, Offset, PartitionIndex, Uuid};
use jackdaw_config::alter::AlterOp;
use proptest::prelude::*;

use super::alter_configs::{
    AlterConfigs, ChangeKind, ConfigEdit, ConfigOperation, ResourceChange, alter_configs,
};
use super::alter_partition::{AlterPartition, WantedIsr, alter_partition};
use super::broker_lifecycle::{CaughtUp, Heartbeat, heartbeat};
use super::create_partitions::{CreatePartitions, MorePartitions, create_partitions};
use super::create_topics::{CreateTopics, NewTopic, create_topics};
use super::delete_topics::{TopicSelector, delete_topics};
use super::elect_leaders::{ElectionType, balance_leaders, elect_leaders, elect_unclean_leaders};
use super::producer_ids::allocate_producer_ids;
use super::reassignments::{AlterReassignments, FactorChange, alter_reassignments};
use super::unregister_broker::unregister_broker;
use super::{Mode, RECORDS_PER_DECISION_MAX};
use crate::delta::Delta;
use crate::fixture::TestCluster;
use crate::image::{ConfigResource, Image, LeaderRecoveryState};
use crate::snapshot;

const BROKERS: i32 = 5;

#[derive(Clone, Debug)]
enum Request {
    Fence(i32),
    Start { broker: i32, clean: bool },
    Shutdown(i32),
    Unregister(i32),
    Create { topic: usize, partitions: i32, factor: i16 },
    Delete(usize),
    Grow { topic: usize, by: i32 },
    Isr { topic: usize, keep: u8 },
    Reassign { topic: usize, target: Option<Vec<i32>> },
    Elect { topic: usize, unclean: bool },
    Rounds,
    MinIsr { topic: Option<usize>, value: u8 },
    Unclean { topic: usize, allowed: bool },
    ProducerIds(i32),
}

fn broker() -> impl Strategy<Value = i32> {
    1..=BROKERS
}

fn request() -> impl Strategy<Value = Request> {
    use Request::{
        Create, Delete, Elect, Fence, Grow, Isr, MinIsr, ProducerIds, Reassign, Rounds, Shutdown, Start,
        Unclean, Unregister,
    };
    let topic = || 0..4usize;
    let target = proptest::sample::subsequence((1..=BROKERS).collect::<Vec<_>>(), 1..=3).prop_shuffle();
    prop_oneof![
        3 => broker().prop_map(Fence),
        4 => (broker(), any::<bool>()).prop_map(|(broker, clean)| Start { broker, clean }),
        1 => broker().prop_map(Shutdown),
        1 => broker().prop_map(Unregister),
        3 => (topic(), 1..4i32, 1..4i16).prop_map(|(topic, partitions, factor)| Create { topic, partitions, factor }),
        1 => topic().prop_map(Delete),
        1 => (topic(), 1..3i32).prop_map(|(topic, by)| Grow { topic, by }),
        4 => (topic(), any::<u8>()).prop_map(|(topic, keep)| Isr { topic, keep }),
        3 => (topic(), proptest::option::weighted(0.8, target)).prop_map(|(topic, target)| Reassign { topic, target }),
        2 => (topic(), any::<bool>()).prop_map(|(topic, unclean)| Elect { topic, unclean }),
        1 => Just(Rounds),
        1 => (proptest::option::of(topic()), 1..4u8).prop_map(|(topic, value)| MinIsr { topic, value }),
        1 => (topic(), any::<bool>()).prop_map(|(topic, allowed)| Unclean { topic, allowed }),
        1 => broker().prop_map(ProducerIds),
    ]
}

fn name(topic: usize) -> String {
    format!("topic-{topic}")
}

fn edit(resource: ConfigResource, key: &str, value: String) -> AlterConfigs {
    let operation = ConfigOperation::Known(AlterOp::Set);
    let edit = ConfigEdit { name: key.into(), operation, value: Some(value) };
    AlterConfigs {
        resources: vec![ResourceChange { resource, change: ChangeKind::Edit(vec![edit]) }],
        mode: Mode::Apply,
    }
}

/// What the leaders of a topic ask for: those of their replicas that are alive and whose bit is set.
fn wanted_isr(image: &Image, cluster: &TestCluster, topic: &str, keep: u8) -> Vec<AlterPartition> {
    let Some(topic) = image.topics.by_name(topic) else { return Vec::new() };
    let led =
        topic.partitions.iter().filter_map(|(index, partition)| Some((index, partition, partition.leader?)));
    led.map(|(index, partition, leader)| {
        let is_kept = |node: &&NodeId| **node == leader || keep & (1 << node.0) != 0;
        let mut isr: Vec<_> = partition.replicas.iter().filter(is_kept).map(|node| (*node, -1)).collect();
        if partition.leader_recovery_state == LeaderRecoveryState::Recovering && keep & 1 == 0 {
            isr.retain(|(node, _)| *node == leader);
        }
        let wanted = WantedIsr {
            index: *index,
            leader_epoch: partition.leader_epoch,
            partition_epoch: partition.partition_epoch,
            isr,
            recovery: LeaderRecoveryState::Recovered,
        };
        AlterPartition {
            broker: leader,
            broker_epoch: cluster.sign_of_life(leader.0).epoch,
            topics: vec![(topic.id, vec![wanted])],
        }
    })
    .collect()
}

fn perform_on_broker(cluster: &mut TestCluster, request: &Request) {
    match *request {
        Request::Fence(broker) => cluster.fence_broker(broker),
        Request::Start { broker, clean } => {
            let epoch = cluster.sign_of_life(broker).epoch;
            cluster.register_broker(broker, None, if clean { epoch } else { -1 });
            cluster.unfence_broker(broker);
        }
        Request::Shutdown(broker) => {
            let life = cluster.sign_of_life(broker);
            let stop = Heartbeat { wants_shutdown: true, others_caught_up: CaughtUp::Yes, ..life };
            if let Ok(decision) = cluster.ask(|image, context| heartbeat(image, &stop, context)) {
                cluster.apply(decision.records);
            }
        }
        Request::Unregister(broker) => {
            let decision = cluster.ask(|image, context| unregister_broker(image, NodeId(broker), context));
            decision.into_iter().for_each(|decision| cluster.apply(decision.records));
        }
        Request::ProducerIds(broker) => {
            let epoch = cluster.sign_of_life(broker).epoch;
            if let Ok(decision) = allocate_producer_ids(&cluster.image, NodeId(broker), epoch) {
                let before = cluster.image.next_producer_id.unwrap_or(0);
                assert_eq!(decision.answer.first_id, before, "M5: a block starts where the last one ended");
                cluster.apply(decision.records);
            }
        }
        _ => unreachable!("no request of a broker"),
    }
}

fn perform_on_topic(cluster: &mut TestCluster, request: &Request) {
    let records = match request.clone() {
        Request::Create { topic, partitions, factor } => {
            let topic = NewTopic {
                name: name(topic),
                partition_count: partitions,
                replication_factor: factor,
                ..Default::default()
            };
            let request = CreateTopics { topics: vec![topic], mode: Mode::Apply };
            cluster.ask(|image, context| create_topics(image, &request, context)).expect("small").records
        }
        Request::Delete(topic) => {
            let topics = [TopicSelector { name: Some(name(topic)), id: Uuid::ZERO }];
            cluster.ask(|image, context| delete_topics(image, &topics, context)).expect("allowed").records
        }
        Request::Grow { topic, by } => {
            let count = cluster.image.topics.by_name(&name(topic)).map_or(0, |topic| topic.partition_count());
            let more = MorePartitions { name: name(topic), count: count as i32 + by, assignments: None };
            let request = CreatePartitions { topics: vec![more], mode: Mode::Apply };
            cluster.ask(|image, context| create_partitions(image, &request, context)).expect("small").records
        }
        Request::Isr { topic, keep } => {
            for request in wanted_isr(&cluster.image.clone(), cluster, &name(topic), keep) {
                let decision = cluster.ask(|image, context| alter_partition(image, &request, context));
                cluster.apply(decision.expect("a registered leader").records);
            }
            Vec::new()
        }
        Request::Reassign { topic, target } => {
            let target = target.map(|nodes| nodes.into_iter().map(NodeId).collect());
            let topics = vec![(name(topic), vec![(PartitionIndex(0), target)])];
            let request = AlterReassignments { topics, factor_change: FactorChange::Allowed };
            cluster
                .ask(|image, context| alter_reassignments(image, &request, context))
                .expect("small")
                .records
        }
        Request::Elect { topic, unclean } => {
            let election = if unclean { ElectionType::Unclean } else { ElectionType::Preferred };
            let partitions = [(name(topic), vec![PartitionIndex(0)])];
            let decision =
                cluster.ask(|image, context| elect_leaders(image, election, Some(&partitions), context));
            decision.expect("small").records
        }
        Request::Rounds => {
            let balanced = cluster.ask(|image, context| balance_leaders(image, context));
            cluster.apply(balanced.records);
            cluster.ask(|image, context| elect_unclean_leaders(image, context)).records
        }
        Request::MinIsr { topic, value } => {
            let resource = topic
                .map_or_else(ConfigResource::default_broker, |topic| ConfigResource::topic(&name(topic)));
            let request = edit(resource, "min.insync.replicas", value.to_string());
            cluster.ask(|image, context| alter_configs(image, &request, context)).expect("small").records
        }
        Request::Unclean { topic, allowed } => {
            let resource = ConfigResource::topic(&name(topic));
            let request = edit(resource, "unclean.leader.election.enable", allowed.to_string());
            cluster.ask(|image, context| alter_configs(image, &request, context)).expect("small").records
        }
        _ => unreachable!("no request about a topic"),
    };
    assert!(records.len() <= RECORDS_PER_DECISION_MAX);
    cluster.apply(records);
}

fn perform(cluster: &mut TestCluster, request: &Request) {
    match request {
        Request::Fence(_)
        | Request::Start { .. }
        | Request::Shutdown(_)
        | Request::Unregister(_)
        | Request::ProducerIds(_) => perform_on_broker(cluster, request),
        _ => perform_on_topic(cluster, request),
    }
}

fn check_rebuilt(image: &Image) {
    let mut rebuilt = Image::default();
    for (offset, record) in (0..).map(Offset).zip(snapshot::records(image)) {
        rebuilt.replay(&record, offset).expect("a snapshot folds");
    }
    assert_eq!(rebuilt, *image);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_requests_breaks_an_invariant(
        requests in proptest::collection::vec(request(), 1..60),
        old in any::<bool>(),
    ) {
        let mut cluster = match old {
            true => TestCluster::at_level("3.9", BROKERS),
            false => TestCluster::new(BROKERS),
        };
        let start = cluster.image.clone();
        cluster.delta = Delta::default();
        let mut ids = BTreeSet::new();
        for request in &requests {
            perform(&mut cluster, request);
            for (id, name) in &cluster.delta.topics_created {
                prop_assert!(ids.insert(*id) || cluster.image.topics.id_of(name) == Some(*id), "an id twice");
            }
        }
        check_rebuilt(&cluster.image);
        let found = Delta::between(&start, &cluster.image);
        prop_assert!(found.brokers.is_subset(&cluster.delta.brokers));
        prop_assert_eq!(&found.topics_created, &cluster.delta.topics_created);
        for (id, partitions) in &found.partitions {
            let noted = &cluster.delta.partitions[id];
            prop_assert!(partitions.iter().all(|(index, before)| noted.get(index) == Some(before)));
        }
    }
}
