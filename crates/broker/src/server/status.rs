//! What the node tells of itself: over HTTP, and in the line that harnesses wait for.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jackdaw_config::Config;
use jackdaw_config::definitions::jackdaw;

use super::StartError;
use super::listening::Advertised;
use crate::http::{HttpAddress, HttpServer, NotReady, Status};
use crate::node::Node;

/// The release of Kafka whose behaviour this is.
const KAFKA_VERSION: &str = "4.3.1";

struct NodeStatus {
    node: Arc<Node>,
}

impl Status for NodeStatus {
    fn not_ready(&self) -> Vec<NotReady> {
        let mut reasons = Vec::new();
        if self.node.is_stopping.load(Ordering::Acquire) {
            reasons.push(NotReady { part: "node".into(), reason: "it is stopping".into() });
        }
        let view = self.node.quorum.view();
        if let Some(failure) = &view.failure {
            let reason = format!("it is served, but cannot be changed: {failure}; mend the disk and restart");
            reasons.push(NotReady { part: "metadata".into(), reason });
        } else if view.leader.is_none() {
            reasons.push(NotReady { part: "metadata".into(), reason: "the quorum has no leader".into() });
        }
        for (directory, reason) in self.node.storage.offline_reasons() {
            let reason = format!("{directory} is offline: {reason}; mend the disk and restart");
            reasons.push(NotReady { part: "log_directory".into(), reason });
        }
        let offline = self.node.partitions.all().iter().filter(|partition| !partition.is_serving()).count();
        if offline > 0 {
            let reason = format!("{offline} partitions are offline; the log says why");
            reasons.push(NotReady { part: "partitions".into(), reason });
        }
        reasons
    }

    fn version(&self) -> Vec<(&'static str, String)> {
        vec![
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("kafka_version", KAFKA_VERSION.to_owned()),
            ("cluster_id", self.node.cluster_id.to_string()),
            ("node_id", self.node.id.to_string()),
        ]
    }
}

/// Serves HTTP, unless it is turned off.
pub(super) fn start_http(config: &Config, node: &Arc<Node>) -> Result<Option<HttpServer>, StartError> {
    let Ok(port) = u16::try_from(config.get(jackdaw::JACKDAW_HTTP_PORT)) else { return Ok(None) };
    let host = config.get(jackdaw::JACKDAW_HTTP_HOST);
    let mut found = (host.as_str(), port).to_socket_addrs().map_err(|error| {
        StartError::Unsupported(format!("jackdaw.http.host {host} has no address: {error}"))
    })?;
    let Some(address) = found.next() else { return Ok(None) };
    let is_given =
        config.statics().is_given("jackdaw.http.port") || config.statics().is_given("jackdaw.http.host");
    let wanted = if is_given { HttpAddress::Configured(address) } else { HttpAddress::Default(address) };
    let status = Arc::new(NodeStatus { node: Arc::clone(node) });
    Ok(HttpServer::start(wanted, Arc::clone(&node.metrics), status)?)
}

/// One line for people, one for harnesses.
pub(super) fn log_started(node: &Node, advertised: &Advertised, http: Option<&HttpServer>) {
    let listeners: Vec<String> = advertised
        .broker
        .iter()
        .map(|endpoint| format!("{}://{}:{}", endpoint.name, endpoint.host, endpoint.port))
        .collect();
    let http = http.map(|http: &HttpServer| -> SocketAddr { http.address() });
    if advertised.is_loopback_only {
        tracing::info!("only this machine can connect: set listeners to serve others");
    }
    let acls = node.image().security.acls.keys().count();
    if acls > 0 {
        tracing::warn!(
            acls,
            "the metadata holds ACLs, and no authorizer enforces them: they are kept, and protect nobody"
        );
    }
    tracing::info!(
        kafka = listeners.join(","),
        http = http.map(|address| address.to_string()),
        cluster_id = %node.cluster_id,
        "[KafkaRaftServer nodeId={}] Kafka Server started",
        node.id
    );
}
