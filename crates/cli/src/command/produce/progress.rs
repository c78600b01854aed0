//! How fast it goes: never faster than asked for, and said on a terminal.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::clock;
use crate::command::output::{bytes, grouped};

/// How often a line is drawn anew.
const REDRAW: Duration = Duration::from_millis(200);

/// Counts, and waits where too much was sent already.
pub(super) struct Progress {
    started: Instant,
    drawn: Instant,
    records: u64,
    bytes: u64,
    failed: u64,
    rate: Option<u32>,
    is_shown: bool,
    has_line: bool,
}

impl Progress {
    pub(super) fn new(rate: Option<u32>) -> Self {
        let now = clock::now();
        // Who types records wants no line drawn over them.
        let is_shown = std::io::stderr().is_terminal() && !std::io::stdin().is_terminal();
        Self { started: now, drawn: now, records: 0, bytes: 0, failed: 0, rate, is_shown, has_line: false }
    }

    /// Waits until the next record may be sent.
    pub(super) async fn wait(&self) {
        let Some(rate) = self.rate.filter(|rate| *rate > 0) else { return };
        let due = self.started + Duration::from_secs_f64(self.records as f64 / f64::from(rate));
        if due > clock::now() {
            tokio::time::sleep_until(due.into()).await;
        }
    }

    pub(super) fn sent(&mut self, size_bytes: usize) {
        self.records += 1;
        self.bytes += size_bytes as u64;
        if self.is_shown && self.records.is_multiple_of(256) && self.drawn.elapsed() >= REDRAW {
            self.drawn = clock::now();
            self.has_line = true;
            eprint!("\r\u{1b}[K{}", self.line());
            // A terminal that is gone does not matter here.
            let _ = std::io::stderr().flush();
        }
    }

    pub(super) fn failed(&mut self) {
        self.failed += 1;
    }

    fn line(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-6);
        let rate = (self.records as f64 / seconds) as u64;
        format!("{} records, {}, {} a second", grouped(self.records), bytes(self.bytes), grouped(rate))
    }

    /// The last line: on a terminal always, else only what failed.
    pub(super) fn finish(&self, topic: &str) {
        if self.has_line {
            eprint!("\r\u{1b}[K");
        }
        let done = self.records - self.failed;
        if self.failed > 0 {
            eprintln!("{} of {} records did not reach {topic}", grouped(self.failed), grouped(self.records));
        } else if std::io::stderr().is_terminal() {
            let s = if done == 1 { "" } else { "s" };
            eprintln!("{} record{s} to {topic}", grouped(done));
        }
    }
}
