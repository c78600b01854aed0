//! How far groups are behind: in records, in seconds, and whether they gain on their producers. Worked out when somebody
//! asks; between two questions only the last answer's numbers are kept.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jackdaw_base::{MonotonicNs, Offset, PartitionIndex};
use jackdaw_config::definitions::jackdaw::JACKDAW_GROUP_LAG_SERIES_MAX;
use jackdaw_coordinator::group::GroupRequest;
use jackdaw_coordinator::group::request::{CommittedPosition, GroupAnswer};
use jackdaw_partition::{Isolation, Partition, ReadQuery, Reader};
use jackdaw_protocol::records::{BATCH_OVERHEAD, BatchHeader, TimestampType};
use jackdaw_store::WholeBatch;
use parking_lot::Mutex;

use super::GroupCoordinators;

/// So long one coordinator may take to tell its offsets; then its groups are missing in this answer.
const PATIENCE: Duration = Duration::from_millis(200);
/// Rates are taken over at least this time.
const RATE_NS_MIN: u64 = 10_000_000_000;

/// How far a group is behind in one partition.
#[derive(Clone, PartialEq, Debug)]
pub struct Lag {
    /// What is committed, by whom, where.
    pub position: CommittedPosition,
    /// Records that are there and not committed.
    pub records: i64,
    /// Age of the batch that the next record to read is in; `None` if there is nothing to read, or it cannot be read.
    pub seconds: Option<f64>,
    /// Offsets committed and produced in a second; `None` before there are two measurements.
    pub rates: Option<Rates>,
}

/// How fast a group reads, and how fast its producers write.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rates {
    /// Offsets that the group commits in a second.
    pub committed: f64,
    /// Offsets that producers add in a second.
    pub produced: f64,
}

impl Lag {
    /// When the group will have caught up if both sides go on as they do; `None` if it does not, or nobody knows.
    pub fn catch_up_seconds(&self) -> Option<f64> {
        if self.records == 0 {
            return Some(0.0);
        }
        let Rates { committed, produced } = self.rates?;
        let gain = committed - produced;
        (gain > 0.0).then(|| self.records as f64 / gain)
    }
}

/// All lags, as far as their number is admitted.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Lags {
    /// Those that lag most come first.
    pub lags: Vec<Lag>,
    /// How many more there are.
    pub left_out: usize,
    /// Groups with all their records, those left out above among them; as many groups as are admitted, the furthest
    /// behind first.
    pub sums: Vec<(Arc<str>, i64)>,
}

/// Group, topic, partition.
type Place = (Arc<str>, Arc<str>, i32);

/// What was measured before.
#[derive(Clone, Copy)]
struct Sample {
    at: MonotonicNs,
    committed: i64,
    end: i64,
}

/// The measurements that rates are taken from.
#[derive(Default)]
pub(super) struct LagBook {
    samples: Mutex<HashMap<Place, Sample>>,
}

impl GroupCoordinators {
    /// How far the groups of this node's coordinators are behind in this node's partitions. Blocks for short.
    pub fn lags(&self) -> Lags {
        let max = self.shared.config.load().get(JACKDAW_GROUP_LAG_SERIES_MAX);
        let max = usize::try_from(max).unwrap_or(0);
        let mut lags: Vec<(Lag, Arc<Partition>)> =
            self.positions().into_iter().filter_map(|position| self.lag(position)).collect();
        lags.sort_by(|(a, _), (b, _)| b.records.cmp(&a.records).then_with(|| place(a).cmp(&place(b))));
        let sums = sums(lags.iter().map(|(lag, _)| lag), max);
        let left_out = lags.len().saturating_sub(max);
        lags.truncate(max);
        let wall_ms = self.shared.clock.wall().0;
        for (lag, partition) in &mut lags {
            if lag.records > 0 {
                let written_ms = written_ms(partition, lag.position.offset);
                lag.seconds = written_ms.map(|at| (wall_ms - at).max(0) as f64 / 1000.0);
            }
        }
        let mut lags: Vec<Lag> = lags.into_iter().map(|(lag, _)| lag).collect();
        self.book.measure(&mut lags, self.shared.clock.monotonic());
        Lags { lags, left_out, sums }
    }

