//! A whole node: from a configuration to a broker that serves, and back to files that are in order. Only wiring; every
//! part does its own work elsewhere.
//!
//! ```text
//!  ports ─▶ directories ─▶ quorum (elects itself, replays, publishes) ─▶ registration ─▶ serve ─▶ … ─▶ drain ─▶ close
//! ```

mod error;
mod format;
mod listener_changes;
mod listening;
mod metadata;
mod registration;
mod status;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use arc_swap::ArcSwap;
use jackdaw_base::disk::Disk;
use jackdaw_base::{Clock, Entropy, NodeId};
use jackdaw_config::definitions::server as server_rows;
use jackdaw_config::{BrokerConfig, Config};
use jackdaw_partition::PartitionTable;
use jackdaw_store::{FileCache, OsClock, OsDisk, OsEntropy};

pub use error::StartError;
pub use format::{
    DirectoryState, FormatError, FormatRequest, directory_states, format_storage, storage_info,
};

use crate::coordinators::{CoordinatorParts, CoordinatorPublisher, GroupCoordinators};
use listener_changes::ConfigSignal;

use crate::edge::Edge;
use crate::fetch_sessions::FetchSessions;
use crate::handlers::dispatch::{BrokerHandler, ControllerHandler};
use crate::http::HttpServer;
use crate::limits::{FileLimits, Limits, LimitsPublisher, raise_file_limit};
use crate::listener::{BoundListener, Listeners};
use crate::log_levels::LogLevels;
use crate::metrics::Metrics;
use crate::node::{Node, NodeSettings};
use crate::producer_ids::ProducerIds;
use crate::quorum::QuorumHandle;
use crate::storage::{DirectoryReports, Janitor, OpenContext, Storage, open_directories};

/// A running node.
pub struct Server {
    node: Arc<Node>,
    listeners: Arc<Listeners>,
    listener_changes: tokio::task::JoinHandle<()>,
    janitor: Janitor,
    quorum: JoinHandle<()>,
    http: Option<HttpServer>,
    broker_epoch: i64,
}

/// What is made before anything is opened.
struct Parts {
    config: Arc<BrokerConfig>,
    node_id: NodeId,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    files: Arc<FileCache>,
    file_limits: FileLimits,
    current: Arc<ArcSwap<Config>>,
    settings: Arc<ArcSwap<NodeSettings>>,
    log_levels: Arc<dyn LogLevels>,
}

impl Parts {
    fn new(config: Arc<BrokerConfig>, log_levels: Arc<dyn LogLevels>) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(OsClock::new());
        let disk: Arc<dyn Disk> = Arc::new(OsDisk);
        let file_limits = raise_file_limit();
        let effective = Config::new(Arc::clone(&config));
        Self {
            node_id: NodeId(effective.node_id()),
            files: Arc::new(FileCache::new(Arc::clone(&disk), file_limits.segment_files_max)),
            settings: Arc::new(ArcSwap::from_pointee(NodeSettings::of(&effective))),
            current: Arc::new(ArcSwap::from_pointee(effective)),
            entropy: Arc::new(OsEntropy),
            file_limits,
            disk,
            clock,
            config,
            log_levels,
        }
    }

    fn config(&self) -> Arc<Config> {
        self.current.load_full()
    }

    fn group_coordinators(
        &self,
        partitions: &Arc<PartitionTable>,
        quorum: &QuorumHandle,
    ) -> Arc<GroupCoordinators> {
        GroupCoordinators::new(CoordinatorParts {
            node_id: self.node_id,
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            config: Arc::clone(&self.current),
            partitions: Arc::clone(partitions),
            image: quorum.image(),
        })
    }

    fn limits_publisher(&self, limits: &Limits) -> LimitsPublisher {
        let current = Arc::clone(&self.current);
        LimitsPublisher::new(current, Arc::clone(&limits.changing), self.file_limits.connections_max)
    }
}

