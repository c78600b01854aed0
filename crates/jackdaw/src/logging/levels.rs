//! Loggers as clients see them: our modules, and `root` above them. A change makes a new filter of all levels.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jackdaw_broker::log_levels::{LogLevel, LogLevelChange, LogLevels, ROOT_LOGGER};
use tracing_subscriber::{EnvFilter, Registry, reload};

/// The modules that log. Modules within them can be given levels, too.
pub const LOGGERS: &[&str] = &[
    "jackdaw",
    "jackdaw::server",
    "jackdaw_broker",
    "jackdaw_broker::connection",
    "jackdaw_broker::handlers",
    "jackdaw_broker::http",
    "jackdaw_broker::listener",
    "jackdaw_broker::quorum",
    "jackdaw_broker::server",
    "jackdaw_broker::storage",
    "jackdaw_partition",
    "jackdaw_store",
];

/// The levels that were set: of `root`, and of loggers that have one of their own.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Chosen {
    root: LogLevel,
    own: BTreeMap<String, LogLevel>,
    /// Parts of `--log-level` that are no logger with a level, such as spans. They stay as they are.
    others: Vec<String>,
}

impl Chosen {
    /// Reads what the filter was made of; as there, nothing but errors is logged where nothing is said.
    fn parse(directives: &str) -> Self {
        let mut chosen = Self { root: LogLevel::Error, own: BTreeMap::new(), others: Vec::new() };
        for directive in directives.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
            match (directive.split_once('='), level(directive)) {
                (_, Some(level)) => chosen.root = level,
                (Some((logger, text)), None) if !logger.contains(['[', ']']) => match level(text) {
                    Some(level) => drop(chosen.own.insert(logger.trim().to_owned(), level)),
                    None => chosen.others.push(directive.to_owned()),
                },
                _ => chosen.others.push(directive.to_owned()),
            }
        }
        chosen
    }

    /// The same for the filter.
    fn directives(&self) -> String {
        let own = self.own.iter().map(|(logger, level)| format!("{logger}={}", directive(*level)));
        let root = std::iter::once(directive(self.root).to_owned());
        root.chain(own).chain(self.others.iter().cloned()).collect::<Vec<_>>().join(",")
    }

    /// The level that holds for a logger: its own, or that of the nearest module around it, or that of `root`.
    fn level_of(&self, logger: &str) -> LogLevel {
        let around = std::iter::successors(Some(logger), |module| Some(module.rsplit_once("::")?.0));
        around.filter_map(|module| self.own.get(module)).next().copied().unwrap_or(self.root)
    }

    fn change(&mut self, logger: &str, change: LogLevelChange) {
        match (logger, change) {
            (ROOT_LOGGER, LogLevelChange::Set(level)) => self.root = level,
            (ROOT_LOGGER, LogLevelChange::Inherit) => {}
            (logger, LogLevelChange::Set(level)) => drop(self.own.insert(logger.to_owned(), level)),
            (logger, LogLevelChange::Inherit) => drop(self.own.remove(logger)),
        }
    }
}

/// The level of a directive.
fn level(text: &str) -> Option<LogLevel> {
    Some(match text.trim().to_ascii_lowercase().as_str() {
        "off" => LogLevel::Off,
        "error" => LogLevel::Error,
        "warn" => LogLevel::Warn,
        "info" => LogLevel::Info,
        "debug" => LogLevel::Debug,
        "trace" => LogLevel::Trace,
        _ => return None,
    })
}

/// The directive of a level. What ends the process is not an event of the log but written by whoever ends it.
fn directive(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Off | LogLevel::Fatal => "off",
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    }
}

/// The levels of this process's log.
pub struct Levels {
    chosen: Mutex<Chosen>,
    filter: reload::Handle<EnvFilter, Registry>,
}

impl Levels {
    /// Levels of the filter behind `filter`, which was made of `directives`.
    pub fn new(directives: &str, filter: reload::Handle<EnvFilter, Registry>) -> Self {
        Self { chosen: Mutex::new(Chosen::parse(directives)), filter }
    }

    fn chosen(&self) -> std::sync::MutexGuard<'_, Chosen> {
        // Nothing panics between two steps of a change: what a panic elsewhere left behind is whole.
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogLevels for Levels {
    fn levels(&self) -> BTreeMap<String, LogLevel> {
        let chosen = self.chosen();
        let own = chosen.own.keys().map(String::as_str);
        let names = LOGGERS.iter().copied().chain(own).chain([ROOT_LOGGER]);
        names.map(|name| (name.to_owned(), chosen.level_of(name))).collect()
    }

    fn exists(&self, logger: &str) -> bool {
        let is_around = |known: &str| {
            logger.strip_prefix(known).is_some_and(|inner| inner.is_empty() || inner.starts_with("::"))
        };
        let is_path = logger.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'));
        logger == ROOT_LOGGER || is_path && LOGGERS.iter().any(|known| is_around(known))
    }

    fn change(&self, logger: &str, change: LogLevelChange) {
        let mut chosen = self.chosen();
        chosen.change(logger, change);
        let directives = chosen.directives();
        let reloaded = EnvFilter::try_new(&directives)
            .map_err(|error| error.to_string())
            .and_then(|filter| self.filter.reload(filter).map_err(|error| error.to_string()));
        if let Err(error) = reloaded {
            tracing::error!(directives, error, "the log levels could not be changed");
        }
    }
}

#[cfg(test)]
mod tests;
