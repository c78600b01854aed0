//! A cluster for tests: an image that every decision is applied to, as a log would, with the invariants checked
//! after each record batch. Each record is also written and read again in the version that its level allows.

use std::collections::BTreeSet;
use std::sync::Arc;

use jackdaw_base::{NodeId, Offset, PartitionIndex, TimestampMs, Uuid};
use jackdaw_config::{BrokerConfig, Config, Origin, Setting};
use jackdaw_protocol::metadata_record::MetadataRecord;

use crate::decide::bootstrap::{Bootstrap, first_records};
use crate::decide::broker_lifecycle::{CaughtUp, Heartbeat, heartbeat};
use crate::decide::create_topics::{CreateTopics, NewTopic, create_topics};
use crate::decide::register_broker::{RegisterBroker, SessionState, register_broker};
use crate::decide::{Chance, Context, Mode, Via};
use crate::delta::Delta;
use crate::feature::FEATURES;
use crate::image::{Endpoint, Image, LeaderRecoveryState, Partition};
use crate::metadata_version::MetadataVersion;
use crate::rules::ConfigRules;

/// A cluster of brokers.
#[derive(Clone)]
pub(crate) struct TestCluster {
    pub(crate) image: Image,
    pub(crate) delta: Delta,
    pub(crate) via: Via,
    config: Config,
    rules: ConfigRules,
    offset: i64,
    seed: u64,
    incarnation: u128,
}

impl TestCluster {
    /// Brokers 1 to `count`, unfenced, at the newest level.
    pub(crate) fn new(count: i32) -> Self {
        let mut cluster = Self::empty(Bootstrap::newest(1));
        (1..=count).for_each(|id| cluster.start_broker(id, None));
        cluster
    }

    /// Brokers 1 to n, the i-th in the i-th rack.
    pub(crate) fn with_racks(racks: &[&str]) -> Self {
        let mut cluster = Self::empty(Bootstrap::newest(1));
        (1..).zip(racks).for_each(|(id, rack)| cluster.start_broker(id, Some(rack)));
        cluster
    }

    /// A cluster at an older level.
    pub(crate) fn at_level(name: &str, count: i32) -> Self {
        let metadata_version = MetadataVersion::from_name(name).expect("a known level");
        let mut cluster = Self::empty(Bootstrap { metadata_version, ..Bootstrap::newest(1) });
        (1..=count).for_each(|id| cluster.start_broker(id, None));
        cluster
    }

    fn empty(bootstrap: Bootstrap) -> Self {
        let setting = |(name, value): (&str, &str)| Setting {
            name: name.into(),
            value: value.into(),
            origin: Origin::CommandLine,
        };
        let settings = [("node.id", "1"), ("process.roles", "broker,controller")];
        let loaded = BrokerConfig::load(settings.map(setting)).expect("a usable configuration");
        let config = Config::new(Arc::new(loaded.config));
        let image = Image::default();
        let rules = ConfigRules::new(&config, &image);
        let records = first_records(&image, &bootstrap);
        let mut cluster = Self {
            image,
            delta: Delta::default(),
            via: Via::Broker(NodeId(1)),
            config,
            rules,
            offset: 0,
            seed: 1,
            incarnation: 1000,
        };
        cluster.apply(records);
        cluster
    }

