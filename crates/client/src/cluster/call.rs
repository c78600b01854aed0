//! Calls of any API: the version is negotiated, the answer decoded.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use jackdaw_protocol::message::Message;

use super::handle::Cluster;
use super::node::Node;
use crate::call::Call;
use crate::config::RecoveryStrategy;
use crate::connection::{ApiVersions, Connection, FinalizedFeatures, RequestFrame, ResponseFrame};
use crate::error::{Error, ErrorKind, Result};
use crate::retry::chance;

/// How a call differs from the usual one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallOptions {
    /// The versions that can carry the request and whose answers the caller understands.
    pub versions: RangeInclusive<i16>,
    /// Longer than `request.timeout.ms`, for requests that brokers answer late on purpose.
    pub timeout: Option<Duration>,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self { versions: 0..=i16::MAX, timeout: None }
    }
}

impl CallOptions {
    /// The usual call, in one of these versions.
    pub fn versions(versions: RangeInclusive<i16>) -> Self {
        Self { versions, ..Self::default() }
    }

    /// The same with another time-out.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }
}

impl Cluster {
    /// Sends a request to a broker and waits for its answer, in the highest version that both sides speak. Error codes
    /// inside the answer are the caller's to look at; nothing is sent twice.
    ///
    /// # Errors
    /// `UnknownBroker`, no connection, no answer in time, no common version.
    pub async fn call<R: Call>(&self, node_id: i32, request: &R) -> Result<R::Response<'static>> {
        self.call_with(node_id, request, &CallOptions::default()).await
    }

    /// [`Cluster::call`] in one of these versions only.
    ///
    /// # Errors
    /// As [`Cluster::call`].
    pub async fn call_version<R: Call>(
        &self,
        node_id: i32,
        request: &R,
        versions: RangeInclusive<i16>,
    ) -> Result<R::Response<'static>> {
        self.call_with(node_id, request, &CallOptions::versions(versions)).await
    }

    /// [`Cluster::call`] with options.
    ///
    /// # Errors
    /// As [`Cluster::call`].
    pub async fn call_with<R: Call>(
        &self,
        node_id: i32,
        request: &R,
        options: &CallOptions,
    ) -> Result<R::Response<'static>> {
        let frame = self.call_frame(node_id, request, options).await?;
        decode::<R>(&frame)
    }

    /// [`Cluster::call_with`] that leaves the answer undecoded, to be read without copying.
    ///
    /// # Errors
    /// As [`Cluster::call`].
    pub async fn call_frame<R: Call>(
        &self,
        node_id: i32,
        request: &R,
        options: &CallOptions,
    ) -> Result<ResponseFrame> {
        let connection = self.inner.connection(node_id).await?;
        self.send(&connection, request, options).await.map_err(|error| error.with_broker(node_id))
    }

    /// Asks any broker: the least loaded of those that are connected, else any that can be reached. Starts again from
    /// `bootstrap.servers` if none can (KIP-899).
    ///
    /// # Errors
    /// `NoBroker`, or as [`Cluster::call`].
    pub async fn call_any<R: Call>(&self, request: &R) -> Result<R::Response<'static>> {
        self.call_any_with(request, &CallOptions::default()).await
    }

    /// [`Cluster::call_any`] with options.
    ///
    /// # Errors
    /// As [`Cluster::call_any`].
    pub async fn call_any_with<R: Call>(
        &self,
        request: &R,
        options: &CallOptions,
    ) -> Result<R::Response<'static>> {
        let connection = self.any_connection().await?;
        let frame = self.send(&connection, request, options).await?;
        decode::<R>(&frame)
    }

    /// Asks the controller, or, with KRaft, the broker that forwards to it.
    ///
    /// # Errors
    /// As [`Cluster::call`]; as [`Cluster::call_any`] if no controller is known.
    pub async fn call_controller<R: Call>(&self, request: &R) -> Result<R::Response<'static>> {
        self.call_controller_with(request, &CallOptions::default()).await
    }

    /// [`Cluster::call_controller`] with options.
    ///
    /// # Errors
    /// As [`Cluster::call_controller`].
    pub async fn call_controller_with<R: Call>(
        &self,
        request: &R,
        options: &CallOptions,
    ) -> Result<R::Response<'static>> {
        match self.metadata().controller {
            Some(id) => self.call_with(id, request, options).await,
            None => self.call_any_with(request, options).await,
        }
    }

    /// Asks the leader of a partition; its metadata are fetched if they are not there.
    ///
    /// # Errors
    /// As [`Cluster::leader`] and [`Cluster::call`].
    pub async fn call_leader<R: Call>(
        &self,
        topic: &str,
        partition: i32,
        request: &R,
        options: &CallOptions,
    ) -> Result<R::Response<'static>> {
        let (leader, _) = self.leader(topic, partition).await?;
        let place = |error: Error| error.with_partition(topic, partition);
        self.call_with(leader, request, options).await.map_err(place)
    }

    /// What one broker speaks; connects to it if need be.
    ///
    /// # Errors
    /// No connection.
    pub async fn api_versions(&self, node_id: i32) -> Result<ApiVersions> {
        Ok(self.inner.connection(node_id).await?.versions().clone())
    }

    /// The features that the cluster has finalized, as the freshest connected broker knows them.
    ///
    /// # Errors
    /// No broker answers.
    pub async fn finalized_features(&self) -> Result<FinalizedFeatures> {
        self.any_connection().await?;
        Ok(self.known_features())
    }

    /// [`Cluster::finalized_features`] as far as they are known without asking: none if no broker is connected.
    pub fn known_features(&self) -> FinalizedFeatures {
        let connections = self.inner.nodes().into_iter().filter_map(|node| node.open_connection());
        let features = connections.map(|connection| connection.versions().finalized_features().clone());
        features.max_by_key(|features| features.epoch).unwrap_or_default()
    }

    /// A connection to a broker, for those who encode themselves.
    pub(crate) async fn connection(&self, node_id: i32) -> Result<Arc<Connection>> {
        self.inner.connection(node_id).await
    }

    /// The connection to a broker if there is one that works.
    pub(crate) fn open_connection(&self, node_id: i32) -> Option<Arc<Connection>> {
        self.inner.node(node_id).ok().and_then(|node| node.open_connection())
    }

    pub(super) async fn send<R: Call>(
        &self,
        connection: &Connection,
        request: &R,
        options: &CallOptions,
    ) -> Result<ResponseFrame> {
        let version = connection.versions().negotiate(R::KEY, options.versions.clone())?;
        let frame = RequestFrame::encode(request, version, connection.client_id())?;
        let timeout = options.timeout.unwrap_or(self.inner.config.request_timeout);
        connection.request(frame, timeout).await
    }

    /// A connection to any broker. That one of them is there and could not be spoken to in security says more than that
    /// others are not there. Who is refused by one does not try the same password at the others.
    pub(super) async fn any_connection(&self) -> Result<Arc<Connection>> {
        let mut last_error = None;
        let mut insecure = None;
        for _ in 0..2 {
            for node in self.candidates() {
                match node.connection(&self.inner.config, &self.inner.security).await {
                    Ok(connection) => return Ok(connection),
                    Err(error) if error.is_refusal() => return Err(error),
                    Err(error) if error.is_about_security() => insecure = Some(error),
                    Err(error) => last_error = Some(Box::new(error)),
                }
            }
            let may_start_again = self.inner.config.recovery_strategy == RecoveryStrategy::Rebootstrap;
            if !may_start_again || self.inner.is_bootstrapping() || self.inner.is_closed() {
                break;
            }
            self.inner.rebootstrap();
        }
        if self.inner.is_closed() {
            return Err(ErrorKind::Closed.into());
        }
        Err(insecure.unwrap_or_else(|| ErrorKind::NoBroker(last_error).into()))
    }

    /// All nodes: connected ones first, by load, then the others in any order, those that failed lately last.
    fn candidates(&self) -> Vec<Arc<Node>> {
        let mut ranked: Vec<_> =
            self.inner.nodes().into_iter().map(|node| (rank(&node), chance(), node)).collect();
        ranked.sort_by_key(|(rank, chance, _)| (*rank, *chance));
        ranked.into_iter().map(|(_, _, node)| node).collect()
    }
}

fn rank(node: &Node) -> (u8, usize) {
    match node.open_connection() {
        Some(connection) => (0, connection.waiting_count()),
        None => (1 + u8::from(node.is_backing_off()), 0),
    }
}

fn decode<R: Call>(frame: &ResponseFrame) -> Result<R::Response<'static>> {
    let response: R::Response<'_> = frame.decode()?;
    Ok(response.into_owned())
}
