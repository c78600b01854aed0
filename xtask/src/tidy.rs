//! `cargo xtask tidy`: the rules of the house that no compiler checks. Each check is a file of its own, reads the tree
//! it is handed and returns findings; nothing here writes.

mod crates;
mod finding;
mod functions;
mod layers;
mod licence;
mod mask;
mod names;
mod purity;
mod sizes;
mod strays;
mod tree;
mod unfinished;

use anyhow::{Result, bail};
use finding::Finding;
use serde_json::Value;
use tree::Tree;

use crate::command::{cargo, output, root};

/// Runs every check and prints what it found as `file:line: what; how to mend`.
pub fn run() -> Result<()> {
    let tree = Tree::load(&root())?;
    let mut findings = Vec::new();
    match metadata() {
        Ok(metadata) => {
            findings.extend(layers::check(&metadata, &tree));
            findings.extend(crates::check(&metadata));
        }
        Err(error) => {
            let what = format!("cargo cannot read the workspace: {error:#}").replace('\n', " ");
            findings.push(Finding::new("Cargo.toml", 1, what, "mend the manifests and commit the lock file"));
        }
    }
    findings.extend(sizes::check(&tree));
    findings.extend(functions::check(&tree));
    findings.extend(names::check(&tree));
    findings.extend(purity::check(&tree));
    findings.extend(unfinished::check(&tree));
    findings.extend(strays::check(&tree));
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    let files = tree.files().len();
    match findings.len() {
        0 => println!("tidy: {files} files, nothing to mend"),
        count => bail!("tidy: {count} to mend in {files} files"),
    }
    Ok(())
}

fn metadata() -> Result<Value> {
    Ok(serde_json::from_str(&output(&cargo(), &METADATA, &root())?)?)
}

/// Only this platform: crates for other systems are never built here.
const METADATA: [&str; 6] =
    ["metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"];
