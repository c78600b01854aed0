//! Two brokers with one topic of one partition, whose leader, log and id a test changes: enough of Kafka to lose records,
//! to elect, to delete and create again.

#![allow(dead_code, reason = "each test uses its part")]

mod answers;

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::Uuid;
use jackdaw_client::ClientConfig;
use jackdaw_protocol::api_key::ApiKey;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use crate::fake_broker::{Answer, Asked, FakeBroker, TOPIC};

/// What is served: API, lowest and highest version.
const APIS: [(ApiKey, i16, i16); 10] = [
    (ApiKey::ApiVersions, 0, 4),
    (ApiKey::Metadata, 0, 12),
    (ApiKey::Produce, 3, 13),
    (ApiKey::Fetch, 4, 18),
    (ApiKey::ListOffsets, 1, 9),
    (ApiKey::InitProducerId, 0, 4),
    (ApiKey::FindCoordinator, 0, 6),
    (ApiKey::OffsetCommit, 2, 10),
    (ApiKey::OffsetFetch, 1, 10),
    (ApiKey::OffsetForLeaderEpoch, 2, 4),
];

/// A record, or a batch that was produced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    pub leader_epoch: i32,
    pub value: String,
}

/// An offset that was committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Committed {
    pub offset: i64,
    pub leader_epoch: i32,
}

/// What was asked of which broker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    pub node: i32,
    pub key: ApiKey,
    pub version: i16,
    pub frame_bytes: usize,
}

/// What the brokers know.
pub struct World {
    pub ports: BTreeMap<i32, u16>,
    pub topic_id: Uuid,
    created: u128,
    pub leader: i32,
    pub leader_epoch: i32,
    /// Brokers that metadata name.
    pub in_metadata: Vec<i32>,
    pub log: Vec<Entry>,
    /// By topic id; by name is by the id that it has at that time.
    pub committed: BTreeMap<Uuid, Committed>,
    /// Whether errors name the leader (KIP-951).
    pub names_leaders: bool,
    /// Who names a rack is sent to this replica (KIP-392).
    pub closest: Option<i32>,
    /// How many records a fetched batch holds.
    pub batch_records: usize,
    /// `max.message.bytes`.
    pub batch_bytes_max: usize,
    /// Epoch and next sequence of the producer, once it has written.
    producer: Option<(i16, i32)>,
    /// The sizes of batches that were taken.
    pub batch_bytes: Vec<usize>,
    pub seen: Vec<Seen>,
    versions_max: BTreeMap<i16, i16>,
}

/// Both brokers.
pub struct FakeCluster {
    world: Mutex<World>,
    changed: Notify,
}

impl FakeCluster {
    /// Both, with so many records of leader epoch 0; broker 1 leads.
    pub async fn start(records: usize) -> Arc<Self> {
        let entry = |index| Entry { leader_epoch: 0, value: format!("old {index}") };
        let world = World {
            ports: BTreeMap::new(),
            topic_id: Uuid::from_u128(7),
            created: 7,
            leader: 1,
            leader_epoch: 0,
            in_metadata: vec![1, 2],
            log: (0..records).map(entry).collect(),
            committed: BTreeMap::new(),
            names_leaders: false,
            closest: None,
            batch_records: 1,
            batch_bytes_max: usize::MAX,
            producer: None,
            batch_bytes: Vec::new(),
            seen: Vec::new(),
            versions_max: BTreeMap::new(),
        };
        let cluster = Arc::new(Self { world: Mutex::new(world), changed: Notify::new() });
        for node in [1, 2] {
            let serving = Arc::clone(&cluster);
            let broker = FakeBroker::start_with(move |_, asked| serving.answer(node, asked)).await;
            cluster.world.lock().ports.insert(node, broker.port);
        }
        cluster
    }

    /// Looks at the world or changes it; who waits for news looks again.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.changed.notify_waiters();
        self.world.lock()
    }

    /// Settings to reach it, with these besides.
    pub fn config(&self, settings: &[(&str, &str)]) -> ClientConfig {
        let address = format!("127.0.0.1:{}", self.world.lock().ports[&1]);
        let mut config = ClientConfig::new(address);
        for (name, value) in settings {
            config.set(name, *value).expect("is a setting");
        }
        config
    }

    /// Waits until something was asked, `times` times in all.
    pub async fn until_asked(&self, node: i32, key: ApiKey, times: usize) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let is_it = |seen: &&Seen| seen.node == node && seen.key == key;
            if self.world.lock().seen.iter().filter(is_it).count() >= times {
                return;
            }
            changed.await;
        }
    }

    fn answer(self: &Arc<Self>, node: i32, asked: &Asked) -> Answer {
        {
            let mut world = self.world();
            let frame_bytes = asked.body.len();
            world.seen.push(Seen { node, key: asked.key, version: asked.version, frame_bytes });
        }
        self.changed.notify_waiters();
        answers::answer(self, node, asked)
    }
}

impl World {
    /// The brokers speak an API up to this version only.
    pub fn limit(&mut self, key: ApiKey, version_max: i16) {
        self.versions_max.insert(key.key(), version_max);
    }

    /// Another broker leads from now on: the log is cut, and goes on with these records of the new epoch.
    pub fn elect(&mut self, leader: i32, keeps: usize, new_records: usize) {
        self.leader = leader;
        self.leader_epoch += 1;
        self.log.truncate(keeps);
        let leader_epoch = self.leader_epoch;
        let entry = |index| Entry { leader_epoch, value: format!("new {index}") };
        self.log.extend((0..new_records).map(entry));
    }

    /// More records of the current epoch.
    pub fn append(&mut self, records: usize) {
        let (start, leader_epoch) = (self.log.len(), self.leader_epoch);
        let entry = |index| Entry { leader_epoch, value: format!("more {index}") };
        self.log.extend((start..start + records).map(entry));
    }

    /// The topic is deleted, and created with so many records.
    pub fn recreate(&mut self, records: usize) {
        self.created += 1;
        self.topic_id = Uuid::from_u128(self.created);
        self.committed.clear();
        self.leader_epoch = 0;
        self.log =
            (0..records).map(|index| Entry { leader_epoch: 0, value: format!("again {index}") }).collect();
    }

    /// Where an epoch ends: the largest one up to `epoch`, and the offset behind its last record.
    fn end_of(&self, epoch: i32) -> Option<(i32, i64)> {
        let found = self.log.iter().map(|entry| entry.leader_epoch).filter(|known| *known <= epoch).max()?;
        let end = self.log.iter().filter(|entry| entry.leader_epoch <= found).count();
        Some((found, end as i64))
    }
}

/// The topic's name.
pub fn topic() -> &'static str {
    TOPIC
}
