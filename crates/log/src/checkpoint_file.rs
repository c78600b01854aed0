//! The small text files beside the logs: offset checkpoints, `partition.metadata`, `.kafka_cleanshutdown`,
//! `meta.properties`. Text in, values out and back; reading and replacing the files is for `store`.

mod clean_shutdown;
mod meta_properties;
mod offset_checkpoint;
mod partition_metadata;
mod rows;

pub use clean_shutdown::{CLEAN_SHUTDOWN_FILE, CleanShutdown};
pub use meta_properties::{META_PROPERTIES_FILE, MetaProperties, MetaPropertiesError};
pub use offset_checkpoint::{
    CLEANER_OFFSET_CHECKPOINT_FILE, LOG_START_OFFSET_CHECKPOINT_FILE, OffsetCheckpoint,
    RECOVERY_POINT_CHECKPOINT_FILE, REPLICATION_OFFSET_CHECKPOINT_FILE,
};
pub use partition_metadata::{PARTITION_METADATA_FILE, PartitionMetadata, PartitionMetadataError};
pub use rows::CheckpointError;
pub(crate) use rows::{decode_rows, encode_rows, parse_field};

/// The name of the file of an [`EpochCache`](crate::epoch_cache::EpochCache).
pub const LEADER_EPOCH_CHECKPOINT_FILE: &str = "leader-epoch-checkpoint";

/// The longest checkpoint file that is read: a million partitions with the longest names.
pub const CHECKPOINT_FILE_BYTES_MAX: u64 = 320 * 1024 * 1024;

#[cfg(test)]
mod tests;
