//! One coordinator over one led partition. Whoever has a question puts it into the inbox and tries the lock; whoever
//! holds the lock works through the inbox, so questions that meet share a turn, a batch and a sync.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jackdaw_base::{LeaderEpoch, MonotonicNs, Offset, Signal};
use jackdaw_config::definitions::groups;
use jackdaw_coordinator::group::{GroupAnswer, GroupRequest, GroupShard};
use jackdaw_coordinator::runtime::{Answered, Phase, Refusal, Runtime, RuntimeLimits};
use jackdaw_coordinator::{Moment, Token};
use jackdaw_partition::{Partition, Subscription, Watch};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::append::{AppendOptions, append};
use super::call::{Answer, Asked, Call};
use super::load::{LoadError, Replay, load};
use super::shared::Shared;

/// Rounds of work that one caller does for others before the timekeeper takes over.
const ROUNDS_MAX: usize = 8;

/// What happens to a coordinator.
enum Input {
    Request { now: Moment, token: Token, request: Box<GroupRequest>, caller: Option<oneshot::Sender<Answer>> },
    Interrupt(Token),
    Abandon(Token),
}

/// A coordinator over one partition, in one leadership.
pub(crate) struct Hosted {
    shared: Arc<Shared>,
    partition: Arc<Partition>,
    pub(super) leader_epoch: LeaderEpoch,
    inbox: Mutex<Vec<Input>>,
    state: Mutex<State>,
    /// Raised when the watermark has moved, or there will be no more of it.
    moved: Signal,
    is_closed: AtomicBool,
}

struct State {
    runtime: Runtime<GroupShard>,
    callers: HashMap<Token, oneshot::Sender<Answer>>,
    /// The end of what was appended.
    log_end: Offset,
    /// A place among those who wait for the watermark, while something is uncommitted.
    subscription: Option<Subscription>,
    /// When the timekeeper comes.
    armed: Option<MonotonicNs>,
    /// What the node itself has to say, kept until the log is read.
    early: Vec<GroupRequest>,
}

impl Hosted {
    /// A coordinator that is still to be loaded.
    pub(super) fn new(
        shared: &Arc<Shared>,
        partition: Arc<Partition>,
        leader_epoch: LeaderEpoch,
    ) -> Arc<Self> {
        let runtime = Runtime::new(GroupShard::default(), limits(shared, &partition));
        let state = State {
            runtime,
            callers: HashMap::new(),
            log_end: Offset::ZERO,
            subscription: None,
            armed: None,
            early: Vec::new(),
        };
        Arc::new(Self {
            shared: Arc::clone(shared),
            partition,
            leader_epoch,
            inbox: Mutex::default(),
            state: Mutex::new(state),
            moved: Signal::new(),
            is_closed: AtomicBool::new(false),
        })
    }

    /// The number of its partition.
    pub(super) fn index(&self) -> i32 {
        self.partition.id().index.0
    }

    pub(super) fn partition(&self) -> &Arc<Partition> {
        &self.partition
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Puts a question.
    pub(super) fn ask(self: &Arc<Self>, request: GroupRequest) -> Call {
        let (sender, receiver) = oneshot::channel();
        let token = self.shared.token();
        let now = self.shared.arrival(&request);
        self.put(Input::Request { now, token, request: Box::new(request), caller: Some(sender) });
        let asked: Arc<dyn Asked> = Arc::<Self>::clone(self);
        Call::waiting(asked, token, receiver)
    }

    /// Tells something on behalf of the node; nobody hears the answer.
    pub(super) fn tell(&self, request: GroupRequest) {
        let (token, now) = (self.shared.token(), self.shared.arrival(&request));
        self.put(Input::Request { now, token, request: Box::new(request), caller: None });
    }

    fn put(&self, input: Input) {
        self.inbox.lock().push(input);
        self.empty_inbox();
    }

    /// Whoever has held the lock calls this after giving it back: those who found it taken rely on that.
    fn empty_inbox(&self) {
        for _ in 0..ROUNDS_MAX {
            if self.inbox.lock().is_empty() {
                return;
            }
            let Some(mut state) = self.state.try_lock() else { return };
            self.work(&mut state);
        }
        self.shared.timekeeper.arm(self.index(), MonotonicNs(0));
    }

    /// The timekeeper's visit, or the watermark's.
    pub(super) fn visit(&self) {
        let mut state = self.state.lock();
        state.armed = None;
        self.work(&mut state);
        drop(state);
        self.empty_inbox();
    }

    /// Works through the inbox and whatever is due. A panic ends this coordinator alone: its state is loaded again.
    fn work(&self, state: &mut State) {
        let worked = catch_unwind(AssertUnwindSafe(|| self.turn(state)));
        if worked.is_err() {
            tracing::error!(partition = %self.partition.id(), "a coordinator panicked; it is loaded again from its log");
            self.shared.timekeeper.reload(self.index(), self.leader_epoch);
            self.close_in(state);
        }
    }

    fn turn(&self, state: &mut State) {
        let inputs = std::mem::take(&mut *self.inbox.lock());
        inputs.into_iter().for_each(|input| state.take(input));
        if !self.partition.is_serving() && state.runtime.phase() == Phase::Active {
            tracing::warn!(partition = %self.partition.id(), "a coordinator stops: its partition does not serve");
            return self.close_in(state);
        }
        let (now, world) = (self.shared.moment(), self.shared.world.snapshot());
        let options = AppendOptions::of(&self.shared.config.load(), now);
        state.runtime.set_batch_bytes_max(batch_bytes_max(&self.partition));
        while let Some(records) = state.runtime.poll_append(&now, &world) {
            let outcome = append(&self.partition, records, &options);
            if let Ok(end) = outcome {
                state.log_end = end;
            }
            state.runtime.on_appended(outcome);
        }
        self.release(state);
        self.arm(state);
    }

    /// Gives out what is committed, and sees to it that somebody comes for what is not.
    fn release(&self, state: &mut State) {
        let high_watermark = self.partition.watermarks().high_watermark;
        if state.runtime.phase() == Phase::Active {
            state.runtime.on_committed(high_watermark);
        }
        state.deliver();
        state.subscription = match high_watermark < state.log_end {
            true => Some(self.partition.subscribe(Watch::HighWatermark(high_watermark.next()), &self.moved)),
            false => None,
        };
    }

    fn arm(&self, state: &mut State) {
        let Some(deadline) = state.runtime.next_deadline() else { return };
        if state.armed.is_none_or(|armed| deadline < armed) {
            state.armed = Some(deadline);
            self.shared.timekeeper.arm(self.index(), deadline);
        }
    }

    /// Reads the log and begins to answer. Blocks for the disk.
    pub(super) fn load(self: &Arc<Self>) {
        self.load_locked();
        self.empty_inbox();
    }

    fn load_locked(self: &Arc<Self>) {
        let started = self.shared.clock.monotonic();
        let mut runtime = Runtime::new(GroupShard::default(), limits(&self.shared, &self.partition));
        let loaded = match catch_unwind(AssertUnwindSafe(|| load(&self.replay(), &mut runtime))) {
            Ok(loaded) => loaded,
            Err(_) => Err(LoadError::Panicked),
        };
        let mut state = self.state.lock();
        if self.is_closed() {
            return;
        }
        match loaded {
            Ok(loaded) => {
                if loaded.records > 0 {
                    tracing::info!(
                        partition = %self.partition.id(),
                        records = loaded.records,
                        skipped = loaded.skipped,
                        ms = self.shared.clock.monotonic().since_ns(started) / 1_000_000,
                        "a coordinator is loaded"
                    );
                }
                runtime.on_loaded(loaded.end, self.partition.watermarks().high_watermark);
                state.log_end = loaded.end;
                state.runtime = runtime;
                for request in std::mem::take(&mut state.early) {
                    let (token, now) = (self.shared.token(), self.shared.arrival(&request));
                    state.runtime.on_request(now, token, request);
                }
                self.spawn_releaser();
                self.work(&mut state);
            }
            Err(error) => {
                tracing::error!(partition = %self.partition.id(), %error, "a coordinator cannot be loaded: its groups are not served");
                self.close_in(&mut state);
            }
        }
    }

    fn replay(&self) -> Replay<'_> {
        Replay {
            partition: &self.partition,
            chunk_bytes: self.shared.config.load().get(groups::OFFSETS_LOAD_BUFFER_SIZE),
            tasks: &self.shared.tasks,
            is_closed: &self.is_closed,
        }
    }

