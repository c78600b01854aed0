//! What `--alter` sets and takes away.

use std::path::Path;

use crate::failure::Failure;
use crate::files;
use crate::flags::Options;

/// The largest properties file.
const PROPERTIES_BYTES_MAX: u64 = 4 << 20;

/// Settings that are made, and names that are taken away.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Changes {
    pub set: Vec<(String, String)>,
    pub delete: Vec<String>,
}

impl Changes {
    pub(super) fn read(options: &Options) -> Result<Self, Failure> {
        let mut changes = Self::default();
        if let Some(path) = options.value("add-config-file")? {
            let unreadable = |error: &dyn std::fmt::Display| Failure::message(format!("{path}: {error}"));
            let bytes =
                files::read(Path::new(path), PROPERTIES_BYTES_MAX).map_err(|error| unreadable(&error))?;
            let properties = jackdaw_config::properties::parse(&bytes).map_err(|error| unreadable(&error))?;
            changes.set = properties.into_iter().map(|property| (property.name, property.value)).collect();
        }
        if let Some(text) = options.value("add-config")? {
            changes.set.extend(pairs(text)?);
        }
        let bad = |name: &&String| {
            !name.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
        };
        if let Some(name) = changes.set.iter().map(|(name, _)| name).find(bad) {
            return Err(Failure::message(format!("Invalid character found for config key: {name}")));
        }
        let names = options.values("delete-config").into_iter().flat_map(|text| text.split(','));
        changes.delete = names.map(|name| name.trim().to_owned()).collect();
        Ok(changes)
    }

    /// Whether nothing changes.
    pub(super) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.delete.is_empty()
    }

    /// Names that are taken away and are not there.
    pub(super) fn check_deleted<'a>(&self, known: impl IntoIterator<Item = &'a str>) -> Result<(), Failure> {
        let known: Vec<&str> = known.into_iter().collect();
        let missing: Vec<&str> =
            self.delete.iter().map(String::as_str).filter(|name| !known.contains(name)).collect();
        match missing.is_empty() {
            true => Ok(()),
            false => Err(Failure::message(format!("Invalid config(s): {}", missing.join(",")))),
        }
    }
}

/// `a=1,b=[x,y]`: commas and equals signs within brackets belong to the value, the brackets do not.
pub(super) fn pairs(text: &str) -> Result<Vec<(String, String)>, Failure> {
    let mut pairs = Vec::new();
    for part in split(text, ',') {
        let sides = split(part, '=');
        let [name, value] = sides[..] else {
            return Err(Failure::message(
                "Invalid entity config: all configs to be added must be in the format \"key=val\".",
            ));
        };
        pairs.push((name.trim().to_owned(), value.replace(['[', ']'], "").trim().to_owned()));
    }
    Ok(pairs)
}

/// The parts between separators that stand in no brackets.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(|letter| {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == separator && depth == 0
    })
    .collect()
}

#[cfg(test)]
mod tests;
