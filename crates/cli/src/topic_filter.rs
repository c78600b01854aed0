//! The patterns by which Kafka's tools choose topics: a list of names or regular expressions with commas, that fit a name whole.

use regex_lite::Regex;

use crate::failure::Failure;

/// Which topics are meant.
#[derive(Clone, Debug)]
pub struct TopicFilter {
    pattern: Option<Regex>,
    with_internal: bool,
}

impl TopicFilter {
    /// Topics that fit `text`, or all; internal ones among them or not.
    pub fn new(text: Option<&str>, with_internal: bool) -> Result<Self, Failure> {
        let pattern = text.map(whole).transpose()?;
        Ok(Self { pattern, with_internal })
    }

    /// Whether a topic is meant.
    pub fn fits(&self, topic: &str, is_internal: bool) -> bool {
        (self.with_internal || !is_internal)
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(topic))
    }
}

/// A pattern that fits whole names only.
pub fn whole(text: &str) -> Result<Regex, Failure> {
    let quotes = ['"', '\''];
    let text = text.trim().replace(',', "|").replace(' ', "");
    let text = text.trim_matches(quotes);
    Regex::new(&format!("^(?:{text})$")).map_err(|_| Failure::message(format!("{text} is an invalid regex.")))
}

#[cfg(test)]
mod tests;
