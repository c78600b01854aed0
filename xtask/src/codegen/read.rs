//! The `read` function of a struct.

use super::field::{Field, Type};
use super::resolve::Struct;
use super::versions::Presence;

/// The body of `read`.
pub fn body(subject: &Struct) -> String {
    let mut code = String::new();
    if subject.needs_form() {
        code += &format!("let form = {};\n", subject.form());
    }
    for field in &subject.fields {
        code += &match field.tag {
            Some(_) => format!("let mut {} = {};\n", field.name, field.default_expression()),
            None => format!("let {} = {};\n", field.name, conditional(field)),
        };
    }
    if let Some(tags) = tags(subject) {
        code += &tags;
    }
    code += "Ok(Self {";
    for field in &subject.fields {
        code += &format!("{}, ", field.name);
    }
    if subject.is_flexible() {
        code += "unknown_tags, ";
    }
    if subject.needs_marker() {
        code += "lifetime: PhantomData, ";
    }
    code += "})";
    code
}

fn conditional(field: &Field) -> String {
    match &field.present {
        Presence::Always => value(field),
        Presence::Never => field.default_expression(),
        Presence::Sometimes(condition) => {
            format!("if {condition} {{ {} }} else {{ {} }}", value(field), field.default_expression())
        }
    }
}

fn value(field: &Field) -> String {
    match &field.nullable {
        Presence::Never => plain(field, &field.kind),
        Presence::Always => nullable(field),
        Presence::Sometimes(condition) => {
            format!("if {condition} {{ {} }} else {{ Some({}) }}", nullable(field), plain(field, &field.kind))
        }
    }
}

fn plain(field: &Field, kind: &Type) -> String {
    let form = form(field);
    match kind {
        Type::Primitive(primitive) => format!("reader.{}()?", primitive.method),
        Type::String => format!("reader.string({form})?"),
        Type::Bytes => format!("reader.bytes({form})?"),
        Type::Records => format!("reader.records({form})?"),
        Type::Struct(name) => format!("{name}::read(reader, wire_version)?"),
        Type::Array(element) => {
            format!(
                "reader.array({form}, {}, |reader| {})?",
                size_min(element),
                element_value(field, element)
            )
        }
    }
}

fn nullable(field: &Field) -> String {
    let form = form(field);
    match &field.kind {
        Type::Primitive(_) => unreachable!("no primitive is nullable"),
        Type::String => format!("reader.nullable_string({form})?"),
        Type::Bytes => format!("reader.nullable_bytes({form})?"),
        Type::Records => format!("reader.nullable_records({form})?"),
        Type::Struct(name) => match field.tag {
            // A tagged struct says with an unsigned varint whether it is there, any other with a byte.
            Some(_) => format!(
                "if reader.varint()? == 0 {{ None }} else {{ Some({name}::read(reader, wire_version)?) }}"
            ),
            None => {
                format!("if reader.i8()? < 0 {{ None }} else {{ Some({name}::read(reader, wire_version)?) }}")
            }
        },
        Type::Array(element) => format!(
            "reader.nullable_array({form}, {}, |reader| {})?",
            size_min(element),
            element_value(field, element)
        ),
    }
}

fn element_value(field: &Field, element: &Type) -> String {
    plain(field, element).trim_end_matches('?').to_owned()
}

fn size_min(element: &Type) -> String {
    match element {
        Type::Primitive(primitive) => primitive.size.to_string(),
        Type::Struct(name) => format!("{name}::SIZE_MIN"),
        // An empty string or array: one byte where it is compact.
        _ => "1".to_owned(),
    }
}

fn form(field: &Field) -> &'static str {
    if field.classic_always { "Form::Classic" } else { "form" }
}

/// The reading of tagged fields, known and unknown.
fn tags(subject: &Struct) -> Option<String> {
    let read = if subject.fields.iter().any(|field| field.tag.is_some()) {
        let mut arms = String::new();
        for field in &subject.fields {
            if let Some(tag) = field.tag {
                let guard = match &field.present {
                    Presence::Sometimes(condition) => format!("if {condition}"),
                    _ => String::new(),
                };
                arms += &format!("{tag} {guard} => {} = {},\n", field.name, value(field));
            }
        }
        format!("reader.tags(|tag, reader| {{ match tag {{ {arms} _ => return Ok(false), }} Ok(true) }})?")
    } else {
        "reader.unknown_tags()?".to_owned()
    };
    match &subject.flexible {
        Presence::Never => None,
        Presence::Always => Some(format!("let unknown_tags = {read};\n")),
        Presence::Sometimes(_) => {
            Some(format!("let unknown_tags = if form.is_compact() {{ {read} }} else {{ Vec::new() }};\n"))
        }
    }
}
