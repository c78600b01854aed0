//! Members that come to a group for the first time, as far as waiting for more of them goes. Services start with many
//! consumers at once; whoever ends the join phase with the first of them sends all of them through another rebalance, and
//! librdkafka joins at most once in a second.

use jackdaw_base::MonotonicNs;

use super::group::Phase;

/// So long nobody else has to come after a single newcomer to others.
const QUIET_MS_ALONE: u64 = 10;
/// So long nobody else has to come where several have.
const QUIET_MS: u64 = 50;
/// So long nobody else has to come to a group that had no members. Two clients of librdkafka that start in one breath find
/// their coordinator up to 50 ms apart.
const QUIET_MS_START: u64 = 100;
/// Nobody waits longer for others to come.
const TOTAL_MS_MAX: u64 = 250;

/// Who has come during one join phase.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Newcomers {
    count: usize,
    /// Whether the first of them came to a group without members.
    is_start: bool,
    first: MonotonicNs,
    last: MonotonicNs,
}

impl Newcomers {
    /// Somebody has come to a group in this state.
    pub fn note(&mut self, now: MonotonicNs, phase: Phase) {
        if self.count == 0 {
            self.first = now;
            self.is_start = phase == Phase::Empty;
        }
        self.count += 1;
        self.last = now;
    }

    /// Until when others may yet come; `None` if nobody has.
    pub fn expected_until(&self) -> Option<MonotonicNs> {
        let quiet_ms = match self.count {
            0 => return None,
            _ if self.is_start => QUIET_MS_START,
            1 => QUIET_MS_ALONE,
            _ => QUIET_MS,
        };
        Some(self.last.plus_ms(quiet_ms).min(self.first.plus_ms(TOTAL_MS_MAX)))
    }
}

#[cfg(test)]
mod tests;
