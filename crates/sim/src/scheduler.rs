//! Chooses, by seed, which of several runnable steps comes next, and remembers what was chosen. It runs nothing itself:
//! a simulation asks it for an index, does that step, and notes what came of it.

use std::fmt::Write as _;

use crate::Random;

/// How much of the trace is kept; a simulation that goes on longer keeps its latest part.
const TRACE_BYTES_MAX: usize = 1 << 20;

/// The order of a simulated run.
#[derive(Debug)]
pub struct Scheduler {
    random: Random,
    seed: u64,
    steps: u64,
    trace: String,
    fingerprint: u64,
}

impl Scheduler {
    /// The order of a seed.
    pub fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            seed,
            steps: 0,
            trace: String::new(),
            fingerprint: FINGERPRINT_START,
        }
    }

    /// The seed, to be printed with every failure.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many steps were chosen.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The chance of this run, for what a step draws itself.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// Chooses one of `weights.len()` steps, each as often as its weight says; a weight of 0 is a step that cannot run
    /// now. `None` if no step can.
    pub fn choose(&mut self, weights: &[u64]) -> Option<usize> {
        let total: u64 = weights.iter().sum();
        if total == 0 {
            return None;
        }
        let mut drawn = self.random.below(total);
        let mut chosen = 0;
        while drawn >= weights[chosen] {
            drawn -= weights[chosen];
            chosen += 1;
        }
        self.steps += 1;
        Some(chosen)
    }

    /// Writes a line about the step that ran into the trace.
    pub fn note(&mut self, line: std::fmt::Arguments<'_>) {
        let start = self.trace.len();
        // Writing to a string cannot fail.
        let _ = writeln!(self.trace, "{} {line}", self.steps);
        self.fingerprint = fingerprint(self.fingerprint, &self.trace.as_bytes()[start..]);
        if self.trace.len() > TRACE_BYTES_MAX {
            let half = self.trace.len() / 2;
            let cut = self.trace[..half].rfind('\n').map_or(0, |at| at + 1);
            self.trace.drain(..cut);
        }
    }

    /// The latest part of what was noted.
    pub fn trace(&self) -> &str {
        &self.trace
    }

    /// A number that stands for all that was noted: two runs of a seed have the same one.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}

/// Where every fingerprint starts (FNV-1a).
pub(crate) const FINGERPRINT_START: u64 = 0xcbf2_9ce4_8422_2325;

/// Goes on with a fingerprint over more bytes (FNV-1a).
pub(crate) fn fingerprint(from: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(from, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three counters that take steps until each has done its share.
    fn run(seed: u64) -> (String, u64) {
        let mut scheduler = Scheduler::new(seed);
        let mut left = [30_u64, 20, 10];
        while let Some(chosen) = scheduler.choose(&left) {
            left[chosen] -= 1;
            let drawn = scheduler.random().below(100);
            scheduler.note(format_args!("counter {chosen} left {} drawn {drawn}", left[chosen]));
        }
        (scheduler.trace().to_owned(), scheduler.fingerprint())
    }

    #[test]
    fn a_seed_is_a_run() {
        assert_eq!(run(11), run(11));
        assert_ne!(run(11).0, run(12).0);
        assert_eq!(run(11).0.lines().count(), 60);
    }

    #[test]
    fn a_step_that_cannot_run_is_never_chosen() {
        let mut scheduler = Scheduler::new(3);
        assert!((0..1000).all(|_| scheduler.choose(&[0, 1, 0, 2]).is_some_and(|chosen| chosen % 2 == 1)));
        assert_eq!(scheduler.choose(&[0, 0]), None);
    }

    #[test]
    fn a_long_trace_keeps_its_end_and_its_fingerprint_the_whole() {
        let mut scheduler = Scheduler::new(3);
        (0..200_000).for_each(|count| scheduler.note(format_args!("line {count}")));
        assert!(scheduler.trace().len() <= TRACE_BYTES_MAX);
        assert!(scheduler.trace().ends_with("0 line 199999\n"));
        assert!(scheduler.trace().starts_with("0 line "));
    }
}
