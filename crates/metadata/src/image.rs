//! The cluster's metadata as a value: the fold of all records (rule M1). Cloning costs a few pointers; a change
//! copies a path of a tree. Nothing here decides anything, and nothing but [`Image::replay`] changes an image.

pub mod brokers;
pub mod client_quotas;
pub mod configs;
mod error;
pub mod features;
pub mod partition;
pub mod security;
pub mod topics;

use std::sync::Arc;

use jackdaw_base::{NodeId, Offset};
use jackdaw_protocol::metadata_record::MetadataRecord;

use crate::delta::Delta;
pub use brokers::{Broker, Cluster, Controller, Endpoint, VersionRange};
pub use client_quotas::{ClientQuotas, QuotaEntity};
pub use configs::{ConfigEntries, ConfigResource, Configs, ResourceKind};
pub use error::ReplayError;
pub use features::Features;
pub use partition::{LeaderRecoveryState, Nodes, Partition};
pub use security::{AccessControlEntry, DelegationToken, ScramCredential, ScramMechanism, Security};
pub use topics::{Topic, Topics};

/// The metadata of a cluster after the record at [`Image::offset`].
#[derive(Clone, Debug)]
pub struct Image {
    offset: Offset,
    /// Finalized features.
    pub features: Features,
    /// Brokers and controllers.
    pub cluster: Cluster,
    /// Topics and partitions.
    pub topics: Topics,
    /// Dynamic configurations.
    pub configs: Configs,
    /// Client quotas.
    pub client_quotas: ClientQuotas,
    /// ACLs, SCRAM credentials, delegation tokens.
    pub security: Security,
    /// The first producer id that no block holds; `None` before the first block.
    pub next_producer_id: Option<i64>,
    /// The state of a migration from ZooKeeper, if a record ever named one.
    pub zk_migration_state: Option<i8>,
    transaction: Option<Transaction>,
}

/// Records between begin and end (KIP-868): kept aside until it is known whether they count.
#[derive(Clone, Debug)]
struct Transaction {
    begin: Offset,
    records: Arc<Vec<MetadataRecord<'static>>>,
}

impl Default for Image {
    fn default() -> Self {
        Self {
            offset: Offset::NONE,
            features: Features::default(),
            cluster: Cluster::default(),
            topics: Topics::default(),
            configs: Configs::default(),
            client_quotas: ClientQuotas::default(),
            security: Security::default(),
            next_producer_id: None,
            zk_migration_state: None,
            transaction: None,
        }
    }
}

/// Two images are equal if they hold the same metadata, wherever in the log they stand.
impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        self.features == other.features
            && self.cluster == other.cluster
            && self.topics == other.topics
            && self.configs == other.configs
            && self.client_quotas == other.client_quotas
            && self.security == other.security
            && self.next_producer_id == other.next_producer_id
            && self.zk_migration_state == other.zk_migration_state
    }
}

impl Image {
    /// The offset of the last record that was replayed; [`Offset::NONE`] before the first.
    pub fn offset(&self) -> Offset {
        self.offset
    }

    /// Where the open transaction began, if one is open: its records do not show, and no snapshot may be made.
    pub fn open_transaction(&self) -> Option<Offset> {
        self.transaction.as_ref().map(|transaction| transaction.begin)
    }

    /// Whether nothing was ever written: the log has no record but the quorum's own.
    pub fn is_empty(&self) -> bool {
        self.features.metadata_version().is_none()
    }

    /// The broker, if it is registered and may lead.
    pub fn active_broker(&self, id: NodeId) -> Option<&Arc<Broker>> {
        self.cluster.broker(id).filter(|broker| broker.is_active())
    }

    /// Replicas that cannot serve: their broker is fenced or gone, or their log directory is offline (KIP-858).
    pub fn offline_replicas<'p>(&'p self, partition: &'p Partition) -> impl Iterator<Item = NodeId> + 'p {
        let can_serve = move |node: NodeId| {
            self.cluster.broker(node).is_some_and(|broker| {
                let directory = partition.directory_of(node);
                !broker.fenced && directory.is_none_or(|directory| broker.has_online_directory(directory))
            })
        };
        partition.replicas.iter().copied().filter(move |node| !can_serve(*node))
    }

    /// Applies the record at `offset`. On an error the image is as it was, and the log cannot be followed further.
    pub fn replay(&mut self, record: &MetadataRecord<'_>, offset: Offset) -> Result<(), ReplayError> {
        self.replay_with(record, offset, &mut Delta::default())
    }

