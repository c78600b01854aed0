//! When a connection gives back its buffers, and when it has been idle for too long. Only arithmetic: the caller has
//! the timer.

use jackdaw_base::MonotonicNs;

use crate::limits::STALL_MS_MAX;
use crate::response::CloseReason;

/// While there is traffic a timer ticks once per `buffer_kept_ms`; an idle connection has one far-away deadline, so
/// that ten thousand of them cost nothing.
#[derive(Debug)]
pub(crate) struct Idle {
    /// Something happened since the last tick. Cheaper to set than the time.
    pub(crate) active: bool,
    ticking: bool,
    active_at: MonotonicNs,
    idle_ms_max: Option<u64>,
    tick_ms: u64,
}

/// What a tick asks for.
#[derive(Debug)]
pub(crate) enum Tick {
    /// There was traffic: buffers may shrink to what it needs.
    Settle { next_ms: u64 },
    /// There was none: buffers are given back.
    Release { next_ms: u64 },
    /// It was too long.
    Close(CloseReason),
}

/// Without `connections.max.idle.ms` the timer still needs some far deadline.
const FAR_MS: u64 = 24 * 3_600_000;

impl Idle {
    pub(crate) fn new(now: MonotonicNs, idle_ms_max: Option<u64>, tick_ms: u64) -> Self {
        Self { active: false, ticking: true, active_at: now, idle_ms_max, tick_ms }
    }

    pub(crate) fn is_ticking(&self) -> bool {
        self.ticking
    }

    pub(crate) fn start_ticking(&mut self) {
        self.ticking = true;
    }

    /// `waits`: an answer is waited for, so the client is right to be silent. `stalls`: it holds memory of the shared
    /// budget for half a frame, and others wait for memory.
    pub(crate) fn on_tick(&mut self, now: MonotonicNs, waits: bool, stalls: bool) -> Tick {
        if self.active {
            self.active = false;
            self.active_at = now;
            return Tick::Settle { next_ms: self.tick_ms };
        }
        let idle_ms = now.since_ns(self.active_at) / 1_000_000;
        if stalls && idle_ms >= STALL_MS_MAX {
            return Tick::Close(CloseReason::Stalled);
        }
        self.ticking = stalls;
        let left_ms = match self.idle_ms_max {
            Some(max_ms) if idle_ms >= max_ms && !waits => return Tick::Close(CloseReason::Idle),
            Some(max_ms) if idle_ms >= max_ms => max_ms,
            Some(max_ms) => max_ms - idle_ms,
            None => FAR_MS,
        };
        Tick::Release { next_ms: if stalls { self.tick_ms.min(left_ms) } else { left_ms.max(1) } }
    }
}

#[cfg(test)]
mod tests;
