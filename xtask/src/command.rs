//! Starting other programs from the root of the work tree, visibly: each line is printed before it runs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The root of the work tree: where the workspace's `Cargo.toml` stands.
pub fn root() -> PathBuf {
    let manifest =
        std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let here = PathBuf::from(manifest);
    here.parent().map_or_else(|| here.clone(), Path::to_path_buf)
}

/// The cargo that started us, so that a `+toolchain` is kept.
pub fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Runs a program in the root with further environment variables; anything but exit code 0 is an error.
pub fn run_with(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    let mut line = Vec::new();
    line.extend(environment.iter().map(|(name, value)| format!("{name}={value}")));
    line.push(
        Path::new(program).file_name().map_or(program.into(), |name| name.to_string_lossy()).into_owned(),
    );
    line.extend(arguments.iter().map(|&argument| argument.to_owned()));
    let line = line.join(" ");
    println!("$ {line}");
    let status = Command::new(program)
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(root())
        .status()
        .with_context(|| format!("cannot start `{program}`"))?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}

/// Runs a program in the root; anything but exit code 0 is an error.
pub fn run(program: &str, arguments: &[&str]) -> Result<()> {
    run_with(program, arguments, &[])
}

/// What a program prints, with its complaints in the error.
pub fn output(program: &str, arguments: &[&str], directory: &Path) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{program}`"))?;
    if !output.status.success() {
        bail!(
            "`{program} {}` failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{program}` printed what is not UTF-8"))
}

/// Whether a program can be started with these arguments and is content.
pub fn is_present(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
