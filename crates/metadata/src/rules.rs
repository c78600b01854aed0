//! How the node that decides reads configurations: its own file under the dynamic values of the image, and the
//! values of topics over both. What each value may be is known to `config`; this only asks there.

use std::collections::BTreeMap;

use jackdaw_base::NodeId;
use jackdaw_config::alter::{
    AlterError, AlterErrorCode, Settings, check_min_insync_replicas, validate_broker,
    validate_client_metrics, validate_group, validate_topic,
};
use jackdaw_config::definitions::{replication, server};
use jackdaw_config::dynamic_config::Scope;
use jackdaw_config::{Config, Described, DynamicConfig, TopicConfig};
use jackdaw_protocol::error_code::ErrorCode;

use crate::image::{ConfigEntries, ConfigResource, Image, ResourceKind};

const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";
const UNCLEAN_LEADER_ELECTION: &str = "unclean.leader.election.enable";

/// The configurations as the node that decides sees them. Made anew when an image changes those of brokers;
/// topics' own values are looked up in the image.
#[derive(Clone, Debug)]
pub struct ConfigRules {
    config: Config,
    topic_defaults: TopicConfig,
}

/// Why a value is refused, with the wire's code for it.
#[derive(Clone, PartialEq, Debug)]
pub struct ConfigRefusal(pub AlterError);

impl ConfigRefusal {
    /// The wire's code.
    pub fn code(&self) -> ErrorCode {
        match self.0.code() {
            AlterErrorCode::InvalidConfig => ErrorCode::InvalidConfig,
            AlterErrorCode::InvalidRequest => ErrorCode::InvalidRequest,
        }
    }
}

impl std::fmt::Display for ConfigRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ConfigRefusal {}

impl ConfigRules {
    /// The rules of a node with this configuration over this image. Values of the image that have no effect on
    /// the node are passed over, as the node itself does.
    pub fn new(config: &Config, image: &Image) -> Self {
        let dynamic = dynamic_config(image, NodeId(config.node_id()));
        let config = match *config.dynamic() == dynamic {
            true => config.clone(),
            false => config.with_dynamic(dynamic).0,
        };
        let topic_defaults = TopicConfig::new(&config, &Settings::new());
        Self { config, topic_defaults }
    }

    /// The node's configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How many partitions a new topic gets that does not say.
    pub(crate) fn default_partition_count(&self) -> i32 {
        self.config.statics().get(server::NUM_PARTITIONS)
    }

    /// How many replicas a new topic gets that does not say.
    pub(crate) fn default_replication_factor(&self) -> i16 {
        i16::try_from(self.config.statics().get(server::DEFAULT_REPLICATION_FACTOR)).unwrap_or(i16::MAX)
    }

    /// Whether topics may be deleted.
    pub(crate) fn topic_deletion_enabled(&self) -> bool {
        self.config.get(server::DELETE_TOPIC_ENABLE)
    }

    /// `min.insync.replicas` of this node's file, or its default.
    pub(crate) fn static_min_insync_replicas(&self) -> i32 {
        self.config.statics().get(replication::MIN_INSYNC_REPLICAS)
    }

    /// `min.insync.replicas` as it holds for a topic.
    pub fn min_insync_replicas(&self, image: &Image, topic: &str) -> usize {
        let own =
            topic_value(image, topic, MIN_INSYNC_REPLICAS).and_then(|text| text.trim().parse::<i32>().ok());
        let value = own.filter(|value| *value >= 1).unwrap_or(self.topic_defaults.min_insync_replicas);
        usize::try_from(value).unwrap_or(1)
    }

    /// `unclean.leader.election.enable` as it holds for a topic.
    pub fn unclean_leader_election_enabled(&self, image: &Image, topic: &str) -> bool {
        match topic_value(image, topic, UNCLEAN_LEADER_ELECTION) {
            Some(text) => text.trim().eq_ignore_ascii_case("true"),
            None => self.topic_defaults.unclean_leader_election_enable,
        }
    }

    /// Whether `resource` may have the values `after`, having had `before`. The values of another broker cannot
    /// be judged here: its file is not ours.
    pub(crate) fn check(
        &self,
        resource: &ConfigResource,
        before: Option<&ConfigEntries>,
        after: &Settings,
    ) -> Result<(), ConfigRefusal> {
        let name = resource.name.as_ref();
        let own_name = self.config.node_id().to_string();
        let result = match resource.kind {
            ResourceKind::Topic => validate_topic(&self.config, name, after, &settings(before)),
            ResourceKind::Broker if name.is_empty() => validate_broker(&self.config, Scope::Cluster, after),
            ResourceKind::Broker if name == own_name => validate_broker(&self.config, Scope::Broker, after),
            ResourceKind::Group => validate_group(&self.config, name, after),
            ResourceKind::ClientMetrics => validate_client_metrics(name, after),
            ResourceKind::Broker | ResourceKind::BrokerLogger | ResourceKind::Other(_) => Ok(()),
        };
        result.map_err(ConfigRefusal)
    }

    /// All values that hold for a topic with these values of its own, by name.
    pub fn effective_topic_configs(&self, values: &Settings) -> Vec<Described> {
        self.config.describe_topic(values)
    }
}

/// Whether, with eligible leader replicas, `min.insync.replicas` of brokers may become this (KIP-966).
pub(crate) fn check_min_isr(
    resource: &ConfigResource,
    name: &str,
    new: Option<&str>,
) -> Result<(), ConfigRefusal> {
    let scope = if resource.name.is_empty() { Scope::Cluster } else { Scope::Broker };
    check_min_insync_replicas(scope, name, new).map_err(ConfigRefusal)
}

/// The dynamic values of the image that concern a node.
pub fn dynamic_config(image: &Image, node: NodeId) -> DynamicConfig {
    DynamicConfig {
        cluster_default: settings(image.configs.get(&ConfigResource::default_broker())),
        per_broker: settings(image.configs.get(&ConfigResource::broker(node))),
    }
}

/// Values of the image as `config` takes them.
pub fn settings(entries: Option<&ConfigEntries>) -> Settings {
    let entries = entries.into_iter().flat_map(|entries| entries.iter());
    entries.map(|(name, value)| (name.to_string(), value.to_string())).collect::<BTreeMap<_, _>>()
}

fn topic_value<'i>(image: &'i Image, topic: &str, name: &str) -> Option<&'i str> {
    image.configs.value(&ConfigResource::topic(topic), name)
}
