//! `cargo xtask ci`: everything that must hold before a change lands. It never writes to the work tree, runs all steps
//! even when one fails, and ends with one line per step.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::command::{cargo, output, root, run, run_with};
use crate::{acceptance, codegen, test, tidy};

/// What to leave out.
#[derive(clap::Args)]
pub struct Options {
    /// The tests have just run (`cargo xtask test`): do not run them a second time
    #[arg(long, env = "JACKDAW_TESTED")]
    tested: bool,
    /// Leave out the foreign clients, which need Python, Node and kcat
    #[arg(long)]
    no_acceptance: bool,
}

struct Step {
    name: &'static str,
    took: Duration,
    outcome: Result<()>,
}

/// Runs the steps, cheap ones first.
pub fn run_all(options: &Options) -> Result<()> {
    let mut steps = vec![
        step("tidy", tidy::run),
        step("format", || run(&cargo(), &["fmt", "--all", "--check"])),
        step("lock file", || {
            // With the dependencies: without them cargo does not look at the lock file at all.
            let arguments = ["metadata", "--locked", "--quiet", "--format-version", "1"];
            output(&cargo(), &arguments, &root()).map(drop)
        }),
        step("generated code", || codegen::run(true)),
        step("clippy", || {
            run(&cargo(), &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
        }),
    ];
    if !options.tested {
        steps.push(step("test", || test::run(&test::Options::default())));
    }
    steps.push(step("documentation", || {
        let arguments = ["doc", "--workspace", "--no-deps", "--locked"];
        run_with(&cargo(), &arguments, &[("RUSTDOCFLAGS", "-D warnings")])
    }));
    if !options.no_acceptance {
        steps.push(step("acceptance", || acceptance::run_suites(&acceptance::Options::quick())));
    }
    summarise(&steps)
}

fn step(name: &'static str, work: impl FnOnce() -> Result<()>) -> Step {
    println!("\n== {name}");
    let start = Instant::now();
    let outcome = work();
    if let Err(error) = &outcome {
        eprintln!("xtask ci: {name}: {error:#}");
    }
    Step { name, took: start.elapsed(), outcome }
}

fn summarise(steps: &[Step]) -> Result<()> {
    println!("\n== summary");
    for step in steps {
        let word = if step.outcome.is_ok() { "ok    " } else { "FAILED" };
        println!("{word} {:>6.1} s  {}", step.took.as_secs_f64(), step.name);
    }
    let failed: Vec<&str> = steps.iter().filter(|step| step.outcome.is_err()).map(|step| step.name).collect();
    println!("{} passed, {} failed", steps.len() - failed.len(), failed.len());
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}
