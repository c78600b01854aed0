//! Turns: inputs, deadlines and work are decided one by one until there is a batch to append, or nothing left.

use jackdaw_base::MonotonicNs;
use jackdaw_protocol::records::BATCH_OVERHEAD;

use super::{Phase, Refusal, Runtime};
use crate::shard::{Extent, Moment, Output, OutputOf, Progress, Shard, StepKind, Token};

/// What is to be decided.
#[derive(Debug)]
pub(super) enum Input<R> {
    Request { now: Moment, token: Token, request: R },
    Interrupt(Token),
    Abandon(Token),
}

/// A turn whose records are gathered or being appended.
#[derive(Debug)]
pub(super) struct OpenTurn<S: Shard> {
    /// When it began.
    pub(super) now: MonotonicNs,
    pub(super) out: OutputOf<S>,
    /// Who is refused if the append fails.
    pub(super) requests: Vec<Token>,
    /// What is tried again if the append fails.
    pub(super) retries: Vec<Input<S::Request>>,
    /// Whether the log's end was reached in this turn.
    pub(super) is_load: bool,
    /// The request that goes on in the next turn.
    pub(super) unfinished: Option<Token>,
    /// Nothing more goes into its batch.
    is_full: bool,
    size_bytes: usize,
    steps: usize,
}

/// How a step has ended.
enum StepOutcome {
    /// It is part of the turn.
    Taken,
    /// It is part of the turn, and goes on in the next one.
    TakenInPart,
    /// There was nothing to do.
    Idle,
    /// It needs a turn of its own: what was decided before is appended first.
    NeedsNextTurn,
    /// Not even a turn of its own holds it.
    TooLarge,
}

impl<S: Shard> Runtime<S> {
    /// Decides what has arrived and what is due. `Some`: these records are to be appended as one batch, and
    /// [`Runtime::on_appended`] is told how that went before anything else. `None`: there is nothing left to append.
    pub fn poll_append(&mut self, now: &Moment, world: &S::World) -> Option<&[S::Record]> {
        assert!(self.turn.is_none(), "an append is under way");
        if self.phase != Phase::Active {
            return None;
        }
        self.expire_waiting(now.monotonic);
        loop {
            let turn = match self.gathering.take() {
                Some(turn) => turn,
                None => self.begin_turn(now),
            };
            let turn = self.run_turn(turn, now, world);
            let has_records = !turn.out.records.is_empty();
            if has_records && !turn.is_full && now.monotonic < self.append_at(&turn) {
                self.gathering = Some(turn);
                return None;
            }
            if has_records {
                self.turn = Some(turn);
                return self.turn.as_ref().map(|turn| turn.out.records.as_slice());
            }
            let is_idle = turn.steps == 0;
            self.keep(turn);
            if is_idle {
                return None;
            }
        }
    }

    /// When the records of a turn are appended at the latest.
    pub(super) fn append_at(&self, turn: &OpenTurn<S>) -> MonotonicNs {
        turn.now.plus_ms(self.limits.linger_ms)
    }

    fn begin_turn(&mut self, now: &Moment) -> OpenTurn<S> {
        self.shard.mark();
        OpenTurn {
            now: now.monotonic,
            out: Output::new(self.limits.batch_bytes_max.saturating_sub(BATCH_OVERHEAD)),
            requests: Vec::new(),
            retries: Vec::new(),
            is_load: false,
            unfinished: None,
            is_full: false,
            size_bytes: BATCH_OVERHEAD,
            steps: 0,
        }
    }

    fn run_turn(&mut self, mut turn: OpenTurn<S>, now: &Moment, world: &S::World) -> OpenTurn<S> {
        if now.monotonic >= self.not_before {
            self.inputs.extend(self.retries.drain(..));
        }
        while turn.steps < self.limits.turn_steps_max && !turn.is_full {
            match self.next_step(&mut turn, now, world) {
                StepOutcome::Taken | StepOutcome::TooLarge => turn.steps += 1,
                StepOutcome::TakenInPart => {
                    turn.steps += 1;
                    turn.is_full = true;
                }
                StepOutcome::NeedsNextTurn => turn.is_full = true,
                StepOutcome::Idle => return turn,
            }
        }
        turn.is_full = true;
        turn
    }

