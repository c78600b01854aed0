//! A node with the log and the runtime: appends fail, commits come late, crashes take what was not committed.

use std::collections::BTreeSet;

use jackdaw_base::{MonotonicNs, Offset, TimestampMs, Uuid};
use jackdaw_protocol::error_code::ErrorCode;

use super::chance::Chance;
use super::planted::{Bug, Planted};
use crate::fixture::TestWorld;
use crate::group::record::{EncodedRecord, decode, encode};
use crate::group::state::GroupState;
use crate::group::{GroupAnswer, GroupRecord, GroupRequest};
use crate::runtime::{Answered, Runtime, RuntimeLimits};
use crate::shard::{Moment, Token};

/// What goes wrong, in percent and milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    pub append_fails_percent: u64,
    pub commit_delay_ms_max: u64,
}

impl Faults {
    /// Nothing goes wrong.
    pub const NONE: Self = Self { append_fails_percent: 0, commit_delay_ms_max: 0 };
}

/// The coordinator's side.
pub struct Node {
    bug: Bug,
    runtime: Option<Runtime<Planted>>,
    log: Vec<EncodedRecord>,
    /// Where batches end: a batch is there whole, or not at all.
    batch_ends: Vec<usize>,
    high_watermark: usize,
    /// When the log will be committed up to where.
    commits: Vec<(u64, usize)>,
    pub faults: Faults,
    /// Callers that have heard nothing yet.
    open: BTreeSet<Token>,
    randoms: u128,
}

impl Node {
    pub fn new(bug: Bug) -> Self {
        Self {
            bug,
            runtime: None,
            log: Vec::new(),
            batch_ends: Vec::new(),
            high_watermark: 0,
            commits: Vec::new(),
            faults: Faults::NONE,
            open: BTreeSet::new(),
            randoms: 0,
        }
    }

    pub fn is_up(&self) -> bool {
        self.runtime.is_some()
    }

    /// What the coordinator knows.
    pub fn state(&self) -> Option<&GroupState> {
        self.runtime.as_ref().map(|runtime| runtime.shard().state())
    }

    /// The log, decoded.
    pub fn records(&self) -> Vec<GroupRecord> {
        self.log.iter().map(|record| decode(Some(&record.key), record.value.as_deref()).unwrap()).collect()
    }

    /// Takes the leadership: reads the log, which is committed to its end then.
    pub fn load(&mut self) {
        let mut runtime = Runtime::new(Planted::new(self.bug), RuntimeLimits::default());
        for record in self.records() {
            runtime.replay(&record);
        }
        self.high_watermark = self.log.len();
        runtime.on_loaded(offset(self.log.len()), offset(self.log.len()));
        self.runtime = Some(runtime);
    }

    /// Dies; what was not committed may be gone. Nobody hears anything.
    pub fn crash(&mut self, chance: &mut Chance) {
        self.runtime = None;
        self.open.clear();
        self.lose_suffix(chance);
    }

    /// Loses the leadership: everybody is refused, and what was not committed may be gone.
    pub fn resign(&mut self, chance: &mut Chance) -> Result<Vec<Answered<GroupAnswer>>, String> {
        let Some(mut runtime) = self.runtime.take() else { return Ok(Vec::new()) };
        runtime.unload();
        let mut answers = runtime.poll_answers();
        if self.bug == Bug::CallerForgotten {
            answers.pop();
        }
        self.check_answers(&answers)?;
        self.lose_suffix(chance);
        match self.open.first() {
            None => Ok(answers),
            Some(token) => Err(format!("C3: caller {token:?} was told nothing when the leadership was lost")),
        }
    }

    fn lose_suffix(&mut self, chance: &mut Chance) {
        let uncommitted = self.batch_ends.iter().filter(|end| **end > self.high_watermark).count();
        let lost = chance.index(uncommitted + 1);
        self.batch_ends.truncate(self.batch_ends.len() - lost);
        self.log.truncate(self.batch_ends.last().copied().unwrap_or(0));
        self.commits.clear();
    }

    pub fn request(&mut self, now_ms: u64, token: Token, request: GroupRequest) {
        let now = self.moment(now_ms);
        if let Some(runtime) = &mut self.runtime {
            self.open.insert(token);
            runtime.on_request(now, token, request);
        }
    }

    pub fn interrupt(&mut self, token: Token) {
        if let Some(runtime) = &mut self.runtime {
            runtime.on_interrupt(token);
        }
    }

    pub fn abandon(&mut self, token: Token) {
        if let Some(runtime) = &mut self.runtime
            && self.open.remove(&token)
        {
            runtime.on_abandon(token);
        }
    }

    /// Does what is to be done by now.
    pub fn run(
        &mut self,
        now_ms: u64,
        world: &TestWorld,
        chance: &mut Chance,
    ) -> Result<Vec<Answered<GroupAnswer>>, String> {
        let now = self.moment(now_ms);
        let Some(runtime) = &mut self.runtime else { return Ok(Vec::new()) };
        let due = self.commits.iter().filter(|(at_ms, _)| *at_ms <= now_ms).map(|(_, end)| *end).max();
        self.commits.retain(|(at_ms, _)| *at_ms > now_ms);
        if let Some(end) = due {
            self.high_watermark = self.high_watermark.max(end);
            runtime.on_committed(offset(self.high_watermark));
        }
        while let Some(records) = runtime.poll_append(&now, world) {
            if chance.percent(self.faults.append_fails_percent) {
                runtime.on_appended(Err(ErrorCode::NotEnoughReplicas));
                continue;
            }
            self.log.extend(records.iter().map(|record| encode(record).unwrap()));
            let end = self.log.len();
            self.batch_ends.push(end);
            runtime.on_appended(Ok(offset(end)));
            match chance.below(self.faults.commit_delay_ms_max + 1) {
                0 if self.commits.is_empty() => {
                    self.high_watermark = end;
                    runtime.on_committed(offset(end));
                }
                delay_ms => {
                    let latest_ms = self.commits.last().map_or(0, |(at_ms, _)| *at_ms);
                    self.commits.push(((now_ms + delay_ms).max(latest_ms), end));
                    if self.bug == Bug::AnsweredBeforeCommit {
                        runtime.on_committed(offset(end));
                    }
                }
            }
        }
        let answers = runtime.poll_answers();
        self.check_answers(&answers)?;
        Ok(answers)
    }

    pub fn next_ms(&self) -> Option<u64> {
        let runtime = self.runtime.as_ref()?;
        let deadline = runtime.next_deadline().map(|deadline| deadline.0.div_ceil(1_000_000));
        let commit = self.commits.iter().map(|(at_ms, _)| *at_ms).min();
        [deadline, commit].into_iter().flatten().min()
    }

    fn check_answers(&mut self, answers: &[Answered<GroupAnswer>]) -> Result<(), String> {
        for answered in answers {
            if !self.open.remove(&answered.token) {
                return Err(format!("C3: caller {:?} was answered twice", answered.token));
            }
        }
        Ok(())
    }

    fn moment(&mut self, now_ms: u64) -> Moment {
        self.randoms += 1;
        Moment {
            monotonic: MonotonicNs(now_ms * 1_000_000),
            wall: TimestampMs(1_790_000_000_000 + i64::try_from(now_ms).unwrap()),
            random: Uuid::from_u128(0x4000_8000_0000_0000 << 64 | self.randoms),
        }
    }
}

fn offset(len: usize) -> Offset {
    Offset(i64::try_from(len).unwrap())
}
