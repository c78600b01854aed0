//! What handlers work with: the partitions, the committed metadata, the quorum, the configuration, time and chance of
//! this node. No logic of a request, no socket.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arc_swap::ArcSwap;
use jackdaw_base::{Clock, Entropy, NodeId};
use jackdaw_config::Config;
use jackdaw_metadata::Image;
use jackdaw_partition::PartitionTable;
use jackdaw_protocol::messages::{fetch_response, produce_response};

use crate::coordinators::GroupCoordinators;
use crate::fetch_sessions::FetchSessions;
use crate::log_levels::LogLevels;
use crate::metrics::Metrics;
use crate::producer_ids::ProducerIds;
use crate::quorum::QuorumHandle;
use crate::storage::Storage;

/// Values of the configuration that the hot path needs as plain numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeSettings {
    /// `fetch.max.bytes`.
    pub fetch_bytes_max: u64,
}

impl NodeSettings {
    /// The values of a configuration.
    pub fn of(config: &Config) -> Self {
        let fetch_bytes_max = config.get(jackdaw_config::definitions::server::FETCH_MAX_BYTES);
        Self { fetch_bytes_max: u64::try_from(fetch_bytes_max).unwrap_or(0) }
    }
}

/// This node.
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// The id of its cluster.
    pub cluster_id: Arc<str>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The partitions on this node.
    pub partitions: Arc<PartitionTable>,
    /// The data directories.
    pub storage: Arc<Storage>,
    /// The metadata, and the way to change it.
    pub quorum: QuorumHandle,
    /// The coordinators of groups.
    pub groups: Arc<GroupCoordinators>,
    /// The configuration with its dynamic layers.
    pub config: Arc<ArcSwap<Config>>,
    /// The same as plain numbers.
    pub settings: Arc<ArcSwap<NodeSettings>>,
    /// Incremental fetch sessions.
    pub fetch_sessions: FetchSessions,
    /// Ids for idempotent producers.
    pub producer_ids: ProducerIds,
    /// The levels of this process's log.
    pub log_levels: Arc<dyn LogLevels>,
    /// Whether the node is about to stop.
    pub is_stopping: AtomicBool,
}

impl Node {
    /// The committed metadata.
    pub fn image(&self) -> Arc<Image> {
        self.quorum.image()
    }

    /// The configuration now.
    pub fn config(&self) -> Arc<Config> {
        self.config.load_full()
    }

    /// Plain numbers of the configuration now.
    pub fn settings(&self) -> NodeSettings {
        **self.settings.load()
    }

    /// Brokers that can be reached over `listener`: (id, host, port, rack).
    pub fn broker_endpoints(&self, listener: &str) -> Vec<(i32, String, i32, Option<String>)> {
        let image = self.image();
        let brokers = image.cluster.brokers.values().filter(|broker| !broker.fenced);
        brokers
            .filter_map(|broker| {
                let endpoint = broker.endpoints.iter().find(|endpoint| endpoint.name == listener)?;
                Some((broker.id.0, endpoint.host.clone(), i32::from(endpoint.port), broker.rack.clone()))
            })
            .collect()
    }

    /// [`Self::broker_endpoints`] for a Produce answer that names another leader.
    pub fn produce_endpoints(&self, listener: &str) -> Vec<produce_response::NodeEndpoint<'static>> {
        let endpoints = self.broker_endpoints(listener).into_iter();
        endpoints
            .map(|(node_id, host, port, rack)| produce_response::NodeEndpoint {
                node_id,
                host: host.into(),
                port,
                rack: rack.map(Into::into),
                ..Default::default()
            })
            .collect()
    }

    /// [`Self::broker_endpoints`] for a Fetch answer that names another leader.
    pub fn fetch_endpoints(&self, listener: &str) -> Vec<fetch_response::NodeEndpoint<'static>> {
        let endpoints = self.broker_endpoints(listener).into_iter();
        endpoints
            .map(|(node_id, host, port, rack)| fetch_response::NodeEndpoint {
                node_id,
                host: host.into(),
                port,
                rack: rack.map(Into::into),
                ..Default::default()
            })
            .collect()
    }
}
