//! When a produce request with `acks=all` may be answered (R6). The answer itself is the broker's.

use jackdaw_base::Offset;
use thiserror::Error;

/// How an `acks=all` append stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AcksAllStatus {
    /// The watermark has not passed it.
    Pending,
    /// Every replica of the maximal ISR has it, and they are enough.
    Done,
    /// Committed, but the ISR has since shrunk below `min.insync.replicas`: NOT_ENOUGH_REPLICAS_AFTER_APPEND.
    NotEnoughReplicasAfterAppend,
    /// This node leads no longer, or leads again in another epoch: NOT_LEADER_OR_FOLLOWER. Nothing is said about the record.
    NotLeader,
}

/// Why an `acks=all` append is refused before it is made: NOT_ENOUGH_REPLICAS.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("{in_sync} in-sync replicas, {required} are required")]
pub struct NotEnoughReplicas {
    /// The size of the committed ISR.
    pub in_sync: usize,
    /// What `min.insync.replicas` asks for, at most the number of replicas.
    pub required: usize,
}

/// The record before `required_end` is acknowledged once `high_watermark >= required_end`.
pub(crate) fn acks_all_status(
    required_end: Offset,
    high_watermark: Offset,
    maximal_isr_count: usize,
    min_insync: usize,
) -> AcksAllStatus {
    if high_watermark < required_end {
        AcksAllStatus::Pending
    } else if maximal_isr_count < min_insync {
        AcksAllStatus::NotEnoughReplicasAfterAppend
    } else {
        AcksAllStatus::Done
    }
}
