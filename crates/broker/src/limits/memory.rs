//! The budget for request memory that all connections share. It counts bytes; it allocates nothing.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

/// The shared budget (`queued.max.request.bytes`). Connections that get nothing wait in order of arrival.
///
/// The first waiter may always have what it asks for if nobody else is beyond the budget: two connections that each
/// hold half a frame could otherwise wait for each other for ever. So the bound is the budget plus one frame.
#[derive(Debug)]
pub struct RequestMemory {
    total_bytes: u64,
    state: Mutex<State>,
    /// Outside the lock, so that connections can look at it for nothing.
    waiting: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    used_bytes: u64,
    /// The lease that may go beyond the budget.
    overdrawn: Option<u64>,
    next_id: u64,
    queue: VecDeque<(u64, Waker)>,
}

impl RequestMemory {
    /// A budget of `total_bytes`.
    pub fn new(total_bytes: u64) -> Arc<Self> {
        Arc::new(Self { total_bytes, state: Mutex::default(), waiting: AtomicUsize::new(0) })
    }

    /// A lease of nothing, to grow later.
    pub fn lease(self: &Arc<Self>) -> MemoryLease {
        let mut state = self.state.lock();
        state.next_id += 1;
        MemoryLease { memory: Arc::clone(self), id: state.next_id, bytes: 0, queued: false }
    }

    /// Whether somebody waits for memory.
    pub fn is_scarce(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Bytes taken.
    pub fn used_bytes(&self) -> u64 {
        self.state.lock().used_bytes
    }
}

/// What one connection holds of the budget. Dropping it gives everything back.
#[derive(Debug)]
pub struct MemoryLease {
    memory: Arc<RequestMemory>,
    id: u64,
    bytes: u64,
    queued: bool,
}

impl MemoryLease {
    /// Bytes held.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Grows the lease to `bytes`. Pending: the budget is used up, and the task is woken when it may try again.
    pub fn poll_grow(&mut self, bytes: u64, cx: &mut Context<'_>) -> Poll<()> {
        let Some(more) = bytes.checked_sub(self.bytes).filter(|more| *more > 0) else {
            return Poll::Ready(());
        };
        let mut state = self.memory.state.lock();
        let first = state.queue.front().is_none_or(|(id, _)| *id == self.id);
        let fits = state.used_bytes + more <= self.memory.total_bytes;
        let is_granted = match state.overdrawn {
            Some(id) if id == self.id => true,
            Some(_) => first && fits,
            None => first,
        };
        if !is_granted {
            match state.queue.iter_mut().find(|(id, _)| *id == self.id) {
                Some((_, waker)) => waker.clone_from(cx.waker()),
                None => state.queue.push_back((self.id, cx.waker().clone())),
            }
            self.queued = true;
            self.memory.waiting.store(state.queue.len(), Ordering::Relaxed);
            return Poll::Pending;
        }
        if !fits {
            state.overdrawn = Some(self.id);
        }
        state.used_bytes += more;
        self.bytes = bytes;
        if self.queued {
            self.queued = false;
            let id = self.id;
            state.queue.retain(|(waiting, _)| *waiting != id);
            self.memory.waiting.store(state.queue.len(), Ordering::Relaxed);
            wake_first(&state);
        }
        Poll::Ready(())
    }

    /// Gives back all but `bytes`.
    pub fn shrink(&mut self, bytes: u64) {
        if bytes >= self.bytes && !self.queued {
            return;
        }
        let mut state = self.memory.state.lock();
        state.used_bytes -= self.bytes.saturating_sub(bytes);
        self.bytes = self.bytes.min(bytes);
        if state.overdrawn == Some(self.id)
            && (self.bytes == 0 || state.used_bytes <= self.memory.total_bytes)
        {
            state.overdrawn = None;
        }
        if self.queued {
            self.queued = false;
            let id = self.id;
            state.queue.retain(|(waiting, _)| *waiting != id);
            self.memory.waiting.store(state.queue.len(), Ordering::Relaxed);
        }
        wake_first(&state);
    }
}

fn wake_first(state: &State) {
    if let Some((_, waker)) = state.queue.front() {
        waker.wake_by_ref();
    }
}

impl Drop for MemoryLease {
    fn drop(&mut self) {
        self.shrink(0);
    }
}
