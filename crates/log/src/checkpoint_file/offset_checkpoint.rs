//! The checkpoints of a data directory: one offset per partition.

use std::collections::BTreeMap;

use jackdaw_base::{Offset, PartitionIndex};

use super::rows::{CheckpointError, decode_rows, encode_rows, parse_field};

/// Up to where the logs are known to be on disk.
pub const RECOVERY_POINT_CHECKPOINT_FILE: &str = "recovery-point-offset-checkpoint";
/// The high watermarks.
pub const REPLICATION_OFFSET_CHECKPOINT_FILE: &str = "replication-offset-checkpoint";
/// The log starts that lie above the first segment's base offset.
pub const LOG_START_OFFSET_CHECKPOINT_FILE: &str = "log-start-offset-checkpoint";
/// Up to where compacted logs are clean.
pub const CLEANER_OFFSET_CHECKPOINT_FILE: &str = "cleaner-offset-checkpoint";

/// Offsets of partitions, by topic and partition.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OffsetCheckpoint {
    /// The offsets.
    pub offsets: BTreeMap<(String, PartitionIndex), Offset>,
}

impl OffsetCheckpoint {
    /// The offset of a partition.
    pub fn get(&self, topic: &str, partition: PartitionIndex) -> Option<Offset> {
        self.offsets.get(&(topic.to_owned(), partition)).copied()
    }

    /// The text of the file.
    pub fn encode(&self) -> String {
        encode_rows(
            self.offsets.iter().map(|((topic, partition), offset)| format!("{topic} {partition} {offset}")),
        )
    }

    /// Reads the file. If a partition is named twice, the later line counts, as in Kafka.
    pub fn decode(text: &str) -> Result<Self, CheckpointError> {
        let mut offsets = BTreeMap::new();
        for row in decode_rows::<3>(text)? {
            let partition = PartitionIndex(parse_field(&row, 1)?);
            let offset = Offset(parse_field(&row, 2)?);
            offsets.insert((row.fields[0].to_owned(), partition), offset);
        }
        Ok(Self { offsets })
    }
}
