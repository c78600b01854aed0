//! How a node makes itself known to the cluster's metadata: the first records of a new cluster, the controller, the
//! broker, and its farewell.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::{NodeId, Offset, Uuid};
use jackdaw_config::Config;
use jackdaw_config::definitions::{replication, server};
use jackdaw_metadata::Image;
use jackdaw_metadata::decide::bootstrap::{Bootstrap, first_records, takeover_records};
use jackdaw_metadata::decide::broker_lifecycle::{CaughtUp, Heartbeat, heartbeat};
use jackdaw_metadata::decide::register_broker::{RegisterBroker, SessionState, register_broker};
use jackdaw_metadata::decide::register_controller::register_controller;
use jackdaw_metadata::decide::{Context, Decision};
use jackdaw_metadata::feature::FEATURES;
use jackdaw_metadata::image::{Controller, VersionRange};

use super::listening::Advertised;
use super::{Parts, StartError};
use crate::node::Node;
use crate::quorum::{QueuedJob, QuorumHandle};
use crate::storage::Storage;

type Registered = Result<i64, String>;
type Beaten = Result<(), String>;

/// A registration that waits for its commit.
pub(super) struct Registration {
    cluster: QueuedJob<()>,
    controller: QueuedJob<()>,
    broker: QueuedJob<Registered>,
    unfencing: QueuedJob<Beaten>,
}

/// Queues all that makes this node known, before the quorum's thread begins: so the records share one sync.
pub(super) fn register(
    parts: &Parts,
    storage: &Storage,
    quorum: &QuorumHandle,
    advertised: &Advertised,
) -> Result<Registration, StartError> {
    let config = parts.config();
    let min_insync_replicas = config.get(replication::MIN_INSYNC_REPLICAS);
    let cluster = quorum.queue(move |image, _| {
        let records = match image.is_empty() {
            true => first_records(image, &Bootstrap::newest(min_insync_replicas)),
            false => takeover_records(image),
        };
        Decision { records, answer: () }
    })?;
    let features = features();
    let controller = Controller {
        id: parts.node_id,
        incarnation_id: parts.entropy.uuid(),
        zk_migration_ready: false,
        endpoints: advertised.controller.clone(),
        features: features.clone(),
    };
    let controller = quorum.queue(move |image, _| {
        register_controller(image, &controller).unwrap_or_else(|_| Decision::only(()))
    })?;
    let request = broker_request(parts, &config, storage, quorum, advertised, features);
    let (id, incarnation_id) = (request.id, request.incarnation_id);
    let broker = quorum.queue(move |image, context| registered(image, context, request))?;
    let unfencing = quorum.queue(move |image, context| {
        let ours = image.cluster.brokers.get(&id).filter(|broker| broker.incarnation_id == incarnation_id);
        match ours {
            Some(broker) => beaten(image, context, id, broker.epoch, Wants::Serve),
            // Refused; the answer before this one says why.
            None => Decision::only(Ok(())),
        }
    })?;
    Ok(Registration { cluster, controller, broker, unfencing })
}

impl Registration {
    /// The broker's epoch, once all of it is committed.
    pub(super) async fn committed(self) -> Result<i64, StartError> {
        self.cluster.answer().await?;
        self.controller.answer().await?;
        let epoch = self.broker.answer().await?.map_err(StartError::Registration)?;
        note_refusal(self.unfencing.answer().await?);
        Ok(epoch)
    }
}

fn features() -> BTreeMap<String, VersionRange> {
    FEATURES.iter().map(|feature| (feature.name.to_owned(), feature.supported)).collect()
}

fn broker_request(
    parts: &Parts,
    config: &Config,
    storage: &Storage,
    quorum: &QuorumHandle,
    advertised: &Advertised,
    features: BTreeMap<String, VersionRange>,
) -> RegisterBroker {
    let incarnation_id: Uuid = parts.entropy.uuid();
    RegisterBroker {
        id: parts.node_id,
        incarnation_id,
        endpoints: advertised.broker.clone(),
        features,
        rack: config.get(server::BROKER_RACK),
        log_dirs: storage.log_directories().filter(|one| one.is_online()).map(|one| one.id()).collect(),
        previous_epoch: storage.last_clean_epoch().unwrap_or(-1),
        // The lock on the data directory says that the last process of this node is gone.
        session: SessionState::Ended,
        new_epoch: 0,
        kraft_version: quorum.view().kraft_version,
    }
}

fn registered(image: &Image, context: &mut Context<'_>, mut request: RegisterBroker) -> Decision<Registered> {
    request.new_epoch = image.offset().next().0;
    match register_broker(image, &request, context) {
        Ok(Decision { records, answer }) => Decision { records, answer: Ok(answer) },
        Err(error) => Decision::only(Err(error.to_string())),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    Serve,
    Leave,
}

fn beaten(
    image: &Image,
    context: &mut Context<'_>,
    broker: NodeId,
    epoch: i64,
    wants: Wants,
) -> Decision<Beaten> {
    let request = Heartbeat {
        broker,
        epoch,
        metadata_offset: image.offset().max(Offset(epoch)),
        registration_offset: Offset(epoch),
        wants_fence: false,
        wants_shutdown: wants == Wants::Leave,
        offline_log_dirs: Vec::new(),
        cordoned_log_dirs: None,
        others_caught_up: CaughtUp::Yes,
    };
    match heartbeat(image, &request, context) {
        Ok(Decision { records, .. }) => Decision { records, answer: Ok(()) },
        Err(error) => Decision::only(Err(error.to_string())),
    }
}

fn note_refusal(answer: Beaten) {
    if let Err(error) = answer {
        tracing::warn!(error, "the controller did not take a heartbeat");
    }
}

/// The farewell of a clean stop: partitions are left in order, and the next start knows that nothing was lost.
pub(super) async fn leave(node: &Arc<Node>, epoch: i64) {
    let id = node.id;
    let farewell =
        node.quorum.submit(move |image, context| beaten(image, context, id, epoch, Wants::Leave)).await;
    match farewell {
        Ok(answer) => note_refusal(answer),
        Err(error) => {
            tracing::warn!(%error, "the controlled shutdown is not in the metadata; the next start repairs that");
        }
    }
}
