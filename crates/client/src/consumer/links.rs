//! Connections of a consumer's own: fetches that wait at the broker for records, and joins that wait for other members,
//! would hold up whatever else uses the same connection (a broker answers in order).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use jackdaw_protocol::message::Message;
use parking_lot::Mutex;

use crate::call::Call;
use crate::cluster::Cluster;
use crate::cluster::node::Node;
use crate::config::{CommonConfig, HostPort};
use crate::connection::{Connection, RequestFrame};
use crate::error::{Error, ErrorKind, Result};

/// At most one connection to each broker.
pub(super) struct Links {
    cluster: Cluster,
    config: CommonConfig,
    nodes: Mutex<BTreeMap<i32, (HostPort, Arc<Node>)>>,
}

impl Links {
    pub(super) fn new(cluster: Cluster) -> Self {
        let config = cluster.config().clone();
        Self { cluster, config, nodes: Mutex::default() }
    }

    /// The broker at the address that the metadata name now.
    fn node(&self, id: i32) -> Result<Arc<Node>> {
        let metadata = self.cluster.metadata();
        let broker = metadata.brokers.get(&id);
        let broker = broker.ok_or_else(|| Error::new(ErrorKind::UnknownBroker).with_broker(id))?;
        let mut nodes = self.nodes.lock();
        match nodes.get(&id) {
            Some((address, node)) if *address == broker.address => Ok(Arc::clone(node)),
            _ => {
                let node = Arc::new(Node::new(id, broker.address.clone(), None));
                nodes.insert(id, (broker.address.clone(), Arc::clone(&node)));
                Ok(node)
            }
        }
    }

    /// The connection if there is one that works.
    pub(super) fn open_connection(&self, id: i32) -> Option<Arc<Connection>> {
        self.node(id).ok()?.open_connection()
    }

    /// The connection, made if there is none.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub(super) async fn connect(&self, id: i32) -> Result<Arc<Connection>> {
        self.node(id)?.connection(&self.config, self.cluster.security()).await
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// No connection, no answer in time, no common version.
    pub(super) async fn call<R: Call>(
        &self,
        id: i32,
        request: &R,
        versions: RangeInclusive<i16>,
        timeout: Duration,
    ) -> Result<R::Response<'static>> {
        let connection = self.connect(id).await?;
        let version = connection.versions().negotiate(R::KEY, versions)?;
        let frame = RequestFrame::encode(request, version, connection.client_id())?;
        let answer = connection.request(frame, timeout).await.map_err(|error| error.with_broker(id))?;
        let response: R::Response<'_> = answer.decode()?;
        Ok(response.into_owned())
    }

    /// Closes all of them.
    pub(super) fn close(&self) {
        let nodes = std::mem::take(&mut *self.nodes.lock());
        nodes.into_values().for_each(|(_, node)| node.close());
    }
}
