//! Registered brokers and controllers, and the records that change them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::{DirectoryId, NodeId, Uuid};
use jackdaw_protocol::messages::broker_registration_change_record::BrokerRegistrationChangeRecord;
use jackdaw_protocol::messages::register_broker_record::RegisterBrokerRecord;
use jackdaw_protocol::messages::register_controller_record::RegisterControllerRecord;
use rpds::RedBlackTreeMapSync;

use super::ReplayError;
use crate::delta::Delta;

/// Where a node listens under one listener name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// The listener's name.
    pub name: String,
    /// The advertised host.
    pub host: String,
    /// The advertised port.
    pub port: u16,
    /// Kafka's number of the security protocol (0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL).
    pub security_protocol: i16,
}

/// The levels of a feature that a node can work with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VersionRange {
    /// The oldest one.
    pub min: i16,
    /// The newest one.
    pub max: i16,
}

impl VersionRange {
    /// Whether `level` is one of them.
    pub fn contains(self, level: i16) -> bool {
        (self.min..=self.max).contains(&level)
    }
}

/// A broker's registration (KIP-631).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broker {
    /// Its `node.id`.
    pub id: NodeId,
    /// The epoch of this registration: the offset of its record, or one that its bootstrap chose.
    pub epoch: i64,
    /// Drawn anew by each start of the broker's process.
    pub incarnation_id: Uuid,
    /// Where it listens, in the order it named.
    pub endpoints: Vec<Endpoint>,
    /// What it can work with, by feature name.
    pub features: BTreeMap<String, VersionRange>,
    /// Its rack.
    pub rack: Option<String>,
    /// Fenced brokers lead nothing and are shown to no client.
    pub fenced: bool,
    /// A broker that is shutting down leads nothing and joins no in-sync set (KIP-841).
    pub in_controlled_shutdown: bool,
    /// Left over from ZooKeeper migrations; kept because old logs have it.
    pub is_migrating_zk_broker: bool,
    /// Its log directories that are online (KIP-858).
    pub log_dirs: Vec<DirectoryId>,
    /// Those that get no new replicas (KIP-1066); `None` if the broker never said.
    pub cordoned_log_dirs: Option<Vec<DirectoryId>>,
}

impl Broker {
    /// Whether it may lead and be given replicas: neither fenced nor shutting down.
    pub fn is_active(&self) -> bool {
        !self.fenced && !self.in_controlled_shutdown
    }

    /// Whether `directory` can hold a replica that is online: one of its own, or a value that stands for none yet.
    /// A broker that registered before directories were known is believed to have it.
    pub fn has_online_directory(&self, directory: DirectoryId) -> bool {
        const UNASSIGNED: DirectoryId = Uuid::ONE;
        const LOST: DirectoryId = Uuid::TWO;
        match directory {
            DirectoryId::ZERO | UNASSIGNED => true,
            LOST => false,
            directory => self.log_dirs.is_empty() || self.log_dirs.contains(&directory),
        }
    }

    /// Whether at least one of its directories takes new replicas.
    pub fn has_uncordoned_directory(&self) -> bool {
        match &self.cordoned_log_dirs {
            Some(cordoned) if !self.log_dirs.is_empty() => {
                self.log_dirs.iter().any(|dir| !cordoned.contains(dir))
            }
            _ => true,
        }
    }
}

/// A controller's registration (KIP-919).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Controller {
    /// Its `node.id`.
    pub id: NodeId,
    /// Drawn anew by each start of its process.
    pub incarnation_id: Uuid,
    /// Left over from ZooKeeper migrations.
    pub zk_migration_ready: bool,
    /// Where it listens, in the order it named.
    pub endpoints: Vec<Endpoint>,
    /// What it can work with, by feature name.
    pub features: BTreeMap<String, VersionRange>,
}

/// All registered nodes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cluster {
    /// Brokers by id.
    pub brokers: RedBlackTreeMapSync<NodeId, Arc<Broker>>,
    /// Controllers by id.
    pub controllers: RedBlackTreeMapSync<NodeId, Arc<Controller>>,
}

impl Cluster {
    /// A broker by its id.
    pub fn broker(&self, id: NodeId) -> Option<&Arc<Broker>> {
        self.brokers.get(&id)
    }

    /// Whether the broker is registered and may lead.
    pub fn is_active(&self, id: NodeId) -> bool {
        self.broker(id).is_some_and(|broker| broker.is_active())
    }

