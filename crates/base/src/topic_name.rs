//! Which topic names Kafka allows, and which two of them collide in metric names.

use std::fmt;

/// The longest topic name, in characters: a directory name has to hold it and its suffixes.
pub const TOPIC_NAME_LENGTH_MAX: usize = 249;

/// Why a topic name is refused; the text is the one that Kafka's clients show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TopicNameError {
    /// No characters at all.
    Empty,
    /// `.` or `..`.
    Dots,
    /// More than [`TOPIC_NAME_LENGTH_MAX`] characters.
    TooLong,
    /// A character other than ASCII letters, digits, `.`, `_` and `-`.
    IllegalCharacter,
}

impl fmt::Display for TopicNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the empty string is not allowed"),
            Self::Dots => f.write_str("'.' or '..' is not allowed"),
            Self::TooLong => {
                write!(f, "the length is longer than the max allowed length {TOPIC_NAME_LENGTH_MAX}")
            }
            Self::IllegalCharacter => f.write_str(
                "it contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
            ),
        }
    }
}

impl std::error::Error for TopicNameError {}

/// Whether Kafka allows this name.
pub fn check_topic_name(name: &str) -> Result<(), TopicNameError> {
    match name {
        "" => Err(TopicNameError::Empty),
        "." | ".." => Err(TopicNameError::Dots),
        _ if name.len() > TOPIC_NAME_LENGTH_MAX => Err(TopicNameError::TooLong),
        _ if name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) => Ok(()),
        _ => Err(TopicNameError::IllegalCharacter),
    }
}

/// The key under which two names collide: metric names know no difference between `.` and `_`.
pub fn collision_key(name: &str) -> String {
    name.replace('.', "_")
}

#[cfg(test)]
mod tests;
