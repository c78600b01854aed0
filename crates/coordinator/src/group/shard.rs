//! The shard of `__consumer_offsets`: sends each input to the module that decides about it.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jackdaw_base::{MonotonicNs, ProducerId};

use super::record::{GroupId, GroupRecord};
use super::request::{GroupAnswer, GroupRequest};
use super::state::{Group, GroupState, Work};
use super::timers::TimerKey;
use super::turn::Turn;
use super::world::World;
use super::{admin, classic, consumer, offsets, record};
use crate::shard::{Extent, Moment, OutputOf, Progress, Shard, StepKind, Token, TransactionEnd};

/// How long a deadline is put off whose records cannot be appended.
const RETRY_MS: u64 = 500;

/// The coordinator of the groups of one partition of `__consumer_offsets`.
#[derive(Debug, Default)]
pub struct GroupShard {
    state: GroupState,
}

impl GroupShard {
    /// What it knows.
    pub fn state(&self) -> &GroupState {
        &self.state
    }

    /// Runs one step: `decide`, then notes which groups with parked heartbeats it has changed.
    fn step<T>(
        &mut self,
        now: &Moment,
        world: &dyn World,
        out: &mut OutputOf<Self>,
        decide: impl FnOnce(&mut Turn<'_>) -> T,
    ) -> T {
        let mut turn = Turn { now, world, state: &mut self.state, out };
        let decided = decide(&mut turn);
        let changed: Vec<GroupId> = self.state.groups.changed_in_step().cloned().collect();
        for group in changed {
            let has_parked = self.state.parked.of_group(&group).next().is_some();
            let work = Work::Settle(group);
            if has_parked && self.state.work.get(&work).is_none() {
                self.state.work.insert(work, ());
            }
        }
        decided
    }

    /// A settled group is settled again only if somebody was answered: so it ends, whatever the group makes of it.
    fn work_step(&mut self, now: &Moment, world: &dyn World, work: &Work, out: &mut OutputOf<Self>) {
        let parked_before = self.state.parked.len();
        self.step(now, world, out, |turn| on_work(turn, work));
        if matches!(work, Work::Settle(_)) && self.state.parked.len() >= parked_before {
            self.state.work.remove(work);
        }
    }
}

impl Shard for GroupShard {
    type Record = GroupRecord;
    type Request = GroupRequest;
    type Answer = GroupAnswer;
    type World = dyn World;

    fn mark(&mut self) {
        self.state.mark();
    }

    fn begin_step(&mut self) {
        self.state.begin_step();
    }

    fn keep(&mut self) {
        self.state.keep();
    }

    fn roll_back(&mut self) {
        self.state.roll_back();
    }

    fn roll_back_step(&mut self) {
        self.state.roll_back_step();
    }

    fn replay(&mut self, record: &GroupRecord) {
        self.state.replay(record);
    }

    fn replay_transactional(&mut self, producer: ProducerId, record: &GroupRecord) {
        self.state.replay_transactional(producer, record);
    }

    fn replay_transaction_end(&mut self, producer: ProducerId, end: TransactionEnd) {
        self.state.replay_transaction_end(producer, end);
    }

    fn on_loaded(&mut self, now: &Moment, world: &dyn World, out: &mut OutputOf<Self>) {
        self.step(now, world, out, |turn| {
            let groups: Vec<GroupId> = turn.state.groups.entries().keys().cloned().collect();
            for group in groups {
                turn.state.work.insert(Work::Loaded(group), ());
            }
            let interval_ms = turn.world.settings("").offsets_retention_check_interval_ms;
            turn.set_timer(TimerKey::OffsetExpiry, interval_ms);
        });
    }

    fn on_request(
        &mut self,
        now: &Moment,
        world: &dyn World,
        token: Token,
        request: &GroupRequest,
        out: &mut OutputOf<Self>,
    ) -> Extent {
        self.step(now, world, out, |turn| dispatch(turn, token, request))
    }

    fn is_notice(request: &GroupRequest) -> bool {
        matches!(request, GroupRequest::TopicsDeleted { .. } | GroupRequest::TopicsChanged)
    }

    fn on_interrupt(&mut self, now: &Moment, world: &dyn World, token: Token, out: &mut OutputOf<Self>) {
        self.step(now, world, out, |turn| {
            if let Some((group, member)) = turn.state.parked.member_of(token).cloned() {
                unpark(turn, &group, &member);
            }
        });
    }

    fn on_abandon(&mut self, token: Token) {
        if let Some((group, member)) = self.state.parked.member_of(token).cloned() {
            self.state.parked.remove(&group, &member);
            self.state.timers.cancel(&TimerKey::Parked(group, member));
        }
    }

    fn on_time(&mut self, now: &Moment, world: &dyn World, out: &mut OutputOf<Self>) -> Progress {
        let Some(key) = self.state.timers.take_due(now.monotonic) else { return Progress::Nothing };
        self.step(now, world, out, |turn| on_timer(turn, &key));
        Progress::Step
    }

    fn on_work(&mut self, now: &Moment, world: &dyn World, out: &mut OutputOf<Self>) -> Progress {
        let Some(work) = self.state.work.entries().keys().next().cloned() else { return Progress::Nothing };
        self.state.work.remove(&work);
        self.work_step(now, world, &work, out);
        Progress::Step
    }

