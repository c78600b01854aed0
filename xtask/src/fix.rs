//! `cargo xtask fix`: what a machine can mend, it mends. The only command that writes to sources.

use anyhow::Result;

use crate::codegen;
use crate::command::{cargo, run};

/// Generates code anew, applies clippy's suggestions, then formats.
pub fn run_all() -> Result<()> {
    codegen::run(false)?;
    run(&cargo(), &["clippy", "--workspace", "--all-targets", "--fix", "--allow-dirty", "--allow-staged"])?;
    run(&cargo(), &["fmt", "--all"])
}
