//! What is wrong with a setting. Values of secrets never appear.

use std::fmt;

/// A setting that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// Nobody knows the name.
    UnknownName {
        /// As it was given.
        name: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// The value does not have the form or lies outside the limits.
    InvalidValue {
        /// The setting.
        name: &'static str,
        /// What was given; `None` for a secret.
        value: Option<String>,
        /// What would be right.
        expected: String,
    },
    /// A setting without default is missing.
    Missing {
        /// The setting.
        name: &'static str,
    },
    /// Two settings contradict each other.
    Conflict {
        /// One.
        name: &'static str,
        /// The other.
        with: &'static str,
        /// What has to hold.
        rule: &'static str,
    },
    /// The setting exists, and this client cannot do what it asks for.
    Unsupported {
        /// The setting.
        name: &'static str,
        /// The value.
        value: String,
        /// What to do, as a sentence; empty if there is nothing.
        instead: &'static str,
    },
    /// A file of properties that cannot be read.
    Properties(jackdaw_config::properties::PropertiesError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownName { name, nearest: Some(nearest) } => {
                write!(f, "no client knows the setting `{name}`; did you mean `{nearest}`?")
            }
            Self::UnknownName { name, nearest: None } => write!(f, "no client knows the setting `{name}`"),
            Self::InvalidValue { name, value: Some(value), expected } => {
                write!(f, "`{value}` is no value for `{name}`: {expected}")
            }
            Self::InvalidValue { name, value: None, expected } => {
                write!(f, "the value of `{name}` cannot be used: {expected}")
            }
            Self::Missing { name } => write!(f, "`{name}` has to be set"),
            Self::Conflict { name, with, rule } => {
                write!(f, "`{name}` and `{with}` contradict each other: {rule}")
            }
            Self::Unsupported { name, value, instead: "" } => {
                write!(f, "this client does not support `{name}={value}`")
            }
            Self::Unsupported { name, value, instead } => {
                write!(f, "this client does not support `{name}={value}`: {instead}")
            }
            Self::Properties(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ConfigError {}
