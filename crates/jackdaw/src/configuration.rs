//! From a properties file and overrides to a configuration; all problems at once, each with its place.

mod providers;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use jackdaw_config::{BrokerConfig, Origin, Setting, Warning, properties};

/// The largest properties file that is read.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// A configuration, and what should be said about it.
pub fn load(file: Option<&Path>, overrides: &[String]) -> anyhow::Result<(Arc<BrokerConfig>, Vec<Warning>)> {
    let mut settings = match file {
        Some(path) => read(path)?,
        None => Vec::new(),
    };
    for text in overrides {
        let Some((name, value)) = text.split_once('=') else {
            bail!("--override {text}: write it as NAME=VALUE");
        };
        settings.push(Setting {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            origin: Origin::CommandLine,
        });
    }
    let settings = providers::apply(settings, &|name| std::env::var(name).ok())?;
    match BrokerConfig::load(settings) {
        Ok(loaded) => Ok((Arc::new(loaded.config), loaded.warnings)),
        Err(errors) => {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            bail!("the configuration cannot be used:\n  {}", lines.join("\n  "))
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<Setting>> {
    let disk = jackdaw_store::OsDisk;
    let bytes = jackdaw_base::disk::read_whole(&disk, path, FILE_BYTES_MAX)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    properties::settings(&path.display().to_string(), &bytes).with_context(|| format!("{}", path.display()))
}
