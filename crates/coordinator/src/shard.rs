//! What a coordinator has to be so that the runtime can host it. How it decides is its own business.

use jackdaw_base::{MonotonicNs, ProducerId, TimestampMs, Uuid};

/// A caller that waits for an answer. The host gives the numbers and never uses one twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Token(pub u64);

/// When something happens, and the chance that comes with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// For deadlines.
    pub monotonic: MonotonicNs,
    /// For what is written into records.
    pub wall: TimestampMs,
    /// A fresh random id, where a request asks for one; zero elsewhere.
    pub random: Uuid,
}

/// What an input brings about, collected over a turn.
#[derive(Debug)]
pub struct Output<R, A> {
    /// To be appended, in this order, all or nothing. They have been replayed already.
    pub records: Vec<R>,
    /// To be given to their callers once everything appended so far is committed (C2).
    pub answers: Vec<(Token, A)>,
    /// So many bytes of records fit into a batch that holds nothing else. A step that may end half done writes no more.
    pub batch_room_bytes: usize,
}

/// What the inputs of a kind of shard bring about.
pub type OutputOf<S> = Output<<S as Shard>::Record, <S as Shard>::Answer>;

impl<R, A> Output<R, A> {
    /// Nothing, in a turn whose batch has so much room.
    pub fn new(batch_room_bytes: usize) -> Self {
        Self { records: Vec::new(), answers: Vec::new(), batch_room_bytes }
    }
}

/// A coordinator's state over one partition of an internal topic.
///
/// Between [`Shard::mark`] and [`Shard::keep`] or [`Shard::roll_back`] lies one turn: one batch in the log. It consists of
/// steps (a request, a deadline, a piece of work), each begun by [`Shard::begin_step`] and taken back alone by
/// [`Shard::roll_back_step`] if its records do not fit. Whatever a turn changes (state, timers, parked callers) is taken
/// back by `roll_back`, because its records could not be appended.
pub trait Shard {
    /// A record of the topic, decoded.
    type Record: std::fmt::Debug;
    /// A question.
    type Request: std::fmt::Debug;
    /// Its answer.
    type Answer: std::fmt::Debug;
    /// What surrounds the shard: configurations, topics.
    type World: ?Sized;

    /// A turn begins.
    fn mark(&mut self);
    /// A step of the turn begins.
    fn begin_step(&mut self);
    /// The records of the turn are in the log.
    fn keep(&mut self);
    /// They are not: everything is as it was at the mark.
    fn roll_back(&mut self);
    /// The records of the running step are too many for the turn: everything is as it was at its beginning.
    fn roll_back_step(&mut self);

    /// Folds a record into the state: the only mutator of what the log describes, live and after a start (C1).
    fn replay(&mut self, record: &Self::Record);
    /// Folds a record of an open transaction: it counts once the transaction is committed.
    fn replay_transactional(&mut self, producer: ProducerId, record: &Self::Record);
    /// Folds the end of a producer's transaction.
    fn replay_transaction_end(&mut self, producer: ProducerId, end: TransactionEnd);
    /// The log is read to its end: deadlines begin to run.
    fn on_loaded(&mut self, now: &Moment, world: &Self::World, out: &mut OutputOf<Self>);
    /// Decides, and replays what it decided. It answers `token`, or keeps it for later.
    fn on_request(
        &mut self,
        now: &Moment,
        world: &Self::World,
        token: Token,
        request: &Self::Request,
        out: &mut OutputOf<Self>,
    ) -> Extent;
    /// Whether the node itself says this: nobody asks again, so it is decided anew after a failed append, and not refused.
    fn is_notice(request: &Self::Request) -> bool;
    /// Somebody behind this parked caller is waiting: if it can be answered now, it is.
    fn on_interrupt(&mut self, now: &Moment, world: &Self::World, token: Token, out: &mut OutputOf<Self>);
    /// The caller has gone: nobody will read the answer.
    fn on_abandon(&mut self, token: Token);
    /// One deadline that is due, if there is one.
    fn on_time(&mut self, now: &Moment, world: &Self::World, out: &mut OutputOf<Self>) -> Progress;
    /// One piece of work that earlier steps have left: groups to look at after a start, parked callers whose answer may
    /// have changed, expired offsets.
    fn on_work(&mut self, now: &Moment, world: &Self::World, out: &mut OutputOf<Self>) -> Progress;
    /// The step that [`Shard::on_time`] or [`Shard::on_work`] takes next cannot be appended whatever happens: it is put
    /// off or dropped.
    fn give_up_step(&mut self, now: &Moment, step: StepKind);
    /// When [`Shard::on_time`] has something to do next.
    fn next_deadline(&self) -> Option<MonotonicNs>;
    /// About how many bytes a record takes in a batch.
    fn record_size_bytes(record: &Self::Record) -> usize;
}

/// How much of a request was decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// All of it.
    Whole,
    /// As much as a batch holds. The same request is decided again once that is appended, before anything else, from the
    /// state as it is then. If it cannot be appended, or the node stops in between, what was done stays done: only for
    /// requests that can be made again.
    Part,
}

/// Whether there was something to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// A step was done; there may be more.
    Step,
    /// There was nothing.
    Nothing,
}

/// Steps that nobody has asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepKind {
    /// A deadline.
    Time,
    /// A piece of work.
    Work,
}

/// How a transaction has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransactionEnd {
    /// What it wrote counts.
    Committed,
    /// It does not.
    Aborted,
}
