//! The records of a turn as one batch in the log.

use jackdaw_base::Offset;
use jackdaw_config::Config;
use jackdaw_config::definitions::groups;
use jackdaw_coordinator::Moment;
use jackdaw_coordinator::group::GroupRecord;
use jackdaw_coordinator::group::record::{self, EncodedRecord};
use jackdaw_partition::{AppendError, Origin, Partition, Unavailable};
use jackdaw_protocol::compression::Compression;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::records::{BatchBuilder, BatchOptions, BuildError};
use jackdaw_protocol::wire::EncodeError;

use crate::error_codes::error_of_unavailable;

/// How batches are made now.
pub(super) struct AppendOptions {
    compression: Compression,
    now: Moment,
}

impl AppendOptions {
    pub(super) fn of(config: &Config, now: Moment) -> Self {
        let compression = match config.get(groups::OFFSETS_TOPIC_COMPRESSION_CODEC) {
            1 => Compression::Gzip,
            2 => Compression::Snappy,
            3 => Compression::Lz4,
            4 => Compression::Zstd,
            _ => Compression::None,
        };
        Self { compression, now }
    }
}

/// Appends `records` as one batch; returns the log's end behind it.
pub(super) fn append(
    partition: &Partition,
    records: &[GroupRecord],
    options: &AppendOptions,
) -> Result<Offset, ErrorCode> {
    let mut bytes = batch(records, options).map_err(|error| {
        tracing::error!(partition = %partition.id(), %error, "a coordinator's batch cannot be built");
        ErrorCode::MessageTooLarge
    })?;
    let now = options.now;
    match partition.append(Origin::Coordinator, &mut bytes, now.wall, now.monotonic) {
        Ok(appended) => Ok(appended.required_end),
        Err(error) => Err(code_of(partition, &error)),
    }
}

/// Why records make no batch.
#[derive(Debug, thiserror::Error)]
enum BatchingError {
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error(transparent)]
    Build(#[from] BuildError),
}

fn batch(records: &[GroupRecord], options: &AppendOptions) -> Result<Vec<u8>, BatchingError> {
    let mut builder =
        BatchBuilder::new(BatchOptions { compression: options.compression, ..BatchOptions::default() });
    for record in records {
        let EncodedRecord { key, value } = record::encode(record)?;
        builder.append(options.now.wall.0, Some(&key), value.as_deref(), &[])?;
    }
    Ok(builder.build()?)
}

fn code_of(partition: &Partition, error: &AppendError) -> ErrorCode {
    match error {
        AppendError::Unavailable(Unavailable::Moving) => ErrorCode::RequestTimedOut,
        AppendError::Unavailable(unavailable) => error_of_unavailable(unavailable),
        AppendError::NotEnoughReplicas(_) => ErrorCode::NotEnoughReplicas,
        AppendError::Batch(_) | AppendError::Producer(_) => {
            tracing::error!(partition = %partition.id(), %error, "a coordinator's batch was refused");
            ErrorCode::UnknownServerError
        }
    }
}
