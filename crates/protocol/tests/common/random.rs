//! Random messages, made from the schema tables by a writer of their own: the same seed, the same bytes.

use jackdaw_protocol::schema::{FieldSchema, Kind, MessageSchema};
use jackdaw_protocol::wire::{Form, Sink, Writer};

/// A small generator of pseudo-random numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub fn bytes(&mut self, size_max: usize) -> Vec<u8> {
        (0..self.below(size_max + 1)).map(|_| self.next() as u8).collect()
    }
}

/// The bytes of a random message, with unknown tagged fields here and there. Tagged fields at their defaults may be spelled out in them.
pub fn message(schema: &MessageSchema, version: i16, random: &mut Random) -> Vec<u8> {
    let form = Form::of(schema.is_flexible(version));
    let mut writer = Writer::new();
    Maker { schema, version, form, random }.structure(&mut writer, 0, 0);
    writer.bytes
}

struct Maker<'m> {
    schema: &'m MessageSchema,
    version: i16,
    form: Form,
    random: &'m mut Random,
}

impl Maker<'_> {
    fn structure(&mut self, writer: &mut Writer, index: usize, depth: usize) {
        let present = self.schema.structs[index].fields.iter().filter(|field| field.is_in(self.version));
        let (tagged, untagged): (Vec<&FieldSchema>, Vec<_>) = present.partition(|field| field.tag.is_some());
        for field in untagged {
            self.field(writer, field, depth);
        }
        if self.form.is_compact() {
            self.tags(writer, tagged, depth);
        }
    }

    fn tags(&mut self, writer: &mut Writer, mut tagged: Vec<&FieldSchema>, depth: usize) {
        tagged.retain(|_| self.random.below(2) == 0);
        let mut values: Vec<(u32, Vec<u8>)> = Vec::new();
        for field in tagged {
            let mut value = Writer::new();
            self.field(&mut value, field, depth);
            values.push((field.tag.expect("tagged"), value.bytes));
        }
        if self.random.below(4) == 0 {
            values.push((100 + self.random.below(100_000) as u32, self.random.bytes(200)));
        }
        values.sort();
        writer.varint(values.len() as u32);
        for (tag, value) in values {
            writer.tag(tag, value.len()).expect("a small value");
            writer.raw(&value);
        }
    }

    fn field(&mut self, writer: &mut Writer, field: &FieldSchema, depth: usize) {
        let form = if field.never_compact { Form::Classic } else { self.form };
        let nullable = field.is_nullable_in(self.version);
        if nullable && self.random.below(4) == 0 {
            match (field.kind, field.tag) {
                (Kind::Struct(_), Some(_)) => writer.i8(0),
                (Kind::Struct(_), None) => writer.i8(-1),
                (Kind::String, _) => writer.nullable_string(form, None).expect("null"),
                _ => writer.null(form),
            }
            return;
        }
        if nullable && matches!(field.kind, Kind::Struct(_)) {
            writer.i8(1);
        }
        self.value(writer, field.kind, form, depth);
    }

    fn value(&mut self, writer: &mut Writer, kind: Kind, form: Form, depth: usize) {
        let number = if self.random.below(3) == 0 { self.random.next() } else { self.random.below(3) as u64 };
        match kind {
            Kind::Bool => writer.bool(number % 2 == 1),
            Kind::Int8 => writer.i8(number as i8),
            Kind::Int16 => writer.i16(number as i16),
            Kind::Uint16 => writer.u16(number as u16),
            Kind::Int32 => writer.i32(number as i32),
            Kind::Uint32 => writer.u32(number as u32),
            Kind::Int64 => writer.i64(number as i64),
            Kind::Float64 => writer.f64(number as f64 / 8.0),
            Kind::Uuid => {
                writer.i64(number as i64);
                writer.i64(number as i64);
            }
            Kind::String => {
                let text: String = self
                    .random
                    .bytes(12)
                    .into_iter()
                    .map(|byte| char::from_u32(u32::from(byte) * 9).unwrap_or('x'))
                    .collect();
                writer.string(form, &text).expect("a short text");
            }
            Kind::Bytes | Kind::Records => writer.bytes(form, &self.random.bytes(300)).expect("few bytes"),
            Kind::Struct(index) => self.structure(writer, index, depth + 1),
            Kind::Array(element) => {
                let count = self.random.below(4usize.saturating_sub(depth).max(2));
                writer.bytes_length(form, count).expect("few elements");
                for _ in 0..count {
                    self.value(writer, *element, form, depth + 1);
                }
            }
        }
    }
}
