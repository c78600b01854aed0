//! `cargo xtask test`: every test of the workspace. Needs the Rust toolchain alone.

use anyhow::Result;

use crate::command::{self, cargo, is_present};

/// What to test.
#[derive(clap::Args, Default)]
pub struct Options {
    /// Only this package (may be given several times); all without it
    #[arg(long, short)]
    package: Vec<String>,
    /// Passed on to the test runner, such as a filter
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Runs the tests; nextest knows no documentation tests, so they get a run of their own behind it.
pub fn run(options: &Options) -> Result<()> {
    let mut scope: Vec<&str> = Vec::new();
    for package in &options.package {
        scope.extend(["--package", package]);
    }
    if scope.is_empty() {
        scope.push("--workspace");
    }
    let rest: Vec<&str> = options.rest.iter().map(String::as_str).collect();
    if is_present(&cargo(), &["nextest", "--version"]) {
        let nextest =
            [&["nextest", "run", "--no-fail-fast", "--no-tests", "pass"], &scope[..], &rest[..]].concat();
        command::run(&cargo(), &nextest)?;
        return match rest.is_empty() {
            true => command::run(&cargo(), &[&["test", "--doc"], &scope[..]].concat()),
            false => Ok(()),
        };
    }
    let mut arguments = [&["test", "--no-fail-fast"], &scope[..]].concat();
    if !rest.is_empty() {
        arguments.push("--");
        arguments.extend(rest);
    }
    command::run(&cargo(), &arguments)
}