    fn give_up_step(&mut self, now: &Moment, step: StepKind) {
        match step {
            StepKind::Time => {
                if let Some(key) = self.state.timers.take_due(now.monotonic) {
                    let later = MonotonicNs(now.monotonic.0.saturating_add(RETRY_MS * 1_000_000));
                    self.state.timers.set(key, later);
                }
            }
            StepKind::Work => {
                if let Some(work) = self.state.work.entries().keys().next().cloned() {
                    self.state.work.remove(&work);
                }
            }
        }
    }

    fn next_deadline(&self) -> Option<MonotonicNs> {
        match self.state.work.entries().is_empty() {
            true => self.state.timers.next(),
            false => Some(MonotonicNs(0)),
        }
    }

    fn record_size_bytes(record: &GroupRecord) -> usize {
        record::size_bytes(record)
    }
}

/// Sends a request to its decider.
fn dispatch(turn: &mut Turn<'_>, token: Token, request: &GroupRequest) -> Extent {
    match request {
        GroupRequest::Join(join) => match turn.state.consumer(&join.group) {
            Some(_) => consumer::classic_join(turn, token, join),
            None => classic::join(turn, token, join),
        },
        GroupRequest::Sync(sync) => match turn.state.consumer(&sync.group) {
            Some(_) => consumer::classic_sync(turn, token, sync),
            None => classic::sync(turn, token, sync),
        },
        GroupRequest::Heartbeat(heartbeat) => match turn.state.consumer(&heartbeat.group) {
            Some(_) => consumer::classic_heartbeat(turn, token, heartbeat),
            None => classic::heartbeat(turn, token, heartbeat),
        },
        GroupRequest::Leave(leave) => match turn.state.consumer(&leave.group) {
            Some(_) => consumer::classic_leave(turn, token, leave),
            None => classic::leave(turn, token, leave),
        },
        GroupRequest::ConsumerHeartbeat(heartbeat) => consumer::heartbeat(turn, token, heartbeat),
        GroupRequest::OffsetCommit(commit) => offsets::commit(turn, token, commit),
        GroupRequest::OffsetFetch(fetch) => offsets::fetch(turn, token, fetch),
        GroupRequest::OffsetDelete { group, topics } => return offsets::delete(turn, token, group, topics),
        GroupRequest::DeleteGroup { group } => return admin::delete(turn, token, group),
        GroupRequest::List(list) => admin::list(turn, token, list),
        GroupRequest::Describe { group } => admin::describe(turn, token, group),
        GroupRequest::DescribeConsumer { group } => admin::describe_consumer(turn, token, group),
        GroupRequest::TopicsDeleted { topics } => {
            for (topic, id) in topics {
                turn.state.work.insert(Work::TopicDeleted(Arc::clone(topic), *id), ());
            }
            turn.answer(token, GroupAnswer::Noted);
        }
        GroupRequest::TopicsChanged => {
            consumer::on_topics_changed(turn);
            turn.answer(token, GroupAnswer::Noted);
        }
        GroupRequest::Lag => admin::lag(turn, token),
    }
    Extent::Whole
}

/// Answers a parked heartbeat with what there is to say now.
fn unpark(turn: &mut Turn<'_>, group: &GroupId, member: &Arc<str>) {
    match turn.state.groups.get(group).map(Arc::as_ref) {
        Some(Group::Consumer(_)) => consumer::unpark(turn, group, member),
        Some(Group::Classic(_)) | None => classic::unpark(turn, group, member),
    }
}

fn on_timer(turn: &mut Turn<'_>, key: &TimerKey) {
    match key {
        TimerKey::ClassicSession(..)
        | TimerKey::ClassicPendingJoin(..)
        | TimerKey::ClassicJoin(_)
        | TimerKey::ClassicGather(_)
        | TimerKey::ClassicQuiet(_)
        | TimerKey::ClassicSync(_) => classic::on_timer(turn, key),
        TimerKey::ConsumerSession(..)
        | TimerKey::ConsumerRebalance(..)
        | TimerKey::ConsumerClassicJoin(..)
        | TimerKey::ConsumerClassicSync(..)
        | TimerKey::ConsumerAssignment(_)
        | TimerKey::ConsumerRegex(_) => consumer::on_timer(turn, key),
        TimerKey::Parked(group, member) => unpark(turn, group, member),
        TimerKey::OffsetExpiry => offsets::on_expiry(turn),
    }
}

fn on_work(turn: &mut Turn<'_>, work: &Work) {
    match work {
        Work::Loaded(group) => match turn.state.groups.get(group).map(Arc::as_ref) {
            Some(Group::Classic(_)) => classic::on_loaded(turn, group),
            Some(Group::Consumer(_)) => consumer::on_loaded(turn, group),
            None => {}
        },
        Work::Refresh(group) => consumer::refresh(turn, group),
        Work::Settle(group) => match turn.state.groups.get(group).map(Arc::as_ref) {
            Some(Group::Consumer(_)) => consumer::settle(turn, group),
            Some(Group::Classic(_)) | None => classic::settle(turn, group),
        },
        Work::TopicDeleted(topic, id) => offsets::on_topic_deleted(turn, topic, *id),
        Work::ExpireOffsets(group) => offsets::expire(turn, group),
    }
}