    /// A task that comes whenever the watermark has moved.
    fn spawn_releaser(self: &Arc<Self>) {
        let this = Arc::clone(self);
        drop(self.shared.tasks.spawn(async move {
            while !this.is_closed() {
                std::future::poll_fn(|cx| this.moved.poll_raised(cx)).await;
                this.moved.lower();
                this.visit();
            }
        }));
    }

    /// The leadership is over: everybody who waits is refused, once (C3).
    pub(super) fn close(&self) {
        self.close_in(&mut self.state.lock());
        self.empty_inbox();
    }

    fn close_in(&self, state: &mut State) {
        self.is_closed.store(true, Ordering::Release);
        state.runtime.unload();
        state.deliver();
        state.subscription = None;
        // Who was refused by nobody (a panic lost them) hears it from the channel's end.
        state.callers.clear();
        self.moved.raise();
    }
}

impl Asked for Hosted {
    fn interrupt(&self, token: Token) {
        self.put(Input::Interrupt(token));
    }

    fn abandon(&self, token: Token) {
        self.put(Input::Abandon(token));
    }
}

impl State {
    fn take(&mut self, input: Input) {
        match input {
            Input::Request { request, caller: None, .. } if self.runtime.phase() == Phase::Loading => {
                self.early.push(*request);
            }
            Input::Request { now, token, request, caller } => {
                if let Some(caller) = caller {
                    self.callers.insert(token, caller);
                }
                self.runtime.on_request(now, token, *request);
            }
            Input::Interrupt(token) => self.runtime.on_interrupt(token),
            Input::Abandon(token) => {
                self.callers.remove(&token);
                self.runtime.on_abandon(token);
            }
        }
    }

    fn deliver(&mut self) {
        for Answered { token, answer } in self.runtime.poll_answers() {
            if let Some(caller) = self.callers.remove(&token) {
                // Whoever does not listen any more is about to say so.
                drop(caller.send(answer));
            }
        }
    }
}

/// The topic's `max.message.bytes` as it is now.
fn batch_bytes_max(partition: &Partition) -> usize {
    partition.settings().client_batch.batch_bytes_max
}

fn limits(shared: &Shared, partition: &Partition) -> RuntimeLimits {
    let config = shared.config.load();
    // Below zero Kafka adapts; gathering what meets anyway is that.
    let ms = |value: i32| u64::try_from(value).unwrap_or(0);
    RuntimeLimits {
        batch_bytes_max: batch_bytes_max(partition),
        linger_ms: ms(config.get(groups::GROUP_COORDINATOR_APPEND_LINGER_MS)),
        commit_timeout_ms: ms(config.get(groups::OFFSETS_COMMIT_TIMEOUT_MS)),
        ..RuntimeLimits::default()
    }
}

/// An answer is what was asked for; anything else is a mistake of ours.
pub(crate) fn unexpected(answer: &GroupAnswer) -> Refusal {
    tracing::error!(?answer, "a coordinator answered what nobody has asked");
    Refusal::NotCoordinator
}
