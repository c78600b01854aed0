//! What is known about a setting before anybody sets it.

use std::ops::RangeInclusive;

use super::ConfigError;

/// Which clients a setting is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Audience(u8);

impl Audience {
    /// The producer.
    pub const PRODUCER: Self = Self(1);
    /// The consumer.
    pub const CONSUMER: Self = Self(2);
    /// Administration.
    pub const ADMIN: Self = Self(4);
    /// All of them.
    pub const ALL: Self = Self(7);

    /// Both.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are among these.
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The form of a setting's value.
#[derive(Clone, Debug)]
pub enum ValueKind {
    /// Any text.
    Text,
    /// A text that is never shown.
    Secret,
    /// Texts, separated by commas.
    List,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Number(RangeInclusive<i64>),
    /// A number with a fraction.
    Fraction(f64, f64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Kafka's Java clients know it; here it is accepted, so that their files can be used, and has no effect.
    Inert,
}

/// One setting.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Kafka's name.
    pub name: &'static str,
    /// Its default as text; `None` if there is none.
    pub default: Option<&'static str>,
    /// The form of its value.
    pub kind: ValueKind,
    /// Whom it is for.
    pub audience: Audience,
}

impl Definition {
    pub(super) fn is_secret(&self) -> bool {
        matches!(self.kind, ValueKind::Secret)
    }

    /// Checks one value by itself.
    pub(super) fn check(&self, value: &str) -> Result<(), ConfigError> {
        let expected = match &self.kind {
            ValueKind::Text | ValueKind::Secret | ValueKind::List | ValueKind::Inert => return Ok(()),
            ValueKind::Boolean => match value.to_ascii_lowercase().as_str() {
                "true" | "false" => return Ok(()),
                _ => "true or false".to_owned(),
            },
            ValueKind::Number(range) => match value.parse::<i64>() {
                Ok(number) if range.contains(&number) => return Ok(()),
                _ => format!("a whole number from {} to {}", range.start(), range.end()),
            },
            ValueKind::Fraction(low, high) => match value.parse::<f64>() {
                Ok(number) if (*low..=*high).contains(&number) => return Ok(()),
                _ => format!("a number from {low} to {high}"),
            },
            ValueKind::Choice(words) => {
                if words.iter().any(|word| word.eq_ignore_ascii_case(value)) {
                    return Ok(());
                }
                format!("one of {}", words.join(", "))
            }
        };
        Err(ConfigError::InvalidValue { name: self.name, value: Some(value.to_owned()), expected })
    }
}
