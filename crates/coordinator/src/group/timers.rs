//! Deadlines of groups and members, as data. What is due is asked for; nothing here waits.

use std::collections::BTreeSet;

use jackdaw_base::MonotonicNs;

use super::record::{GroupId, MemberId};
use super::undo_map::UndoMap;

/// What a deadline is for. There is at most one of each.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TimerKey {
    /// A member of a classic group has not been heard of.
    ClassicSession(GroupId, MemberId),
    /// A member that was given an id has not come again.
    ClassicPendingJoin(GroupId, MemberId),
    /// The join phase of a classic group ends.
    ClassicJoin(GroupId),
    /// Nobody else is waited for in the join phase of a classic group.
    ClassicGather(GroupId),
    /// Members of a classic group whose heartbeats wait hear that another one has left.
    ClassicQuiet(GroupId),
    /// The sync phase of a classic group ends.
    ClassicSync(GroupId),
    /// A member of a consumer group has not been heard of.
    ConsumerSession(GroupId, MemberId),
    /// A member of a consumer group has not given back what it must.
    ConsumerRebalance(GroupId, MemberId),
    /// A member with the classic protocol in a consumer group has not come to join.
    ConsumerClassicJoin(GroupId, MemberId),
    /// A member with the classic protocol in a consumer group has not come to sync.
    ConsumerClassicSync(GroupId, MemberId),
    /// The next target assignment may be made.
    ConsumerAssignment(GroupId),
    /// Regular expressions are to be looked at again.
    ConsumerRegex(GroupId),
    /// A parked heartbeat is to be answered.
    Parked(GroupId, MemberId),
    /// Old offsets are looked for.
    OffsetExpiry,
}

/// All deadlines of a shard, with one level of undo.
#[derive(Clone, Debug, Default)]
pub struct Timers {
    deadlines: UndoMap<TimerKey, MonotonicNs>,
    order: BTreeSet<(MonotonicNs, TimerKey)>,
}

impl Timers {
    /// Sets or moves a deadline.
    pub fn set(&mut self, key: TimerKey, deadline: MonotonicNs) {
        if let Some(old) = self.deadlines.get(&key) {
            self.order.remove(&(*old, key.clone()));
        }
        self.order.insert((deadline, key.clone()));
        self.deadlines.insert(key, deadline);
    }

    /// Takes a deadline away.
    pub fn cancel(&mut self, key: &TimerKey) {
        if let Some(old) = self.deadlines.remove(key) {
            self.order.remove(&(old, key.clone()));
        }
    }

    /// When a deadline is.
    pub fn deadline(&self, key: &TimerKey) -> Option<MonotonicNs> {
        self.deadlines.get(key).copied()
    }

    /// What has deadlines, in the order of their keys, from this one on.
    pub fn keys_from(&self, first: &TimerKey) -> impl Iterator<Item = &TimerKey> {
        self.deadlines.entries().range(first..).map(|(key, _)| key)
    }

    /// The first deadline.
    pub fn next(&self) -> Option<MonotonicNs> {
        self.order.first().map(|(deadline, _)| *deadline)
    }

    /// Takes away the first deadline that has passed.
    pub fn take_due(&mut self, now: MonotonicNs) -> Option<TimerKey> {
        let (deadline, key) = self.order.first()?;
        if *deadline > now {
            return None;
        }
        let key = key.clone();
        self.cancel(&key);
        Some(key)
    }

    /// See [`UndoMap::mark`].
    pub fn mark(&mut self) {
        self.deadlines.mark();
    }

    /// See [`UndoMap::begin_step`].
    pub fn begin_step(&mut self) {
        self.deadlines.begin_step();
    }

    /// See [`UndoMap::keep`].
    pub fn keep(&mut self) {
        self.deadlines.keep();
    }

    /// See [`UndoMap::roll_back`].
    pub fn roll_back(&mut self) {
        let changed: Vec<TimerKey> = self.deadlines.changes().map(|(key, _)| key.clone()).collect();
        self.take_out_of_order(&changed);
        self.deadlines.roll_back();
        self.put_in_order(changed);
    }

    /// See [`UndoMap::roll_back_step`].
    pub fn roll_back_step(&mut self) {
        let changed: Vec<TimerKey> = self.deadlines.changed_in_step().cloned().collect();
        self.take_out_of_order(&changed);
        self.deadlines.roll_back_step();
        self.put_in_order(changed);
    }

    fn take_out_of_order(&mut self, keys: &[TimerKey]) {
        for key in keys {
            if let Some(deadline) = self.deadlines.get(key) {
                self.order.remove(&(*deadline, key.clone()));
            }
        }
    }

    fn put_in_order(&mut self, keys: Vec<TimerKey>) {
        for key in keys {
            if let Some(deadline) = self.deadlines.get(&key) {
                self.order.insert((*deadline, key));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rolling_back_restores_the_order_of_deadlines() {
        let mut timers = Timers::default();
        let session = |name: &str| TimerKey::ClassicSession("g".into(), name.into());
        timers.set(session("a"), MonotonicNs(10));
        timers.set(session("b"), MonotonicNs(20));
        timers.mark();
        timers.set(session("a"), MonotonicNs(30));
        timers.cancel(&session("b"));
        timers.set(session("c"), MonotonicNs(1));
        timers.roll_back();
        assert_eq!(timers.next(), Some(MonotonicNs(10)));
        assert_eq!(timers.take_due(MonotonicNs(25)), Some(session("a")));
        assert_eq!(timers.take_due(MonotonicNs(25)), Some(session("b")));
        assert_eq!(timers.take_due(MonotonicNs(25)), None);
    }
}