    /// [`Image::replay`], noting in `delta` what changed.
    pub fn replay_with(
        &mut self,
        record: &MetadataRecord<'_>,
        offset: Offset,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        if offset <= self.offset {
            return Err(ReplayError::OffsetNotRising { offset, last: self.offset });
        }
        match record {
            MetadataRecord::BeginTransaction(_) => self.begin(offset)?,
            MetadataRecord::EndTransaction(_) => self.end(offset, delta)?,
            MetadataRecord::AbortTransaction(_) => {
                self.transaction.take().ok_or(ReplayError::NoTransaction { offset })?;
            }
            _ => match &mut self.transaction {
                Some(transaction) => {
                    Arc::make_mut(&mut transaction.records).push(record.clone().into_owned())
                }
                None => self.apply(record, delta)?,
            },
        }
        self.offset = offset;
        Ok(())
    }

    /// Passes over an offset that holds no metadata record, such as a control record of the quorum.
    pub fn skip_to(&mut self, offset: Offset) {
        self.offset = self.offset.max(offset);
    }

    fn begin(&mut self, offset: Offset) -> Result<(), ReplayError> {
        if let Some(open) = self.open_transaction() {
            return Err(ReplayError::TransactionOpen { offset, open });
        }
        self.transaction = Some(Transaction { begin: offset, records: Arc::default() });
        Ok(())
    }

    fn end(&mut self, offset: Offset, delta: &mut Delta) -> Result<(), ReplayError> {
        let transaction = self.transaction.clone().ok_or(ReplayError::NoTransaction { offset })?;
        // On a copy, so that a record that cannot be applied leaves nothing of the transaction behind.
        let mut after = self.clone();
        for record in transaction.records.iter() {
            after.apply(record, delta)?;
        }
        after.transaction = None;
        *self = after;
        Ok(())
    }

    /// Applies a record outside any transaction.
    pub(crate) fn apply(
        &mut self,
        record: &MetadataRecord<'_>,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        match record {
            MetadataRecord::RegisterBroker(record) => self.cluster.replay_register_broker(record, delta),
            MetadataRecord::UnregisterBroker(record) => {
                self.cluster.replay_unregister_broker(NodeId(record.broker_id), delta);
            }
            MetadataRecord::FenceBroker(record) => {
                self.cluster.replay_fencing(NodeId(record.id), record.epoch, true, delta)?;
            }
            MetadataRecord::UnfenceBroker(record) => {
                self.cluster.replay_fencing(NodeId(record.id), record.epoch, false, delta)?;
            }
            MetadataRecord::BrokerRegistrationChange(record) => self.cluster.replay_change(record, delta)?,
            MetadataRecord::RegisterController(record) => {
                self.cluster.replay_register_controller(record, delta)
            }
            MetadataRecord::Topic(record) => self.topics.replay_topic(record, delta)?,
            MetadataRecord::Partition(record) => self.topics.replay_partition(record, delta)?,
            MetadataRecord::PartitionChange(record) => self.topics.replay_change(record, delta)?,
            MetadataRecord::ClearElr(record) => self.topics.replay_clear_elr(record, delta)?,
            MetadataRecord::RemoveTopic(record) => {
                let name = self.topics.replay_remove(record, delta)?;
                self.configs.topic_removed(&name, delta);
            }
            MetadataRecord::Config(record) => self.configs.replay(record, delta),
            MetadataRecord::FeatureLevel(record) => self.features.replay(record, delta)?,
            MetadataRecord::ClientQuota(record) => self.client_quotas.replay(record, delta),
            MetadataRecord::ProducerIds(record) => {
                self.next_producer_id = Some(record.next_producer_id);
                delta.producer_ids_changed();
            }
            MetadataRecord::AccessControlEntry(record) => self.security.replay_acl(record, delta)?,
            MetadataRecord::RemoveAccessControlEntry(record) => {
                self.security.replay_remove_acl(record.id, delta)?
            }
            MetadataRecord::UserScramCredential(record) => self.security.replay_scram(record, delta)?,
            MetadataRecord::RemoveUserScramCredential(record) => {
                self.security.replay_remove_scram(record.mechanism, &record.name, delta)?;
            }
            MetadataRecord::DelegationToken(record) => self.security.replay_token(record, delta),
            MetadataRecord::RemoveDelegationToken(record) => {
                self.security.replay_remove_token(&record.token_id, delta);
            }
            MetadataRecord::ZkMigrationState(record) => {
                self.zk_migration_state = Some(record.zk_migration_state)
            }
            MetadataRecord::NoOp(_) => {}
            // These open and close transactions; `replay_with` handles them before it comes here.
            MetadataRecord::BeginTransaction(_)
            | MetadataRecord::EndTransaction(_)
            | MetadataRecord::AbortTransaction(_) => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
