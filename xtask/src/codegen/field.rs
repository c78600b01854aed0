//! A field as the generated code sees it: its Rust type, its default, and where it is present.

use super::versions::{Presence, Versions};

/// A type of the definitions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Type {
    /// A number, a bool or a uuid: never null, of fixed size.
    Primitive(Primitive),
    String,
    Bytes,
    Records,
    Struct(String),
    Array(Box<Type>),
}

/// A type of fixed size: its name in Kafka, its reader and sink method, its Rust type, its size in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Primitive {
    pub kafka: &'static str,
    pub method: &'static str,
    pub rust: &'static str,
    pub size: usize,
}

const PRIMITIVES: [Primitive; 9] = [
    Primitive { kafka: "bool", method: "bool", rust: "bool", size: 1 },
    Primitive { kafka: "int8", method: "i8", rust: "i8", size: 1 },
    Primitive { kafka: "int16", method: "i16", rust: "i16", size: 2 },
    Primitive { kafka: "uint16", method: "u16", rust: "u16", size: 2 },
    Primitive { kafka: "int32", method: "i32", rust: "i32", size: 4 },
    Primitive { kafka: "uint32", method: "u32", rust: "u32", size: 4 },
    Primitive { kafka: "int64", method: "i64", rust: "i64", size: 8 },
    Primitive { kafka: "float64", method: "f64", rust: "f64", size: 8 },
    Primitive { kafka: "uuid", method: "uuid", rust: "Uuid", size: 16 },
];

impl Type {
    pub fn parse(text: &str) -> Self {
        if let Some(element) = text.strip_prefix("[]") {
            return Self::Array(Box::new(Self::parse(element)));
        }
        match text {
            "string" => Self::String,
            "bytes" => Self::Bytes,
            "records" => Self::Records,
            _ => match PRIMITIVES.iter().find(|primitive| primitive.kafka == text) {
                Some(primitive) => Self::Primitive(*primitive),
                None => Self::Struct(text.to_owned()),
            },
        }
    }

    /// The struct that it is, or is an array of.
    pub fn struct_name(&self) -> Option<&str> {
        match self {
            Self::Struct(name) => Some(name),
            Self::Array(element) => element.struct_name(),
            _ => None,
        }
    }

    pub fn is_primitive(&self) -> bool {
        matches!(self, Self::Primitive(_))
    }

    /// Whether its encoding starts with a length.
    pub fn has_length(&self) -> bool {
        matches!(self, Self::String | Self::Bytes | Self::Records | Self::Array(_))
    }

    pub fn borrows(&self) -> bool {
        match self {
            Self::Primitive(_) => false,
            Self::Array(element) => element.borrows(),
            _ => true,
        }
    }

    pub fn rust(&self) -> String {
        match self {
            Self::Primitive(primitive) => primitive.rust.to_owned(),
            Self::String => "Str<'a>".to_owned(),
            Self::Bytes => "Blob<'a>".to_owned(),
            Self::Records => "Records<'a>".to_owned(),
            Self::Struct(name) => format!("{name}<'a>"),
            Self::Array(element) => format!("Vec<{}>", element.rust()),
        }
    }
}

/// What a field is where nobody sets it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DefaultValue {
    /// Zero, false, empty: what `Default` gives to the type.
    Natural,
    Null,
    /// A literal of Rust.
    Literal(String),
}

/// One field.
#[derive(Clone, Debug)]
pub struct Field {
    /// As the definition has it.
    pub kafka_name: String,
    /// `Struct.field`, for errors.
    pub path: String,
    /// In Rust.
    pub name: String,
    pub kind: Type,
    pub versions: Versions,
    pub nullable_versions: Option<Versions>,
    pub present: Presence,
    /// In which of the versions that have the field it may be null.
    pub nullable: Presence,
    /// Whether the field itself is compact, within the flexible versions.
    pub classic_always: bool,
    pub tag: Option<u32>,
    pub default: DefaultValue,
    pub ignorable: bool,
}

impl Field {
    pub fn is_option(&self) -> bool {
        self.nullable != Presence::Never
    }

    /// The name as part of another.
    pub fn plain_name(&self) -> &str {
        self.name.trim_start_matches("r#")
    }

    pub fn rust_type(&self) -> String {
        let inner = self.kind.rust();
        if self.is_option() { format!("Option<{inner}>") } else { inner }
    }

    /// The default in Rust.
    pub fn default_expression(&self) -> String {
        match (&self.default, self.is_option()) {
            (DefaultValue::Null, _) => "None".to_owned(),
            (DefaultValue::Literal(literal), _) => literal.clone(),
            (DefaultValue::Natural, true) => "Some(Default::default())".to_owned(),
            (DefaultValue::Natural, false) => "Default::default()".to_owned(),
        }
    }

    /// Whether `Default` can be derived as far as this field goes.
    pub fn default_is_natural(&self) -> bool {
        match self.default {
            DefaultValue::Natural => !self.is_option(),
            DefaultValue::Null => true,
            DefaultValue::Literal(_) => false,
        }
    }

    /// A condition in Rust: the field is not at its default.
    pub fn is_set(&self) -> String {
        let name = &self.name;
        match (&self.kind, &self.default, self.is_option()) {
            (_, DefaultValue::Null, _) => format!("self.{name}.is_some()"),
            (Type::Primitive(primitive), DefaultValue::Literal(literal), _) => match primitive.kafka {
                "bool" => format!("!self.{name}"),
                _ => format!("self.{name} != {literal}"),
            },
            (Type::Primitive(primitive), _, _) => match primitive.kafka {
                "bool" => format!("self.{name}"),
                "uuid" => format!("!self.{name}.is_zero()"),
                "float64" => format!("self.{name} != 0.0"),
                _ => format!("self.{name} != 0"),
            },
            (Type::Struct(kind), _, false) => format!("self.{name} != {kind}::default()"),
            (Type::Struct(kind), _, true) => format!("self.{name} != Some({kind}::default())"),
            (_, _, false) => format!("!self.{name}.is_empty()"),
            (_, _, true) => format!("self.{name}.as_ref().is_none_or(|value| !value.is_empty())"),
        }
    }
}
