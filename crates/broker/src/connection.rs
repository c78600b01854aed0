//! One client's connection: one task that reads frames, executes them in order, and sends the answers in order. It
//! knows which requests may overlap and nothing of what they mean.
//!
//! ```text
//!   socket --> input --> dispatch --> handler --+--> Now -----------------+--> output --> socket
//!                          ^ waits while a slot |                         |
//!                          | forbids overlap    +--> Later --> slots -----+  (in order of requests, N1)
//! ```

mod dispatch;
pub(crate) mod files;
mod idle;
mod input;
mod output;
mod slots;

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use jackdaw_base::{MonotonicNs, Signal};
use jackdaw_protocol::api_key::ApiKey;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use crate::edge::Edge;
use crate::metrics::{Laps, ListenerMetrics, SAMPLE_EVERY, Stage};
use crate::request::{ConnectionInfo, Handler, Principal, RequestContext, RequestHead};
use crate::response::{CloseReason, Reply};

use dispatch::dispatch;
use idle::{Idle, Tick};
use input::Input;
#[cfg(test)]
pub(crate) use input::is_gone;
use output::{Asked, Output, Sent};
use slots::Slots;

/// Rounds of reading, executing and sending before other tasks of the worker get their turn.
const ROUNDS_MAX: usize = 32;

/// What a new connection is made of.
pub(crate) struct Accepted {
    pub(crate) socket: TcpStream,
    pub(crate) info: ConnectionInfo,
    pub(crate) handler: Arc<dyn Handler>,
    pub(crate) counts: Arc<ListenerMetrics>,
    /// Raised when the connection is to finish what it has begun, and to end.
    pub(crate) stop: Signal,
}

/// A connection and everything it owes.
pub(crate) struct Connection {
    socket: TcpStream,
    edge: Arc<Edge>,
    handler: Arc<dyn Handler>,
    counts: Arc<ListenerMetrics>,
    context: RequestContext,
    input: Input,
    slots: Slots,
    output: Output,
    stop: Signal,
    stop_seen: bool,
    timer: Pin<Box<Sleep>>,
    timer_polled: bool,
    idle: Idle,
    /// The client will send no more.
    ended: bool,
    /// Nothing more is read or executed; when all is sent, the connection ends for this reason.
    ending: Option<CloseReason>,
    requests: u32,
}

impl Connection {
    pub(crate) fn new(edge: Arc<Edge>, accepted: Accepted) -> Self {
        let Accepted { socket, info, handler, counts, stop } = accepted;
        let now = edge.metrics.clock().monotonic();
        let context = RequestContext {
            connection: Arc::new(info),
            principal: Arc::new(Principal::anonymous()),
            client_id: None,
            software: None,
            pace: std::sync::OnceLock::new(),
            head: RequestHead { api_key: ApiKey::ApiVersions, api_version: 0, correlation_id: 0 },
            arrived: now,
            laps: Laps::new(Arc::clone(&edge.metrics)),
        };
        Self {
            input: Input::new(&edge.memory, edge.limits.request_bytes_max),
            idle: Idle::new(now, edge.limits.connection_idle_ms_max, edge.limits.buffer_kept_ms),
            timer: Box::pin(tokio::time::sleep(Duration::from_millis(edge.limits.buffer_kept_ms))),
            socket,
            edge,
            handler,
            counts,
            context,
            slots: Slots::default(),
            output: Output::default(),
            stop,
            stop_seen: false,
            timer_polled: false,
            ended: false,
            ending: None,
            requests: 0,
        }
    }

    /// Serves the client until one side ends the connection. Dropping the connection ends it, too.
    pub(crate) async fn run(&mut self) -> CloseReason {
        poll_fn(|cx| match self.work(cx) {
            Ok(()) => Poll::Pending,
            Err(reason) => Poll::Ready(reason),
        })
        .await
    }

    /// Does what can be done now. An error ends the connection at once.
    fn work(&mut self, cx: &mut Context<'_>) -> Result<(), CloseReason> {
        for _ in 0..ROUNDS_MAX {
            let executed = self.execute();
            let collected = self.collect(cx)?;
            let sent = self.send(cx)?;
            let received = self.receive(cx);
            if !(executed || collected || sent || received) {
                return self.rest(cx);
            }
            self.idle.active = true;
        }
        cx.waker().wake_by_ref();
        Ok(())
    }

