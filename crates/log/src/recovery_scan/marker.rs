//! What a control batch says about a transaction.

use jackdaw_protocol::records::{
    Batch, ControlRecord, ControlRecordError, ControlRecordType, RecordError, RecordLimits,
};

use crate::{EndTransaction, EndTransactionMarker};

/// Control records are tiny; a control batch that unpacks to more is none.
const CONTROL_BATCH_BYTES_MAX: usize = 1024 * 1024;

/// Why a control batch cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MarkerError {
    /// Its record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Its record is no control record.
    #[error(transparent)]
    ControlRecord(#[from] ControlRecordError),
}

/// The marker in a batch; `None` if it is no control batch, ends no transaction, or was emptied by compaction.
pub fn end_transaction_marker(batch: &Batch<'_>) -> Result<Option<EndTransactionMarker>, MarkerError> {
    if !batch.is_control() {
        return Ok(None);
    }
    let mut records = batch.records(RecordLimits { unpacked_bytes_max: CONTROL_BATCH_BYTES_MAX });
    let Some(record) = records.next_record() else { return Ok(None) };
    let record = record?;
    // The quorum's control records may have values that only the quorum understands.
    let (_, record_type) = ControlRecord::decode_key(record.key)?;
    let outcome = match record_type {
        ControlRecordType::Abort => EndTransaction::Abort,
        ControlRecordType::Commit => EndTransaction::Commit,
        ControlRecordType::LeaderChange
        | ControlRecordType::SnapshotHeader
        | ControlRecordType::SnapshotFooter
        | ControlRecordType::KRaftVersion
        | ControlRecordType::KRaftVoters
        | ControlRecordType::Unknown(_) => return Ok(None),
    };
    let marker = ControlRecord::from_record(&record)?.end_marker()?;
    Ok(Some(EndTransactionMarker { outcome, coordinator_epoch: marker.coordinator_epoch }))
}
