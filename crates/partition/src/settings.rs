//! The settings of a topic as its partitions use them: plain numbers, computed once when a configuration changes.

use jackdaw_log::client_batch::ClientBatchRules;
use jackdaw_log::retention::RetentionRules;
use jackdaw_log::segment::SegmentRules;
use jackdaw_replica::ReplicationLimits;

/// Settings of one partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionSettings {
    /// When segments roll, and how dense indexes are.
    pub segment: SegmentRules,
    /// What clients may append.
    pub client_batch: ClientBatchRules,
    /// How long records stay.
    pub retention: RetentionRules,
    /// `min.insync.replicas` and the like.
    pub replication: ReplicationLimits,
    /// `flush.messages`: with 1 an acknowledged record is on the disk, and the log's end is its flushed end (L9).
    pub flush_messages: i64,
    /// `flush.ms`: unsynced records are synced after this time at the latest; `None`: whenever the kernel likes.
    pub flush_ms_max: Option<u64>,
    /// Whether DeleteRecords may move the log start: not on a topic that is only compacted.
    pub allows_delete_records: bool,
    /// `file.delete.delay.ms`.
    pub file_delete_delay_ms: u64,
}

impl PartitionSettings {
    /// Whether nothing may depend on bytes that are not synced (L9).
    pub fn is_synced(&self) -> bool {
        self.flush_messages <= 1
    }
}
