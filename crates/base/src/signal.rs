//! A signal: how code that must not know a runtime wakes a task that waits in one. A partition raises it under its
//! lock; the connection's task polls it. It carries no data and no queue: the woken task looks at the state itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// Many may raise it, one task waits for it. Clones are the same signal. Raising is never lost: a task that polls
/// after the raising sees it at once, one that polled before is woken.
///
/// A waiter that wants to wait again calls [`Signal::lower`] **before** it looks at the state it waits for; the other
/// order would lose a raising that falls in between.
#[derive(Clone, Default)]
pub struct Signal {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    raised: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Signal {
    /// A signal that is not raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises the signal and wakes its waiter. Raising it again before it was lowered costs one atomic operation.
    pub fn raise(&self) {
        if self.inner.raised.swap(true, Ordering::AcqRel) {
            return;
        }
        // The flag is set before the lock is taken, and a waiter looks at the flag after it has stored its waker
        // under the same lock: one of the two sees the other.
        let waker = self.inner.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether the signal is raised.
    pub fn is_raised(&self) -> bool {
        self.inner.raised.load(Ordering::Acquire)
    }

    /// Takes the signal back, so that it can be waited for again.
    pub fn lower(&self) {
        // A swap, not a store: a store could become visible after the waiter's look at its state, and a raising
        // between the two would find the flag still set and wake nobody.
        self.inner.raised.swap(false, Ordering::AcqRel);
    }

    /// Ready if the signal is raised; otherwise `cx`'s task is woken when it is. Only the last task that polled is.
    pub fn poll_raised(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_raised() {
            return Poll::Ready(());
        }
        {
            let mut waker = self.inner.waker.lock().unwrap_or_else(PoisonError::into_inner);
            match &*waker {
                Some(known) if known.will_wake(cx.waker()) => {}
                _ => *waker = Some(cx.waker().clone()),
            }
        }
        if self.is_raised() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Whether `other` is this very signal.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl std::fmt::Debug for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signal").field("raised", &self.is_raised()).finish()
    }
}

#[cfg(test)]
mod tests;
