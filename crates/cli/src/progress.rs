//! A line on a terminal that says how far long work is: a bar where the end is known, counts and a rate where it is not.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::clock;

/// How often the line is drawn anew.
const REDRAW: Duration = Duration::from_millis(200);
/// The width of a bar.
const BAR_WIDTH: usize = 24;

/// The line.
pub struct ProgressLine {
    drawn: Instant,
    is_shown: bool,
    has_line: bool,
    /// The whole of the work, if it is known; in bytes mostly.
    whole: Option<u64>,
    done: u64,
}

impl ProgressLine {
    /// A line on standard error, if that is a terminal.
    pub fn new(whole: Option<u64>) -> Self {
        let is_shown = std::io::stderr().is_terminal();
        Self { drawn: clock::now(), is_shown, has_line: false, whole, done: 0 }
    }

    /// No line: somebody writes on the same terminal.
    pub fn hidden() -> Self {
        Self { is_shown: false, ..Self::new(None) }
    }

    /// So much is done in all.
    pub fn reach(&mut self, done: u64) {
        self.done = done;
    }

    /// Draws the line with this text, if it is time to.
    pub fn draw(&mut self, text: impl FnOnce() -> String) {
        if !self.is_shown || self.drawn.elapsed() < REDRAW {
            return;
        }
        self.drawn = clock::now();
        self.has_line = true;
        let bar = self.whole.map(|whole| format!("{} ", bar(self.done, whole))).unwrap_or_default();
        eprint!("\r\u{1b}[K{bar}{}", text());
        // A terminal that is gone does not matter here.
        let _ = std::io::stderr().flush();
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.has_line) {
            eprint!("\r\u{1b}[K");
        }
    }
}

/// `[==========>             ]  42 %`.
fn bar(done: u64, whole: u64) -> String {
    let share = if whole == 0 { 1.0 } else { (done as f64 / whole as f64).min(1.0) };
    let filled = (share * BAR_WIDTH as f64) as usize;
    let tip = if filled < BAR_WIDTH { ">" } else { "" };
    format!("[{:<BAR_WIDTH$}] {:>3} %", format!("{}{tip}", "=".repeat(filled)), (share * 100.0) as u64)
}

#[cfg(test)]
mod tests;
