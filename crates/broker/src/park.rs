//! Waiting requests: a signal that a partition raises, or a moment, whichever comes first. What is waited for, and
//! whether it is there, the caller knows; a raised signal only says that looking again is worthwhile.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use jackdaw_base::Signal;
use tokio::time::{Instant, Sleep, sleep_until};

/// Why a waiting request woke up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wake {
    /// Its signal was raised.
    Raised,
    /// Its time is up.
    Expired,
}

/// A signal with a deadline. The timer is made when it is first waited for, so a request that is satisfied at once
/// costs none.
///
/// ```text
/// loop {
///     park.lower();            // first lower,
///     if satisfied() { … }     // then look: a raising in between is not lost
///     if park.wait().await == Wake::Expired { … }
/// }
/// ```
#[derive(Debug)]
pub struct Park {
    signal: Signal,
    deadline: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Park {
    /// Waits for `signal`, at most `wait_ms_max` milliseconds from now.
    pub fn new(signal: Signal, wait_ms_max: u64) -> Self {
        #[allow(clippy::disallowed_methods, reason = "the runtime's timers count in the runtime's time")]
        let now = Instant::now();
        // Years are enough for everybody, and far from overflow.
        Self { signal, deadline: now + Duration::from_millis(wait_ms_max.min(1 << 36)), timer: None }
    }

    /// The signal, to be given to whoever raises it.
    pub fn signal(&self) -> &Signal {
        &self.signal
    }

    /// Takes a raising back, before the caller looks at what it waits for.
    pub fn lower(&self) {
        self.signal.lower();
    }

    /// Waits until the signal is raised or time is up. Can be waited for again: the deadline stays.
    pub async fn wait(&mut self) -> Wake {
        poll_fn(|cx| self.poll_wait(cx)).await
    }

    /// As [`Park::wait`].
    pub fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<Wake> {
        if self.signal.poll_raised(cx).is_ready() {
            return Poll::Ready(Wake::Raised);
        }
        let deadline = self.deadline;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        timer.as_mut().poll(cx).map(|()| Wake::Expired)
    }
}

#[cfg(test)]
mod tests;
