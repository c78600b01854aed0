//! Java's `.properties` format: read with line numbers, and written. Reading never panics, and takes no memory
//! beyond a small multiple of its bounded input.
//!
//! ```text
//! name=value      name: value      name value      # comment      ! comment
//! long = one, \
//!        two                      becomes "one, two"; escapes are \t \n \r \f \uXXXX and \<any character>
//! ```

use std::fmt;
use std::sync::Arc;

use crate::setting::{Origin, Setting};

/// The longest file that is read: configurations have kilobytes.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One entry of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Property {
    /// The name.
    pub name: String,
    /// The value; empty if there is none.
    pub value: String,
    /// The line on which it starts, from 1.
    pub line: usize,
}

/// Why a file cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PropertiesError {
    /// More bytes than [`FILE_BYTES_MAX`].
    TooLarge {
        /// How many.
        size_bytes: usize,
    },
    /// `\u` without four hexadecimal digits behind it.
    BadEscape {
        /// The line, from 1.
        line: usize,
    },
}

impl fmt::Display for PropertiesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { size_bytes } => {
                write!(
                    f,
                    "the file has {size_bytes} bytes, more than {FILE_BYTES_MAX}: this is no configuration"
                )
            }
            Self::BadEscape { line } => {
                write!(
                    f,
                    "line {line}: \\u needs four hexadecimal digits; write \\\\u for a backslash and a u"
                )
            }
        }
    }
}

impl std::error::Error for PropertiesError {}

/// Reads a file. Bytes that are no UTF-8 count as ISO 8859-1, one character each, as in Java's older files.
pub fn parse(bytes: &[u8]) -> Result<Vec<Property>, PropertiesError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(PropertiesError::TooLarge { size_bytes: bytes.len() });
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut properties = Vec::new();
    let mut lines = Lines { rest: text, line: 0 };
    while let Some((line, logical)) = lines.next_logical() {
        let (name, value) = split(&logical);
        let bad = |()| PropertiesError::BadEscape { line };
        properties.push(Property {
            name: unescape(name).map_err(bad)?,
            value: unescape(value).map_err(bad)?,
            line,
        });
    }
    Ok(properties)
}

/// Reads a file as settings; `path` is what errors call it.
pub fn settings(path: &str, bytes: &[u8]) -> Result<Vec<Setting>, PropertiesError> {
    let path: Arc<str> = path.into();
    let properties = parse(bytes)?.into_iter().map(|Property { name, value, line }| {
        let origin = Origin::File { path: Arc::clone(&path), line };
        Setting { name, value, origin }
    });
    Ok(properties.collect())
}

/// Writes entries so that [`parse`], and Java, read them back. Anything outside printable ASCII is escaped.
pub fn write<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in entries {
        escape(&mut text, name, Part::Name);
        text.push('=');
        escape(&mut text, value, Part::Value);
        text.push('\n');
    }
    text
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\x0c')
}

/// The lines of a file, without comments and empty ones, with continued lines joined.
struct Lines<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lines<'a> {
    fn next_natural(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        self.line += 1;
        match self.rest.find(['\n', '\r']) {
            Some(end) => {
                let line = &self.rest[..end];
                let behind = &self.rest[end..];
                self.rest = behind.strip_prefix("\r\n").unwrap_or(&behind[1..]);
                Some(line)
            }
            None => Some(std::mem::take(&mut self.rest)),
        }
    }

    fn next_logical(&mut self) -> Option<(usize, String)> {
        loop {
            let natural = self.next_natural()?.trim_start_matches(is_space);
            if natural.is_empty() || natural.starts_with(['#', '!']) {
                continue;
            }
            // Nothing has begun with a backslash that stands alone.
            if without_continuation(natural) == Some("") {
                continue;
            }
            let line = self.line;
            let mut logical = String::new();
            let mut part = natural;
            while let Some(continued) = without_continuation(part) {
                logical.push_str(continued);
                part = self.next_natural().unwrap_or_default().trim_start_matches(is_space);
            }
            logical.push_str(part);
            return Some((line, logical));
        }
    }
}

/// The line without the backslash that continues it: one that no other backslash escapes.
fn without_continuation(line: &str) -> Option<&str> {
    let backslashes = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
    (backslashes % 2 == 1).then(|| &line[..line.len() - 1])
}

/// Splits at the first separator that is not escaped: `=`, `:` or space, with space around the first two.
fn split(line: &str) -> (&str, &str) {
    let mut is_escaped = false;
    let end = line.char_indices().find(|(_, character)| {
        let is_separator = !is_escaped && (is_space(*character) || matches!(character, '=' | ':'));
        is_escaped = *character == '\\' && !is_escaped;
        is_separator
    });
    let Some((end, _)) = end else { return (line, "") };
    let behind = line[end..].trim_start_matches(is_space);
    let value = behind.strip_prefix(['=', ':']).unwrap_or(behind);
    (&line[..end], value.trim_start_matches(is_space))
}

fn unescape(text: &str) -> Result<String, ()> {
    if !text.contains('\\') {
        return Ok(text.to_owned());
    }
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let unescaped = match character {
            '\\' => match characters.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('f') => '\x0c',
                Some('u') => {
                    units.push(hexadecimal(&mut characters).ok_or(())?);
                    continue;
                }
                Some(other) => other,
                None => break,
            },
            other => other,
        };
        units.extend(unescaped.encode_utf16(&mut [0; 2]).iter());
    }
    // Java's characters are UTF-16 units; half a pair is no character here.
    Ok(String::from_utf16_lossy(&units))
}

fn hexadecimal(characters: &mut std::str::Chars<'_>) -> Option<u16> {
    let mut unit = 0;
    for _ in 0..4 {
        let digit = characters.next()?.to_digit(16)?;
        unit = unit << 4 | digit as u16;
    }
    Some(unit)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Name,
    Value,
}

fn escape(text: &mut String, part: &str, kind: Part) {
    for (index, character) in part.chars().enumerate() {
        match character {
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\x0c' => text.push_str("\\f"),
            ' ' if index == 0 || kind == Part::Name => text.push_str("\\ "),
            '\\' | '=' | ':' | '#' | '!' if character == '\\' || kind == Part::Name => {
                text.push('\\');
                text.push(character);
            }
            ' '..='~' => text.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    text.push_str(&format!("\\u{unit:04X}"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
