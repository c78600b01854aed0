//! What the application wants to read, and which topics that is now.

use std::collections::BTreeSet;

use regex_lite::Regex;

use crate::cluster::Metadata;
use crate::error::{Error, ErrorKind};

/// What the application wants to read.
#[derive(Clone, Debug, Default)]
pub(super) struct Subscription {
    pub(super) wanted: Wanted,
    /// Rises with every change.
    pub(super) version: u64,
}

/// The ways of saying it.
#[derive(Clone, Debug, Default)]
pub(super) enum Wanted {
    /// Nothing.
    #[default]
    Nothing,
    /// Certain partitions, without a group's help.
    Partitions,
    /// Topics by name.
    Topics(BTreeSet<String>),
    /// All topics whose whole name matches.
    Pattern(Pattern),
}

/// A pattern of topic names.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// As it was given; the coordinator of the new protocol matches it itself.
    pub(super) text: String,
    regex: Regex,
}

impl Pattern {
    /// # Errors
    /// `text` is no regular expression.
    pub(super) fn new(text: &str) -> Result<Self, Error> {
        let regex = Regex::new(&format!("^(?:{text})$"));
        let regex = regex.map_err(|error| {
            Error::from(ErrorKind::InvalidArgument(
                format!("the pattern {text:?} cannot be used: {error}").into(),
            ))
        })?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// The topics that match; Kafka's own only if `with_internal`.
    pub(super) fn topics(&self, metadata: &Metadata, with_internal: bool) -> BTreeSet<String> {
        let topics = metadata.topics.values();
        let matching =
            topics.filter(|topic| (with_internal || !topic.is_internal) && self.regex.is_match(&topic.name));
        matching.map(|topic| topic.name.to_string()).collect()
    }
}

impl Subscription {
    pub(super) fn set(&mut self, wanted: Wanted) {
        self.wanted = wanted;
        self.version += 1;
    }

    /// Whether a group decides who reads what.
    pub(super) fn needs_group(&self) -> bool {
        matches!(self.wanted, Wanted::Topics(_) | Wanted::Pattern(_))
    }

    /// The topics that are wanted now, whether they exist or not.
    pub(super) fn topics(&self, metadata: &Metadata, with_internal: bool) -> BTreeSet<String> {
        match &self.wanted {
            Wanted::Nothing | Wanted::Partitions => BTreeSet::new(),
            Wanted::Topics(topics) => topics.clone(),
            Wanted::Pattern(pattern) => pattern.topics(metadata, with_internal),
        }
    }
}
