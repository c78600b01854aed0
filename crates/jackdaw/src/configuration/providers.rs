//! `config.providers` (KIP-297, KIP-421, KIP-887, KIP-993): values that stand in other files or in the environment. Kafka's three
//! providers are here under the names of their classes; others would be code that is loaded, and are refused.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail, ensure};
use jackdaw_base::disk::read_whole;
use jackdaw_config::references::{Reference, has_reference, resolve};
use jackdaw_config::{Setting, properties};
use jackdaw_store::OsDisk;
use regex_lite::Regex;

/// The largest file that is read for a value.
const VALUE_BYTES_MAX: u64 = 1 << 20;
const PREFIX: &str = "config.providers";

/// Where the environment's variables come from.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

enum Provider {
    /// A key of a properties file.
    File(AllowedPaths),
    /// A whole file, named by its directory and its name.
    Directory(AllowedPaths),
    /// A variable of the environment.
    Environment(Option<Regex>),
}

/// `allowed.paths`: nothing else is read; everything if it is not given.
struct AllowedPaths(Option<Vec<PathBuf>>);

/// The settings with all references replaced, or every one that cannot be, with its place.
pub fn apply(mut settings: Vec<Setting>, environment: Environment<'_>) -> anyhow::Result<Vec<Setting>> {
    let providers = configured(&settings)?;
    let mut problems = Vec::new();
    for setting in settings.iter_mut().filter(|setting| !setting.name.starts_with(PREFIX)) {
        if !has_reference(&setting.value) {
            continue;
        }
        match resolve(&setting.value, |reference| look_up(&providers, reference, environment)) {
            Ok(value) => setting.value = value,
            Err(error) => problems.push(format!("{}: {}: {error:#}", setting.origin, setting.name)),
        }
    }
    ensure!(problems.is_empty(), "values cannot be looked up:\n  {}", problems.join("\n  "));
    Ok(settings)
}

fn configured(settings: &[Setting]) -> anyhow::Result<BTreeMap<String, Provider>> {
    // The last one counts, as everywhere.
    let value = |name: &str| settings.iter().rev().find(|one| one.name == name).map(|one| one.value.trim());
    let names = value(PREFIX).unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    let mut providers = BTreeMap::new();
    for name in names {
        let class = format!("{PREFIX}.{name}.class");
        let Some(of_class) = value(&class) else {
            bail!("{PREFIX} names {name}, but {class} is missing");
        };
        let parameter = |parameter: &str| value(&format!("{PREFIX}.{name}.param.{parameter}"));
        let provider = match of_class.strip_prefix("org.apache.kafka.common.config.provider.") {
            Some("FileConfigProvider") => Provider::File(AllowedPaths::of(parameter("allowed.paths"))?),
            Some("DirectoryConfigProvider") => {
                Provider::Directory(AllowedPaths::of(parameter("allowed.paths"))?)
            }
            Some("EnvVarConfigProvider") => {
                Provider::Environment(allow_list(parameter("allowlist.pattern"))?)
            }
            _ => bail!(
                "{class}={of_class}: there are org.apache.kafka.common.config.provider.FileConfigProvider, DirectoryConfigProvider and EnvVarConfigProvider; classes of others cannot be loaded"
            ),
        };
        providers.insert(name.to_owned(), provider);
    }
    Ok(providers)
}

fn allow_list(pattern: Option<&str>) -> anyhow::Result<Option<Regex>> {
    let whole = |pattern: &str| Regex::new(&format!("^(?:{pattern})$"));
    pattern.map(|pattern| whole(pattern).with_context(|| format!("allowlist.pattern {pattern}"))).transpose()
}

fn look_up(
    providers: &BTreeMap<String, Provider>,
    reference: Reference<'_>,
    environment: Environment<'_>,
) -> anyhow::Result<String> {
    let text = reference.text;
    let found = match providers.get(reference.provider) {
        None => bail!("{text}: {PREFIX} names no provider {:?}", reference.provider),
        Some(Provider::File(allowed)) => in_file(allowed, reference),
        Some(Provider::Directory(allowed)) => in_directory(allowed, reference),
        Some(Provider::Environment(allowed)) => in_environment(allowed.as_ref(), reference, environment),
    };
    found.with_context(|| text.to_owned())
}

fn in_file(allowed: &AllowedPaths, reference: Reference<'_>) -> anyhow::Result<String> {
    let path = allowed.check(Path::new(reference.path))?;
    let bytes = read_whole(&OsDisk, path, VALUE_BYTES_MAX)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let entries = properties::parse(&bytes).with_context(|| path.display().to_string())?;
    let found = entries.into_iter().rev().find(|entry| entry.name == reference.key);
    found.map(|entry| entry.value).with_context(|| format!("{} has no {}", path.display(), reference.key))
}

fn in_directory(allowed: &AllowedPaths, reference: Reference<'_>) -> anyhow::Result<String> {
    let is_name = Path::new(reference.key).components().eq([Component::Normal(reference.key.as_ref())]);
    ensure!(is_name, "{:?} is no name of a file", reference.key);
    let path = Path::new(reference.path).join(reference.key);
    let path = allowed.check(&path)?;
    let bytes = read_whole(&OsDisk, path, VALUE_BYTES_MAX)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    String::from_utf8(bytes).with_context(|| format!("{} is no text", path.display()))
}

fn in_environment(
    allowed: Option<&Regex>,
    reference: Reference<'_>,
    environment: Environment<'_>,
) -> anyhow::Result<String> {
    ensure!(reference.path.is_empty(), "a variable has no path: write ${{{}:NAME}}", reference.provider);
    ensure!(
        allowed.is_none_or(|allowed| allowed.is_match(reference.key)),
        "allowlist.pattern does not allow {}",
        reference.key
    );
    environment(reference.key).with_context(|| format!("the environment has no {}", reference.key))
}

impl AllowedPaths {
    fn of(parameter: Option<&str>) -> anyhow::Result<Self> {
        let Some(text) = parameter.filter(|text| !text.is_empty()) else { return Ok(Self(None)) };
        let paths: Vec<PathBuf> = text.split(',').map(|path| PathBuf::from(path.trim())).collect();
        let bad = paths.iter().find(|path| !is_plain(path));
        ensure!(
            bad.is_none(),
            "allowed.paths: {} is no absolute path without `..`",
            bad.unwrap_or(&paths[0]).display()
        );
        Ok(Self(Some(paths)))
    }

    fn check<'p>(&self, path: &'p Path) -> anyhow::Result<&'p Path> {
        ensure!(!path.as_os_str().is_empty(), "it says no path");
        if let Some(allowed) = &self.0 {
            let is_below = is_plain(path) && allowed.iter().any(|allowed| path.starts_with(allowed));
            ensure!(is_below, "allowed.paths does not allow {}", path.display());
        }
        Ok(path)
    }
}

/// Absolute, and without steps upwards.
fn is_plain(path: &Path) -> bool {
    path.is_absolute() && !path.components().any(|part| part == Component::ParentDir)
}

#[cfg(test)]
mod tests;
