//! From a definition to structs: which versions reach which struct, and what each field is there.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};

use super::definition::{FieldDefinition, MessageDefinition};
use super::field::{DefaultValue, Field, Type};
use super::names;
use super::versions::{Presence, Versions};

/// A message, ready to be written.
pub struct Message {
    pub name: String,
    pub module: String,
    pub kind: String,
    pub group: String,
    pub api_key: Option<i16>,
    pub listeners: Vec<String>,
    pub latest_version_unstable: bool,
    pub versions: Versions,
    pub flexible: Option<Versions>,
    /// The message itself first, then its parts in the order of their use.
    pub structs: Vec<Struct>,
}

/// One struct.
pub struct Struct {
    pub name: String,
    /// In which of its versions the struct is flexible.
    pub flexible: Presence,
    pub fields: Vec<Field>,
    /// No encoding is shorter.
    pub size_min: usize,
}

impl Struct {
    /// Whether reading and writing look at the form of lengths.
    pub fn needs_form(&self) -> bool {
        let lengths = self
            .fields
            .iter()
            .any(|field| field.tag.is_none() && field.kind.has_length() && !field.classic_always);
        let tagged_lengths = self.fields.iter().any(|field| field.tag.is_some() && field.kind.has_length());
        lengths || tagged_lengths || matches!(self.flexible, Presence::Sometimes(_))
    }

    /// The form in Rust.
    pub fn form(&self) -> String {
        match &self.flexible {
            Presence::Never => "Form::Classic".to_owned(),
            Presence::Always => "Form::Compact".to_owned(),
            Presence::Sometimes(condition) => format!("Form::of({condition})"),
        }
    }

    pub fn is_flexible(&self) -> bool {
        self.flexible != Presence::Never
    }

    /// Whether nothing in it borrows: it has the lifetime all the same.
    pub fn needs_marker(&self) -> bool {
        !self.is_flexible() && !self.fields.iter().any(|field| field.kind.borrows())
    }
}

struct Resolver<'d> {
    message: &'d MessageDefinition,
    definitions: BTreeMap<&'d str, &'d [FieldDefinition]>,
    /// In the order of their first use, with the versions in which anything reaches them.
    reached: Vec<(&'d str, Versions)>,
}

impl Message {
    pub fn resolve(definition: &MessageDefinition) -> anyhow::Result<Self> {
        let versions = definition.versions.context("no valid versions")?;
        let mut resolver =
            Resolver { message: definition, definitions: BTreeMap::new(), reached: Vec::new() };
        resolver.define(&definition.name, &definition.fields)?;
        for (name, fields) in &definition.common_structs {
            resolver.define(name, fields)?;
        }
        resolver.reach(&definition.name, versions)?;
        let structs = resolver
            .reached
            .iter()
            .map(|(name, range)| resolver.resolve_struct(name, *range))
            .collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self {
            name: definition.name.clone(),
            module: names::snake_case(&definition.name),
            kind: definition.kind.clone(),
            group: definition.group.clone(),
            api_key: definition.api_key,
            listeners: definition.listeners.clone(),
            latest_version_unstable: definition.latest_version_unstable,
            versions,
            flexible: definition.flexible.and_then(|flexible| flexible.intersect(versions)),
            structs,
        })
    }
}

impl<'d> Resolver<'d> {
    fn define(&mut self, name: &'d str, fields: &'d [FieldDefinition]) -> anyhow::Result<()> {
        ensure!(self.definitions.insert(name, fields).is_none(), "struct {name} is defined twice");
        for field in fields {
            if let Some(inner) = &field.fields {
                self.define(field.kind.trim_start_matches("[]"), inner)?;
            }
        }
        Ok(())
    }

    fn reach(&mut self, name: &str, versions: Versions) -> anyhow::Result<()> {
        let (name, fields) =
            self.definitions.get_key_value(name).with_context(|| format!("nobody defines struct {name}"))?;
        let (name, fields) = (*name, *fields);
        let range = match self.reached.iter_mut().find(|(known, _)| *known == name) {
            Some((_, range)) => {
                *range = range.hull(versions);
                *range
            }
            None => {
                self.reached.push((name, versions));
                versions
            }
        };
        for field in fields {
            let inner = field.versions.and_then(|inner| inner.intersect(range));
            if let (Some(inner), Some(name)) = (inner, Type::parse(&field.kind).struct_name()) {
                self.reach(name, inner)?;
            }
        }
        Ok(())
    }

