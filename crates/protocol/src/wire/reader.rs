//! A cursor over bytes from outside. Every read is checked, and no length read decides an allocation.

use std::borrow::Cow;

use jackdaw_base::Uuid;

use super::{Blob, DecodeError, Form, Records, Str, UnknownTag};

/// No string is longer, not even where its length is a varint.
const STRING_BYTES_MAX: usize = i16::MAX as usize;

/// Reads values from the front of `&'a [u8]`; what it returns borrows from there.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident: $number:ty;)*) => {$(
        $(#[$doc])*
        #[inline]
        pub fn $name(&mut self) -> Result<$number, DecodeError> {
            self.fixed().map(|bytes| <$number>::from_be_bytes(*bytes))
        }
    )*};
}

impl<'a> Reader<'a> {
    /// A cursor at the front of `bytes`.
    #[inline]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes are left.
    #[inline]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The bytes that are left.
    #[inline]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// `Ok` if nothing is left, `TrailingBytes` otherwise.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            size => Err(DecodeError::TrailingBytes(size)),
        }
    }

    /// The next `size` bytes.
    #[inline]
    pub fn take(&mut self, size: usize) -> Result<&'a [u8], DecodeError> {
        match self.rest.split_at_checked(size) {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(bytes)
            }
            None => Err(DecodeError::Truncated { needed: size, remaining: self.rest.len() }),
        }
    }

    #[inline]
    fn fixed<const N: usize>(&mut self) -> Result<&'a [u8; N], DecodeError> {
        match self.rest.split_first_chunk() {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(bytes)
            }
            None => Err(DecodeError::Truncated { needed: N, remaining: self.rest.len() }),
        }
    }

    numbers! {
        /// One byte.
        u8: u8;
        /// `int8`.
        i8: i8;
        /// `int16`.
        i16: i16;
        /// `uint16`.
        u16: u16;
        /// `int32`.
        i32: i32;
        /// `uint32`.
        u32: u32;
        /// `int64`.
        i64: i64;
        /// `float64`.
        f64: f64;
    }

    /// `bool`: anything but 0 is true.
    #[inline]
    pub fn bool(&mut self) -> Result<bool, DecodeError> {
        self.u8().map(|byte| byte != 0)
    }

    /// `uuid`.
    #[inline]
    pub fn uuid(&mut self) -> Result<Uuid, DecodeError> {
        self.fixed().map(|bytes| Uuid(*bytes))
    }

    /// An unsigned varint of at most 32 bits.
    #[inline]
    pub fn varint(&mut self) -> Result<u32, DecodeError> {
        match self.rest {
            [byte, rest @ ..] if *byte < 0x80 => {
                self.rest = rest;
                Ok(u32::from(*byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u32, DecodeError> {
        let mut value = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.u8()?;
            if shift == 28 && byte > 0x0f {
                return Err(DecodeError::VarintTooLong);
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::VarintTooLong)
    }

    /// A length: `None` is null.
    #[inline]
    fn length(&mut self, form: Form, classic: i64, compact: u32) -> Result<Option<usize>, DecodeError> {
        match form {
            Form::Compact => Ok((compact as usize).checked_sub(1)),
            Form::Classic => match usize::try_from(classic) {
                Ok(length) => Ok(Some(length)),
                Err(_) if classic == -1 => Ok(None),
                Err(_) => Err(DecodeError::InvalidLength(classic)),
            },
        }
    }

    #[inline]
    fn string_length(&mut self, form: Form) -> Result<Option<usize>, DecodeError> {
        match form {
            Form::Compact => {
                let compact = self.varint()?;
                self.length(form, 0, compact)
            }
            Form::Classic => {
                let classic = self.i16()?;
                self.length(form, i64::from(classic), 0)
            }
        }
    }

    #[inline]
    fn bytes_length(&mut self, form: Form) -> Result<Option<usize>, DecodeError> {
        match form {
            Form::Compact => {
                let compact = self.varint()?;
                self.length(form, 0, compact)
            }
            Form::Classic => {
                let classic = self.i32()?;
                self.length(form, i64::from(classic), 0)
            }
        }
    }

    /// A string, or null.
    #[inline]
    pub fn nullable_string(&mut self, form: Form) -> Result<Option<Str<'a>>, DecodeError> {
        let Some(length) = self.string_length(form)? else {
            return Ok(None);
        };
        if length > STRING_BYTES_MAX {
            return Err(DecodeError::InvalidLength(length as i64));
        }
        let bytes = self.take(length)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(Cow::Borrowed(text))),
            Err(_) => Err(DecodeError::InvalidUtf8),
        }
    }

    /// A string.
    #[inline]
    pub fn string(&mut self, form: Form) -> Result<Str<'a>, DecodeError> {
        self.nullable_string(form)?.ok_or(DecodeError::UnexpectedNull)
    }

    /// Bytes, or null.
    #[inline]
    pub fn nullable_bytes(&mut self, form: Form) -> Result<Option<Blob<'a>>, DecodeError> {
        match self.bytes_length(form)? {
            Some(length) => Ok(Some(Cow::Borrowed(self.take(length)?))),
            None => Ok(None),
        }
    }

    /// Bytes.
    #[inline]
    pub fn bytes(&mut self, form: Form) -> Result<Blob<'a>, DecodeError> {
        self.nullable_bytes(form)?.ok_or(DecodeError::UnexpectedNull)
    }

    /// Record batches, or null.
    #[inline]
    pub fn nullable_records(&mut self, form: Form) -> Result<Option<Records<'a>>, DecodeError> {
        Ok(self.nullable_bytes(form)?.map(Records::Inline))
    }

    /// Record batches.
    #[inline]
    pub fn records(&mut self, form: Form) -> Result<Records<'a>, DecodeError> {
        self.bytes(form).map(Records::Inline)
    }

    /// An array, or null. No element takes less than `size_min` bytes, so a count that cannot fit is
    /// refused at once; and what is reserved ahead is never more than the bytes that are left.
    #[inline]
    pub fn nullable_array<T>(
        &mut self,
        form: Form,
        size_min: usize,
        mut element: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Option<Vec<T>>, DecodeError> {
        let Some(count) = self.bytes_length(form)? else {
            return Ok(None);
        };
        if count.saturating_mul(size_min) > self.remaining() {
            return Err(DecodeError::CountTooLarge { count, remaining: self.remaining() });
        }
        let affordable = self.remaining() / size_of::<T>().max(1);
        let mut elements = Vec::with_capacity(count.min(affordable.max(1)));
        for _ in 0..count {
            elements.push(element(self)?);
        }
        Ok(Some(elements))
    }

    /// An array; see [`Reader::nullable_array`].
    #[inline]
    pub fn array<T>(
        &mut self,
        form: Form,
        size_min: usize,
        element: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        self.nullable_array(form, size_min, element)?.ok_or(DecodeError::UnexpectedNull)
    }

    /// The tagged fields of a struct that knows none.
    #[inline]
    pub fn unknown_tags(&mut self) -> Result<Vec<UnknownTag<'a>>, DecodeError> {
        self.tags(|_, _| Ok(false))
    }

    /// The tagged fields at the end of a struct: `known` is given each tag with a reader of its value, and
    /// says whether it has taken it; the others are returned.
    #[inline]
    pub fn tags(
        &mut self,
        known: impl FnMut(u32, &mut Self) -> Result<bool, DecodeError>,
    ) -> Result<Vec<UnknownTag<'a>>, DecodeError> {
        match self.varint()? {
            0 => Ok(Vec::new()),
            count => self.some_tags(count as usize, known),
        }
    }

    #[inline(never)]
    fn some_tags(
        &mut self,
        count: usize,
        mut known: impl FnMut(u32, &mut Self) -> Result<bool, DecodeError>,
    ) -> Result<Vec<UnknownTag<'a>>, DecodeError> {
        const TAG_SIZE_MIN: usize = 2;
        if count.saturating_mul(TAG_SIZE_MIN) > self.remaining() {
            return Err(DecodeError::CountTooLarge { count, remaining: self.remaining() });
        }
        let mut unknown = Vec::new();
        for _ in 0..count {
            let tag = self.varint()?;
            let size = self.varint()? as usize;
            let value = self.take(size)?;
            let mut inner = Self::new(value);
            if !known(tag, &mut inner)? {
                unknown.push(UnknownTag { tag, value: Cow::Borrowed(value) });
            } else if inner.remaining() != 0 {
                return Err(DecodeError::TagSize { tag });
            }
        }
        in_order(unknown)
    }
}

/// Tagged fields are written in the order of their tags (KIP-482). Kafka reads them in any order, so they are
/// sorted here; the same one twice has no meaning.
fn in_order(mut unknown: Vec<UnknownTag<'_>>) -> Result<Vec<UnknownTag<'_>>, DecodeError> {
    unknown.sort_by_key(|field| field.tag);
    match unknown.windows(2).find(|pair| pair[0].tag == pair[1].tag) {
        Some(pair) => Err(DecodeError::RepeatedTag { tag: pair[0].tag }),
        None => Ok(unknown),
    }
}
