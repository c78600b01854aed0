//! `cargo xtask acceptance`: builds the release binary and hands over to `acceptance/run.py`, where each suite is a file.

use anyhow::Result;

use crate::command::{cargo, run};

/// Which suites, and how much of them.
#[derive(clap::Args)]
pub struct Options {
    /// Names of suites (files in acceptance/suites); all without one
    suites: Vec<String>,
    /// Minutes instead of hours: replayed frames, foreign clients once around, files checked
    #[arg(long)]
    quick: bool,
    /// Judge Apache Kafka instead, to see or to renew the baseline
    #[arg(long)]
    kafka: bool,
    /// Only say which suites there are
    #[arg(long)]
    list: bool,
}

impl Options {
    /// What `cargo xtask ci` runs.
    pub fn quick() -> Self {
        Self { suites: Vec::new(), quick: true, kafka: false, list: false }
    }
}

/// Builds and runs.
pub fn run_suites(options: &Options) -> Result<()> {
    let mut arguments = vec!["acceptance/run.py"];
    arguments.extend(options.suites.iter().map(String::as_str));
    for (flag, wanted) in [("--quick", options.quick), ("--kafka", options.kafka), ("--list", options.list)] {
        if wanted {
            arguments.push(flag);
        }
    }
    if !options.kafka && !options.list {
        run(&cargo(), &["build", "--release", "--locked", "--package", "jackdaw"])?;
    }
    run("python3", &arguments)
}
