//! A message definition as its JSON file has it.

use anyhow::{Context, ensure};
use serde_json::Value;

use super::versions::Versions;

/// One file.
pub struct MessageDefinition {
    pub name: String,
    /// `request`, `response`, `metadata`, `coordinator-key`, …
    pub kind: String,
    /// The folder that the file lies in.
    pub group: String,
    pub api_key: Option<i16>,
    pub listeners: Vec<String>,
    pub latest_version_unstable: bool,
    /// `None` if no version is spoken any more.
    pub versions: Option<Versions>,
    pub flexible: Option<Versions>,
    pub fields: Vec<FieldDefinition>,
    pub common_structs: Vec<(String, Vec<FieldDefinition>)>,
}

/// One field of a struct.
#[derive(Clone)]
pub struct FieldDefinition {
    pub name: String,
    pub kind: String,
    pub versions: Option<Versions>,
    pub nullable: Option<Versions>,
    /// Of this field alone, where it deviates from its message.
    pub flexible: Option<Option<Versions>>,
    pub tag: Option<u32>,
    /// `None` is the type's own default; "null" is null.
    pub default: Option<String>,
    pub ignorable: bool,
    pub fields: Option<Vec<FieldDefinition>>,
}

impl MessageDefinition {
    pub fn parse(value: &Value, group: &str) -> anyhow::Result<Self> {
        let listeners = value["listeners"].as_array().map(Vec::as_slice).unwrap_or_default();
        let structs = value["commonStructs"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(Self {
            name: text(value, "name")?,
            kind: text(value, "type")?,
            group: group.to_owned(),
            api_key: value["apiKey"].as_i64().map(i16::try_from).transpose()?,
            listeners: listeners.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
            latest_version_unstable: value["latestVersionUnstable"].as_bool().unwrap_or(false),
            versions: Versions::parse(&text(value, "validVersions")?)?,
            flexible: versions(value, "flexibleVersions")?,
            fields: fields(&value["fields"])?,
            common_structs: structs
                .iter()
                .map(|common| Ok((text(common, "name")?, fields(&common["fields"])?)))
                .collect::<anyhow::Result<_>>()?,
        })
    }
}

impl FieldDefinition {
    fn parse(value: &Value) -> anyhow::Result<Self> {
        let tagged = versions(value, "taggedVersions")?;
        // A tagged field need not say its versions twice.
        let present = if value["versions"].is_null() { tagged } else { versions(value, "versions")? };
        let name = text(value, "name")?;
        ensure!(
            tagged.is_none() || tagged == present,
            "{name} is tagged in some of its versions only, which nothing here supports"
        );
        let default = match &value["default"] {
            Value::Null => None,
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        Ok(Self {
            kind: text(value, "type")?,
            versions: present,
            nullable: versions(value, "nullableVersions")?,
            flexible: value["flexibleVersions"].as_str().map(Versions::parse).transpose()?,
            tag: value["tag"].as_u64().filter(|_| tagged.is_some()).map(u32::try_from).transpose()?,
            default,
            ignorable: value["ignorable"].as_bool().unwrap_or(false),
            fields: value["fields"].is_array().then(|| fields(&value["fields"])).transpose()?,
            name,
        })
    }
}

fn text(value: &Value, key: &str) -> anyhow::Result<String> {
    value[key].as_str().map(str::to_owned).with_context(|| format!("{key} is missing in {value}"))
}

fn versions(value: &Value, key: &str) -> anyhow::Result<Option<Versions>> {
    value[key].as_str().map_or(Ok(None), Versions::parse)
}

fn fields(value: &Value) -> anyhow::Result<Vec<FieldDefinition>> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(FieldDefinition::parse).collect()
}
