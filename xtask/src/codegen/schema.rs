//! The schema of a message as static tables, for the interpreter behind the feature `json`.

use super::field::{DefaultValue, Field, Type};
use super::names;
use super::resolve::Message;
use super::versions::Versions;

/// The table of `message`.
pub fn table(message: &Message) -> String {
    let mut structs = String::new();
    for subject in &message.structs {
        let fields: String = subject.fields.iter().map(|field| row(message, field)).collect();
        structs += &format!("StructSchema {{ name: {:?}, fields: &[{fields}] }},\n", subject.name);
    }
    format!(
        "/// What the interpreter reads.\n#[cfg(feature = \"json\")]\n\
         pub static SCHEMA: crate::schema::MessageSchema = {{ use crate::schema::*; MessageSchema {{\n\
         name: {:?}, versions: ({}, {}), flexible_from: {}, structs: &[{structs}] }} }};\n\n",
        message.name,
        message.versions.low,
        message.versions.high,
        message.flexible.map_or("i16::MAX".to_owned(), |range| range.low.to_string()),
    )
}

fn row(message: &Message, field: &Field) -> String {
    let mut row = format!(
        "FieldSchema::new({:?}, {}, {})",
        names::camel_case(&field.kafka_name),
        kind(message, &field.kind),
        pair(message, field.versions)
    );
    if let Some(nullable) = field.nullable_versions {
        row += &format!(".nullable{}", pair(message, nullable));
    }
    if let Some(tag) = field.tag {
        row += &format!(".tag({tag})");
    }
    row += match &field.default {
        DefaultValue::Natural => "",
        DefaultValue::Null => ".default(DefaultSchema::Null)",
        DefaultValue::Literal(literal) if literal == "true" => ".default(DefaultSchema::True)",
        DefaultValue::Literal(_) => ".default(DefaultSchema::Int(LITERAL))",
    };
    if field.ignorable {
        row += ".ignorable()";
    }
    if field.classic_always {
        row += ".never_compact()";
    }
    if let DefaultValue::Literal(literal) = &field.default {
        row = row.replace("LITERAL", literal);
    }
    row + ",\n"
}

fn pair(message: &Message, versions: Versions) -> String {
    let shown = versions.intersect(message.versions).unwrap_or(versions);
    format!("({}, {})", shown.low, shown.high)
}

fn kind(message: &Message, kind: &Type) -> String {
    match kind {
        Type::Primitive(primitive) => {
            let mut letters = primitive.kafka.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            format!("Kind::{}", first.into_iter().chain(letters).collect::<String>())
        }
        Type::String => "Kind::String".to_owned(),
        Type::Bytes => "Kind::Bytes".to_owned(),
        Type::Records => "Kind::Records".to_owned(),
        Type::Struct(name) => {
            let index = message.structs.iter().position(|subject| subject.name == *name).unwrap_or_default();
            format!("Kind::Struct({index})")
        }
        Type::Array(element) => format!("Kind::Array(&{})", self::kind(message, element)),
    }
}
