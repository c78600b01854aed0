//! The `put` function of a struct: sizing and writing alike.

use super::field::{Field, Type};
use super::resolve::Struct;
use super::versions::Presence;

/// The body of `put`.
pub fn body(subject: &Struct) -> String {
    let mut code = String::new();
    if subject.needs_form() {
        code += &format!("let form = {};\n", subject.form());
    }
    for field in &subject.fields {
        code += &match field.tag {
            Some(_) => absent(field),
            None => untagged(field),
        };
    }
    let tags = tags(subject);
    code += &match &subject.flexible {
        Presence::Never => String::new(),
        Presence::Always => tags,
        Presence::Sometimes(_) => format!(
            "if form.is_compact() {{ {tags} }} else if !self.unknown_tags.is_empty() {{ \
             return Err(EncodeError::TagsNotInVersion(wire_version)); }}\n"
        ),
    };
    code += "Ok(())";
    code
}

/// The functions that write the values of tagged fields: they are needed twice, to size and to write.
pub fn tagged_values(subject: &Struct) -> String {
    let mut code = String::new();
    for field in subject.fields.iter().filter(|field| field.tag.is_some() && !field.kind.is_primitive()) {
        code += &format!(
            "fn put_{}<S: Sink>(&self, sink: &mut S, wire_version: i16) -> Result<(), EncodeError> {{\n",
            field.plain_name()
        );
        if field.kind.has_length() {
            code += "let form = Form::Compact;\n";
        }
        code += &value(field);
        code += "Ok(())\n}\n";
    }
    code
}

fn untagged(field: &Field) -> String {
    match &field.present {
        Presence::Always => value(field),
        Presence::Never => String::new(),
        Presence::Sometimes(condition) if field.ignorable => {
            format!("if {condition} {{ {} }}\n", value(field))
        }
        Presence::Sometimes(condition) => format!(
            "if {condition} {{ {} }} else if {} {{ {} }}\n",
            value(field),
            field.is_set(),
            not_in_version(field)
        ),
    }
}

/// The check of a tagged field in the versions that lack it.
fn absent(field: &Field) -> String {
    match &field.present {
        Presence::Sometimes(condition) if !field.ignorable => {
            format!("if !({condition}) && {} {{ {} }}\n", field.is_set(), not_in_version(field))
        }
        _ => String::new(),
    }
}

fn not_in_version(field: &Field) -> String {
    format!(
        "return Err(EncodeError::FieldNotInVersion {{ field: {:?}, version: wire_version }});",
        field.path
    )
}

fn value(field: &Field) -> String {
    let name = &field.name;
    let required = format!("required(self.{name}.as_ref(), {:?}, wire_version)?", field.path);
    match &field.nullable {
        Presence::Never => plain(field, &format!("self.{name}"), true),
        Presence::Always => nullable(field),
        Presence::Sometimes(condition) => {
            format!(
                "if {condition} {{ {} }} else {{ {} }}\n",
                nullable(field),
                plain(field, &required, false)
            )
        }
    }
}

/// `place` is a value (`self.x`) if `is_place`, else a reference.
fn plain(field: &Field, place: &str, is_place: bool) -> String {
    let form = form(field);
    let reference = if is_place { format!("&{place}") } else { place.to_owned() };
    match &field.kind {
        Type::Primitive(primitive) => format!("sink.{}({place});\n", primitive.method),
        Type::String => format!("sink.string({form}, {reference})?;\n"),
        Type::Bytes => format!("sink.bytes({form}, {reference})?;\n"),
        Type::Records => format!("sink.records({form}, {reference})?;\n"),
        Type::Struct(_) => format!("{place}.put(sink, wire_version)?;\n"),
        Type::Array(element) => {
            format!("sink.array({form}, {reference}, |sink, element| {})?;\n", element_put(form, element))
        }
    }
}

fn nullable(field: &Field) -> String {
    let form = form(field);
    let name = &field.name;
    match &field.kind {
        Type::Primitive(_) => unreachable!("no primitive is nullable"),
        Type::String => format!("sink.nullable_string({form}, self.{name}.as_deref())?;\n"),
        Type::Bytes => format!("sink.nullable_bytes({form}, self.{name}.as_deref())?;\n"),
        Type::Records => format!("sink.nullable_records({form}, self.{name}.as_ref())?;\n"),
        Type::Struct(_) => {
            let null = if field.tag.is_some() { 0 } else { -1 };
            format!(
                "match &self.{name} {{ None => sink.i8({null}), \
                 Some(value) => {{ sink.i8(1); value.put(sink, wire_version)?; }} }}\n"
            )
        }
        Type::Array(element) => format!(
            "sink.nullable_array({form}, self.{name}.as_deref(), |sink, element| {})?;\n",
            element_put(form, element)
        ),
    }
}

fn element_put(form: &str, element: &Type) -> String {
    match element {
        Type::Primitive(primitive) => format!("{{ sink.{}(*element); Ok(()) }}", primitive.method),
        Type::String => format!("sink.string({form}, element)"),
        Type::Bytes => format!("sink.bytes({form}, element)"),
        Type::Struct(_) => "element.put(sink, wire_version)".to_owned(),
        Type::Records | Type::Array(_) => unreachable!("no definition has arrays of {element:?}"),
    }
}

fn form(field: &Field) -> &'static str {
    if field.classic_always { "Form::Classic" } else { "form" }
}

/// The writing of tagged fields, known and unknown, in the order of their tags.
fn tags(subject: &Struct) -> String {
    let mut known: Vec<(u32, &Field)> =
        subject.fields.iter().filter_map(|field| Some((field.tag?, field))).collect();
    known.sort_by_key(|(tag, _)| *tag);
    if known.is_empty() {
        return "sink.tag_count(0, &self.unknown_tags);\n sink.unknown_tags(&self.unknown_tags, None)?;\n"
            .to_owned();
    }
    let counted: Vec<String> =
        known.iter().map(|(_, field)| format!("usize::from({})", is_written(field))).collect();
    let mut code = format!("sink.tag_count({}, &self.unknown_tags);\n", counted.join(" + "));
    code += "let unknown = &self.unknown_tags[..];\n";
    for (tag, field) in known {
        let head_and_value = match &field.kind {
            Type::Primitive(primitive) => {
                format!(
                    "sink.tag({tag}, {})?;\n{}",
                    primitive.size,
                    plain(field, &format!("self.{}", field.name), true)
                )
            }
            _ => {
                let put = format!("self.put_{}", field.plain_name());
                format!(
                    "sink.tag({tag}, Counter::count(|counter| {put}(counter, wire_version))?)?;\n\
                     {put}(sink, wire_version)?;\n"
                )
            }
        };
        // In a version without the field its tag is an unknown one, and is written as it was read.
        let before = format!("sink.unknown_tags(unknown, Some({tag}))?");
        code += &match &field.present {
            Presence::Sometimes(condition) => {
                format!("let unknown = if {condition} {{ {before} }} else {{ unknown }};\n")
            }
            Presence::Always | Presence::Never => format!("let unknown = {before};\n"),
        };
        code += &format!("if {} {{ {head_and_value} }}\n", is_written(field));
    }
    code += "sink.unknown_tags(unknown, None)?;\n";
    code
}

/// A condition: the tagged field differs from its default, in a version that has it.
fn is_written(field: &Field) -> String {
    match &field.present {
        Presence::Sometimes(condition) => format!("{condition} && {}", field.is_set()),
        _ => field.is_set(),
    }
}
