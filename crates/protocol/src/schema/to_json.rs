//! From bytes to JSON.

use jackdaw_base::base64;
use serde_json::{Map, Number, Value};

use crate::schema::{DefaultSchema, FieldSchema, Kind, MessageSchema};
use crate::wire::{DecodeError, Form, Reader};

/// Which tagged fields appear.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tagged {
    /// All that the version has.
    All,
    /// Those that differ from their default, as Kafka's own tools show them.
    Set,
}

struct Interpreter {
    schema: &'static MessageSchema,
    version: i16,
    form: Form,
    tagged: Tagged,
}

pub(super) fn message(
    schema: &'static MessageSchema,
    version: i16,
    bytes: &[u8],
    tagged: Tagged,
) -> Result<Value, DecodeError> {
    if !schema.has_version(version) {
        return Err(DecodeError::UnsupportedVersion { message: schema.name, version });
    }
    let interpreter = Interpreter { schema, version, form: Form::of(schema.is_flexible(version)), tagged };
    let mut reader = Reader::new(bytes);
    let value = interpreter.structure(&mut reader, 0)?;
    reader.finish()?;
    Ok(value)
}

impl Interpreter {
    fn structure(&self, reader: &mut Reader<'_>, index: usize) -> Result<Value, DecodeError> {
        let fields = self.schema.structs[index].fields;
        let mut object = Map::new();
        for field in fields.iter().filter(|field| field.is_in(self.version)) {
            let value = match (field.tag, self.tagged) {
                (None, _) => self.field(reader, field)?,
                (Some(_), Tagged::All) => self.default(field),
                // Holds the place of the field among the keys.
                (Some(_), Tagged::Set) => Value::Null,
            };
            object.insert(field.name.to_owned(), value);
        }
        let mut set = Vec::new();
        if self.form.is_compact() {
            reader.tags(|tag, reader| {
                let known = |field: &&FieldSchema| field.tag == Some(tag) && field.is_in(self.version);
                let Some(field) = fields.iter().find(known) else {
                    return Ok(false);
                };
                object.insert(field.name.to_owned(), self.field(reader, field)?);
                set.push(field.name);
                Ok(true)
            })?;
        }
        if self.tagged == Tagged::Set {
            for field in fields.iter().filter(|field| field.tag.is_some() && !set.contains(&field.name)) {
                object.shift_remove(field.name);
            }
        }
        Ok(Value::Object(object))
    }

    fn field(&self, reader: &mut Reader<'_>, field: &FieldSchema) -> Result<Value, DecodeError> {
        let form = if field.never_compact { Form::Classic } else { self.form };
        let nullable = field.is_nullable_in(self.version);
        if let (Kind::Struct(index), true) = (field.kind, nullable) {
            let is_null = match field.tag {
                Some(_) => reader.varint()? == 0,
                None => reader.i8()? < 0,
            };
            return if is_null { Ok(Value::Null) } else { self.structure(reader, index) };
        }
        match self.value(reader, field.kind, form)? {
            Value::Null if !nullable => Err(DecodeError::UnexpectedNull),
            value => Ok(value),
        }
    }

    /// A value; null where bytes, strings and arrays say so.
    fn value(&self, reader: &mut Reader<'_>, kind: Kind, form: Form) -> Result<Value, DecodeError> {
        Ok(match kind {
            Kind::Bool => reader.bool()?.into(),
            Kind::Int8 => reader.i8()?.into(),
            Kind::Int16 => reader.i16()?.into(),
            Kind::Uint16 => reader.u16()?.into(),
            Kind::Int32 => reader.i32()?.into(),
            Kind::Uint32 => reader.u32()?.into(),
            Kind::Int64 => reader.i64()?.into(),
            Kind::Float64 => float(reader.f64()?),
            Kind::Uuid => reader.uuid()?.to_string().into(),
            Kind::String => {
                reader.nullable_string(form)?.map_or(Value::Null, |text| Value::String(text.into_owned()))
            }
            Kind::Bytes | Kind::Records => {
                reader.nullable_bytes(form)?.map_or(Value::Null, |bytes| base64::encode(&bytes).into())
            }
            Kind::Struct(index) => self.structure(reader, index)?,
            Kind::Array(element) => reader
                .nullable_array(form, 1, |reader| match self.value(reader, *element, form)? {
                    Value::Null => Err(DecodeError::UnexpectedNull),
                    value => Ok(value),
                })?
                .map_or(Value::Null, Value::Array),
        })
    }

    fn default(&self, field: &FieldSchema) -> Value {
        match (field.default, field.kind) {
            (DefaultSchema::Null, _) => Value::Null,
            (DefaultSchema::True, _) => Value::Bool(true),
            (DefaultSchema::Int(number), Kind::Float64) => float(number as f64),
            (DefaultSchema::Int(number), _) => number.into(),
            (DefaultSchema::Natural, kind) => self.natural(kind),
        }
    }

    fn natural(&self, kind: Kind) -> Value {
        match kind {
            Kind::Bool => false.into(),
            Kind::Float64 => float(0.0),
            Kind::Int8 | Kind::Int16 | Kind::Uint16 | Kind::Int32 | Kind::Uint32 | Kind::Int64 => 0.into(),
            Kind::Uuid => jackdaw_base::Uuid::ZERO.to_string().into(),
            Kind::String | Kind::Bytes | Kind::Records => "".into(),
            Kind::Array(_) => Value::Array(Vec::new()),
            Kind::Struct(index) => {
                let present =
                    self.schema.structs[index].fields.iter().filter(|field| field.is_in(self.version));
                present.map(|field| (field.name.to_owned(), self.default(field))).collect()
            }
        }
    }
}

/// JSON has no number for infinities and the like; they are spelled out.
fn float(value: f64) -> Value {
    Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number)
}
