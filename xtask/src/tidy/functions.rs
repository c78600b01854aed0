//! Functions fit on a screen: none is longer than a limit. Counted from the line of `fn` to its closing brace.

#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::tree::Tree;

/// The longest function.
pub const LINES_MAX: usize = 70;

/// Reports functions that are too long.
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.handwritten_rust()
        .flat_map(|file| functions(&file.code).into_iter().map(move |f| (file, f)))
        .filter_map(|(file, function)| {
            (function.lines > LINES_MAX).then(|| {
                let what = format!("`{}` has {} lines, more than {LINES_MAX}", function.name, function.lines);
                Finding::new(&file.path, function.line, what, "give its parts names of their own")
            })
        })
        .collect()
}

struct Function<'a> {
    name: &'a str,
    line: usize,
    lines: usize,
}

/// The functions with a body in masked code.
fn functions(code: &str) -> Vec<Function<'_>> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let mut line = 1;
    let mut counted = 0;
    for (at, _) in code.match_indices("fn ") {
        let before = at.checked_sub(1).map_or(b' ', |position| bytes[position]);
        if before.is_ascii_alphanumeric() || before == b'_' {
            continue;
        }
        line += code[counted..at].matches('\n').count();
        counted = at;
        let after = code[at + 3..].trim_start();
        let width = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
        if width == 0 {
            continue; // the type of a function
        }
        if let Some(end) = body_end(&bytes[at..]) {
            let lines = code[at..at + end].matches('\n').count() + 1;
            found.push(Function { name: &after[..width], line, lines });
        }
    }
    found
}

/// Where the body ends that follows; `None` for a declaration without one.
fn body_end(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0;
    let mut brackets = 0;
    for (position, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' | b'[' => brackets += 1,
            b')' | b']' => brackets -= 1,
            b';' if depth == 0 && brackets == 0 => return None,
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 && brackets == 0 {
                    return Some(position);
                }
            }
            _ => {}
        }
    }
    None
}
