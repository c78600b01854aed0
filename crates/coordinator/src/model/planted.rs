//! Shards that lie, to prove that the model sees it: each lie is a bug that a coordinator could have.

use std::sync::Arc;

use jackdaw_base::{MonotonicNs, ProducerId};
use jackdaw_protocol::messages::offset_commit_value::OffsetCommitValue;

use super::client::SESSION_TIMEOUT_MS;
use crate::group::request::OffsetCommit;
use crate::group::state::GroupState;
use crate::group::{GroupAnswer, GroupRecord, GroupRequest, GroupShard, World};
use crate::shard::{Extent, Moment, Output, OutputOf, Progress, Shard, StepKind, Token, TransactionEnd};

/// A bug of the coordinator or of its host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    /// None.
    None,
    /// Answers leave as soon as their records are written (C2).
    AnsweredBeforeCommit,
    /// A turn whose append failed stays in the state (C1).
    RollBackForgotten,
    /// A record is decided and not replayed the same way after a reload (C1).
    RecordForgottenAtReplay,
    /// Somebody who waits is not refused when the leadership is lost (C3).
    CallerForgotten,
    /// Members are believed to own nothing any more as soon as they are told to give it up (C4).
    RevocationBelieved,
    /// Commits are taken from whatever epoch or generation (C4).
    EpochIgnored,
    /// Members are expelled before their session is over (C4).
    SessionCutShort,
}

/// What surrounds it, for as long as the tests run.
type Surroundings = dyn World;

/// A shard with a bug.
#[derive(Debug)]
pub struct Planted {
    inner: GroupShard,
    bug: Bug,
    replayed: u64,
}

impl Planted {
    pub fn new(bug: Bug) -> Self {
        Self { inner: GroupShard::default(), bug, replayed: 0 }
    }

    pub fn state(&self) -> &GroupState {
        self.inner.state()
    }

    /// Runs a step of the inner shard with this shard's output.
    fn inner<T>(
        &mut self,
        out: &mut OutputOf<Self>,
        step: impl FnOnce(&mut GroupShard, &mut OutputOf<GroupShard>) -> T,
    ) -> T {
        let mut inner = Output::new(out.batch_room_bytes);
        let result = step(&mut self.inner, &mut inner);
        out.records.append(&mut inner.records);
        out.answers.append(&mut inner.answers);
        result
    }

    /// Takes a commit from whomever it comes.
    fn commit_unchecked(&mut self, token: Token, commit: &OffsetCommit, out: &mut OutputOf<Self>) {
        for topic in &commit.topics {
            for partition in &topic.partitions {
                let record = GroupRecord::Offset {
                    group: Arc::clone(&commit.group),
                    topic: Arc::clone(&topic.topic),
                    partition: partition.partition,
                    value: Some(OffsetCommitValue {
                        offset: partition.offset,
                        ..OffsetCommitValue::default()
                    }),
                };
                self.inner.replay(&record);
                out.records.push(record);
            }
        }
        out.answers.push((token, GroupAnswer::Committed(Ok(Vec::new()))));
    }

    fn falsified(&self, request: &GroupRequest) -> GroupRequest {
        let mut request = request.clone();
        match (self.bug, &mut request) {
            (Bug::RevocationBelieved, GroupRequest::ConsumerHeartbeat(heartbeat))
                if heartbeat.member_epoch > 0 =>
            {
                heartbeat.owned = Some(Vec::new());
            }
            _ => {}
        }
        request
    }
}

impl Shard for Planted {
    type Record = GroupRecord;
    type Request = GroupRequest;
    type Answer = GroupAnswer;
    type World = Surroundings;

    fn mark(&mut self) {
        self.inner.mark();
    }
    fn begin_step(&mut self) {
        self.inner.begin_step();
    }
    fn keep(&mut self) {
        self.inner.keep();
    }
    fn roll_back(&mut self) {
        match self.bug {
            Bug::RollBackForgotten => self.inner.keep(),
            _ => self.inner.roll_back(),
        }
    }
    fn roll_back_step(&mut self) {
        self.inner.roll_back_step();
    }
    fn replay(&mut self, record: &GroupRecord) {
        self.replayed += 1;
        let is_forgotten = matches!(
            record,
            GroupRecord::CurrentAssignment { .. } | GroupRecord::Classic { .. } | GroupRecord::Offset { .. }
        );
        if self.bug == Bug::RecordForgottenAtReplay && is_forgotten && self.replayed.is_multiple_of(3) {
            return;
        }
        self.inner.replay(record);
    }
    fn replay_transactional(&mut self, producer: ProducerId, record: &GroupRecord) {
        self.inner.replay_transactional(producer, record);
    }
    fn replay_transaction_end(&mut self, producer: ProducerId, end: TransactionEnd) {
        self.inner.replay_transaction_end(producer, end);
    }
    fn on_loaded(&mut self, now: &Moment, world: &Surroundings, out: &mut OutputOf<Self>) {
        self.inner(out, |inner, out| inner.on_loaded(now, world, out));
    }
    fn on_request(
        &mut self,
        now: &Moment,
        world: &Surroundings,
        token: Token,
        request: &GroupRequest,
        out: &mut OutputOf<Self>,
    ) -> Extent {
        if let (Bug::EpochIgnored, GroupRequest::OffsetCommit(commit)) = (self.bug, request) {
            self.commit_unchecked(token, commit, out);
            return Extent::Whole;
        }
        let request = self.falsified(request);
        self.inner(out, |inner, out| inner.on_request(now, world, token, &request, out))
    }
    fn is_notice(request: &GroupRequest) -> bool {
        GroupShard::is_notice(request)
    }
    fn on_interrupt(&mut self, now: &Moment, world: &Surroundings, token: Token, out: &mut OutputOf<Self>) {
        self.inner(out, |inner, out| inner.on_interrupt(now, world, token, out));
    }
    fn on_abandon(&mut self, token: Token) {
        self.inner.on_abandon(token);
    }
    fn on_time(&mut self, now: &Moment, world: &Surroundings, out: &mut OutputOf<Self>) -> Progress {
        let mut now = *now;
        if self.bug == Bug::SessionCutShort {
            now.monotonic = MonotonicNs(now.monotonic.0 + (SESSION_TIMEOUT_MS - 2500) * 1_000_000);
        }
        self.inner(out, |inner, out| inner.on_time(&now, world, out))
    }
    fn on_work(&mut self, now: &Moment, world: &Surroundings, out: &mut OutputOf<Self>) -> Progress {
        self.inner(out, |inner, out| inner.on_work(now, world, out))
    }
    fn give_up_step(&mut self, now: &Moment, step: StepKind) {
        self.inner.give_up_step(now, step);
    }
    fn next_deadline(&self) -> Option<MonotonicNs> {
        self.inner.next_deadline()
    }
    fn record_size_bytes(record: &GroupRecord) -> usize {
        GroupShard::record_size_bytes(record)
    }
}
