//! A setting as somebody gave it, and what is to be said about it.

use std::fmt;
use std::sync::Arc;

use crate::error::ConfigError;

/// Where a setting was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// In a properties file.
    File {
        /// The path, as it was given.
        path: Arc<str>,
        /// The line on which the setting starts, from 1.
        line: usize,
    },
    /// On the command line.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

/// One setting as it was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
    /// Where it was found.
    pub origin: Origin,
}

/// A problem with the settings, and where the setting is that it starts from.
#[derive(Clone, PartialEq, Debug)]
pub struct SettingError {
    /// Where the setting is; `None` for what follows from a default.
    pub origin: Option<Origin>,
    /// What is wrong.
    pub error: ConfigError,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        self.error.fmt(f)
    }
}

impl std::error::Error for SettingError {}

/// Something that people should know, and that keeps nobody from starting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Warning {
    /// Nobody knows this name; it has no effect.
    UnknownName {
        /// The name.
        name: String,
        /// Where it stands.
        origin: Origin,
        /// A known name that looks like it.
        nearest: Option<&'static str>,
    },
    /// One name, given twice; the later one counts.
    Repeated {
        /// The name.
        name: String,
        /// Where the one stands that does not count.
        origin: Origin,
    },
    /// A broker that reports so rarely is fenced after one lost report.
    RareHeartbeats {
        /// `broker.heartbeat.interval.ms`.
        interval_ms: i32,
        /// `broker.session.timeout.ms`.
        timeout_ms: i32,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownName { name, origin, nearest: Some(nearest) } => {
                write!(f, "{origin}: unknown configuration {name} has no effect; did you mean {nearest}?")
            }
            Self::UnknownName { name, origin, nearest: None } => {
                write!(f, "{origin}: unknown configuration {name} has no effect")
            }
            Self::Repeated { name, origin } => {
                write!(f, "{origin}: configuration {name} is given again later; this one has no effect")
            }
            Self::RareHeartbeats { interval_ms, timeout_ms } => write!(
                f,
                "broker.heartbeat.interval.ms ({interval_ms}) should be less than half of broker.session.timeout.ms \
                 ({timeout_ms}), or one lost heartbeat fences the broker"
            ),
        }
    }
}