    /// Whether the broker is registered and not fenced.
    pub fn is_unfenced(&self, id: NodeId) -> bool {
        self.broker(id).is_some_and(|broker| !broker.fenced)
    }

    pub(super) fn replay_register_broker(&mut self, record: &RegisterBrokerRecord<'_>, delta: &mut Delta) {
        let id = NodeId(record.broker_id);
        let mut log_dirs = record.log_dirs.clone();
        log_dirs.sort_unstable();
        let broker = Broker {
            id,
            epoch: record.broker_epoch,
            incarnation_id: record.incarnation_id,
            endpoints: record
                .end_points
                .iter()
                .map(|e| endpoint(&e.name, &e.host, e.port, e.security_protocol))
                .collect(),
            features: record
                .features
                .iter()
                .map(|f| feature(&f.name, f.min_supported_version, f.max_supported_version))
                .collect(),
            rack: record.rack.as_deref().map(str::to_owned),
            fenced: record.fenced,
            in_controlled_shutdown: record.in_controlled_shutdown,
            is_migrating_zk_broker: record.is_migrating_zk_broker,
            log_dirs,
            cordoned_log_dirs: record.cordoned_log_dirs.clone(),
        };
        self.put_broker(broker, delta);
    }

    pub(super) fn replay_unregister_broker(&mut self, id: NodeId, delta: &mut Delta) {
        delta.broker_changed(id);
        self.brokers.remove_mut(&id);
    }

    pub(super) fn replay_register_controller(
        &mut self,
        record: &RegisterControllerRecord<'_>,
        delta: &mut Delta,
    ) {
        let id = NodeId(record.controller_id);
        let controller = Controller {
            id,
            incarnation_id: record.incarnation_id,
            zk_migration_ready: record.zk_migration_ready,
            endpoints: record
                .end_points
                .iter()
                .map(|e| endpoint(&e.name, &e.host, e.port, e.security_protocol))
                .collect(),
            features: record
                .features
                .iter()
                .map(|f| feature(&f.name, f.min_supported_version, f.max_supported_version))
                .collect(),
        };
        delta.controller_changed(id);
        self.controllers.insert_mut(id, Arc::new(controller));
    }

    /// The old records `FenceBroker` and `UnfenceBroker`.
    pub(super) fn replay_fencing(
        &mut self,
        id: NodeId,
        epoch: i64,
        fenced: bool,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        let before = self.registered(id, epoch)?;
        let broker = Broker { fenced, ..Broker::clone(before) };
        self.put_broker(broker, delta);
        Ok(())
    }

    pub(super) fn replay_change(
        &mut self,
        record: &BrokerRegistrationChangeRecord<'_>,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        let id = NodeId(record.broker_id);
        let before = self.registered(id, record.broker_epoch)?;
        let mut broker = Broker::clone(before);
        broker.fenced = match record.fenced {
            0 => broker.fenced,
            1 => true,
            -1 => false,
            value => return Err(ReplayError::UnknownFencing { id, value }),
        };
        broker.in_controlled_shutdown = match record.in_controlled_shutdown {
            0 => broker.in_controlled_shutdown,
            1 => true,
            value => return Err(ReplayError::UnknownControlledShutdown { id, value }),
        };
        if !record.log_dirs.is_empty() {
            broker.log_dirs = record.log_dirs.clone();
            broker.log_dirs.sort_unstable();
        }
        if let Some(cordoned) = &record.cordoned_log_dirs {
            broker.cordoned_log_dirs = Some(cordoned.clone());
        }
        if broker != **before {
            self.put_broker(broker, delta);
        }
        Ok(())
    }

    fn registered(&self, id: NodeId, epoch: i64) -> Result<&Arc<Broker>, ReplayError> {
        let broker = self.broker(id).ok_or(ReplayError::UnknownBroker { id })?;
        match broker.epoch == epoch {
            true => Ok(broker),
            false => Err(ReplayError::StaleBrokerEpoch { id, epoch, current: broker.epoch }),
        }
    }

    fn put_broker(&mut self, broker: Broker, delta: &mut Delta) {
        delta.broker_changed(broker.id);
        self.brokers.insert_mut(broker.id, Arc::new(broker));
    }
}

fn endpoint(name: &str, host: &str, port: u16, security_protocol: i16) -> Endpoint {
    Endpoint { name: name.to_owned(), host: host.to_owned(), port, security_protocol }
}

fn feature(name: &str, min: i16, max: i16) -> (String, VersionRange) {
    (name.to_owned(), VersionRange { min, max })
}