    /// Executes the frames that are here and may run.
    fn execute(&mut self) -> bool {
        let mut any = false;
        while self.ending.is_none() && !self.owes_too_much() {
            let place = match self.input.next() {
                Ok(Some(place)) => place,
                Ok(None) => break,
                Err(reason) => {
                    self.ending = Some(reason);
                    break;
                }
            };
            let is_produce = self.input.api_key(place) == Some(ApiKey::Produce.key());
            if self.ended && !is_produce {
                // Nobody is there to take an answer; what was sent before to be stored is still stored.
                self.input.consume(place);
                continue;
            }
            if !self.slots.may_execute(is_produce) {
                break;
            }
            any = true;
            let sampled = self.requests.is_multiple_of(SAMPLE_EVERY);
            self.requests = self.requests.wrapping_add(1);
            let reply =
                dispatch(&mut self.context, self.handler.as_ref(), self.input.frame_mut(place), sampled);
            self.input.consume(place);
            self.accept_reply(reply);
        }
        if any && self.edge.memory.is_scarce() {
            self.input.release();
        }
        any
    }

    fn accept_reply(&mut self, reply: Reply) {
        let head = self.context.head;
        let measured = self.context.laps.is_measured();
        let asked = Asked { head, arrived: self.context.arrived, answered: None, parked_ns: 0 };
        match reply {
            Reply::Now(response) => {
                let asked = if measured { Asked { answered: Some(self.now()), ..asked } } else { asked };
                if self.slots.is_empty() {
                    self.output.push(response, asked);
                } else {
                    self.slots.push_ready(response, asked);
                }
            }
            Reply::Later(later) => self.slots.push_waiting(later, asked, measured, self.now()),
            Reply::NoAnswer => self.note_total(asked, 0, self.now()),
            Reply::Close(reason) => self.ending = Some(reason),
        }
    }

    /// Moves answers that are ready, and have nothing unanswered before them, to the output.
    fn collect(&mut self, cx: &mut Context<'_>) -> Result<bool, CloseReason> {
        if self.slots.is_empty() {
            return Ok(false);
        }
        if self.input.unread_bytes() > 0 {
            self.slots.interrupt();
        }
        let mut any = false;
        while let Some((answer, waited)) = self.slots.poll_first(cx) {
            any = true;
            let mut asked = waited.asked;
            if let Some(since) = waited.since {
                let now = self.now();
                // Waiting for a disk is slow, waiting for records is the client's wish. How long a measured request
                // waited, its handler has marked itself.
                if asked.head.api_key != ApiKey::Produce {
                    asked.parked_ns = now.since_ns(since);
                }
                asked.answered = waited.measured.then_some(now);
            }
            match answer {
                Ok(response) => self.output.push(response, asked),
                Err(reason) => {
                    // The answers behind it have nowhere to go any more.
                    self.slots.clear();
                    self.ending = Some(reason);
                    break;
                }
            }
        }
        Ok(any)
    }

    /// Sends what the socket takes.
    fn send(&mut self, cx: &mut Context<'_>) -> Result<bool, CloseReason> {
        let mut any = false;
        while !self.output.is_empty() {
            match self.output.poll_send(&self.socket, &self.edge, cx) {
                Poll::Ready(Ok(count)) => {
                    any = true;
                    self.counts.wrote(count);
                }
                Poll::Ready(Err(reason)) => return Err(reason),
                Poll::Pending => break,
            }
        }
        if any {
            let now = self.now();
            while let Some(Sent { asked, size_bytes }) = self.output.next_sent() {
                if let Some(answered) = asked.answered {
                    let api_key = asked.head.api_key;
                    self.edge.metrics.stages.record(api_key, Stage::Send, now.since_ns(answered));
                }
                self.note_total(asked, size_bytes, now);
            }
        }
        Ok(any)
    }

