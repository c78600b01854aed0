//! UnregisterBroker: a broker that will not come back leaves in-sync sets, eligible sets and the cluster.

use jackdaw_base::NodeId;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::unregister_broker_record::UnregisterBrokerRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::election::{BrokerEvent, changes_where};
use super::{Context, Decision};
use crate::image::Image;

/// No such broker (BROKER_ID_NOT_REGISTERED).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("Broker ID {0} is not currently registered")]
pub struct BrokerNotRegistered(pub NodeId);

impl BrokerNotRegistered {
    /// The wire's code.
    pub fn code(self) -> ErrorCode {
        ErrorCode::BrokerIdNotRegistered
    }
}

/// Decides about the end of a broker's registration.
pub fn unregister_broker(
    image: &Image,
    broker: NodeId,
    context: &Context<'_>,
) -> Result<Decision<()>, BrokerNotRegistered> {
    let registration = image.cluster.broker(broker).ok_or(BrokerNotRegistered(broker))?;
    let mut records = changes_where(image, context.configs, BrokerEvent::Leaves(broker), &|_, _, p| {
        p.isr.contains(&broker) || p.eligible_leader_replicas.contains(&broker)
    });
    records.push(MetadataRecord::UnregisterBroker(UnregisterBrokerRecord {
        broker_id: broker.0,
        broker_epoch: registration.epoch,
        ..Default::default()
    }));
    Ok(Decision { records, answer: () })
}

#[cfg(test)]
mod tests;