    /// Work that is left over comes first, then what has arrived, then deadlines: who was heard of in time is not late
    /// because this node was.
    fn next_step(&mut self, turn: &mut OpenTurn<S>, now: &Moment, world: &S::World) -> StepOutcome {
        let may_retry = now.monotonic >= self.not_before;
        if self.is_load_step_due && may_retry {
            self.is_load_step_due = false;
            turn.is_load = true;
            self.shard.begin_step();
            self.shard.on_loaded(now, world, &mut turn.out);
            return StepOutcome::Taken;
        }
        if may_retry {
            match self.unasked_step(turn, now, world, StepKind::Work) {
                StepOutcome::Idle => {}
                outcome => return outcome,
            }
        }
        if let Some(input) = self.inputs.pop_front() {
            return self.input_step(turn, now, world, input);
        }
        match may_retry {
            true => self.unasked_step(turn, now, world, StepKind::Time),
            false => StepOutcome::Idle,
        }
    }

    fn unasked_step(
        &mut self,
        turn: &mut OpenTurn<S>,
        now: &Moment,
        world: &S::World,
        kind: StepKind,
    ) -> StepOutcome {
        let outcome = self.step(turn, |shard, out| match kind {
            StepKind::Work => shard.on_work(now, world, out),
            StepKind::Time => shard.on_time(now, world, out),
        });
        if matches!(outcome, StepOutcome::TooLarge) {
            self.shard.give_up_step(now, kind);
        }
        outcome
    }

    fn input_step(
        &mut self,
        turn: &mut OpenTurn<S>,
        now: &Moment,
        world: &S::World,
        input: Input<S::Request>,
    ) -> StepOutcome {
        let mut extent = Extent::Whole;
        let outcome = self.step(turn, |shard, out| {
            match &input {
                Input::Request { now, token, request } => {
                    extent = shard.on_request(now, world, *token, request, out);
                }
                Input::Interrupt(token) => shard.on_interrupt(now, world, *token, out),
                Input::Abandon(token) => shard.on_abandon(*token),
            }
            Progress::Step
        });
        if let (StepOutcome::Taken, Extent::Part, Input::Request { token, .. }) = (&outcome, extent, &input) {
            assert!(!turn.out.records.is_empty(), "a part of a request is what a batch holds of it");
            turn.requests.push(*token);
            turn.unfinished = Some(*token);
            self.inputs.push_front(input);
            return StepOutcome::TakenInPart;
        }
        match (&outcome, input) {
            (StepOutcome::NeedsNextTurn, input) => self.inputs.push_front(input),
            (StepOutcome::TooLarge, Input::Request { token, .. }) => self.refuse(token, Refusal::TooLarge),
            (StepOutcome::Taken, Input::Request { token, request, .. }) if !S::is_notice(&request) => {
                turn.requests.push(token);
            }
            (StepOutcome::Taken, input) => turn.retries.push(input),
            (StepOutcome::Idle | StepOutcome::TakenInPart | StepOutcome::TooLarge, _) => {}
        }
        outcome
    }

    /// Runs a step; takes it back if its records do not fit.
    fn step(
        &mut self,
        turn: &mut OpenTurn<S>,
        decide: impl FnOnce(&mut S, &mut OutputOf<S>) -> Progress,
    ) -> StepOutcome {
        let (records, answers) = (turn.out.records.len(), turn.out.answers.len());
        self.shard.begin_step();
        if decide(&mut self.shard, &mut turn.out) == Progress::Nothing {
            return StepOutcome::Idle;
        }
        let added_bytes: usize = turn.out.records.iter().skip(records).map(S::record_size_bytes).sum();
        if added_bytes == 0 || turn.size_bytes + added_bytes <= self.limits.batch_bytes_max {
            turn.size_bytes += added_bytes;
            return StepOutcome::Taken;
        }
        self.shard.roll_back_step();
        turn.out.records.truncate(records);
        turn.out.answers.truncate(answers);
        match records {
            0 => StepOutcome::TooLarge,
            _ => StepOutcome::NeedsNextTurn,
        }
    }
}
