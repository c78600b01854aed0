//! What stands in front of every request and response, behind the size of the frame.

use crate::api_key::ApiKey;
use crate::wire::{DecodeError, EncodeError, Form, Reader, Sink, Str, UnknownTag, Writer};

/// The header of a request, versions 1 and 2.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RequestHeader<'a> {
    /// The API asked for; it may be one that nobody knows.
    pub api_key: i16,
    /// The version of the request.
    pub api_version: i16,
    /// The response carries the same.
    pub correlation_id: i32,
    /// How the client names itself.
    pub client_id: Option<Str<'a>>,
    /// Tagged fields of version 2; none is defined.
    pub unknown_tags: Vec<UnknownTag<'a>>,
}

/// Reads the header; the body of the request is what is left in `reader`. The version of the header follows
/// from API and version. Where the API is unknown the header is read as version 1, which every header
/// starts like: what lies behind it cannot be read anyway. An ApiVersions request of a version that is too
/// new has a flexible header, too.
///
/// # Errors
/// Whatever is wrong with the bytes.
pub fn decode_request_header<'a>(reader: &mut Reader<'a>) -> Result<RequestHeader<'a>, DecodeError> {
    let api_key = reader.i16()?;
    let api_version = reader.i16()?;
    let correlation_id = reader.i32()?;
    // Not compact even in version 2 (KIP-482 kept it, so that a header can be read before its version is known).
    let client_id = reader.nullable_string(Form::Classic)?;
    let flexible = ApiKey::from_i16(api_key).is_some_and(|key| key.request_header_version(api_version) >= 2);
    let unknown_tags = if flexible { reader.unknown_tags()? } else { Vec::new() };
    Ok(RequestHeader { api_key, api_version, correlation_id, client_id, unknown_tags })
}

/// Appends the header of a request, in `header_version` 1 or 2.
///
/// # Errors
/// A client id that is too long, or tagged fields that version 1 does not have.
pub fn encode_request_header(
    writer: &mut Writer,
    header: &RequestHeader<'_>,
    header_version: i16,
) -> Result<(), EncodeError> {
    writer.i16(header.api_key);
    writer.i16(header.api_version);
    writer.i32(header.correlation_id);
    writer.nullable_string(Form::Classic, header.client_id.as_deref())?;
    if header_version >= 2 {
        writer.tag_count(0, &header.unknown_tags);
        writer.unknown_tags(&header.unknown_tags, None)?;
    } else if !header.unknown_tags.is_empty() {
        return Err(EncodeError::TagsNotInVersion(header_version));
    }
    Ok(())
}

/// Reads the header of a response: its correlation id.
///
/// # Errors
/// Whatever is wrong with the bytes.
pub fn decode_response_header(reader: &mut Reader<'_>, header_version: i16) -> Result<i32, DecodeError> {
    let correlation_id = reader.i32()?;
    if header_version >= 1 {
        reader.unknown_tags()?;
    }
    Ok(correlation_id)
}

/// Appends the header of a response, in `header_version` 0 or 1.
pub fn encode_response_header(writer: &mut Writer, correlation_id: i32, header_version: i16) {
    writer.i32(correlation_id);
    if header_version >= 1 {
        writer.tag_count(0, &[]);
    }
}

/// The size of the header of a response in bytes.
pub const fn response_header_size(header_version: i16) -> usize {
    if header_version >= 1 { 5 } else { 4 }
}

#[cfg(test)]
mod tests;