    /// Asks a decider.
    pub(crate) fn ask<T>(&mut self, question: impl FnOnce(&Image, &mut Context<'_>) -> T) -> T {
        self.seed += 1;
        let mut context = Context {
            now: TimestampMs(1_700_000_000_000),
            chance: Chance::new([self.seed; 4]),
            via: self.via,
            configs: &self.rules,
        };
        question(&self.image, &mut context)
    }

    /// Appends and applies.
    pub(crate) fn apply(&mut self, records: Vec<MetadataRecord<'static>>) {
        let version = self.image.features.metadata_version().unwrap_or(MetadataVersion::NEWEST);
        for record in records {
            let mut bytes = Vec::new();
            record
                .encode(version.record_version(&record), &mut bytes)
                .expect("a record that its level allows");
            let read = MetadataRecord::decode(&bytes).expect("what was written can be read");
            assert_eq!(read, record, "a record survives its bytes");
            self.offset += 1;
            self.image
                .replay_with(&read, Offset(self.offset), &mut self.delta)
                .expect("a decision fits its image");
        }
        self.rules = ConfigRules::new(&self.config, &self.image);
        check_invariants(&self.image);
    }

    /// A broker process registers, catches up and is unfenced.
    pub(crate) fn start_broker(&mut self, id: i32, rack: Option<&str>) {
        self.register_broker(id, rack, -1);
        self.unfence_broker(id);
    }

    /// A broker process registers; `previous_epoch` is what its clean-shutdown file says.
    pub(crate) fn register_broker(&mut self, id: i32, rack: Option<&str>, previous_epoch: i64) {
        let request = self.registration(id, rack, previous_epoch);
        let decision = self.ask(|image, context| register_broker(image, &request, context));
        self.apply(decision.expect("a registration").records);
    }

    /// What a new process of a broker says of itself.
    pub(crate) fn registration(
        &mut self,
        id: i32,
        rack: Option<&str>,
        previous_epoch: i64,
    ) -> RegisterBroker {
        self.incarnation += 1;
        RegisterBroker {
            id: NodeId(id),
            incarnation_id: Uuid::from_u128(self.incarnation),
            endpoints: vec![Endpoint {
                name: "PLAINTEXT".into(),
                host: "127.0.0.1".into(),
                port: 9092,
                security_protocol: 0,
            }],
            features: FEATURES.iter().map(|f| (f.name.to_owned(), f.supported)).collect(),
            rack: rack.map(str::to_owned),
            log_dirs: vec![directory(id)],
            previous_epoch,
            session: SessionState::Ended,
            new_epoch: self.offset + 1,
            kraft_version: 0,
        }
    }

    /// A broker that has caught up asks to be unfenced.
    pub(crate) fn unfence_broker(&mut self, id: i32) {
        let request = self.sign_of_life(id);
        let decision =
            self.ask(|image, context| heartbeat(image, &request, context)).expect("a current epoch");
        assert!(!decision.answer.is_fenced);
        self.apply(decision.records);
    }

    /// The heartbeat of a healthy broker.
    pub(crate) fn sign_of_life(&self, id: i32) -> Heartbeat {
        Heartbeat {
            broker: NodeId(id),
            epoch: self.image.cluster.broker(NodeId(id)).map_or(-1, |broker| broker.epoch),
            metadata_offset: Offset(self.offset),
            registration_offset: Offset(0),
            wants_fence: false,
            wants_shutdown: false,
            offline_log_dirs: Vec::new(),
            cordoned_log_dirs: None,
            others_caught_up: CaughtUp::Yes,
        }
    }

    /// A broker's session ends.
    pub(crate) fn fence_broker(&mut self, id: i32) {
        let decision =
            self.ask(|image, context| crate::decide::broker_lifecycle::fence(image, NodeId(id), context));
        self.apply(decision.records);
    }

    /// Makes a topic with assignments by hand.
    pub(crate) fn create(&mut self, name: &str, assignments: &[&[i32]], configs: &[(&str, &str)]) {
        let assignments =
            (0..).zip(assignments).map(|(index, replicas)| crate::decide::create_topics::Assignment {
                partition: PartitionIndex(index),
                replicas: replicas.iter().copied().map(NodeId).collect(),
            });
        let topic = NewTopic {
            name: name.into(),
            partition_count: -1,
            replication_factor: -1,
            assignments: assignments.collect(),
            configs: configs.iter().map(|(name, value)| ((*name).into(), Some((*value).into()))).collect(),
        };
        let request = CreateTopics { topics: vec![topic], mode: Mode::Apply };
        let decision =
            self.ask(|image, context| create_topics(image, &request, context)).expect("not too large");
        assert!(decision.answer[0].1.is_ok(), "{:?}", decision.answer);
        self.apply(decision.records);
    }

    /// One partition.
    pub(crate) fn partition(&self, topic: &str, index: i32) -> Arc<Partition> {
        let topic = self.image.topics.by_name(topic).expect("the topic exists");
        Arc::clone(topic.partition(PartitionIndex(index)).expect("the partition exists"))
    }

    /// One partition in a line: `leader isr/elr last-known epoch.epoch`.
    pub(crate) fn show(&self, topic: &str, index: i32) -> String {
        show(&self.partition(topic, index))
    }

    /// The settings over which the cluster runs.
    pub(crate) fn rules(&self) -> &ConfigRules {
        &self.rules
    }
}

/// The directory of a broker.
pub(crate) fn directory(id: i32) -> Uuid {
    Uuid::from_u128(100_000 + id as u128)
}

/// A partition in a line.
pub(crate) fn show(partition: &Partition) -> String {
    let list = |nodes: &[NodeId]| nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let leader = partition.leader.map_or("-".to_owned(), |leader| leader.to_string());
    let mut line =
        format!("leader {leader} replicas {} isr {}", list(&partition.replicas), list(&partition.isr));
    for (name, nodes) in [
        ("elr", &partition.eligible_leader_replicas),
        ("last", &partition.last_known_elr),
        ("adding", &partition.adding_replicas),
        ("removing", &partition.removing_replicas),
    ] {
        if !nodes.is_empty() {
            line += &format!(" {name} {}", list(nodes));
        }
    }
    if partition.leader_recovery_state == LeaderRecoveryState::Recovering {
        line += " recovering";
    }
    line + &format!(" epochs {}.{}", partition.leader_epoch, partition.partition_epoch)
}

/// What holds in every image, whatever was decided (M4 and the registration's own rules).
pub(crate) fn check_invariants(image: &Image) {
    let mut names = BTreeSet::new();
    for topic in image.topics.iter_by_id() {
        assert!(names.insert(topic.name.clone()), "one topic per name");
        assert_eq!(image.topics.id_of(&topic.name), Some(topic.id));
        for partition in topic.partitions.values() {
            let replicas: BTreeSet<_> = partition.replicas.iter().collect();
            assert_eq!(replicas.len(), partition.replicas.len(), "no replica twice");
            assert_eq!(partition.directories.len(), partition.replicas.len());
            for nodes in [&partition.isr, &partition.eligible_leader_replicas] {
                assert!(
                    nodes.iter().all(|node| replicas.contains(node)),
                    "subset of replicas: {}",
                    show(partition)
                );
            }
            let is_both = |node: &NodeId| partition.eligible_leader_replicas.contains(node);
            assert!(!partition.isr.iter().any(is_both), "in sync or eligible, not both: {}", show(partition));
            if let Some(leader) = partition.leader {
                assert!(partition.isr.contains(&leader), "M4: a leader is in its ISR: {}", show(partition));
                assert!(
                    image.active_broker(leader).is_some(),
                    "M4: a fenced broker leads nothing: {}",
                    show(partition)
                );
            }
        }
    }
    let total: usize = image.topics.iter_by_id().map(|topic| topic.partition_count()).sum();
    assert_eq!(total, image.topics.partition_count());
}
