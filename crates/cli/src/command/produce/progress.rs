//! How fast it goes: never faster than asked for, and said on a terminal.

use std::time::{Duration, Instant};

use crate::clock;
use crate::command::output::{bytes, grouped};
use crate::progress::ProgressLine;

/// Counts, and waits where too much was sent already.
pub(super) struct Progress {
    started: Instant,
    /// Bytes of the lines that were read.
    read_bytes: u64,
    /// Records that were sent.
    sent: u64,
    /// Those that reached the topic, and their bytes.
    written: u64,
    written_bytes: u64,
    failed: u64,
    rate: Option<u32>,
    line: ProgressLine,
}

impl Progress {
    pub(super) fn new(rate: Option<u32>, line: ProgressLine) -> Self {
        let started = clock::now();
        Self { started, read_bytes: 0, sent: 0, written: 0, written_bytes: 0, failed: 0, rate, line }
    }

    /// Waits until the next record may be sent.
    pub(super) async fn wait(&self) {
        let Some(rate) = self.rate.filter(|rate| *rate > 0) else { return };
        let due = self.started + Duration::from_secs_f64(self.sent as f64 / f64::from(rate));
        if due > clock::now() {
            tokio::time::sleep_until(due.into()).await;
        }
    }

    /// A line of this size is sent.
    pub(super) fn sent(&mut self, line_bytes: usize) {
        self.sent += 1;
        self.read_bytes += line_bytes as u64;
    }

    /// A record of this size reached the topic.
    pub(super) fn written(&mut self, size_bytes: usize) {
        self.written += 1;
        self.written_bytes += size_bytes as u64;
        // The clock is asked rarely, unless records are rare.
        if self.written.is_multiple_of(256) || self.rate.is_some() {
            self.draw();
        }
    }

    fn draw(&mut self) {
        // What is on its way is not there yet: of what was read only its share counts.
        let share = self.written as f64 / self.sent.max(1) as f64;
        self.line.reach((self.read_bytes as f64 * share) as u64);
        let seconds = self.started.elapsed().as_secs_f64().max(1e-6);
        let (records, size, rate) =
            (self.written, self.written_bytes, (self.written as f64 / seconds) as u64);
        self.line
            .draw(|| format!("{} records, {}, {} a second", grouped(records), bytes(size), grouped(rate)));
    }

    pub(super) fn failed(&mut self) {
        self.failed += 1;
    }

    /// The last line: on a terminal always, else only what failed.
    pub(super) fn finish(&mut self, topic: &str) {
        self.line.clear();
        let done = self.written;
        if self.failed > 0 {
            eprintln!("{} of {} records did not reach {topic}", grouped(self.failed), grouped(self.sent));
        } else if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            let s = if done == 1 { "" } else { "s" };
            eprintln!("{} record{s} to {topic}", grouped(done));
        }
    }
}
