//! `cargo xtask fuzz`: builds the targets of `fuzz/` (a workspace of its own) and runs each for a while, from golden bytes on.

mod seeds;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::command::{cargo, output, root, run, run_with};

/// Which targets, and for how long.
#[derive(clap::Args)]
pub struct Options {
    /// Names of targets (files in fuzz/targets); all without one
    targets: Vec<String>,
    /// How long each target runs
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    /// The longest input, in bytes
    #[arg(long, default_value_t = 65_536)]
    bytes_max: u32,
    /// Build them and make their seeds, run nothing
    #[arg(long)]
    build: bool,
}

/// What makes the stable compiler count edges and comparisons for libFuzzer.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1";

/// Builds all, then runs the chosen ones; the first crash ends it, with the input kept in fuzz/artifacts.
pub fn run_targets(options: &Options) -> Result<()> {
    let all = targets(&root().join("fuzz/targets"))?;
    for name in &options.targets {
        if !all.contains(name) {
            bail!("no fuzz target `{name}`; there are: {}", all.join(", "));
        }
    }
    // With an explicit target the flags reach our crates and spare the build scripts, which libFuzzer does not link into.
    let triple = host()?;
    let arguments = ["build", "--release", "--manifest-path", "fuzz/Cargo.toml", "--target", &triple];
    run_with(&cargo(), &arguments, &[("RUSTFLAGS", COVERAGE)])?;
    seeds::write(&root().join("tests/golden"), &root().join("fuzz/corpus"))?;
    if options.build {
        return Ok(());
    }
    let chosen = if options.targets.is_empty() { &all } else { &options.targets };
    for name in chosen {
        let artifacts = format!("fuzz/artifacts/{name}/");
        std::fs::create_dir_all(root().join("fuzz/corpus").join(name))?;
        std::fs::create_dir_all(root().join(&artifacts))?;
        let arguments = [
            format!("fuzz/corpus/{name}"),
            format!("-max_total_time={}", options.seconds),
            format!("-max_len={}", options.bytes_max),
            format!("-artifact_prefix={artifacts}"),
            "-rss_limit_mb=1024".to_owned(),
            "-timeout=10".to_owned(),
            "-print_final_stats=1".to_owned(),
            "-verbosity=0".to_owned(),
        ];
        let program = root().join(format!("fuzz/target/{triple}/release/{name}"));
        run(&program.to_string_lossy(), &arguments.each_ref().map(String::as_str))?;
    }
    println!("{} passed, 0 failed", chosen.len());
    Ok(())
}

fn host() -> Result<String> {
    let version = output("rustc", &["-vV"], &root())?;
    let line = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("rustc does not name its host")?.to_owned())
}

fn targets(directory: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if let (Some("rs"), Some(stem)) = (path.extension().and_then(|e| e.to_str()), path.file_stem()) {
            names.push(stem.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
