//! Writes the message structs of `crates/protocol` from Kafka's message definitions. The output is
//! committed; `run(Mode::Check)` tells whether it is what the definitions say.

mod definition;
mod dispatch;
mod emit;
mod field;
mod names;
mod put;
mod read;
mod resolve;
mod schema;
mod versions;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use definition::MessageDefinition;
use resolve::Message;

const SOURCE: &str = "crates/protocol/messages";
const TARGET: &str = "crates/protocol/src";
const SCRATCH: &str = "target/codegen";

/// Generates everything; with `check` nothing is written, and a difference is an error.
///
/// # Errors
/// A definition that makes no sense, a failing rustfmt, an unreadable file, or stale output.
pub fn run(check: bool) -> anyhow::Result<()> {
    let root = workspace_root()?;
    let messages = load(&root.join(SOURCE))?;
    let formatted = format(&root, &generate(&messages))?;
    let stale = stale_files(&root.join(TARGET), &formatted)?;
    if check {
        ensure!(
            stale.is_empty(),
            "generated code is not current; run `cargo xtask codegen`: {}",
            stale.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
        );
        return Ok(());
    }
    for path in stale {
        let target = root.join(TARGET).join(&path);
        match formatted.get(&path) {
            Some(text) => write(&target, text)?,
            None => fs::remove_file(&target).with_context(|| format!("removing {}", target.display()))?,
        }
    }
    Ok(())
}

fn workspace_root() -> anyhow::Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest
        .ancestors()
        .find(|folder| folder.join(SOURCE).is_dir())
        .map(Path::to_path_buf)
        .with_context(|| format!("no {SOURCE} above {}", manifest.display()))
}

/// All messages with versions that are still spoken, by name.
fn load(source: &Path) -> anyhow::Result<Vec<Message>> {
    let mut messages = BTreeMap::new();
    for folder in sorted_entries(source)? {
        let group = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for path in sorted_entries(&folder)? {
            let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            let definition: MessageDefinition = serde_json::from_str::<serde_json::Value>(&text)
                .map_err(anyhow::Error::from)
                .and_then(|value| MessageDefinition::parse(&value, &group))
                .with_context(|| format!("in {}", path.display()))?;
            if definition.versions.is_none() {
                continue;
            }
            let message = Message::resolve(&definition).with_context(|| format!("in {}", path.display()))?;
            if messages.insert(message.name.clone(), message).is_some() {
                bail!("{} is defined twice", definition.name);
            }
        }
    }
    Ok(messages.into_values().collect())
}

fn sorted_entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// The files, by their path below the crate's `src`, before rustfmt.
fn generate(messages: &[Message]) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for message in messages {
        files.insert(PathBuf::from(format!("messages/{}.rs", message.module)), emit::module(message));
    }
    files.insert(PathBuf::from("messages.rs"), dispatch::messages(messages));
    files.insert(PathBuf::from("api_key.rs"), dispatch::api_keys(messages));
    files.insert(PathBuf::from("metadata_record.rs"), dispatch::metadata_records(messages));
    files
}

/// Runs rustfmt over a copy in the target folder, where it finds the workspace's configuration.
fn format(root: &Path, files: &BTreeMap<PathBuf, String>) -> anyhow::Result<BTreeMap<PathBuf, String>> {
    let scratch = root.join(SCRATCH);
    if scratch.exists() {
        fs::remove_dir_all(&scratch).with_context(|| format!("emptying {}", scratch.display()))?;
    }
    for (path, text) in files {
        write(&scratch.join(path), text)?;
    }
    let status = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .args(files.keys().map(|path| scratch.join(path)))
        .status()
        .context("starting rustfmt")?;
    ensure!(status.success(), "rustfmt failed on the generated code in {}", scratch.display());
    files
        .keys()
        .map(|path| {
            let text = fs::read_to_string(scratch.join(path))
                .with_context(|| format!("reading {}", scratch.join(path).display()))?;
            Ok((path.clone(), text))
        })
        .collect()
}

/// What differs from the committed files: changed, missing, or no longer generated.
fn stale_files(target: &Path, current: &BTreeMap<PathBuf, String>) -> anyhow::Result<Vec<PathBuf>> {
    let mut stale: Vec<PathBuf> = current
        .iter()
        .filter(|(path, text)| fs::read_to_string(target.join(path)).ok().as_ref() != Some(*text))
        .map(|(path, _)| path.clone())
        .collect();
    let folder = target.join("messages");
    if folder.is_dir() {
        for path in sorted_entries(&folder)? {
            let relative =
                path.strip_prefix(target).context("a path outside of its own folder")?.to_path_buf();
            if !current.contains_key(&relative) {
                stale.push(relative);
            }
        }
    }
    Ok(stale)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().context("a file without a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
