//! Packs a batch again with the codec that its topic demands. Everything but codec and timestamps stays.

use jackdaw_base::TimestampMs;
use jackdaw_protocol::compression::{Compression, CompressionLevel};
use jackdaw_protocol::records::{Batch, BatchBuilder, BatchOptions, ProducerFields, RecordLimits};

use super::ClientBatchError;

pub(super) fn repack(
    batch: &Batch<'_>,
    compression: Compression,
    level: CompressionLevel,
    log_append_time: Option<TimestampMs>,
    limits: RecordLimits,
) -> Result<Vec<u8>, ClientBatchError> {
    let mut builder = BatchBuilder::new(BatchOptions {
        base_offset: batch.base_offset(),
        leader_epoch: batch.leader_epoch(),
        compression,
        level,
        log_append_time: log_append_time.map(|time| time.0),
        producer: batch.has_producer_id().then(|| ProducerFields {
            id: batch.producer_id(),
            epoch: batch.producer_epoch(),
            base_sequence: batch.base_sequence(),
        }),
        is_transactional: batch.is_transactional(),
        is_control: false,
        delete_horizon: batch.delete_horizon(),
    });
    let mut records = batch.records(limits);
    while let Some(record) = records.next_record() {
        let record = record?;
        let offset = batch.base_offset() + i64::from(record.offset_delta);
        builder.append_record(
            offset,
            batch.base_timestamp().wrapping_add(record.timestamp_delta),
            &record,
        )?;
    }
    Ok(builder.build()?)
}
