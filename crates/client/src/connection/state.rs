//! What a connection remembers under its lock: what is still to be written, who waits, what the broker has said so far.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use smallvec::SmallVec;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::{OnAnswer, RequestFrame, frame};
use crate::error::Error;

pub(super) struct State {
    /// What the socket did not take yet.
    pub(super) outgoing: VecDeque<Bytes>,
    pub(super) waiting: VecDeque<Waiting>,
    /// Requests that wait until the client has said again who it is; `None` while it does not.
    pub(super) held: Option<Vec<Held>>,
    pub(super) correlation_id: i32,
    pub(super) closed: Option<Error>,
    pub(super) answered: Answered,
    /// The task that says again who the client is.
    pub(super) renewal: Option<AbortHandle>,
    /// When the driver looks at deadlines next.
    pub(super) timer_at: Instant,
    pub(super) last_used_at: Instant,
}

/// What a broker has answered so far: how it ends a connection tells more at the beginning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answered {
    Nothing,
    Versions,
    More,
}

/// A request that has not been sent.
pub(super) struct Held {
    pub(super) frame: RequestFrame,
    pub(super) deadline: Instant,
    pub(super) timeout: Duration,
    /// `None` if nobody answers.
    pub(super) on_answer: Option<OnAnswer>,
}

/// A request whose answer has not come.
pub(super) struct Waiting {
    pub(super) correlation_id: i32,
    pub(super) frame: frame::Sent,
    pub(super) deadline: Instant,
    pub(super) timeout: Duration,
    pub(super) on_answer: OnAnswer,
}

impl State {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            outgoing: VecDeque::new(),
            waiting: VecDeque::new(),
            held: None,
            correlation_id: 0,
            closed: None,
            answered: Answered::Nothing,
            renewal: None,
            timer_at: now,
            last_used_at: now,
        }
    }

    /// Gives the request its number; returns its bytes, and what is remembered of it.
    pub(super) fn number(&mut self, frame: RequestFrame) -> (SmallVec<[Bytes; 8]>, (i32, frame::Sent)) {
        let correlation_id = self.correlation_id;
        self.correlation_id = correlation_id.wrapping_add(1) & i32::MAX;
        let (segments, sent) = frame.into_segments(correlation_id);
        (segments, (correlation_id, sent))
    }

    pub(super) fn waiting_count(&self) -> usize {
        self.waiting.len() + self.held.as_ref().map_or(0, Vec::len)
    }

    /// When each request is late, and after how long a wait.
    pub(super) fn deadlines(&self) -> impl Iterator<Item = (Instant, Duration)> {
        let held = self.held.iter().flatten().map(|request| (request.deadline, request.timeout));
        self.waiting.iter().map(|request| (request.deadline, request.timeout)).chain(held)
    }
}