    fn positions(&self) -> Vec<CommittedPosition> {
        let calls = self.ask_all(|| GroupRequest::Lag);
        let answers = calls.into_iter().filter_map(|call| call.wait(PATIENCE)?.ok());
        let positions = answers.filter_map(|answer| match answer {
            GroupAnswer::Lag(positions) => Some(positions),
            _ => None,
        });
        positions.flatten().collect()
    }

    fn lag(&self, position: CommittedPosition) -> Option<(Lag, Arc<Partition>)> {
        let topic = self.shared.partitions.by_name(&position.topic)?;
        let partition = topic.get(PartitionIndex(position.partition))?;
        let records = (partition.watermarks().high_watermark.0 - position.offset).max(0);
        Some((Lag { position, records, seconds: None, rates: None }, Arc::clone(partition)))
    }
}

fn place(lag: &Lag) -> (&str, &str, i32) {
    (&lag.position.group, &lag.position.topic, lag.position.partition)
}

/// When the batch was written that `offset` is in, or the first one behind it.
fn written_ms(partition: &Partition, offset: i64) -> Option<i64> {
    let query = ReadQuery {
        reader: Reader::Consumer { isolation: Isolation::ReadUncommitted },
        offset: Offset(offset).max(partition.watermarks().log_start),
        size_bytes_max: BATCH_OVERHEAD as u64,
        first_batch: WholeBatch::Always,
        leader_epoch: None,
        last_fetched_epoch: None,
    };
    let slice = partition.plan_read(&query).ok()?.slice?;
    let mut header = [0; BATCH_OVERHEAD];
    let size_bytes = slice.file.read_at(&mut header, slice.position).ok()?;
    let header = BatchHeader::parse(&header[..size_bytes]).ok()?;
    let timestamp_ms = match header.timestamp_type() {
        TimestampType::CreateTime => header.base_timestamp(),
        TimestampType::LogAppendTime => header.max_timestamp(),
    };
    (timestamp_ms >= 0).then_some(timestamp_ms)
}

impl LagBook {
    /// Compares with what was measured before, and keeps what will be compared with next.
    fn measure(&self, lags: &mut [Lag], now: MonotonicNs) {
        let mut samples = self.samples.lock();
        let mut kept = HashMap::with_capacity(lags.len());
        for lag in lags {
            let position = &lag.position;
            let place = (Arc::clone(&position.group), Arc::clone(&position.topic), position.partition);
            let new = Sample { at: now, committed: position.offset, end: position.offset + lag.records };
            let old = samples.get(&place).copied();
            lag.rates = old.and_then(|old| rates(old, new));
            let is_due = old.is_none_or(|old| now.since_ns(old.at) >= RATE_NS_MIN);
            kept.insert(place, if is_due { new } else { old.unwrap_or(new) });
        }
        *samples = kept;
    }
}

fn rates(old: Sample, new: Sample) -> Option<Rates> {
    let seconds = new.at.since_ns(old.at) as f64 / 1e9;
    let rate = |before: i64, after: i64| (after - before) as f64 / seconds;
    (seconds > 0.0).then(|| Rates {
        // Whoever goes back commits nothing.
        committed: rate(old.committed, new.committed).max(0.0),
        produced: rate(old.end, new.end).max(0.0),
    })
}

/// The records of each group, of at most so many groups.
fn sums<'a>(lags: impl Iterator<Item = &'a Lag>, groups_max: usize) -> Vec<(Arc<str>, i64)> {
    let mut by_group: BTreeMap<&Arc<str>, i64> = BTreeMap::new();
    for lag in lags {
        *by_group.entry(&lag.position.group).or_default() += lag.records;
    }
    let mut sums: Vec<(Arc<str>, i64)> =
        by_group.into_iter().map(|(group, records)| (Arc::clone(group), records)).collect();
    // Stable: groups that are equally far behind stay in the order of their names.
    sums.sort_by_key(|(_, records)| std::cmp::Reverse(*records));
    sums.truncate(groups_max);
    sums
}

#[cfg(test)]
mod tests;
