//! What a decider is given: the state, the moment, what surrounds it, and the place for what it decides.

use jackdaw_base::MonotonicNs;

use super::record::GroupRecord;
use super::request::GroupAnswer;
use super::shard::GroupShard;
use super::state::GroupState;
use super::timers::TimerKey;
use super::world::World;
use crate::shard::{Moment, Output, Token};

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
    pub out: &'a mut Output<GroupShard>,
}

impl Turn<'_> {
    /// Appends a record and folds it into the state.
    pub fn write(&mut self, record: GroupRecord) {
        self.state.replay(&record);
        self.out.records.push(record);
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
