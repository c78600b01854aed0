//! Planted long functions are caught, and only they.

use super::{LINES_MAX, check};
use crate::tidy::tree::Tree;

fn found(text: &str) -> Vec<(usize, String)> {
    let findings = check(&Tree::of(&[("crates/a/src/lib.rs", text)]));
    findings.into_iter().map(|finding| (finding.line, finding.what)).collect()
}

fn function(lines: usize) -> String {
    format!("fn long() {{\n{}}}\n", "    x();\n".repeat(lines - 2))
}

#[test]
fn the_limit_is_exact() {
    assert_eq!(found(&function(LINES_MAX)), []);
    let what = format!("`long` has {} lines, more than {LINES_MAX}", LINES_MAX + 1);
    assert_eq!(found(&format!("//! a\n\n{}", function(LINES_MAX + 1))), [(3, what)]);
}

#[test]
fn declarations_types_braces_in_text_and_array_lengths_do_not_confuse_it() {
    let filler = "// fn x() {\n".repeat(LINES_MAX);
    assert_eq!(found(&format!("trait T {{ fn a(&self) -> [u8; 2]; }}\n{filler}fn b() {{ \"}}\"; }}\n")), []);
    assert_eq!(found(&format!("type F = fn (u8);\n{filler}fn b(x: [u8; 3]) {{}}\n")), []);
    assert_eq!(found(&format!("fn a() {{ '}}'; }}\n{filler}")), []);
}
