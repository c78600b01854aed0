//! What all messages have in common. The messages themselves are generated: see `messages`.

use std::ops::RangeInclusive;

use crate::api_key::ApiKey;
use crate::wire::{Counter, DecodeError, EncodeError, Reader, Wire, Writer};

/// A message of the protocol: a request, a response, a record or a piece of state on disk.
pub trait Message<'a>: Wire<'a> + Default {
    /// Its name in Kafka.
    const NAME: &'static str;
    /// The versions that exist.
    const VERSIONS: RangeInclusive<i16>;
    /// The same message, borrowing nothing.
    type Owned: Message<'static>;

    /// Copies what is borrowed.
    fn into_owned(self) -> Self::Owned;

    /// Reads one message; bytes after its end stay in `reader`.
    ///
    /// # Errors
    /// `UnsupportedVersion`, and whatever is wrong with the bytes.
    #[inline]
    fn decode(reader: &mut Reader<'a>, version: i16) -> Result<Self, DecodeError> {
        if !Self::VERSIONS.contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version });
        }
        Self::read(reader, version)
    }

    /// Reads one message that must fill `bytes`.
    ///
    /// # Errors
    /// As [`Message::decode`], and `TrailingBytes`.
    fn decode_exact(bytes: &'a [u8], version: i16) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let message = Self::decode(&mut reader, version)?;
        reader.finish()?;
        Ok(message)
    }

    /// Bytes on the wire, external records included. All checks are made here.
    ///
    /// # Errors
    /// `UnsupportedVersion`, or a value that this version cannot carry.
    fn encoded_size(&self, version: i16) -> Result<usize, EncodeError> {
        measure(self, version).map(|counter| counter.total_bytes())
    }

    /// Appends the message to `writer`, which is untouched if there is an error.
    ///
    /// # Errors
    /// As [`Message::encoded_size`].
    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let counter = measure(self, version)?;
        writer.bytes.reserve(counter.inline_bytes);
        self.put(writer, version)
    }

    /// The bytes of the message alone. External records have no place here: their bytes are missing.
    ///
    /// # Errors
    /// As [`Message::encoded_size`].
    fn to_bytes(&self, version: i16) -> Result<Vec<u8>, EncodeError> {
        let mut writer = Writer::new();
        self.encode(&mut writer, version)?;
        Ok(writer.bytes)
    }
}

fn measure<'a, M: Message<'a>>(message: &M, version: i16) -> Result<Counter, EncodeError> {
    if !M::VERSIONS.contains(&version) {
        return Err(EncodeError::UnsupportedVersion { message: M::NAME, version });
    }
    let mut counter = Counter::default();
    message.put(&mut counter, version)?;
    Ok(counter)
}

/// A request, and what answers it.
pub trait Request<'a>: Message<'a> {
    /// Its API.
    const KEY: ApiKey;
    /// Its answer, in the same version.
    type Response<'r>: Message<'r, Owned = Self::Response<'static>>;
}

#[cfg(test)]
mod tests;
