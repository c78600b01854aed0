//! The writing side, in two passes over the same code: `Counter` sizes and checks, `Writer` writes.

use jackdaw_base::Uuid;

use super::{EncodeError, Form, Records, UnknownTag};

/// Takes the bytes of a message, or just their number.
pub trait Sink: Sized {
    /// Bytes, as they are.
    fn raw(&mut self, bytes: &[u8]);

    /// A place for bytes that the sender adds itself.
    fn external(&mut self, size_bytes: usize);

    /// `bool`.
    #[inline]
    fn bool(&mut self, value: bool) {
        self.raw(&[u8::from(value)]);
    }

    /// `int8`.
    #[inline]
    fn i8(&mut self, value: i8) {
        self.raw(&value.to_be_bytes());
    }

    /// `int16`.
    #[inline]
    fn i16(&mut self, value: i16) {
        self.raw(&value.to_be_bytes());
    }

    /// `uint16`.
    #[inline]
    fn u16(&mut self, value: u16) {
        self.raw(&value.to_be_bytes());
    }

    /// `int32`.
    #[inline]
    fn i32(&mut self, value: i32) {
        self.raw(&value.to_be_bytes());
    }

    /// `uint32`.
    #[inline]
    fn u32(&mut self, value: u32) {
        self.raw(&value.to_be_bytes());
    }

    /// `int64`.
    #[inline]
    fn i64(&mut self, value: i64) {
        self.raw(&value.to_be_bytes());
    }

    /// `float64`.
    #[inline]
    fn f64(&mut self, value: f64) {
        self.raw(&value.to_be_bytes());
    }

    /// `uuid`.
    #[inline]
    fn uuid(&mut self, value: Uuid) {
        self.raw(&value.0);
    }

    /// An unsigned varint.
    #[inline]
    fn varint(&mut self, mut value: u32) {
        let mut bytes = [0u8; 5];
        let mut size = 0;
        while value >= 0x80 {
            bytes[size] = value as u8 | 0x80;
            value >>= 7;
            size += 1;
        }
        bytes[size] = value as u8;
        self.raw(&bytes[..=size]);
    }

    /// The length of a string.
    #[inline]
    fn string_length(&mut self, form: Form, length: usize) -> Result<(), EncodeError> {
        let classic = i16::try_from(length).map_err(|_| EncodeError::TooLong(length))?;
        match form {
            Form::Classic => self.i16(classic),
            Form::Compact => self.varint(length as u32 + 1),
        }
        Ok(())
    }

    /// The length of bytes, or the count of an array.
    #[inline]
    fn bytes_length(&mut self, form: Form, length: usize) -> Result<(), EncodeError> {
        let classic = i32::try_from(length).map_err(|_| EncodeError::TooLong(length))?;
        match form {
            Form::Classic => self.i32(classic),
            Form::Compact => self.varint(length as u32 + 1),
        }
        Ok(())
    }

    /// A null of bytes or an array.
    #[inline]
    fn null(&mut self, form: Form) {
        match form {
            Form::Classic => self.i32(-1),
            Form::Compact => self.varint(0),
        }
    }

    /// A string.
    #[inline]
    fn string(&mut self, form: Form, value: &str) -> Result<(), EncodeError> {
        self.string_length(form, value.len())?;
        self.raw(value.as_bytes());
        Ok(())
    }

    /// A string, or null.
    #[inline]
    fn nullable_string(&mut self, form: Form, value: Option<&str>) -> Result<(), EncodeError> {
        match (value, form) {
            (Some(value), _) => self.string(form, value)?,
            (None, Form::Classic) => self.i16(-1),
            (None, Form::Compact) => self.varint(0),
        }
        Ok(())
    }

    /// Bytes.
    #[inline]
    fn bytes(&mut self, form: Form, value: &[u8]) -> Result<(), EncodeError> {
        self.bytes_length(form, value.len())?;
        self.raw(value);
        Ok(())
    }

    /// Bytes, or null.
    #[inline]
    fn nullable_bytes(&mut self, form: Form, value: Option<&[u8]>) -> Result<(), EncodeError> {
        match value {
            Some(value) => self.bytes(form, value)?,
            None => self.null(form),
        }
        Ok(())
    }

    /// Record batches, here or from elsewhere.
    #[inline]
    fn records(&mut self, form: Form, value: &Records<'_>) -> Result<(), EncodeError> {
        match value {
            Records::Inline(value) => self.bytes(form, value)?,
            Records::External(size_bytes) => {
                self.bytes_length(form, *size_bytes)?;
                self.external(*size_bytes);
            }
        }
        Ok(())
    }

