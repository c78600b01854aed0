//! How configurations are read: what values a resource may have, and which value holds for a topic. Deciders ask
//! here; the answers come from `config` and from the configuration of the node that decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;

use crate::image::{ConfigEntries, ConfigResource, Image, ResourceKind};

/// Values of one resource as they would be after a change, by name.
pub type ConfigValues = BTreeMap<Arc<str>, String>;

/// A change that a resource cannot take.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ConfigRefusal {
    /// INVALID_CONFIG or INVALID_REQUEST.
    pub code: ErrorCode,
    /// What is wrong with which value; only `config` knows, so this is a text.
    pub message: String,
}

/// A value that holds for a topic, as CreateTopics answers it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EffectiveConfig {
    /// Its name.
    pub name: String,
    /// Its value; `None` if there is none, or if it must not be shown.
    pub value: Option<String>,
    /// Where it comes from, by the wire's code (1 topic, 2 broker, 3 all brokers, 4 file, 5 default).
    pub source: i8,
    /// Whether it is a secret.
    pub is_sensitive: bool,
    /// Whether it cannot be changed.
    pub is_read_only: bool,
}

/// The rules for configurations on the node that decides.
pub trait ConfigRules {
    /// `num.partitions`: how many a new topic gets that does not say.
    fn default_partition_count(&self) -> i32;
    /// `default.replication.factor`: how many replicas a new topic gets that does not say.
    fn default_replication_factor(&self) -> i16;
    /// `delete.topic.enable`.
    fn topic_deletion_enabled(&self) -> bool;
    /// `min.insync.replicas` of this node's file, or its default.
    fn static_min_insync_replicas(&self) -> i32;
    /// `min.insync.replicas` as it holds for a topic.
    fn min_insync_replicas(&self, image: &Image, topic: &str) -> usize;
    /// `unclean.leader.election.enable` as it holds for a topic.
    fn unclean_leader_election_enabled(&self, image: &Image, topic: &str) -> bool;
    /// Whether a value is a list, so that entries can be appended and subtracted.
    fn is_list(&self, kind: ResourceKind, name: &str) -> bool;
    /// The value where nobody set one.
    fn default_value(&self, kind: ResourceKind, name: &str) -> Option<String>;
    /// Whether `resource` may have the values `after`, having had `before`.
    fn check(
        &self,
        image: &Image,
        resource: &ConfigResource,
        before: Option<&ConfigEntries>,
        after: &ConfigValues,
    ) -> Result<(), ConfigRefusal>;
    /// All values that hold for a topic with these values of its own, by name.
    fn effective_topic_configs(&self, image: &Image, values: &ConfigValues) -> Vec<EffectiveConfig>;
}
