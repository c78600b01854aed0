//! The answers that a connection owes and that are not ready, in the order of their requests. Ready ones wait here
//! only behind others that are not.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};

use jackdaw_base::{MonotonicNs, Signal};
use jackdaw_protocol::api_key::ApiKey;

use super::output::Asked;
use crate::response::{Answer, CloseReason, Later, Response};

enum Slot {
    Ready { response: Response, asked: Asked },
    Waiting { answer: Answer, interrupt: Option<Signal>, waited: Waited },
}

/// What is known of a request whose answer came later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waited {
    pub(crate) asked: Asked,
    pub(crate) measured: bool,
    /// Since when it waited; `None`: it did not.
    pub(crate) since: Option<MonotonicNs>,
}

#[derive(Default)]
pub(crate) struct Slots {
    queue: VecDeque<Slot>,
    ready_bytes: u64,
    /// Something other than Produce waits. It is alone then, since nothing overlaps with it.
    parked: bool,
}

impl Slots {
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Bytes of answers that wait for others.
    pub(crate) fn ready_bytes(&self) -> u64 {
        self.ready_bytes
    }

    /// Whether the next request may be executed (N1).
    pub(crate) fn may_execute(&self, is_produce: bool) -> bool {
        self.queue.is_empty() || (is_produce && !self.parked)
    }

    pub(crate) fn push_ready(&mut self, response: Response, asked: Asked) {
        self.ready_bytes += response.size_bytes();
        self.queue.push_back(Slot::Ready { response, asked });
    }

    pub(crate) fn push_waiting(&mut self, later: Later, asked: Asked, measured: bool, now: MonotonicNs) {
        self.parked |= asked.head.api_key != ApiKey::Produce;
        let waited = Waited { asked, measured, since: Some(now) };
        let Later { answer, interrupt } = later;
        self.queue.push_back(Slot::Waiting { answer, interrupt, waited });
    }

    /// A request arrived behind those that wait: the one that wants to know is told, once.
    pub(crate) fn interrupt(&mut self) {
        if let Some(Slot::Waiting { interrupt, .. }) = self.queue.front_mut()
            && let Some(signal) = interrupt.take()
        {
            signal.raise();
        }
    }

    /// The first answer if it is ready. Only the first is polled: the others could not leave before it anyway.
    pub(crate) fn poll_first(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Option<(Result<Response, CloseReason>, Waited)> {
        let result = match self.queue.front_mut()? {
            Slot::Ready { .. } => None,
            Slot::Waiting { answer, waited, .. } => {
                let api_key = waited.asked.head.api_key.key();
                match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))) {
                    Ok(Poll::Pending) => return None,
                    Ok(Poll::Ready(result)) => Some(result),
                    Err(_) => Some(Err(CloseReason::Panicked { api_key })),
                }
            }
        };
        match (self.queue.pop_front()?, result) {
            (Slot::Ready { response, asked }, _) => {
                self.ready_bytes -= response.size_bytes();
                Some((Ok(response), Waited { asked, measured: false, since: None }))
            }
            (Slot::Waiting { waited, .. }, Some(result)) => {
                self.parked = false;
                Some((result, waited))
            }
            (Slot::Waiting { .. }, None) => None,
        }
    }

    /// The client is gone: what waits for its sake only is forgotten. Produce is not: it tells what became of bytes
    /// that are stored, and a client that closed only its sending side still reads.
    pub(crate) fn drop_parked(&mut self) {
        if self.parked {
            self.clear();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.queue.clear();
        self.ready_bytes = 0;
        self.parked = false;
    }

    pub(crate) fn release(&mut self) {
        self.queue.shrink_to_fit();
    }
}
