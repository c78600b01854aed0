//! How fast it goes: never faster than asked for, and said on a terminal.

use std::time::{Duration, Instant};

use crate::clock;
use crate::command::output::{bytes, grouped};
use crate::progress::ProgressLine;

/// Counts, and waits where too much was sent already.
pub(super) struct Progress {
    started: Instant,
    records: u64,
    bytes: u64,
    failed: u64,
    rate: Option<u32>,
    line: ProgressLine,
}

impl Progress {
    pub(super) fn new(rate: Option<u32>, line: ProgressLine) -> Self {
        Self { started: clock::now(), records: 0, bytes: 0, failed: 0, rate, line }
    }

    /// Waits until the next record may be sent.
    pub(super) async fn wait(&self) {
        let Some(rate) = self.rate.filter(|rate| *rate > 0) else { return };
        let due = self.started + Duration::from_secs_f64(self.records as f64 / f64::from(rate));
        if due > clock::now() {
            tokio::time::sleep_until(due.into()).await;
        }
    }

    /// A line of this size was read.
    pub(super) fn read(&mut self, size_bytes: usize) {
        self.line.advance(size_bytes as u64);
    }

    pub(super) fn sent(&mut self, size_bytes: usize) {
        self.records += 1;
        self.bytes += size_bytes as u64;
        // The clock is asked rarely, unless records are rare.
        if self.records.is_multiple_of(256) || self.rate.is_some() {
            let seconds = self.started.elapsed().as_secs_f64().max(1e-6);
            let (records, size, rate) = (self.records, self.bytes, (self.records as f64 / seconds) as u64);
            self.line.draw(|| {
                format!("{} records, {}, {} a second", grouped(records), bytes(size), grouped(rate))
            });
        }
    }

    pub(super) fn failed(&mut self) {
        self.failed += 1;
    }

    /// The last line: on a terminal always, else only what failed.
    pub(super) fn finish(&mut self, topic: &str) {
        self.line.clear();
        let done = self.records - self.failed;
        if self.failed > 0 {
            eprintln!("{} of {} records did not reach {topic}", grouped(self.failed), grouped(self.records));
        } else if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            let s = if done == 1 { "" } else { "s" };
            eprintln!("{} record{s} to {topic}", grouped(done));
        }
    }
}
