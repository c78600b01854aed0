//! Nothing is left for later in the code: no placeholder, no test that is switched off, no test that sleeps.

#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::tree::{SourceFile, Tree};

/// In code, wherever it stands.
const CODE: [(&str, &str); 4] = [
    ("todo!(", "write it, or leave the feature out and refuse it with a clear error"),
    ("unimplemented!(", "write it, or leave the feature out and refuse it with a clear error"),
    ("#[ignore", "mend the test or delete it"),
    ("dbg!(", "delete it"),
];

/// In tests.
const SLEEPS: [&str; 3] = ["thread::sleep", "time::sleep", "sleep_ms("];

/// Reports what is unfinished.
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.handwritten_rust().flat_map(in_file).collect()
}

fn in_file(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.code.lines().enumerate() {
        for (pattern, mend) in CODE {
            if line.contains(pattern) {
                findings.push(Finding::new(&file.path, index + 1, format!("`{pattern}`"), mend));
            }
        }
        for pattern in SLEEPS {
            if file.is_test() && line.contains(pattern) {
                let mend = "wait for the event itself, with a deadline, or step a clock of the test's own";
                findings.push(Finding::new(&file.path, index + 1, format!("`{pattern}` in a test"), mend));
            }
        }
    }
    for (index, line) in file.text.lines().enumerate() {
        let comment = line.find("//").map_or("", |at| &line[at..]);
        for marker in [concat!("FIX", "ME"), concat!("XX", "X:")] {
            if comment.contains(marker) {
                let mend = "mend it now, or open an issue and say in a comment what holds until then";
                findings.push(Finding::new(&file.path, index + 1, format!("`{marker}`"), mend));
            }
        }
    }
    findings
}
