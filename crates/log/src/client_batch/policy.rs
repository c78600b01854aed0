//! What a topic demands of each record, checked on the one walk over the records.

use jackdaw_base::TimestampMs;
use jackdaw_protocol::records::{
    Batch, NO_TIMESTAMP, RecordFacts, RecordsSummary, TimestampType, walk_created_records,
};

use super::{ClientBatchError, ClientBatchRules, RecordIssue, RecordIssueKind, RecordIssues, RecordKeys};

pub(super) fn check_records(
    batch: &Batch<'_>,
    rules: &ClientBatchRules,
    now: TimestampMs,
) -> Result<RecordsSummary, ClientBatchError> {
    let policy = Policy::new(batch, rules, now);
    let mut issues = RecordIssues::default();
    let summary = walk_created_records(batch, rules.limits, |facts| {
        if let Some(kind) = policy.issue_of(&facts) {
            issues.add(RecordIssue { index: facts.index, kind });
        }
    })?;
    match issues.count {
        0 => Ok(summary),
        _ => Err(ClientBatchError::RecordIssues(issues)),
    }
}

struct Policy {
    keys: RecordKeys,
    /// A client may not say so where it would count; where the topic keeps the producer's timestamps, those are taken.
    client_claims_append_time: bool,
    /// `None` if the broker sets the timestamps.
    range: Option<(TimestampMs, TimestampMs)>,
}

impl Policy {
    fn new(batch: &Batch<'_>, rules: &ClientBatchRules, now: TimestampMs) -> Self {
        let range = match rules.timestamp_type {
            TimestampType::CreateTime => Some((
                TimestampMs(now.0.saturating_sub(rules.timestamp_before_ms_max)),
                TimestampMs(now.0.saturating_add(rules.timestamp_after_ms_max)),
            )),
            TimestampType::LogAppendTime => None,
        };
        Self {
            keys: rules.keys,
            client_claims_append_time: batch.timestamp_type() == TimestampType::LogAppendTime,
            range,
        }
    }

    #[inline]
    fn issue_of(&self, facts: &RecordFacts) -> Option<RecordIssueKind> {
        if self.keys == RecordKeys::Required && !facts.has_key {
            return Some(RecordIssueKind::KeyMissing);
        }
        let Some((earliest, latest)) = self.range.filter(|_| facts.timestamp != NO_TIMESTAMP) else {
            return self.client_claims_append_time.then_some(RecordIssueKind::TimestampTypeFromClient);
        };
        let timestamp = TimestampMs(facts.timestamp);
        let is_fine = earliest <= timestamp && timestamp <= latest;
        (!is_fine).then_some(RecordIssueKind::TimestampOutOfRange { timestamp, earliest, latest })
    }
}
