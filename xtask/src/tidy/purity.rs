//! Rule A1: no core does I/O, reads a clock, draws entropy, spawns, awaits or logs. A textual search, so that it also sees
//! what an alias hides from clippy; tests of cores may read their golden files.

#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::tree::{SourceFile, Tree};

/// The crates this holds for. `base` declares the ports, and does nothing itself either.
const CORES: [&str; 9] =
    ["base", "protocol", "config", "log", "replica", "raft", "metadata", "coordinator", "security"];

/// What must not stand in them, and what does instead.
const FORBIDDEN: [(&str, &str); 22] = [
    ("std::fs", FILES),
    ("File::open", FILES),
    ("OpenOptions", FILES),
    ("std::net", "addresses are in `core::net`; connections belong to `broker`"),
    ("TcpStream", "connections belong to `broker`"),
    ("std::env", "configuration is an argument"),
    ("std::process", "processes belong to the binary"),
    ("std::thread", "return an effect; a shell owns the threads"),
    ("thread::spawn", "return an effect; a shell owns the threads"),
    ("time::Instant", TIME),
    ("Instant::now", TIME),
    ("SystemTime", TIME),
    ("tokio::", "return an effect; only `broker`, `client` and the binary know tokio (rule A2)"),
    ("async fn", "step it: `on_*` in, `poll_*` out"),
    (".await", "step it: `on_*` in, `poll_*` out"),
    ("tracing::", LOGS),
    ("println!", LOGS),
    ("eprintln!", LOGS),
    ("rand::", CHANCE),
    ("getrandom", CHANCE),
    ("RandomState", CHANCE),
    ("static mut", "no global mutable state (rule A5)"),
];
const FILES: &str = "return a plan; `store` executes it on the `Disk` port";
const TIME: &str = "take the time as an argument";
const LOGS: &str = "return what happened; the shell logs it";
const CHANCE: &str = "take what was drawn as an argument";

/// Modules of `std` that must not come in through a group such as `use std::{fs, io}`.
const MODULES: [&str; 5] = ["fs", "net", "env", "process", "thread"];

/// Reports each.
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.files().iter().filter(|file| file.is_rust() && is_core(file)).flat_map(in_file).collect()
}

fn is_core(file: &SourceFile) -> bool {
    let mut parts = file.path.split('/');
    let is_crate = parts.next() == Some("crates");
    is_crate
        && parts.next().is_some_and(|name| CORES.contains(&name))
        && parts.next() == Some("src")
        && !file.is_test()
}

fn in_file(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.code.lines().enumerate() {
        for (pattern, mend) in FORBIDDEN {
            if contains_word(line, pattern) {
                findings.push(Finding::new(
                    &file.path,
                    index + 1,
                    format!("`{pattern}` in a core (rule A1)"),
                    mend,
                ));
            }
        }
    }
    findings.extend(grouped_imports(file));
    findings
}

/// Whether `pattern` stands there, and is not the tail of a longer name (`operand::x` is not `rand::`).
fn contains_word(line: &str, pattern: &str) -> bool {
    line.match_indices(pattern).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        pattern.starts_with('.') || !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

fn grouped_imports(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, _) in file.code.match_indices("use std::{") {
        let group = file.code[at..].split(';').next().unwrap_or_default();
        let line = file.code[..at].matches('\n').count() + 1;
        let names = group["use std::{".len()..].split([',', '{', '}', '\n']).map(str::trim);
        for name in
            names.filter(|name| MODULES.iter().any(|m| name == m || name.starts_with(&format!("{m}::"))))
        {
            let mend = "cores take values and return plans";
            findings.push(Finding::new(&file.path, line, format!("`std::{name}` in a core (rule A1)"), mend));
        }
    }
    findings
}
