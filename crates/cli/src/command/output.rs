//! How results look: tables for people, with colours on terminals only, or JSON for programs.

use std::io::{self, IsTerminal, Write};

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::out;

/// How results are printed.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// How results are printed.
#[derive(Args, Debug, Clone, Default)]
pub struct Output {
    /// How results are printed
    #[arg(id = "output", value_name = "FORM", short = 'o', long, value_enum, default_value_t, global = true)]
    pub format: Format,
}

impl Output {
    /// Whether JSON is wanted.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Prints a result in one of its two forms.
    pub fn print(&self, json: impl FnOnce() -> Value, table: impl FnOnce() -> String) -> io::Result<()> {
        match self.format {
            Format::Table => out::print(&table()),
            Format::Json => {
                let mut out = out::out();
                serde_json::to_writer_pretty(&mut out, &json())?;
                out.write_all(b"\n")?;
                out.flush()
            }
        }
    }
}

/// Rows under headings, in columns with two blanks between them.
pub struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// Columns of numbers stand to the right.
    right: Vec<usize>,
}

impl Table {
    /// A table with these headings; a heading that begins with `#` is one of numbers.
    pub fn new(headings: &[&'static str]) -> Self {
        let right = headings
            .iter()
            .enumerate()
            .filter(|(_, heading)| heading.starts_with('#'))
            .map(|(index, _)| index);
        Self {
            right: right.collect(),
            headings: headings.iter().map(|heading| heading.trim_start_matches('#')).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The text, headings emphasized on a terminal.
    pub fn text(&self) -> String {
        let longest = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([self.headings[column].len()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.headings.len()).map(longest).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let cells: Vec<String> = cells
                .zip(&widths)
                .enumerate()
                .map(|(index, (cell, width))| match self.right.contains(&index) {
                    true => format!("{cell:>width$}"),
                    false => format!("{cell:<width$}"),
                })
                .collect();
            cells.join("  ").trim_end().to_owned()
        };
        let heading = line(&mut self.headings.iter().copied());
        let mut text = format!("{}\n", bold(&heading));
        for row in &self.rows {
            text.push_str(&line(&mut row.iter().map(String::as_str)));
            text.push('\n');
        }
        text
    }
}

/// Whether colours mean something to who reads.
pub fn has_colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Bold on a terminal.
pub fn bold(text: &str) -> String {
    if has_colours() { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// A number with its digits in groups: `1 234 567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for index in (first..digits.len()).step_by(3) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&digits[index..index + 3]);
    }
    text
}

/// A number of bytes: `1.5 MiB`.
pub fn bytes(count: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{count} B") } else { format!("{value:.1} {}", units[unit]) }
}

#[cfg(test)]
mod tests;
