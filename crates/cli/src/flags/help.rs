//! The help of a tool: two columns of 80 characters, flags in the order of their names.

use super::{COMMON, Flag, FlagSet, Takes};

/// The width of a line.
const WIDTH: usize = 80;
/// The widest left column.
const LEFT_MAX: usize = 38;

/// The table of flags.
pub(super) fn text(set: &FlagSet) -> String {
    let mut flags: Vec<&Flag> = set.flags.iter().chain(&COMMON).collect();
    flags.sort_by_key(|flag| flag.name);
    let rows: Vec<(String, &str)> = flags.iter().map(|flag| (left(flag), flag.about)).collect();
    let width =
        rows.iter().map(|(left, _)| left.len()).filter(|width| *width <= LEFT_MAX).max().unwrap_or(10);
    let mut text = format!("{:width$}  Description\n{:width$}  -----------\n", "Option", "------");
    for (left, about) in rows {
        let mut lines = wrapped(about, WIDTH - width - 2).into_iter();
        if left.len() > width {
            text.push_str(&format!("{left}\n"));
        } else {
            text.push_str(&format!("{left:width$}  {}\n", lines.next().unwrap_or_default()));
        }
        for line in lines {
            text.push_str(&format!("{:width$}  {line}\n", ""));
        }
    }
    text
}

fn left(flag: &Flag) -> String {
    let star = if flag.is_required { "* " } else { "" };
    match flag.takes {
        Takes::Nothing => format!("{star}--{}", flag.name),
        Takes::Value(value) => format!("{star}--{} <{value}>", flag.name),
        Takes::Maybe(value) => format!("{star}--{} [{value}]", flag.name),
    }
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
