//! `meta.properties`, version 1: to which cluster and node a data directory belongs, and its own id (KIP-858).

use jackdaw_base::{DirectoryId, NodeId};

use super::rows::excerpt;

/// The name of the file.
pub const META_PROPERTIES_FILE: &str = "meta.properties";

/// Why a text is no `meta.properties`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MetaPropertiesError {
    /// A line that is no property, or has a broken escape.
    #[error("line {line}: not a property: {text:?}")]
    InvalidLine {
        /// Which line, from 1.
        line: usize,
        /// The line.
        text: String,
    },
    /// A property that has to be there is not.
    #[error("{name} is missing")]
    Missing {
        /// Which one.
        name: &'static str,
    },
    /// The version is neither 0 nor 1.
    #[error("unknown version {text:?}")]
    UnknownVersion {
        /// The version.
        text: String,
    },
    /// A value cannot be read.
    #[error("{name} has the invalid value {text:?}")]
    InvalidValue {
        /// Of which property.
        name: &'static str,
        /// The value.
        text: String,
    },
}

/// What the file says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MetaProperties {
    /// The cluster.
    pub cluster_id: String,
    /// The node.
    pub node_id: NodeId,
    /// The directory's own id; `None` if it was formatted by a release that had none.
    pub directory_id: Option<DirectoryId>,
    /// Properties that we do not know, in their order, kept when the file is written again.
    pub unknown: Vec<(String, String)>,
}

impl MetaProperties {
    /// The text of the file, in version 1.
    pub fn encode(&self) -> String {
        let mut text = String::from("#\n");
        let mut put = |name: &str, value: &str| {
            text.push_str(&escaped(name, Position::Key));
            text.push('=');
            text.push_str(&escaped(value, Position::Value));
            text.push('\n');
        };
        put("node.id", &self.node_id.to_string());
        if let Some(directory_id) = self.directory_id {
            put("directory.id", &directory_id.to_string());
        }
        put("version", "1");
        put("cluster.id", &self.cluster_id);
        for (name, value) in &self.unknown {
            put(name, value);
        }
        text
    }

    /// Reads the file; a file of version 0 (with `broker.id`) as well.
    pub fn decode(text: &str) -> Result<Self, MetaPropertiesError> {
        let mut properties = Properties { pairs: parse(text)? };
        let version = properties.take("version").unwrap_or_else(|| "0".to_owned());
        let node_name = match version.as_str() {
            "0" => "broker.id",
            "1" => "node.id",
            _ => return Err(MetaPropertiesError::UnknownVersion { text: excerpt(&version) }),
        };
        let node_id = properties.required(node_name)?;
        let node_id =
            node_id.parse().map(NodeId).ok().filter(|id| id.0 >= 0).ok_or_else(|| {
                MetaPropertiesError::InvalidValue { name: node_name, text: excerpt(&node_id) }
            })?;
        let cluster_id = properties.required("cluster.id")?;
        let directory_id = match properties.take("directory.id") {
            None => None,
            Some(id) => Some(id.parse().map_err(|_| MetaPropertiesError::InvalidValue {
                name: "directory.id",
                text: excerpt(&id),
            })?),
        };
        Ok(Self { cluster_id, node_id, directory_id, unknown: properties.pairs })
    }
}

struct Properties {
    pairs: Vec<(String, String)>,
}

impl Properties {
    /// Takes a property out; of several with the same name the last one counts.
    fn take(&mut self, name: &str) -> Option<String> {
        let value = self.pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        self.pairs.retain(|(key, _)| key != name);
        value
    }

    fn required(&mut self, name: &'static str) -> Result<String, MetaPropertiesError> {
        self.take(name).ok_or(MetaPropertiesError::Missing { name })
    }
}

/// Java's properties, as far as this file uses them: comments, `key=value` or `key: value`, escapes by backslash.
/// Lines do not continue.
fn parse(text: &str) -> Result<Vec<(String, String)>, MetaPropertiesError> {
    let mut pairs = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', '!']) {
            continue;
        }
        let invalid = || MetaPropertiesError::InvalidLine { line: index + 1, text: excerpt(line) };
        let separator = separator_of(trimmed).ok_or_else(invalid)?;
        let key = unescaped(trimmed[..separator].trim_end()).ok_or_else(invalid)?;
        let value = unescaped(trimmed[separator + 1..].trim_start()).ok_or_else(invalid)?;
        pairs.push((key, value));
    }
    Ok(pairs)
}

/// Where the first separator is that no backslash escapes.
fn separator_of(line: &str) -> Option<usize> {
    let mut is_escaped = false;
    line.char_indices().find_map(|(at, character)| {
        let is_separator = !is_escaped && matches!(character, '=' | ':');
        is_escaped = !is_escaped && character == '\\';
        is_separator.then_some(at)
    })
}

fn unescaped(text: &str) -> Option<String> {
    let mut output = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            output.push(character);
            continue;
        }
        match characters.next()? {
            't' => output.push('\t'),
            'n' => output.push('\n'),
            'r' => output.push('\r'),
            'f' => output.push('\u{c}'),
            'u' => {
                let digits: String = characters.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4)?;
                output.push(char::from_u32(code)?);
            }
            other => output.push(other),
        }
    }
    Some(output)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Key,
    Value,
}

fn escaped(text: &str, position: Position) -> String {
    let mut output = String::new();
    for (index, character) in text.chars().enumerate() {
        match character {
            '\\' | '=' | ':' | '#' | '!' => output.extend(['\\', character]),
            ' ' if index == 0 || position == Position::Key => output.push_str("\\ "),
            '\t' => output.push_str("\\t"),
            '\n' => output.push_str("\\n"),
            '\r' => output.push_str("\\r"),
            '\u{c}' => output.push_str("\\f"),
            _ => output.push(character),
        }
    }
    output
}
