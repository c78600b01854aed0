//! Documents that can be wrong are checked: what stands in backticks in ARCHITECTURE.md exists, what links point at
//! exists, and the commands in README.md are commands.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::finding::Finding;
use super::tree::{SourceFile, Tree};

/// The document whose every name is checked.
const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// Documents whose commands are checked.
const COMMANDS: [&str; 3] = ["README.md", "CONTRIBUTING.md", "docs/operations.md"];

/// Programs that a reader has from elsewhere.
const FOREIGN: [&str; 23] = [
    "git",
    "cd",
    "kcat",
    "python3",
    "pip",
    "npm",
    "node",
    "curl",
    "printf",
    "echo",
    "seq",
    "docker",
    "cargo",
    "rustup",
    "export",
    "kill",
    "mkdir",
    "cp",
    "cat",
    "ls",
    "apt-get",
    "tar",
    "systemctl",
];

/// Reports what does not exist.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let words = known_words(tree);
    let mut findings = Vec::new();
    if let Some(file) = tree.file(ARCHITECTURE) {
        findings.extend(check_names(file, tree, &words));
    }
    for file in tree.files().iter().filter(|file| file.path.ends_with(".md")) {
        findings.extend(check_links(file, tree));
    }
    for file in COMMANDS.iter().filter_map(|path| tree.file(path)) {
        findings.extend(check_commands(file, tree));
    }
    findings
}

/// Every name in Rust code and manifests, comments left out, strings among them (they hold Kafka's names).
fn known_words(tree: &Tree) -> BTreeSet<&str> {
    let mut words = BTreeSet::new();
    let sources = tree.files().iter().filter(|file| file.is_rust() || file.path.ends_with(".toml"));
    for file in sources {
        let lines = file.text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in lines {
            words.extend(line.split(|c: char| !is_name(c)).map(|word| word.trim_matches(['.', '-'])));
            words.extend(line.split(|c: char| !c.is_alphanumeric() && c != '_'));
        }
    }
    words
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-')
}

fn check_names(file: &SourceFile, tree: &Tree, words: &BTreeSet<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, name) in backticked(&file.text) {
        let missing = if is_path(name) {
            (!tree.has(name)).then(|| format!("the path `{name}` does not exist"))
        } else {
            let parts = name.split("::").map(|part| part.trim_end_matches("()").trim_end_matches('!'));
            let checked: Vec<&str> =
                parts.filter(|part| !part.is_empty() && part.chars().all(is_name)).collect();
            let unknown =
                checked.iter().find(|part| !words.contains(*part) && !tree.has(&format!("crates/{part}")));
            unknown.map(|part| format!("no code knows the name `{part}`"))
        };
        if let Some(what) = missing {
            findings.push(Finding::new(
                &file.path,
                number,
                what,
                "correct the document, or say it without backticks",
            ));
        }
    }
    findings
}

fn is_path(name: &str) -> bool {
    let is_plain = !name.contains(char::is_whitespace) && !name.contains(['<', '*', '{', '=', ':', '$', '(']);
    let endings = [".rs", ".md", ".toml", ".sh", ".py", ".txt", ".json", ".jsonl"];
    is_plain
        && (name.contains('/') || endings.iter().any(|ending| name.ends_with(ending)))
        && !name.starts_with('/')
}

/// What stands between single backticks outside of fenced blocks, with its line.
fn backticked(text: &str) -> Vec<(usize, &str)> {
    let mut names = Vec::new();
    let mut is_fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        } else if !is_fenced {
            names.extend(line.split('`').skip(1).step_by(2).map(|name| (index + 1, name)));
        }
    }
    names
}

fn check_links(file: &SourceFile, tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    for (index, line) in file.text.lines().enumerate() {
        for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.contains(' ') {
                continue;
            }
            if !tree.has(&resolve(folder, target)) {
                let what = format!("the link `{target}` points nowhere");
                findings.push(Finding::new(&file.path, index + 1, what, "correct it"));
            }
        }
    }
    findings
}

fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// Lines of fenced `sh` blocks: known programs, known `cargo xtask` commands, files that exist.
fn check_commands(file: &SourceFile, tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_shell = false;
    let mut is_continued = false;
    for (index, line) in file.text.lines().enumerate() {
        if line.starts_with("```") {
            is_shell = line == "```sh";
            continue;
        }
        let first_line = is_shell && !is_continued;
        is_continued = is_shell && line.ends_with('\\');
        let words: Vec<&str> = line.split_whitespace().take_while(|word| !word.starts_with('#')).collect();
        if first_line && let Some(what) = wrong_command(&words, tree) {
            findings.push(Finding::new(&file.path, index + 1, what, "write a command that works"));
        }
    }
    findings
}

fn wrong_command(words: &[&str], tree: &Tree) -> Option<String> {
    match words {
        [] => None,
        ["cargo", "xtask", name, ..] => {
            (!crate::has_command(name)).then(|| format!("there is no `cargo xtask {name}`"))
        }
        ["cargo", name, ..] => {
            let known =
                ["build", "run", "test", "bench", "doc", "fmt", "clippy", "install", "check", "update"];
            (!known.contains(name)).then(|| format!("there is no `cargo {name}`"))
        }
        [program, ..] => {
            let name = program.rsplit('/').next().unwrap_or_default();
            let is_ours = name == "jackdaw" || name.starts_with("kafka-");
            let is_known = is_ours || FOREIGN.contains(&name) || tree.has(program.trim_start_matches("./"));
            (!is_known).then(|| format!("nobody knows the program `{program}`"))
        }
    }
}
