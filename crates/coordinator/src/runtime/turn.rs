//! Turns: inputs, deadlines and work are decided one by one until there is a batch to append, or nothing left.

use jackdaw_base::MonotonicNs;
use jackdaw_protocol::records::BATCH_OVERHEAD;

use super::{Phase, Refusal, Runtime};
use crate::shard::{Moment, Output, Progress, Shard, StepKind, Token};

/// What is to be decided.
#[derive(Debug)]
pub(super) enum Input<R> {
    Request { now: Moment, token: Token, request: R },
    Interrupt(Token),
    Abandon(Token),
}

/// A turn whose records are being appended.
#[derive(Debug)]
pub(super) struct OpenTurn<S: Shard> {
    pub(super) now: MonotonicNs,
    pub(super) out: Output<S>,
    /// Who is refused if the append fails.
    pub(super) requests: Vec<Token>,
    /// What is tried again if the append fails.
    pub(super) retries: Vec<Input<S::Request>>,
    /// Whether the log's end was reached in this turn.
    pub(super) is_load: bool,
    size_bytes: usize,
    steps: usize,
}

/// How a step has ended.
enum StepOutcome {
    /// It is part of the turn.
    Taken,
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
            let turn = self.run_turn(now, world);
            if !turn.out.records.is_empty() {
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

    fn run_turn(&mut self, now: &Moment, world: &S::World) -> OpenTurn<S> {
        let mut turn = OpenTurn {
            now: now.monotonic,
            out: Output::default(),
            requests: Vec::new(),
            retries: Vec::new(),
            is_load: false,
            size_bytes: BATCH_OVERHEAD,
            steps: 0,
        };
        self.shard.mark();
        if now.monotonic >= self.not_before {
            self.inputs.extend(self.retries.drain(..));
        }
        while turn.steps < self.limits.turn_steps_max {
            match self.next_step(&mut turn, now, world) {
                StepOutcome::Taken | StepOutcome::TooLarge => turn.steps += 1,
                StepOutcome::Idle | StepOutcome::NeedsNextTurn => break,
            }
        }
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
        let outcome = self.step(turn, |shard, out| {
            match &input {
                Input::Request { now, token, request } => shard.on_request(now, world, *token, request, out),
                Input::Interrupt(token) => shard.on_interrupt(now, world, *token, out),
                Input::Abandon(token) => shard.on_abandon(*token),
            }
            Progress::Step
        });
        match (&outcome, input) {
            (StepOutcome::NeedsNextTurn, input) => self.inputs.push_front(input),
            (StepOutcome::TooLarge, Input::Request { token, .. }) => self.refuse(token, Refusal::TooLarge),
            (StepOutcome::Taken, Input::Request { token, request, .. }) if !S::is_notice(&request) => {
                turn.requests.push(token);
            }
            (StepOutcome::Taken, input) => turn.retries.push(input),
            (StepOutcome::Idle | StepOutcome::TooLarge, _) => {}
        }
        outcome
    }

    /// Runs a step; takes it back if its records do not fit.
    fn step(
        &mut self,
        turn: &mut OpenTurn<S>,
        decide: impl FnOnce(&mut S, &mut Output<S>) -> Progress,
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