    /// Reads, unless a whole frame waits already or too much is owed.
    fn receive(&mut self, cx: &mut Context<'_>) -> bool {
        if self.ended || self.ending.is_some() || self.owes_too_much() {
            return false;
        }
        match self.input.next() {
            Ok(None) => {}
            // It waits for the answers before it; one frame ahead is enough.
            Ok(Some(_)) => return false,
            Err(reason) => {
                self.ending = Some(reason);
                return true;
            }
        }
        let is_quiet = self.output.is_empty() && self.slots.is_empty();
        match self.input.poll_read(&mut self.socket, cx) {
            Poll::Pending => false,
            Poll::Ready(Ok(0)) => {
                self.ended = true;
                self.slots.drop_parked();
                true
            }
            Poll::Ready(Ok(count)) => {
                if is_quiet {
                    self.output.drop_guards();
                }
                self.context.arrived = self.now();
                self.counts.read(count);
                true
            }
            Poll::Ready(Err(reason)) => {
                self.ending = Some(reason);
                true
            }
        }
    }

    /// Nothing can be done now: ends if all is done, otherwise sees to the wake-ups that do not come from the socket.
    fn rest(&mut self, cx: &mut Context<'_>) -> Result<(), CloseReason> {
        if self.slots.is_empty() && self.output.is_empty() {
            if let Some(reason) = self.ending.take() {
                return Err(reason);
            }
            if self.ended {
                return Err(CloseReason::ClientGone);
            }
        }
        if self.is_stopped(cx) && self.ending.is_none() {
            self.slots.drop_parked();
            self.ending = Some(CloseReason::Stopping);
            cx.waker().wake_by_ref();
            return Ok(());
        }
        self.keep_time(cx)
    }

    /// The task has one waker for all its life, so registering once is enough.
    fn is_stopped(&mut self, cx: &mut Context<'_>) -> bool {
        if self.stop_seen {
            return self.stop.is_raised();
        }
        self.stop_seen = true;
        self.stop.poll_raised(cx).is_ready()
    }

    fn keep_time(&mut self, cx: &mut Context<'_>) -> Result<(), CloseReason> {
        if self.idle.active && !self.idle.is_ticking() {
            self.idle.start_ticking();
            self.arm(self.edge.limits.buffer_kept_ms);
        }
        while !self.timer_polled || self.timer.is_elapsed() {
            self.timer_polled = true;
            if self.timer.as_mut().poll(cx).is_pending() {
                break;
            }
            let stalls = self.input.holds_shared_memory() && self.edge.memory.is_scarce();
            let waits = !self.slots.is_empty();
            match self.idle.on_tick(self.now(), waits, stalls) {
                Tick::Close(reason) => return Err(reason),
                Tick::Settle { next_ms } => {
                    self.input.settle();
                    self.arm(next_ms);
                }
                Tick::Release { next_ms } => {
                    self.input.release();
                    self.output.release();
                    self.slots.release();
                    self.arm(next_ms);
                }
            }
        }
        Ok(())
    }

    fn arm(&mut self, after_ms: u64) {
        #[allow(clippy::disallowed_methods, reason = "the runtime's timers count in the runtime's time")]
        let now = Instant::now();
        // Years are enough for everybody, and far from overflow.
        let after = Duration::from_millis(after_ms.min(1 << 36));
        self.timer.as_mut().reset(now + after);
        self.timer_polled = false;
    }

    fn owes_too_much(&self) -> bool {
        self.slots.len() >= self.edge.limits.slots_max
            || self.output.unsent_bytes() + self.slots.ready_bytes() >= self.edge.limits.answer_bytes_max
    }

    fn note_total(&self, asked: Asked, size_bytes: u64, now: MonotonicNs) {
        let total_ns = now.since_ns(asked.arrived);
        let metrics = &self.edge.metrics;
        metrics.requests.answered(asked.head.api_key, total_ns, size_bytes);
        let busy_ms = total_ns.saturating_sub(asked.parked_ns) / 1_000_000;
        if busy_ms < self.edge.limits.changing.now().slow_request_ms {
            return;
        }
        metrics.requests.slow();
        if let Some(left_out) = self.edge.slow.pass(now) {
            tracing::warn!(
                request = asked.head.api_key.name(),
                version = asked.head.api_version,
                client_id = self.context.client_id(),
                connection = %self.context.connection,
                busy_ms,
                left_out,
                "a request took longer than jackdaw.request.slow.ms"
            );
        }
    }

    fn now(&self) -> MonotonicNs {
        self.edge.metrics.clock().monotonic()
    }
}

#[cfg(test)]
mod tests;
