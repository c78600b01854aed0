//! Typed reading of values that were checked when they were set.

use std::time::Duration;

use super::{ClientConfig, ConfigError, definitions};

/// What an endless wait is cut to: a time-out this long is none.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl ClientConfig {
    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        self.get(name).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    pub(super) fn number<N: TryFrom<i64>>(&self, name: &'static str) -> Result<N, ConfigError> {
        let value = self.get(name).ok_or(ConfigError::Missing { name })?;
        let number = value.parse::<i64>().ok().and_then(|number| N::try_from(number).ok());
        number.ok_or_else(|| invalid(name, value, "a whole number within its limits"))
    }

    /// A number of milliseconds; below 0 means never.
    pub(super) fn duration(&self, name: &'static str) -> Result<Duration, ConfigError> {
        let ms: i64 = self.number(name)?;
        Ok(u64::try_from(ms).map_or(FOREVER, Duration::from_millis).min(FOREVER))
    }

    pub(super) fn boolean(&self, name: &'static str) -> Result<bool, ConfigError> {
        let value = self.get(name).ok_or(ConfigError::Missing { name })?;
        Ok(value.eq_ignore_ascii_case("true"))
    }

    pub(super) fn list(&self, name: &'static str) -> Vec<String> {
        let parts = self.get(name).unwrap_or_default().split(',').map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// One of a table of words, or what the definition allows anyway.
    pub(super) fn choice<T: Copy>(&self, name: &'static str, words: &[(&str, T)]) -> Result<T, ConfigError> {
        let value = self.get(name).ok_or(ConfigError::Missing { name })?;
        let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(value));
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            invalid(name, value, &format!("one of {}", known.join(", ")))
        })
    }
}

pub(super) fn invalid(name: &'static str, value: &str, expected: &str) -> ConfigError {
    let is_secret = definitions::all().any(|known| known.name == name && known.is_secret());
    ConfigError::InvalidValue {
        name,
        value: (!is_secret).then(|| value.to_owned()),
        expected: expected.to_owned(),
    }
}
