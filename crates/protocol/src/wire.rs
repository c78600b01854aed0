//! The primitive types of the wire: how numbers, strings, arrays and tagged fields look as bytes.
//! Nothing here knows a message; `messages` does.

mod error;
mod form;
mod own;
mod reader;
mod sink;
mod types;
mod writer;

pub use error::{DecodeError, EncodeError};
pub use form::Form;
pub use own::Own;
pub use reader::Reader;
pub use sink::{Counter, Sink, required};
pub use types::{Blob, Records, Str, UnknownTag};
pub use writer::{Split, Writer};

/// A struct of the protocol: a message or a part of one. `messages` implements it; callers use
/// [`crate::message::Message`], which checks the version first.
pub trait Wire<'a>: Sized {
    /// No encoding of this struct, in any version, is shorter: it bounds the counts of arrays.
    const SIZE_MIN: usize;

    /// Reads the fields that `wire_version` has; the others keep Kafka's defaults.
    fn read(reader: &mut Reader<'a>, wire_version: i16) -> Result<Self, DecodeError>;

    /// Writes the fields that `wire_version` has into `sink`, or counts their bytes. Fails if a field
    /// is set which that version cannot carry and which may not be dropped.
    fn put<S: Sink>(&self, sink: &mut S, wire_version: i16) -> Result<(), EncodeError>;
}

#[cfg(test)]
mod tests;