    fn resolve_struct(&self, name: &str, range: Versions) -> anyhow::Result<Struct> {
        let mut fields = Vec::new();
        for definition in self.definitions[name] {
            if Versions::within(definition.versions, range) != Presence::Never {
                fields.push(self.resolve_field(name, definition, range)?);
            }
        }
        Ok(Struct {
            name: name.to_owned(),
            flexible: Versions::within(self.message.flexible, range),
            fields,
            size_min: (range.low..=range.high)
                .map(|version| self.struct_size_min(name, version))
                .min()
                .unwrap_or(0),
        })
    }

    fn resolve_field(
        &self,
        owner: &str,
        definition: &FieldDefinition,
        range: Versions,
    ) -> anyhow::Result<Field> {
        let kind = Type::parse(&definition.kind);
        let present = Versions::within(definition.versions, range);
        let possible = definition.versions.and_then(|own| own.intersect(range)).unwrap_or(range);
        let nullable = match kind {
            Type::Primitive(_) => Presence::Never,
            _ => Versions::within(definition.nullable, possible),
        };
        let name = names::field_name(&definition.name);
        ensure!(
            !matches!(
                name.as_str(),
                "reader" | "sink" | "wire_version" | "form" | "unknown_tags" | "unknown"
            ),
            "{owner}.{name} would hide a name of the generated code"
        );
        Ok(Field {
            kafka_name: definition.name.clone(),
            path: format!("{owner}.{}", name.trim_start_matches("r#")),
            default: default_value(definition, &kind, &nullable)?,
            name,
            versions: possible,
            nullable_versions: definition.nullable.filter(|_| nullable != Presence::Never),
            kind,
            present,
            nullable,
            classic_always: definition.flexible == Some(None),
            tag: definition.tag,
            ignorable: definition.ignorable,
        })
    }

    fn struct_size_min(&self, name: &str, version: i16) -> usize {
        let flexible = self.message.flexible.is_some_and(|range| range.contains(version));
        let fields = self.definitions[name].iter().filter(|field| {
            field.tag.is_none() && field.versions.is_some_and(|range| range.contains(version))
        });
        fields.map(|field| self.field_size_min(field, version, flexible)).sum::<usize>()
            + usize::from(flexible)
    }

    fn field_size_min(&self, field: &FieldDefinition, version: i16, flexible: bool) -> usize {
        match Type::parse(&field.kind) {
            Type::Primitive(primitive) => primitive.size,
            Type::Struct(_) if field.nullable.is_some_and(|range| range.contains(version)) => 1,
            Type::Struct(name) => self.struct_size_min(&name, version),
            _ if flexible => 1,
            Type::String => 2,
            Type::Bytes | Type::Records | Type::Array(_) => 4,
        }
    }
}

fn default_value(
    definition: &FieldDefinition,
    kind: &Type,
    nullable: &Presence,
) -> anyhow::Result<DefaultValue> {
    let Some(text) = definition.default.as_deref() else {
        // Record batches are null until somebody sets them.
        let null = *kind == Type::Records && *nullable != Presence::Never;
        return Ok(if null { DefaultValue::Null } else { DefaultValue::Natural });
    };
    if text == "null" {
        ensure!(*nullable != Presence::Never, "{} is null by default but not nullable", definition.name);
        return Ok(DefaultValue::Null);
    }
    let Type::Primitive(primitive) = kind else {
        bail!("{} cannot have the default {text:?}", definition.name);
    };
    let literal = match primitive.kafka {
        "bool" => text.to_lowercase().parse::<bool>()?.to_string(),
        "float64" => format!("{:?}", text.parse::<f64>()?),
        "uuid" => bail!("{}: defaults of uuids are not supported", definition.name),
        _ => {
            let number = match text.strip_prefix("0x") {
                Some(digits) => i64::from_str_radix(digits, 16)?,
                None => text.parse()?,
            };
            number.to_string()
        }
    };
    let natural = matches!(literal.as_str(), "false" | "0" | "0.0");
    Ok(if natural { DefaultValue::Natural } else { DefaultValue::Literal(literal) })
}
