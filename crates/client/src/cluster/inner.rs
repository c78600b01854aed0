//! What the handles of a cluster share: settings, metadata, nodes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use super::coordinators::Coordinators;
use super::metadata::Metadata;
use super::node::Node;
use super::wishes::Refresh;
use crate::config::{CommonConfig, HostPort};
use crate::connection::{Connection, Security};
use crate::error::{Error, ErrorKind, Result};

/// The state behind [`super::Cluster`].
pub(crate) struct Inner {
    pub(super) config: CommonConfig,
    pub(super) security: Security,
    pub(super) metadata: ArcSwap<Metadata>,
    /// Held by whoever makes new metadata out of the last ones.
    pub(super) changing: Mutex<()>,
    /// Counts changes of `metadata`.
    pub(super) version: watch::Sender<u64>,
    pub(super) refresh: Refresh,
    pub(super) coordinators: Coordinators,
    nodes: Mutex<BTreeMap<i32, Arc<Node>>>,
    closed: AtomicBool,
    pub(super) closing: Notify,
}

impl Inner {
    pub(super) fn new(config: CommonConfig, security: Security) -> Self {
        let nodes = bootstrap_nodes(&config.bootstrap_servers);
        Self {
            config,
            security,
            metadata: ArcSwap::from_pointee(Metadata::default()),
            changing: Mutex::default(),
            version: watch::Sender::new(0),
            refresh: Refresh::default(),
            coordinators: Coordinators::default(),
            nodes: Mutex::new(nodes),
            closed: AtomicBool::new(false),
            closing: Notify::new(),
        }
    }

    pub(super) fn node(&self, id: i32) -> Result<Arc<Node>> {
        if self.is_closed() {
            return Err(ErrorKind::Closed.into());
        }
        let found = self.nodes.lock().get(&id).cloned();
        found.ok_or_else(|| Error::new(ErrorKind::UnknownBroker).with_broker(id))
    }

    pub(super) fn nodes(&self) -> Vec<Arc<Node>> {
        self.nodes.lock().values().cloned().collect()
    }

    /// A connection to this node, made if there is none.
    pub(super) async fn connection(&self, id: i32) -> Result<Arc<Connection>> {
        self.node(id)?.connection(&self.config, &self.security).await
    }

    /// Everybody sees `metadata` from now on.
    pub(super) fn set_metadata(&self, metadata: Metadata) {
        self.set_brokers(&metadata);
        self.metadata.store(Arc::new(metadata));
        self.version.send_modify(|version| *version += 1);
    }

    /// Takes over the brokers of new metadata: bootstrap addresses have served their purpose, those that are gone or have
    /// moved are forgotten with their connections.
    fn set_brokers(&self, metadata: &Metadata) {
        if metadata.brokers.is_empty() {
            return;
        }
        let mut nodes = self.nodes.lock();
        let mut kept = BTreeMap::new();
        for broker in metadata.brokers.values() {
            let node = match nodes.remove(&broker.id) {
                Some(node) if node.address == broker.address => node,
                _ => {
                    // The connection to a bootstrap address is one to this broker, if it says that it lives there.
                    let known = nodes.values().find(|node| node.id < 0 && node.address == broker.address);
                    let connection = known.and_then(|node| node.open_connection());
                    Arc::new(Node::new(broker.id, broker.address.clone(), connection))
                }
            };
            kept.insert(broker.id, node);
        }
        *nodes = kept;
    }

    /// Forgets all brokers and starts again from the configured addresses (KIP-899).
    pub(super) fn rebootstrap(&self) {
        tracing::info!("no known broker answers: starting again from bootstrap.servers");
        *self.nodes.lock() = bootstrap_nodes(&self.config.bootstrap_servers);
    }

    pub(super) fn is_bootstrapping(&self) -> bool {
        self.nodes.lock().keys().all(|id| *id < 0)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.closing.notify_waiters();
        let nodes = std::mem::take(&mut *self.nodes.lock());
        for node in nodes.into_values() {
            node.close();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

/// Bootstrap addresses have the ids -1, -2, …
fn bootstrap_nodes(addresses: &[HostPort]) -> BTreeMap<i32, Arc<Node>> {
    let node = |(index, address): (i32, &HostPort)| {
        (-1 - index, Arc::new(Node::new(-1 - index, address.clone(), None)))
    };
    (0..).zip(addresses).map(node).collect()
}
