//! Levels of loggers, which clients may read and change while the node runs (KIP-412). What a logger is and how a
//! level takes effect is known to whoever writes the log.

use std::collections::BTreeMap;

/// The logger above all others.
pub const ROOT_LOGGER: &str = "root";

/// Kafka's levels, from nothing to everything.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LogLevel {
    /// Nothing. It can be there from the start, but not be set by clients.
    Off,
    /// What ends the process. Nothing is logged at this level alone.
    Fatal,
    /// What failed.
    Error,
    /// What somebody should look at.
    Warn,
    /// What happens.
    Info,
    /// What happens inside.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The levels that clients can set, in the order of Kafka's message about them.
    pub const SETTABLE: [Self; 6] =
        [Self::Debug, Self::Error, Self::Fatal, Self::Info, Self::Trace, Self::Warn];

    /// Kafka's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Fatal => "FATAL",
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
            Self::Trace => "TRACE",
        }
    }

    /// The level that a client names.
    pub fn settable(name: &str) -> Option<Self> {
        Self::SETTABLE.into_iter().find(|level| level.name() == name)
    }
}

/// A change of one logger's level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogLevelChange {
    /// This level from now on.
    Set(LogLevel),
    /// None of its own any more: that of the logger above it.
    Inherit,
}

/// The loggers of this process.
pub trait LogLevels: Send + Sync {
    /// Every logger with the level that holds for it.
    fn levels(&self) -> BTreeMap<String, LogLevel>;

    /// Whether there is such a logger; one that nothing was logged by yet may be missing from [`Self::levels`].
    fn exists(&self, logger: &str) -> bool;

    /// Changes the level of a logger that exists, at once.
    fn change(&self, logger: &str, change: LogLevelChange);
}

/// For processes whose log nobody steers: one logger, which stays as it is.
pub struct FixedLogLevels;

impl LogLevels for FixedLogLevels {
    fn levels(&self) -> BTreeMap<String, LogLevel> {
        BTreeMap::from([(ROOT_LOGGER.to_owned(), LogLevel::Info)])
    }

    fn exists(&self, logger: &str) -> bool {
        logger == ROOT_LOGGER
    }

    fn change(&self, logger: &str, change: LogLevelChange) {
        tracing::warn!(logger, ?change, "the log levels of this process are fixed");
    }
}
