//! Standard output, buffered, so that thousands of lines cost one system call each few thousand. Who closes the other end
//! ends the command, without a word.

use std::io::{self, BufWriter, StdoutLock, Write};

use crate::failure::Failure;

/// Standard output as long as it is held.
pub type Out = BufWriter<StdoutLock<'static>>;

/// Takes standard output.
pub fn out() -> Out {
    BufWriter::with_capacity(1 << 16, io::stdout().lock())
}

/// Writes a text and is done.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = out();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes a line at once, as `say!` does. Who closed the other end wants no more: the process ends, without a word.
#[allow(
    clippy::disallowed_methods,
    reason = "a tool whose reader went away is in the middle of anything, and no destructor mends that"
)]
pub fn say(line: std::fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
        let failure = Failure::from(error);
        if !failure.message.is_empty() {
            eprintln!("standard output: {}", failure.message);
        }
        std::process::exit(i32::from(failure.exit_code));
    }
}

/// `println!` that does not panic when nobody reads any more.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => { $crate::out::say(::std::format_args!($($text)*)) };
}

/// A table of Kafka's tools: every line begins with a line break, every column is as wide as said, at least; the last one is
/// not filled up unless it has a width.
pub struct Wide {
    columns: Vec<(&'static str, usize)>,
    rows: Vec<Vec<String>>,
}

impl Wide {
    /// A table with these columns and their least widths; 0 for one that is never filled up.
    pub fn new(columns: &[(&'static str, usize)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines, heading first.
    pub fn lines(&self) -> Vec<String> {
        let heading: Vec<String> = self.columns.iter().map(|(title, _)| (*title).to_owned()).collect();
        let all: Vec<&Vec<String>> = std::iter::once(&heading).chain(&self.rows).collect();
        let longest = |column: usize| {
            all.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
        };
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, (_, least))| if *least == 0 { 0 } else { longest(index).unwrap_or(0).max(*least) })
            .collect();
        let line = |row: &&Vec<String>| {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            cells.join(" ")
        };
        all.iter().map(line).collect()
    }
}

/// Rows under a heading with tabs between cells of equal width: the other kind of table of Kafka's tools.
pub fn tabbed(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}\t"));
        format!("{}\n", cells.collect::<String>())
    };
    rows.iter().map(line).collect()
}
