//! Hosts a shard: turns, answers parked until their records are committed, roll back, hand over. Not here: where the log
//! lies, how it is written, threads.
//!
//! The host drives it like this, under one lock:
//!
//! ```text
//!  replay(record)*  on_loaded(log end, high watermark)                        the log was read to its end
//!  on_request(..)*  on_interrupt(..)*  on_abandon(..)*                         whatever has arrived, or next_deadline() passed
//!  while let Some(records) = poll_append(now, world) { on_appended(append(records)) }
//!  on_committed(high watermark)                                               whenever it has moved
//!  poll_answers()                                                             after each of these; each token once
//!  unload()  poll_answers()                                                   leadership is lost
//! ```

mod limits;
mod turn;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};

use jackdaw_base::{MonotonicNs, Offset, ProducerId};
use jackdaw_protocol::error_code::ErrorCode;

pub use limits::{Refusal, RuntimeLimits};
use turn::{Input, OpenTurn};

use crate::shard::{Moment, Shard, Token, TransactionEnd};

/// An answer that may leave.
#[derive(Clone, PartialEq, Debug)]
pub struct Answered<A> {
    /// Who asked.
    pub token: Token,
    /// What is answered.
    pub answer: Result<A, Refusal>,
}

/// Where a runtime is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// The log is being read.
    Loading,
    /// It answers.
    Active,
    /// Another node leads the partition; this runtime answers nothing any more.
    Unloaded,
}

/// Answers of one turn, which wait for the log to be committed up to `end`.
#[derive(Debug)]
struct Waiting<A> {
    end: Offset,
    deadline: MonotonicNs,
    answers: Vec<(Token, A)>,
}

/// Hosts a shard over one partition of an internal topic.
#[derive(Debug)]
pub struct Runtime<S: Shard> {
    shard: S,
    limits: RuntimeLimits,
    phase: Phase,
    /// Whether [`Shard::on_loaded`] is still to be called.
    is_load_step_due: bool,
    /// Where the next append goes, as far as this runtime knows.
    log_end: Offset,
    committed: Offset,
    inputs: VecDeque<Input<S::Request>>,
    /// Inputs of turns that could not be appended, of callers that are not to be refused.
    retries: Vec<Input<S::Request>>,
    /// After a failed append nothing that nobody has asked for is tried before this.
    not_before: MonotonicNs,
    /// A turn with records that waits for more of them.
    gathering: Option<OpenTurn<S>>,
    /// The turn that is being appended.
    turn: Option<OpenTurn<S>>,
    waiting: VecDeque<Waiting<S::Answer>>,
    ready: Vec<Answered<S::Answer>>,
    /// Callers that were neither answered nor refused.
    open: BTreeSet<Token>,
}

impl<S: Shard> Runtime<S> {
    /// A runtime that is about to read its log.
    pub fn new(shard: S, limits: RuntimeLimits) -> Self {
        Self {
            shard,
            limits,
            phase: Phase::Loading,
            is_load_step_due: false,
            log_end: Offset::ZERO,
            committed: Offset::ZERO,
            inputs: VecDeque::new(),
            retries: Vec::new(),
            not_before: MonotonicNs(0),
            gathering: None,
            turn: None,
            waiting: VecDeque::new(),
            ready: Vec::new(),
            open: BTreeSet::new(),
        }
    }

    /// The shard, to look at.
    pub fn shard(&self) -> &S {
        &self.shard
    }

    /// Where it is in its life.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// From the next turn on batches may have so many bytes.
    pub fn set_batch_bytes_max(&mut self, batch_bytes_max: usize) {
        self.limits.batch_bytes_max = batch_bytes_max;
    }

    /// How many callers wait.
    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    /// Folds a record of the log; only while loading.
    pub fn replay(&mut self, record: &S::Record) {
        assert_eq!(
            self.phase,
            Phase::Loading,
            "records are replayed from the log before anything else happens"
        );
        self.shard.replay(record);
    }

    /// Folds a record of a transaction; only while loading.
    pub fn replay_transactional(&mut self, producer: ProducerId, record: &S::Record) {
        assert_eq!(
            self.phase,
            Phase::Loading,
            "records are replayed from the log before anything else happens"
        );
        self.shard.replay_transactional(producer, record);
    }

    /// Folds the end of a producer's transaction.
    pub fn replay_transaction_end(&mut self, producer: ProducerId, end: TransactionEnd) {
        assert_eq!(
            self.phase,
            Phase::Loading,
            "records are replayed from the log before anything else happens"
        );
        self.shard.replay_transaction_end(producer, end);
    }

    /// The log was read up to `log_end` (exclusive); what lies below `high_watermark` is committed.
    pub fn on_loaded(&mut self, log_end: Offset, high_watermark: Offset) {
        assert_eq!(self.phase, Phase::Loading, "a log is loaded once");
        self.phase = Phase::Active;
        self.is_load_step_due = true;
        self.log_end = log_end;
        self.committed = high_watermark;
    }

