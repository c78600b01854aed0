//! Ranges of versions, as the definitions write them: `0`, `3-7`, `2+`, `none`.

use anyhow::Context;

/// A closed range; `None` stands for "no version" wherever one is optional.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Versions {
    pub low: i16,
    pub high: i16,
}

impl Versions {
    pub fn parse(text: &str) -> anyhow::Result<Option<Self>> {
        let number = |part: &str| part.parse::<i16>().with_context(|| format!("versions {text:?}"));
        if text == "none" {
            return Ok(None);
        }
        if let Some(low) = text.strip_suffix('+') {
            return Ok(Some(Self { low: number(low)?, high: i16::MAX }));
        }
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        Ok(Some(Self { low: number(low)?, high: number(high)? }))
    }

    pub fn intersect(self, other: Self) -> Option<Self> {
        let range = Self { low: self.low.max(other.low), high: self.high.min(other.high) };
        (range.low <= range.high).then_some(range)
    }

    /// The smallest range that holds both.
    pub fn hull(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    pub fn contains(self, version: i16) -> bool {
        (self.low..=self.high).contains(&version)
    }

    /// Where this range lies, seen from `possible`.
    pub fn within(this: Option<Self>, possible: Self) -> Presence {
        match this.and_then(|range| range.intersect(possible)) {
            None => Presence::Never,
            Some(range) if range == possible => Presence::Always,
            Some(range) if range.high == possible.high => {
                Presence::Sometimes(format!("wire_version >= {}", range.low))
            }
            Some(range) if range.low == possible.low => {
                Presence::Sometimes(format!("wire_version <= {}", range.high))
            }
            Some(range) if range.low == range.high => {
                Presence::Sometimes(format!("wire_version == {}", range.low))
            }
            Some(range) => {
                Presence::Sometimes(format!("({}..={}).contains(&wire_version)", range.low, range.high))
            }
        }
    }
}

/// In which of the possible versions something is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Presence {
    Never,
    Always,
    /// A condition in Rust.
    Sometimes(String),
}

#[cfg(test)]
mod tests;
