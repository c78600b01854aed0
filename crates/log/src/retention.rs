//! Which of a log's oldest segments may go, by Kafka's three rules in Kafka's order: they lie below the log start,
//! the log is too large, they are too old. Only decides; `store` removes. Compaction is another matter.

use jackdaw_base::{Offset, TimestampMs};

/// A segment, as far as retention is concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentFacts {
    /// Its first offset.
    pub base_offset: Offset,
    /// The size of its log file.
    pub size_bytes: u64,
    /// The largest timestamp of its records, [`TimestampMs::NONE`] if they have none.
    pub max_timestamp: TimestampMs,
    /// When its log file was last written, which counts if its records have no timestamps.
    pub last_modified: TimestampMs,
}

impl SegmentFacts {
    fn largest_timestamp(&self) -> TimestampMs {
        if self.max_timestamp.0 >= 0 { self.max_timestamp } else { self.last_modified }
    }
}

/// A log, as far as retention is concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogFacts {
    /// The first offset that may be read.
    pub log_start: Offset,
    /// Nothing at or above it goes.
    pub high_watermark: Offset,
    /// The offset behind the last record.
    pub log_end: Offset,
}

/// Settings of a topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetentionRules {
    /// Whether `cleanup.policy` has `delete`; if not, only what lies below the log start goes.
    pub cleanup: Cleanup,
    /// `retention.ms`; `None` for -1.
    pub retention_ms_max: Option<i64>,
    /// `retention.bytes`; `None` for -1.
    pub retention_bytes_max: Option<u64>,
}

/// What `cleanup.policy` says of deletion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cleanup {
    /// Segments go by time and size.
    Delete,
    /// They do not.
    Keep,
}

/// Why segments go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RetentionReason {
    /// All their records lie below the log start: somebody deleted them.
    LogStart,
    /// The log has more bytes than `retention.bytes`.
    Size,
    /// Their newest record is older than `retention.ms`.
    Time,
}

/// What may go.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Retention {
    /// How many segments, from the oldest on.
    pub segments_to_delete: usize,
    /// Why, for each rule that asks for some: how many segments, in order.
    pub reasons: Vec<(RetentionReason, usize)>,
    /// Where the log starts then.
    pub new_log_start: Offset,
    /// Whether the active segment goes, too, so that a new one has to be begun at the log's end first.
    pub rolls_active: bool,
}

/// Decides at the time `now`. `segments` are all of the log's, the oldest first, the last one being active.
pub fn decide(
    segments: &[SegmentFacts],
    log: LogFacts,
    rules: &RetentionRules,
    now: TimestampMs,
) -> Retention {
    let mut decision = Decision { segments, log, deleted: 0, reasons: Vec::new() };
    decision.apply(RetentionReason::LogStart, |_, next| {
        next.is_some_and(|next| next.base_offset <= log.log_start)
    });
    if rules.cleanup == Cleanup::Delete {
        if let Some(bytes_max) = rules.retention_bytes_max {
            let size: u64 = decision.remaining().iter().map(|segment| segment.size_bytes).sum();
            let mut excess = size.saturating_sub(bytes_max);
            decision.apply(RetentionReason::Size, |segment, _| {
                // An empty segment is no excess; one that is larger than the excess stays.
                let goes = size >= bytes_max && segment.size_bytes <= excess;
                excess = excess.saturating_sub(if goes { segment.size_bytes } else { 0 });
                goes
            });
        }
        if let Some(age_ms_max) = rules.retention_ms_max {
            decision.apply(RetentionReason::Time, |segment, _| {
                now.since_ms(segment.largest_timestamp()) > age_ms_max
            });
        }
    }
    decision.finish()
}

struct Decision<'s> {
    segments: &'s [SegmentFacts],
    log: LogFacts,
    deleted: usize,
    reasons: Vec<(RetentionReason, usize)>,
}

impl<'s> Decision<'s> {
    fn remaining(&self) -> &'s [SegmentFacts] {
        &self.segments[self.deleted..]
    }

    /// Takes segments from the front while the rule asks for it.
    fn apply(
        &mut self,
        reason: RetentionReason,
        mut goes: impl FnMut(&SegmentFacts, Option<&SegmentFacts>) -> bool,
    ) {
        let remaining = self.remaining();
        let count = remaining
            .iter()
            .enumerate()
            .take_while(|(index, segment)| {
                let next = remaining.get(index + 1);
                let is_active_and_empty = next.is_none() && segment.size_bytes == 0;
                let upper_bound = next.map_or(self.log.log_end, |next| next.base_offset);
                self.log.high_watermark >= upper_bound && !is_active_and_empty && goes(segment, next)
            })
            .count();
        if count > 0 {
            self.deleted += count;
            self.reasons.push((reason, count));
        }
    }

    fn finish(self) -> Retention {
        let first = self.remaining().first().map_or(self.log.log_end, |segment| segment.base_offset);
        let new_log_start = match self.deleted {
            0 => self.log.log_start,
            _ => self.log.log_start.max(first),
        };
        Retention {
            segments_to_delete: self.deleted,
            reasons: self.reasons,
            new_log_start,
            rolls_active: self.deleted > 0 && self.deleted == self.segments.len(),
        }
    }
}

#[cfg(test)]
mod tests;
