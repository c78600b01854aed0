//! AllocateProducerIds (KIP-730): blocks of producer ids, each handed out once (M5).

use jackdaw_base::NodeId;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::producer_ids_record::ProducerIdsRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::{Decision, StaleBroker};
use crate::image::Image;

/// How many ids a block has.
pub const PRODUCER_ID_BLOCK_SIZE: i32 = 1000;

/// A block of producer ids.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProducerIdBlock {
    /// The first id.
    pub first_id: i64,
    /// How many there are.
    pub size: i32,
}

/// Why there is no block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AllocateProducerIdsError {
    /// Not the broker it claims to be.
    #[error(transparent)]
    StaleBroker(#[from] StaleBroker),
    /// All ids are taken.
    #[error("Exhausted all producerIds as the next block's end producerId has exceeded the int64 type limit")]
    Exhausted,
}

impl AllocateProducerIdsError {
    /// The wire's code.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::StaleBroker(error) => error.code(),
            Self::Exhausted => ErrorCode::UnknownServerError,
        }
    }
}

/// Decides about the next block, for `broker`.
pub fn allocate_producer_ids(
    image: &Image,
    broker: NodeId,
    broker_epoch: i64,
) -> Result<Decision<ProducerIdBlock>, AllocateProducerIdsError> {
    StaleBroker::check(image, broker, broker_epoch)?;
    let first_id = image.next_producer_id.unwrap_or(0);
    let next_producer_id =
        first_id.checked_add(i64::from(PRODUCER_ID_BLOCK_SIZE)).ok_or(AllocateProducerIdsError::Exhausted)?;
    let record = MetadataRecord::ProducerIds(ProducerIdsRecord {
        broker_id: broker.0,
        broker_epoch,
        next_producer_id,
        ..Default::default()
    });
    Ok(Decision { records: vec![record], answer: ProducerIdBlock { first_id, size: PRODUCER_ID_BLOCK_SIZE } })
}

#[cfg(test)]
mod tests;
