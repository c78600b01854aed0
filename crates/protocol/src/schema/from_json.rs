//! From JSON to bytes.

use jackdaw_base::base64;
use serde_json::Value;

use crate::schema::{DefaultSchema, FieldSchema, Kind, MessageSchema, SchemaError};
use crate::wire::{EncodeError, Form, Sink, Writer};

struct Interpreter {
    schema: &'static MessageSchema,
    version: i16,
    form: Form,
}

pub(super) fn message(
    schema: &'static MessageSchema,
    version: i16,
    value: &Value,
) -> Result<Vec<u8>, SchemaError> {
    if !schema.has_version(version) {
        return Err(EncodeError::UnsupportedVersion { message: schema.name, version }.into());
    }
    let interpreter = Interpreter { schema, version, form: Form::of(schema.is_flexible(version)) };
    let mut writer = Writer::new();
    interpreter.structure(&mut writer, 0, value, schema.name)?;
    Ok(writer.bytes)
}

impl Interpreter {
    fn structure(
        &self,
        writer: &mut Writer,
        index: usize,
        value: &Value,
        name: &'static str,
    ) -> Result<(), SchemaError> {
        let object = value.as_object().ok_or_else(|| mismatch(name, value))?;
        let mut tagged = Vec::new();
        for field in self.schema.structs[index].fields {
            let found = object.get(field.name);
            match (field.is_in(self.version), field.tag, found) {
                (true, Some(tag), Some(value)) if !self.is_default(field, value) => {
                    tagged.push((tag, field, value))
                }
                (true, Some(_), _) => {}
                (true, None, Some(value)) => self.field(writer, field, value)?,
                (true, None, None) => return Err(mismatch(field.name, &Value::Null)),
                (false, _, Some(value)) if !field.ignorable && !self.is_default(field, value) => {
                    return Err(
                        EncodeError::FieldNotInVersion { field: field.name, version: self.version }.into()
                    );
                }
                (false, _, _) => {}
            }
        }
        if self.form.is_compact() {
            tagged.sort_by_key(|(tag, _, _)| *tag);
            writer.varint(tagged.len() as u32);
            for (tag, field, value) in tagged {
                let mut inner = Writer::new();
                self.field(&mut inner, field, value)?;
                writer.tag(tag, inner.bytes.len())?;
                writer.raw(&inner.bytes);
            }
        }
        Ok(())
    }

    fn field(&self, writer: &mut Writer, field: &FieldSchema, value: &Value) -> Result<(), SchemaError> {
        let form = if field.never_compact { Form::Classic } else { self.form };
        let nullable = field.is_nullable_in(self.version);
        if value.is_null() {
            if !nullable {
                return Err(EncodeError::NullNotAllowed { field: field.name, version: self.version }.into());
            }
            match (field.kind, field.tag) {
                (Kind::Struct(_), Some(_)) => writer.i8(0),
                (Kind::Struct(_), None) => writer.i8(-1),
                (Kind::String, _) => writer.nullable_string(form, None)?,
                _ => writer.null(form),
            }
            return Ok(());
        }
        if nullable && matches!(field.kind, Kind::Struct(_)) {
            writer.i8(1);
        }
        self.value(writer, field.kind, form, value, field.name)
    }

    fn value(
        &self,
        writer: &mut Writer,
        kind: Kind,
        form: Form,
        value: &Value,
        name: &'static str,
    ) -> Result<(), SchemaError> {
        let wrong = || mismatch(name, value);
        match kind {
            Kind::Bool => writer.bool(value.as_bool().ok_or_else(wrong)?),
            Kind::Int8 => writer.i8(integer(name, value)?),
            Kind::Int16 => writer.i16(integer(name, value)?),
            Kind::Uint16 => writer.u16(integer(name, value)?),
            Kind::Int32 => writer.i32(integer(name, value)?),
            Kind::Uint32 => writer.u32(integer(name, value)?),
            Kind::Int64 => writer.i64(integer(name, value)?),
            Kind::Float64 => {
                let number = match value {
                    Value::String(text) => text.parse().ok(),
                    other => other.as_f64(),
                };
                writer.f64(number.ok_or_else(wrong)?);
            }
            Kind::Uuid => writer.uuid(value.as_str().and_then(|text| text.parse().ok()).ok_or_else(wrong)?),
            Kind::String => writer.string(form, value.as_str().ok_or_else(wrong)?)?,
            Kind::Bytes | Kind::Records => {
                let bytes = value.as_str().and_then(base64::decode).ok_or_else(wrong)?;
                writer.bytes(form, &bytes)?;
            }
            Kind::Struct(index) => self.structure(writer, index, value, name)?,
            Kind::Array(element) => {
                let elements = value.as_array().ok_or_else(wrong)?;
                writer.bytes_length(form, elements.len())?;
                for element_value in elements {
                    self.value(writer, *element, form, element_value, name)?;
                }
            }
        }
        Ok(())
    }

    fn is_default(&self, field: &FieldSchema, value: &Value) -> bool {
        match (field.default, field.kind, value) {
            (DefaultSchema::Null, _, value) => value.is_null(),
            (DefaultSchema::True, _, value) => *value == Value::Bool(true),
            (DefaultSchema::Int(number), _, value) => value.as_i64() == Some(number),
            (DefaultSchema::Natural, Kind::Struct(index), Value::Object(object)) => self.schema.structs
                [index]
                .fields
                .iter()
                .all(|field| object.get(field.name).is_none_or(|value| self.is_default(field, value))),
            (DefaultSchema::Natural, Kind::Uuid, value) => {
                value.as_str().and_then(|text| text.parse().ok()) == Some(jackdaw_base::Uuid::ZERO)
            }
            (DefaultSchema::Natural, _, Value::Bool(value)) => !value,
            // Minus zero is zero in Kafka's comparison, and in ours.
            (DefaultSchema::Natural, _, Value::Number(number)) => number.as_f64() == Some(0.0),
            (DefaultSchema::Natural, _, Value::String(text)) => text.is_empty(),
            (DefaultSchema::Natural, _, Value::Array(elements)) => elements.is_empty(),
            (DefaultSchema::Natural, _, _) => false,
        }
    }
}

fn integer<T: TryFrom<i64>>(name: &'static str, value: &Value) -> Result<T, SchemaError> {
    value.as_i64().and_then(|number| T::try_from(number).ok()).ok_or_else(|| mismatch(name, value))
}

fn mismatch(name: &'static str, found: &Value) -> SchemaError {
    SchemaError::Field { name, found: found.clone() }
}
