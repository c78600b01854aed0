//! Where reading ends: the end that each partition had when it began.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jackdaw_client::TopicPartition;
use jackdaw_client::consumer::Consumer;

use crate::clock;
use crate::command::failure;
use crate::failure::Failure;

/// How long a group may give us nothing before there is nothing for us.
const NOTHING_WAIT: Duration = Duration::from_secs(5);

/// The ends of partitions.
pub(super) struct End {
    ends: BTreeMap<TopicPartition, i64>,
    found_at: Instant,
}

impl End {
    /// The ends that there are now.
    pub(super) async fn find(consumer: &Consumer, partitions: &[TopicPartition]) -> Result<Self, Failure> {
        let mut ends = BTreeMap::new();
        for (partition, end) in consumer.end_offsets(partitions.iter().cloned()).await {
            let end = end.map_err(|error| failure(&error))?;
            ends.insert(partition, end.map_or(0, |end| end.offset));
        }
        Ok(Self { ends, found_at: clock::now() })
    }

    /// Whether everything up to there was handed out, of what is ours to read.
    pub(super) fn is_reached(&self, consumer: &Consumer) -> bool {
        let assigned = consumer.assignment();
        if assigned.is_empty() {
            return self.found_at.elapsed() >= NOTHING_WAIT;
        }
        assigned.iter().all(|partition| {
            let end = self.ends.get(partition).copied().unwrap_or(0);
            // The position is that of the next record, behind gaps that compaction and markers leave.
            matches!(consumer.position(partition), Ok(Some(position)) if position >= end)
        })
    }
}
