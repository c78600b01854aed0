//! Messages by name, read and written at run time from tables instead of structs: for tests, and for people who
//! look into a log. Nothing on a hot path comes here.

mod from_json;
mod to_json;

use std::fmt;

use serde_json::Value;

use crate::wire::{DecodeError, EncodeError};

pub use jackdaw_base::base64::{decode as base64_decode, encode as base64_encode};
pub use to_json::Tagged;

/// The type of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "Kafka's type names say it all")]
pub enum Kind {
    Bool,
    Int8,
    Int16,
    Uint16,
    Int32,
    Uint32,
    Int64,
    Float64,
    Uuid,
    String,
    Bytes,
    Records,
    /// Index into the structs of the message.
    Struct(usize),
    Array(&'static Kind),
}

/// What a field is where nobody sets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DefaultSchema {
    /// Zero, false or empty.
    Natural,
    /// Null.
    Null,
    /// A bool that is true.
    True,
    /// A number.
    Int(i64),
}

/// One field of a struct. Versions are closed ranges.
#[derive(Clone, Copy, Debug)]
pub struct FieldSchema {
    /// The key in JSON.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// The versions that have it.
    pub versions: (i16, i16),
    /// Those in which it may be null.
    pub nullable: Option<(i16, i16)>,
    /// Its tag, if it is a tagged field.
    pub tag: Option<u32>,
    /// What it is where nobody sets it.
    pub default: DefaultSchema,
    /// Whether a version that lacks it may drop it.
    pub ignorable: bool,
    /// Whether its length is classic even in flexible versions.
    pub never_compact: bool,
}

/// One struct of a message.
#[derive(Clone, Copy, Debug)]
pub struct StructSchema {
    /// Its name.
    pub name: &'static str,
    /// Its fields, in the order of the wire.
    pub fields: &'static [FieldSchema],
}

/// One message.
#[derive(Clone, Copy, Debug)]
pub struct MessageSchema {
    /// Its name in Kafka.
    pub name: &'static str,
    /// The versions that exist.
    pub versions: (i16, i16),
    /// The first flexible one; `i16::MAX` if there is none.
    pub flexible_from: i16,
    /// The message itself first.
    pub structs: &'static [StructSchema],
}

impl FieldSchema {
    /// A field that is never null, not tagged, and naturally zero or empty.
    pub const fn new(name: &'static str, kind: Kind, versions: (i16, i16)) -> Self {
        Self {
            name,
            kind,
            versions,
            nullable: None,
            tag: None,
            default: DefaultSchema::Natural,
            ignorable: false,
            never_compact: false,
        }
    }

    /// It may be null in these versions.
    pub const fn nullable(self, low: i16, high: i16) -> Self {
        Self { nullable: Some((low, high)), ..self }
    }

    /// It is a tagged field.
    pub const fn tag(self, tag: u32) -> Self {
        Self { tag: Some(tag), ..self }
    }

    /// Its default.
    pub const fn default(self, default: DefaultSchema) -> Self {
        Self { default, ..self }
    }

    /// A version that lacks it may drop it.
    pub const fn ignorable(self) -> Self {
        Self { ignorable: true, ..self }
    }

    /// Its length is always classic.
    pub const fn never_compact(self) -> Self {
        Self { never_compact: true, ..self }
    }

    /// Whether `version` has it.
    pub const fn is_in(&self, version: i16) -> bool {
        self.versions.0 <= version && version <= self.versions.1
    }

    /// Whether it may be null in `version`.
    pub const fn is_nullable_in(&self, version: i16) -> bool {
        match self.nullable {
            Some((low, high)) => low <= version && version <= high,
            None => false,
        }
    }
}

impl MessageSchema {
    /// Whether `version` has compact lengths and tagged fields.
    pub const fn is_flexible(&self, version: i16) -> bool {
        version >= self.flexible_from
    }

    /// Whether `version` exists.
    pub const fn has_version(&self, version: i16) -> bool {
        self.versions.0 <= version && version <= self.versions.1
    }
}

macro_rules! schemas {
    ($($module:ident::$message:ident,)*) => {
        /// Every message, in the order of their names.
        pub static ALL: &[&MessageSchema] = &[$(&crate::messages::$module::SCHEMA),*];
    };
}

crate::for_each_message!(schemas);

/// The message of this name.
pub fn find(name: &str) -> Option<&'static MessageSchema> {
    ALL.binary_search_by_key(&name, |schema| schema.name).ok().map(|index| ALL[index])
}

/// What stands in the way between bytes and JSON.
#[derive(Clone, PartialEq, Debug)]
pub enum SchemaError {
    /// No message has this name.
    UnknownMessage,
    /// The bytes are not that message.
    Decode(DecodeError),
    /// The values do not fit that version.
    Encode(EncodeError),
    /// A field is not what its type asks for, or is missing.
    Field {
        /// Its key.
        name: &'static str,
        /// What was there.
        found: Value,
    },
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownMessage => f.write_str("no message has this name"),
            Self::Decode(error) => error.fmt(f),
            Self::Encode(error) => error.fmt(f),
            Self::Field { name, found } => write!(f, "field {name} cannot be {found}"),
        }
    }
}

impl std::error::Error for SchemaError {}

impl From<DecodeError> for SchemaError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<EncodeError> for SchemaError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

/// The message in `bytes`, which it must fill, as Kafka's JSON: keys in camel case, bytes in base64, uuids as
/// Kafka writes them. Fields that the version lacks do not appear, nor do unknown tagged fields.
///
/// # Errors
/// An unknown name or version; bytes that are not that message.
pub fn to_json(message: &str, version: i16, bytes: &[u8], tagged: Tagged) -> Result<Value, SchemaError> {
    let schema = find(message).ok_or(SchemaError::UnknownMessage)?;
    to_json::message(schema, version, bytes, tagged).map_err(SchemaError::Decode)
}

/// The bytes of the message that `value` says. A missing tagged field is at its default; any other that the
/// version has must be there.
///
/// # Errors
/// An unknown name or version; a field that is missing or of another type; a field that the version lacks,
/// unless it is ignorable.
pub fn from_json(message: &str, version: i16, value: &Value) -> Result<Vec<u8>, SchemaError> {
    let schema = find(message).ok_or(SchemaError::UnknownMessage)?;
    from_json::message(schema, version, value)
}

#[cfg(test)]
mod tests;
