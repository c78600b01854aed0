//! Standard output, buffered, so that thousands of lines cost one system call each few thousand. Who closes the other end
//! ends the command, without a word.

use std::io::{self, BufWriter, StdoutLock, Write};

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

/// Rows under a heading in columns as wide as their widest cell, with a blank between them: what Kafka's tools print where
/// they print tables.
pub fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..count).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(cell);
            let padding = width - cell.chars().count() + 1;
            text.extend(std::iter::repeat_n(' ', padding));
        }
        text.push('\n');
    }
    text
}
