//! How a record looks: its value, a JSON line, or a format in the manner of kcat.

use std::io::{self, Write};

use jackdaw_client::consumer::Record;
use jackdaw_protocol::records::TimestampType;
use jackdaw_protocol::schema::base64_encode;
use serde_json::{Map, Value, json};

use super::Arguments;
use crate::failure::Failure;
use crate::time_text::format_time;

/// A piece of a format.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Text(Vec<u8>),
    Topic,
    Partition,
    Offset,
    Timestamp,
    Time,
    Key,
    KeySize,
    Value,
    ValueSize,
    Headers,
}

/// How records look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Format {
    /// An object a line.
    Json,
    /// Piece by piece.
    Parts(Vec<Part>),
}

impl Format {
    /// The format that the arguments say.
    pub(super) fn parse(arguments: &Arguments) -> Result<Self, Failure> {
        let line_break = Part::Text(b"\n".to_vec());
        if let Some(separator) = &arguments.key_separator {
            let separator = Part::Text(unescaped(separator.as_bytes()));
            return Ok(Self::Parts(vec![Part::Key, separator, Part::Value, line_break]));
        }
        match arguments.output.as_str() {
            "value" => Ok(Self::Parts(vec![Part::Value, line_break])),
            "json" => Ok(Self::Json),
            text if text.contains('%') => {
                parts(text).map(Self::Parts).map_err(|what| Failure::message(what).code(2))
            }
            other => Err(Failure::message(format!("-o {other}: neither value, json nor a format with %"))
                .code(2)
                .hint("As in -o '%p %o %k: %s\\n'; `jackdaw consume --help` has all of them.")),
        }
    }

    /// Prints a record.
    pub(super) fn print(&self, out: &mut dyn Write, record: &Record<'_>) -> io::Result<()> {
        match self {
            Self::Json => {
                serde_json::to_writer(&mut *out, &object(record))?;
                out.write_all(b"\n")
            }
            Self::Parts(parts) => parts.iter().try_for_each(|part| print_part(out, part, record)),
        }
    }
}

fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('%') {
        if !before.is_empty() {
            parts.push(Part::Text(unescaped(before.as_bytes())));
        }
        let letter = behind.chars().next();
        parts.push(match letter {
            Some('t') => Part::Topic,
            Some('p') => Part::Partition,
            Some('o') => Part::Offset,
            Some('T') => Part::Timestamp,
            Some('d') => Part::Time,
            Some('k') => Part::Key,
            Some('K') => Part::KeySize,
            Some('s') => Part::Value,
            Some('S') => Part::ValueSize,
            Some('h') => Part::Headers,
            Some('%') => Part::Text(b"%".to_vec()),
            Some(other) => return Err(format!("-o: there is no %{other}")),
            None => return Err("-o: a % at the end; %% is a percent sign".to_owned()),
        });
        rest = &behind[letter.map_or(0, char::len_utf8)..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(unescaped(rest.as_bytes())));
    }
    Ok(parts)
}

/// `\n`, `\t`, `\r`, `\0`, `\\` and `\xNN`; another letter stands for itself.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b'0') => bytes.push(0),
            Some(b'x') => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = std::str::from_utf8(&digits).ok();
                bytes.extend(digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()));
            }
            Some(other) => bytes.push(other),
            None => bytes.push(b'\\'),
        }
    }
    bytes
}

fn print_part(out: &mut dyn Write, part: &Part, record: &Record<'_>) -> io::Result<()> {
    let size = |bytes: Option<&[u8]>| bytes.map_or(-1, |bytes| bytes.len() as i64);
    match part {
        Part::Text(text) => out.write_all(text),
        Part::Topic => out.write_all(record.topic.as_bytes()),
        Part::Partition => write!(out, "{}", record.partition),
        Part::Offset => write!(out, "{}", record.offset),
        Part::Timestamp => write!(out, "{}", record.timestamp_ms),
        Part::Time => write!(out, "{}", format_time(record.timestamp_ms)),
        Part::Key => out.write_all(record.key.unwrap_or_default()),
        Part::KeySize => write!(out, "{}", size(record.key)),
        Part::Value => out.write_all(record.value.unwrap_or_default()),
        Part::ValueSize => write!(out, "{}", size(record.value)),
        Part::Headers => {
            for (index, header) in record.headers.enumerate() {
                if index > 0 {
                    out.write_all(b",")?;
                }
                out.write_all(header.key)?;
                out.write_all(b"=")?;
                out.write_all(header.value.unwrap_or_default())?;
            }
            Ok(())
        }
    }
}

/// A record as `produce --format json` reads it.
fn object(record: &Record<'_>) -> Value {
    let mut object = Map::new();
    object.insert("topic".to_owned(), record.topic.into());
    object.insert("partition".to_owned(), record.partition.into());
    object.insert("offset".to_owned(), record.offset.into());
    if record.timestamp_ms >= 0 {
        object.insert("timestamp".to_owned(), record.timestamp_ms.into());
        if record.timestamp_type == TimestampType::LogAppendTime {
            object.insert("timestamp_type".to_owned(), "append".into());
        }
    }
    object.insert("key".to_owned(), text(record.key));
    object.insert("value".to_owned(), text(record.value));
    if record.headers.len() > 0 {
        object.insert("headers".to_owned(), headers(record));
    }
    Value::Object(object)
}

/// Text as it is, other bytes in base64.
fn text(bytes: Option<&[u8]>) -> Value {
    match bytes.map(|bytes| (bytes, std::str::from_utf8(bytes))) {
        None => Value::Null,
        Some((_, Ok(text))) => text.into(),
        Some((bytes, Err(_))) => json!({"base64": base64_encode(bytes)}),
    }
}

/// An object; a list of pairs where a name comes twice.
fn headers(record: &Record<'_>) -> Value {
    let pairs: Vec<(String, Value)> = record
        .headers
        .map(|header| (String::from_utf8_lossy(header.key).into_owned(), text(header.value)))
        .collect();
    let object: Map<String, Value> = pairs.iter().cloned().collect();
    match object.len() == pairs.len() {
        true => Value::Object(object),
        false => pairs.into_iter().map(|(name, value)| json!([name, value])).collect(),
    }
}

#[cfg(test)]
mod tests;
