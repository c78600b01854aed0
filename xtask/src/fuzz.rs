//! `cargo xtask fuzz`: builds the targets of `fuzz/` (a workspace of its own) and runs each for a while.

use std::path::Path;

use anyhow::{Result, bail};

use crate::command::{cargo, root, run};

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
}

/// Builds all, then runs the chosen ones; the first crash ends it, with the input kept in fuzz/artifacts.
pub fn run_targets(options: &Options) -> Result<()> {
    let all = targets(&root().join("fuzz/targets"))?;
    for name in &options.targets {
        if !all.contains(name) {
            bail!("no fuzz target `{name}`; there are: {}", all.join(", "));
        }
    }
    run(&cargo(), &["build", "--release", "--manifest-path", "fuzz/Cargo.toml"])?;
    let chosen = if options.targets.is_empty() { &all } else { &options.targets };
    for name in chosen {
        let corpus = format!("fuzz/corpus/{name}");
        let artifacts = format!("fuzz/artifacts/{name}/");
        std::fs::create_dir_all(root().join(&corpus))?;
        std::fs::create_dir_all(root().join(&artifacts))?;
        let limits = [
            format!("-max_total_time={}", options.seconds),
            format!("-max_len={}", options.bytes_max),
            format!("-artifact_prefix={artifacts}"),
        ];
        let fixed = ["-rss_limit_mb=1024", "-timeout=10", "-malloc_limit_mb=256", "-print_final_stats=1"];
        let limits: Vec<&str> = limits.iter().map(String::as_str).collect();
        run(&format!("fuzz/target/release/{name}"), &[&[corpus.as_str()], &limits[..], &fixed[..]].concat())?;
    }
    println!("{} passed, 0 failed", chosen.len());
    Ok(())
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