    /// A request has arrived at `now`. It is decided by the next [`Runtime::poll_append`].
    pub fn on_request(&mut self, now: Moment, token: Token, request: S::Request) {
        let refusal = match self.phase {
            Phase::Loading => Refusal::Loading,
            Phase::Unloaded => Refusal::NotCoordinator,
            Phase::Active if self.open.len() >= self.limits.requests_max => Refusal::Busy,
            Phase::Active => {
                assert!(self.open.insert(token), "a token is used once");
                self.inputs.push_back(Input::Request { now, token, request });
                return;
            }
        };
        self.ready.push(Answered { token, answer: Err(refusal) });
    }

    /// Another request has arrived behind this caller on its connection: a heartbeat is not parked any longer.
    pub fn on_interrupt(&mut self, token: Token) {
        if self.open.contains(&token) {
            self.inputs.push_back(Input::Interrupt(token));
        }
    }

    /// The caller's connection has ended: nothing is answered to it.
    pub fn on_abandon(&mut self, token: Token) {
        if self.open.remove(&token) {
            self.inputs.push_back(Input::Abandon(token));
        }
    }

    /// The records of [`Runtime::poll_append`] are in the log, which now ends at `Ok(log end)`, or nothing of them is.
    pub fn on_appended(&mut self, outcome: Result<Offset, ErrorCode>) {
        if self.phase == Phase::Unloaded {
            return;
        }
        let turn = self.turn.take().expect("an append follows a poll that asked for it");
        match outcome {
            Ok(log_end) => {
                assert!(
                    log_end > self.log_end,
                    "an append moves the end of the log from {} on",
                    self.log_end
                );
                self.log_end = log_end;
                // The log takes records again: nothing needs to be put off any longer.
                self.not_before = MonotonicNs(0);
                self.keep(turn);
            }
            Err(code) => self.roll_back(turn, code),
        }
    }

    /// What lies below `high_watermark` is committed.
    pub fn on_committed(&mut self, high_watermark: Offset) {
        self.committed = self.committed.max(high_watermark);
        self.release();
    }

    /// The node does not lead the partition any more: everybody who waits is refused, once (C3).
    pub fn unload(&mut self) {
        self.phase = Phase::Unloaded;
        self.inputs.clear();
        self.retries.clear();
        self.gathering = None;
        self.turn = None;
        self.waiting.clear();
        for token in std::mem::take(&mut self.open) {
            self.ready.push(Answered { token, answer: Err(Refusal::NotCoordinator) });
        }
    }

    /// Answers that may leave, each token once in the life of a runtime.
    pub fn poll_answers(&mut self) -> Vec<Answered<S::Answer>> {
        std::mem::take(&mut self.ready)
    }

    /// When [`Runtime::poll_append`] has something to do without any further input; a moment in the past: now.
    pub fn next_deadline(&self) -> Option<MonotonicNs> {
        if self.phase != Phase::Active {
            return None;
        }
        if !self.inputs.is_empty() {
            return Some(MonotonicNs(0));
        }
        let is_unfinished = self.is_load_step_due || !self.retries.is_empty();
        let shard = if is_unfinished { Some(MonotonicNs(0)) } else { self.shard.next_deadline() };
        let shard = shard.map(|deadline| deadline.max(self.not_before));
        let commit = self.waiting.front().map(|waiting| waiting.deadline);
        let append = self.gathering.as_ref().map(|turn| self.append_at(turn));
        [shard, commit, append].into_iter().flatten().min()
    }

    /// The turn is in the log: its answers wait until it is committed, and everything before it (C2).
    fn keep(&mut self, turn: OpenTurn<S>) {
        self.shard.keep();
        if !turn.out.answers.is_empty() {
            let deadline = turn.now.plus_ms(self.limits.commit_timeout_ms);
            self.waiting.push_back(Waiting { end: self.log_end, deadline, answers: turn.out.answers });
        }
        self.release();
    }

    /// The turn never was: those who asked in it are refused, those who waited before it wait on.
    fn roll_back(&mut self, turn: OpenTurn<S>, code: ErrorCode) {
        self.shard.roll_back();
        if let Some(unfinished) = turn.unfinished {
            let goes_on = |input: &Input<S::Request>| matches!(input, Input::Request { token, .. } if *token == unfinished);
            self.inputs.retain(|input| !goes_on(input));
        }
        for token in turn.requests {
            self.refuse(token, Refusal::NotAppended(code));
        }
        self.retries.extend(turn.retries);
        self.is_load_step_due |= turn.is_load;
        self.not_before = turn.now.plus_ms(self.limits.retry_ms);
    }

    fn release(&mut self) {
        while self.waiting.front().is_some_and(|waiting| waiting.end <= self.committed) {
            for (token, answer) in self.waiting.pop_front().into_iter().flat_map(|waiting| waiting.answers) {
                if self.open.remove(&token) {
                    self.ready.push(Answered { token, answer: Ok(answer) });
                }
            }
        }
    }

    fn refuse(&mut self, token: Token, refusal: Refusal) {
        if self.open.remove(&token) {
            self.ready.push(Answered { token, answer: Err(refusal) });
        }
    }

    /// Refuses those whose records are in the log and are not committed in time: whether they will be, nobody knows.
    fn expire_waiting(&mut self, now: MonotonicNs) {
        while self.waiting.front().is_some_and(|waiting| waiting.deadline <= now) {
            for (token, _) in self.waiting.pop_front().into_iter().flat_map(|waiting| waiting.answers) {
                self.refuse(token, Refusal::NotCommittedInTime);
            }
        }
    }
}
