//! The admin client: everything that brokers serve to tools. What is asked, and of whom, is here; connections and
//! metadata are in [`Cluster`], records in the producer and the consumer.
//!
//! Operations on several things answer for each of them: [`Results`] has one result per topic, partition, group or node,
//! and an error there says nothing about the others. Requests go to the node that can answer them (controller, leader,
//! coordinator, every broker), and are tried again inside [`Admin::with_timeout`] while the error says that this can help.
//!
//! Dropping a future of this module leaves what was already sent: whether a topic was created is then not known.

mod acl_names;
mod acls;
mod by_coordinator;
mod by_leader;
mod cluster;
mod configs;
mod features;
mod group_description;
mod group_offsets;
mod groups;
mod log_dirs;
mod offsets;
mod quorum;
mod quotas;
mod records;
mod replicas;
mod routing;
mod scram;
mod tokens;
mod topic_changes;
mod topics;
mod transactions;

use std::collections::BTreeMap;
use std::time::Duration;

pub use acl_names::{AclOperation, AclPatternType, AclPermission, AclResourceType, operations_of};
pub use acls::{Acl, AclFilter, AclMatch};
pub use cluster::{Broker, ClusterDescription, NodeApis};
pub use configs::{
    ConfigAlteration, ConfigEntry, ConfigOperation, ConfigResource, ConfigResourceType, ConfigSource,
    ConfigSynonym, ConfigType, DescribeConfigsOptions,
};
pub use features::{FeatureUpdate, Features, FinalizedFeature, UpgradeType};
pub use group_description::{GroupDescription, GroupMember, MemberAssignment};
pub use group_offsets::CommittedOffset;
pub use groups::{GroupFilter, GroupListing, MemberToRemove};
pub use log_dirs::{LogDir, LogDirReplica};
pub use offsets::{FoundOffset, OffsetSpec};
pub use quorum::{QuorumDescription, QuorumEndpoint, QuorumReplica};
pub use quotas::{EntityMatch, QuotaAlteration, QuotaEntity, QuotaEntry, QuotaFilter};
pub use records::UP_TO_HIGH_WATERMARK;
pub use replicas::{ElectionType, Reassignment, ReplicationFactorChange};
pub use scram::{ScramAlteration, ScramCredential, ScramMechanism};
pub use tokens::{DelegationToken, NewToken, Principal};
pub use topic_changes::{CreatedTopic, NewPartitions, NewTopic};
pub use topics::{PartitionDescription, TopicDescription, TopicListing, TopicPage};
pub use transactions::{
    ActiveProducer, TransactionDescription, TransactionFilter, TransactionListing, TransactionToAbort,
};

use crate::cluster::Cluster;
use crate::config::ClientConfig;
use crate::error::Error;

/// How long an operation may take, retries included, unless told otherwise: Kafka's `default.api.timeout.ms`.
pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(60);

/// One result per thing that was asked for.
pub type Results<K, V> = BTreeMap<K, Result<V, Error>>;

/// Whether a change is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Apply {
    /// It is made.
    #[default]
    Change,
    /// The broker says whether it could be made, and makes none.
    ValidateOnly,
}

/// Administers a cluster. Cheap to clone; clones share connections.
///
/// ```no_run
/// use jackdaw_client::admin::{Admin, Apply, NewTopic};
/// use jackdaw_client::ClientConfig;
///
/// # async fn example() -> Result<(), jackdaw_client::Error> {
/// let admin = Admin::connect(&ClientConfig::new("localhost:9092")).await?;
/// let orders = NewTopic::new("orders").partitions(12).config("retention.ms", "86400000");
/// for (name, created) in admin.create_topics([orders], Apply::Change).await {
///     println!("{name}: {} partitions", created?.partitions.unwrap_or_default());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Admin {
    cluster: Cluster,
    timeout: Duration,
}

impl Admin {
    /// Administers `cluster`.
    pub fn new(cluster: Cluster) -> Self {
        Self { cluster, timeout: OPERATION_TIMEOUT }
    }

    /// Connects as `config` says.
    ///
    /// # Errors
    /// No bootstrap address answers, or the configuration is refused.
    pub async fn connect(config: &ClientConfig) -> Result<Self, Error> {
        Ok(Self::new(Cluster::connect(config).await?))
    }

    /// The same client with another limit on the time of each operation, retries included.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The connections and metadata that it uses.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}

#[cfg(test)]
mod tests;
