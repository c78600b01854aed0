//! A configuration's value, read from text and written back as Kafka writes it. Limits are in `validator`.

use std::fmt;

use crate::error::Problem;
use crate::value_type::ValueType;

/// A value that is shown nowhere: `Debug` and `Display` hide it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself; for the code that authenticates, never for people.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// A value that has the type of its configuration.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// None.
    Null,
    /// For [`ValueType::Boolean`].
    Boolean(bool),
    /// For [`ValueType::Short`].
    Short(i16),
    /// For [`ValueType::Int`].
    Int(i32),
    /// For [`ValueType::Long`].
    Long(i64),
    /// For [`ValueType::Double`].
    Double(f64),
    /// For [`ValueType::String`] and [`ValueType::Class`].
    Text(String),
    /// For [`ValueType::List`].
    List(Vec<String>),
    /// For [`ValueType::Password`].
    Password(Secret),
}

impl Value {
    /// Reads a text, as it stands in a file or a request, as a value of this type. Space around it does not count.
    pub fn parse(value_type: ValueType, text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        let not_a_number = |_| Problem::NotANumber(value_type);
        match value_type {
            ValueType::Boolean if text.eq_ignore_ascii_case("true") => Ok(Self::Boolean(true)),
            ValueType::Boolean if text.eq_ignore_ascii_case("false") => Ok(Self::Boolean(false)),
            ValueType::Boolean => Err(Problem::NotABoolean),
            ValueType::Short => text.parse().map(Self::Short).map_err(not_a_number),
            ValueType::Int => text.parse().map(Self::Int).map_err(not_a_number),
            ValueType::Long => text.parse().map(Self::Long).map_err(not_a_number),
            ValueType::Double => {
                text.parse().map(Self::Double).map_err(|_| Problem::NotANumber(ValueType::Double))
            }
            ValueType::String | ValueType::Class => Ok(Self::Text(text.to_owned())),
            ValueType::List => Ok(Self::List(split_list(text))),
            ValueType::Password => Ok(Self::Password(Secret::new(text))),
        }
    }

    /// The text that Kafka shows for it; secrets are hidden, and null is no text.
    pub fn to_text(&self) -> Option<String> {
        Some(match self {
            Self::Null => return None,
            Self::Boolean(value) => value.to_string(),
            Self::Short(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Long(value) => value.to_string(),
            Self::Double(value) => double_text(*value),
            Self::Text(value) => value.clone(),
            Self::List(values) => values.join(","),
            Self::Password(secret) => secret.to_string(),
        })
    }
}

/// The entries of a list; an empty text has none. Space around commas does not count.
pub fn split_list(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    text.split(',').map(|entry| entry.trim().to_owned()).collect()
}

/// A number as Java writes it: `0.5`, `1000.0`, `1.7976931348623157E308`.
fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => format!("{digits}E{exponent}"),
        Some((digits, exponent)) => format!("{digits}.0E{exponent}"),
        None => text,
    }
}

#[cfg(test)]
mod tests;