    /// Record batches, or null.
    #[inline]
    fn nullable_records(&mut self, form: Form, value: Option<&Records<'_>>) -> Result<(), EncodeError> {
        match value {
            Some(value) => self.records(form, value)?,
            None => self.null(form),
        }
        Ok(())
    }

    /// An array.
    #[inline]
    fn array<T>(
        &mut self,
        form: Form,
        elements: &[T],
        mut element: impl FnMut(&mut Self, &T) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        self.bytes_length(form, elements.len())?;
        elements.iter().try_for_each(|item| element(self, item))
    }

    /// An array, or null.
    #[inline]
    fn nullable_array<T>(
        &mut self,
        form: Form,
        elements: Option<&[T]>,
        element: impl FnMut(&mut Self, &T) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        match elements {
            Some(elements) => self.array(form, elements, element)?,
            None => self.null(form),
        }
        Ok(())
    }

    /// The head of a tagged field whose value has `size` bytes.
    #[inline]
    fn tag(&mut self, tag: u32, size: usize) -> Result<(), EncodeError> {
        self.varint(tag);
        self.varint(u32::try_from(size).map_err(|_| EncodeError::TooLong(size))?);
        Ok(())
    }

    /// The count of tagged fields: `known` ones and the unknown.
    #[inline]
    fn tag_count(&mut self, known: usize, unknown: &[UnknownTag<'_>]) {
        self.varint((known + unknown.len()) as u32);
    }

    /// Those of the unknown tagged fields that belong behind `after` and before the known tag `before`:
    /// tagged fields rise in their tags. Returns the ones left over.
    #[inline]
    fn unknown_tags<'t, 'a>(
        &mut self,
        unknown: &'t [UnknownTag<'a>],
        before: Option<u32>,
    ) -> Result<&'t [UnknownTag<'a>], EncodeError> {
        if unknown.is_empty() { Ok(unknown) } else { some_unknown_tags(self, unknown, before) }
    }
}

fn some_unknown_tags<'t, 'a, S: Sink>(
    sink: &mut S,
    unknown: &'t [UnknownTag<'a>],
    before: Option<u32>,
) -> Result<&'t [UnknownTag<'a>], EncodeError> {
    let mut previous = None;
    for (index, UnknownTag { tag, value }) in unknown.iter().enumerate() {
        if before.is_some_and(|before| *tag >= before) {
            if before == Some(*tag) {
                return Err(EncodeError::TagOrder { tag: *tag });
            }
            return Ok(&unknown[index..]);
        }
        if previous.is_some_and(|previous| *tag <= previous) {
            return Err(EncodeError::TagOrder { tag: *tag });
        }
        previous = Some(*tag);
        sink.tag(*tag, value.len())?;
        sink.raw(value);
    }
    Ok(&[])
}

/// The first pass: how many bytes a message takes.
#[derive(Clone, Copy, Default, Debug)]
pub struct Counter {
    /// Bytes that the writer will hold.
    pub inline_bytes: usize,
    /// Bytes that the sender adds itself.
    pub external_bytes: usize,
}

impl Counter {
    /// How many bytes `put` would write.
    #[inline]
    pub fn count(put: impl FnOnce(&mut Self) -> Result<(), EncodeError>) -> Result<usize, EncodeError> {
        let mut counter = Self::default();
        put(&mut counter)?;
        Ok(counter.total_bytes())
    }

    /// Bytes on the wire.
    #[inline]
    pub const fn total_bytes(&self) -> usize {
        self.inline_bytes + self.external_bytes
    }
}

impl Sink for Counter {
    #[inline]
    fn raw(&mut self, bytes: &[u8]) {
        self.inline_bytes += bytes.len();
    }

    #[inline]
    fn external(&mut self, size_bytes: usize) {
        self.external_bytes += size_bytes;
    }

    #[inline]
    fn varint(&mut self, value: u32) {
        let bits = u32::BITS - (value | 1).leading_zeros();
        self.inline_bytes += bits.div_ceil(7) as usize;
    }
}

/// The value of a field that may be null in other versions than this one.
#[inline]
pub fn required<T>(value: Option<T>, field: &'static str, version: i16) -> Result<T, EncodeError> {
    value.ok_or(EncodeError::NullNotAllowed { field, version })
}
