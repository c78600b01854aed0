//! What a decider is given: the state, the moment, what surrounds it, and the place for what it decides.

use jackdaw_base::MonotonicNs;

use super::record::{self, GroupRecord};
use super::request::GroupAnswer;
use super::state::GroupState;
use super::timers::TimerKey;
use super::world::World;
use crate::shard::{Extent, Moment, Output, Token};

/// More records than this cannot be within `room_bytes`, however small they are.
pub fn records_within_max(room_bytes: usize) -> usize {
    room_bytes / record::RECORD_OVERHEAD_BYTES
}

/// A turn in progress. Deciders look at `state` and change what the log describes only through [`Turn::write`];
/// what the log does not describe (who is joining, deadlines, parked callers) they change directly.
pub struct Turn<'a> {
    /// When.
    pub now: &'a Moment,
    /// What surrounds the shard.
    pub world: &'a dyn World,
    /// What the shard knows.
    pub state: &'a mut GroupState,
    /// What comes of it.
    pub out: &'a mut Output<GroupRecord, GroupAnswer>,
}

impl Turn<'_> {
    /// Appends a record and folds it into the state.
    pub fn write(&mut self, record: GroupRecord) {
        self.state.replay(&record);
        self.out.records.push(record);
    }

    /// Writes records as long as they stay within `room_bytes`; the first one in any case. For what may be done in parts.
    pub fn write_within(
        &mut self,
        room_bytes: usize,
        records: impl IntoIterator<Item = GroupRecord>,
    ) -> Extent {
        let mut left_bytes = room_bytes;
        for (position, record) in records.into_iter().enumerate() {
            let size_bytes = record::size_bytes(&record);
            if size_bytes > left_bytes && position > 0 {
                return Extent::Part;
            }
            left_bytes = left_bytes.saturating_sub(size_bytes);
            self.write(record);
        }
        Extent::Whole
    }

    /// Answers a caller once everything written so far is committed.
    pub fn answer(&mut self, token: Token, answer: GroupAnswer) {
        self.out.answers.push((token, answer));
    }

    /// Sets or moves a deadline, in milliseconds from now.
    pub fn set_timer(&mut self, key: TimerKey, after_ms: i64) {
        let after_ns = u64::try_from(after_ms).unwrap_or(0).saturating_mul(1_000_000);
        self.state.timers.set(key, MonotonicNs(self.now.monotonic.0.saturating_add(after_ns)));
    }

    /// Takes a deadline away.
    pub fn cancel_timer(&mut self, key: &TimerKey) {
        self.state.timers.cancel(key);
    }
}
