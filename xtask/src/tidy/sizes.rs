//! Files stay readable: no source is longer than a limit. Tests count, generated code does not.

#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::tree::Tree;

/// Where one thinks again: there are two things in the file.
pub const LINES_MAX: usize = 600;

/// Reports files that are too long.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let written = tree.files().iter().filter(|file| is_source(&file.path) && !file.is_generated());
    written
        .filter_map(|file| {
            let lines = file.text.lines().count();
            (lines > LINES_MAX).then(|| {
                let what = format!("{lines} lines, more than {LINES_MAX}");
                Finding::new(&file.path, LINES_MAX + 1, what, "split it: there is a second thing in it")
            })
        })
        .collect()
}

fn is_source(path: &str) -> bool {
    [".rs", ".py", ".sh", ".js"].iter().any(|ending| path.ends_with(ending))
}