impl Server {
    /// Starts a node, whose clients may read and change `log_levels`. To be called within a tokio runtime. When it
    /// returns, clients are served.
    pub async fn start(
        config: Arc<BrokerConfig>,
        log_levels: Arc<dyn LogLevels>,
    ) -> Result<Self, StartError> {
        let parts = Parts::new(config, log_levels);
        refuse_what_protects(&parts.config())?;
        let metrics = Metrics::new(Arc::clone(&parts.clock));
        let limits = listening::limits(&parts.config(), &parts.file_limits);
        // Ports first: a node that cannot be reached touches no file.
        let bound = listening::bind_all(&parts.config(), &limits)?;
        let advertised = listening::Advertised::of(&parts.config(), &bound);
        let paths: Vec<PathBuf> = metadata::all_directories(&parts.config());
        let metadata_directory = metadata::MetadataPaths::of(&parts.config()).root;
        let log_directories: Vec<PathBuf> = parts.config().log_dirs().iter().map(PathBuf::from).collect();
        let context = OpenContext {
            node_id: parts.node_id,
            metadata_directory: &metadata_directory,
            log_directories: &log_directories,
            disk: Arc::clone(&parts.disk),
            files: Arc::clone(&parts.files),
            clock: Arc::clone(&parts.clock),
            entropy: &*parts.entropy,
        };
        let (opened, cluster_id) = open_directories(&paths, None, &context)?;
        let partitions = Arc::new(PartitionTable::default());
        let log = metadata::open_log(&parts, &opened, &advertised)?;
        let storage = Storage::new(parts.node_id, Arc::clone(&parts.clock), opened, Arc::clone(&partitions))?;
        let (mut host, quorum) = metadata::begin(&parts, &storage, log, &advertised)?;
        host.add_publisher(Box::new(parts.limits_publisher(&limits)));
        let groups = parts.group_coordinators(&partitions, &quorum);
        host.add_publisher(Box::new(CoordinatorPublisher::new(Arc::clone(&groups))));
        let config_signal = ConfigSignal::default();
        let config_changed = Arc::clone(&config_signal.0);
        host.add_publisher(Box::new(config_signal));
        let registration = registration::register(&parts, &storage, &quorum, &advertised)?;
        let thread = metadata::run(host)?;
        let broker_epoch = registration.committed().await?;
        storage.begin_serving()?;
        groups.begin_serving()?;
        let node = Arc::new(node(&parts, cluster_id, metrics, partitions, storage, quorum, groups));
        crate::node_metrics::register(&node, &parts.files);
        let reports = DirectoryReports::new(node.quorum.clone(), node.id, broker_epoch);
        let janitor = Janitor::start(Arc::clone(&node.storage), Arc::clone(&node.config), reports)?;
        let listeners = Arc::new(serve(&node, bound, limits)?);
        let of_start = parts.config.listeners().opened.clone();
        let listener_changes =
            listener_changes::follow(Arc::clone(&node), Arc::clone(&listeners), of_start, config_changed);
        let http = status::start_http(&parts.config(), &node)?;
        status::log_started(&node, &advertised, http.as_ref());
        Ok(Self { node, listeners, listener_changes, janitor, quorum: thread, http, broker_epoch })
    }

    /// The node, for those who want to look into it.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Stops in order: clients are drained, everything is on the disk, the directories are marked clean.
    pub async fn stop(self) {
        let Self { node, listeners, listener_changes, janitor, quorum, http, broker_epoch } = self;
        node.is_stopping.store(true, Ordering::Release);
        listener_changes.abort();
        let left = listeners.stop().await;
        if left > 0 {
            tracing::warn!(connections = left, "left behind: they took longer than the time for draining");
        }
        registration::leave(&node, broker_epoch).await;
        let closing = tokio::task::spawn_blocking(move || {
            drop(http);
            node.groups.stop();
            janitor.stop();
            node.quorum.stop();
            if quorum.join().is_err() {
                tracing::error!("the quorum's thread did not end in order");
            }
            node.storage.close(Some(broker_epoch));
        });
        if closing.await.is_err() {
            tracing::error!("not stopped in order: the next start recovers");
        }
        tracing::info!("stopped");
    }
}

/// Fail closed: what somebody relies on and is not enforced keeps the node from starting.
fn refuse_what_protects(config: &Config) -> Result<(), StartError> {
    let protections = config.protective_settings();
    if !protections.is_empty() {
        return Err(StartError::NotEnforced(protections.iter().map(ToString::to_string).collect()));
    }
    let unused = config.not_yet_effective();
    if !unused.is_empty() {
        tracing::warn!(names = unused.join(", "), "configurations that have no effect yet");
    }
    Ok(())
}

fn node(
    parts: &Parts,
    cluster_id: String,
    metrics: Arc<Metrics>,
    partitions: Arc<PartitionTable>,
    storage: Arc<Storage>,
    quorum: QuorumHandle,
    groups: Arc<GroupCoordinators>,
) -> Node {
    let slots = parts.config().get(server_rows::MAX_INCREMENTAL_FETCH_SESSION_CACHE_SLOTS);
    Node {
        id: parts.node_id,
        cluster_id: cluster_id.into(),
        clock: Arc::clone(&parts.clock),
        entropy: Arc::clone(&parts.entropy),
        metrics,
        partitions,
        storage,
        quorum,
        groups,
        config: Arc::clone(&parts.current),
        settings: Arc::clone(&parts.settings),
        fetch_sessions: FetchSessions::new(usize::try_from(slots).unwrap_or(0)),
        producer_ids: ProducerIds::default(),
        log_levels: Arc::clone(&parts.log_levels),
        is_stopping: AtomicBool::new(false),
    }
}

fn serve(
    node: &Arc<Node>,
    bound: Vec<(BoundListener, jackdaw_config::listeners::Purpose)>,
    limits: crate::limits::Limits,
) -> Result<Listeners, StartError> {
    use jackdaw_config::listeners::Purpose;
    let listeners = Listeners::new(Edge::new(limits, Arc::clone(&node.metrics)));
    for (listener, purpose) in bound {
        match purpose {
            Purpose::Broker => listeners.serve(listener, Arc::new(BrokerHandler::new(Arc::clone(node))))?,
            Purpose::Controller => {
                listeners.serve(listener, Arc::new(ControllerHandler::new(Arc::clone(node))))?
            }
        }
    }
    Ok(listeners)
}

/// The directories of a configuration, the metadata log's among them.
pub fn directories(config: &Config) -> Vec<PathBuf> {
    metadata::all_directories(config)
}
