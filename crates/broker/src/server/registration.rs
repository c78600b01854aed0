//! How a node makes itself known to the cluster's metadata: the first records of a new cluster, the controller, the
//! broker, and its farewell.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::{Offset, Uuid};
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
use crate::quorum::QuorumHandle;
use crate::storage::Storage;

type Registered = Result<i64, String>;

/// Registers controller and broker; returns the broker's epoch. One job, so that all its records share one sync.
pub(super) async fn register(
    parts: &Parts,
    storage: &Storage,
    quorum: &QuorumHandle,
    advertised: &Advertised,
) -> Result<i64, StartError> {
    let config = parts.config();
    if quorum.image().is_empty() {
        let first = Bootstrap::newest(config.get(replication::MIN_INSYNC_REPLICAS));
        quorum.submit(move |image, _| Decision { records: first_records(image, &first), answer: () }).await?;
    } else {
        quorum.submit(move |image, _| Decision { records: takeover_records(image), answer: () }).await?;
    }
    let features = features();
    let controller = Controller {
        id: parts.node_id,
        incarnation_id: parts.entropy.uuid(),
        zk_migration_ready: false,
        endpoints: advertised.controller.clone(),
        features: features.clone(),
    };
    quorum
        .submit(move |image, _| {
            register_controller(image, &controller).unwrap_or_else(|_| Decision::only(()))
        })
        .await?;
    let request = broker_request(parts, &config, storage, quorum, advertised, features);
    let registered = quorum.submit(move |image, context| registered(image, context, request)).await?;
    let epoch = registered.map_err(StartError::Registration)?;
    beat(quorum, parts.node_id, epoch, Wants::Serve).await?;
    Ok(epoch)
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
        log_dirs: storage.directories().map(|directory| directory.id()).collect(),
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

async fn beat(
    quorum: &QuorumHandle,
    broker: jackdaw_base::NodeId,
    epoch: i64,
    wants: Wants,
) -> Result<(), crate::quorum::QuorumFailure> {
    let metadata_offset = quorum.image().offset();
    let request = Heartbeat {
        broker,
        epoch,
        metadata_offset: metadata_offset.max(Offset(epoch)),
        registration_offset: Offset(epoch),
        wants_fence: false,
        wants_shutdown: wants == Wants::Leave,
        offline_log_dirs: Vec::new(),
        cordoned_log_dirs: None,
        others_caught_up: CaughtUp::Yes,
    };
    let answer = quorum
        .submit(move |image, context| match heartbeat(image, &request, context) {
            Ok(Decision { records, .. }) => Decision { records, answer: Ok(()) },
            Err(error) => Decision::only(Err(error.to_string())),
        })
        .await?;
    if let Err(error) = answer {
        tracing::warn!(error, "the controller did not take a heartbeat");
    }
    Ok(())
}

/// The farewell of a clean stop: partitions are left in order, and the next start knows that nothing was lost.
pub(super) async fn leave(node: &Arc<Node>, epoch: i64) {
    if let Err(error) = beat(&node.quorum, node.id, epoch, Wants::Leave).await {
        tracing::warn!(%error, "the controlled shutdown is not in the metadata; the next start repairs that");
    }
}
