//! Which partitions are meant: a pattern of topics with a set of partitions, or several patterns with ranges.

use regex_lite::Regex;

use crate::failure::Failure;
use crate::topic_filter;

/// Partitions of a topic.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Partitions {
    All,
    These(Vec<i32>),
    /// The first one, and the one behind the last.
    Range(i32, i32),
}

/// Which partitions.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    rules: Vec<(Option<Regex>, Partitions)>,
}

impl Choice {
    /// `--topic` and `--partitions`.
    pub(super) fn one(topic: Option<&str>, partitions: Option<&str>) -> Result<Self, Failure> {
        let partitions = match partitions.filter(|text| !text.is_empty()) {
            None => Partitions::All,
            Some(text) => {
                let ids = text.split(',').map(str::parse).collect::<Result<_, _>>().map_err(|_| {
                    Failure::message(format!(
                        "--partitions expects a comma separated list of numeric partition ids, but received: {text}"
                    ))
                })?;
                Partitions::These(ids)
            }
        };
        Ok(Self { rules: vec![(topic.map(topic_filter::whole).transpose()?, partitions)] })
    }

    /// `--topic-partitions`.
    pub(super) fn patterns(text: &str) -> Result<Self, Failure> {
        let rules = text.split(',').map(|rule| {
            let invalid = || Failure::message(format!("Invalid rule specification: {rule}"));
            let (topic, partitions) = rule.split_once(':').unwrap_or((rule, ""));
            let number = |text: &str, default: i32| match text {
                "" => Ok(default),
                text => text.parse::<u32>().ok().and_then(|id| i32::try_from(id).ok()).ok_or_else(invalid),
            };
            let partitions = match partitions.split_once('-') {
                None if partitions.is_empty() => Partitions::All,
                None => Partitions::These(vec![number(partitions, 0)?]),
                Some((first, behind)) => Partitions::Range(number(first, 0)?, number(behind, i32::MAX)?),
            };
            let topic = Some(topic).filter(|topic| !topic.is_empty()).map(topic_filter::whole);
            Ok((topic.transpose()?, partitions))
        });
        Ok(Self { rules: rules.collect::<Result<_, Failure>>()? })
    }

    /// Whether a partition is meant.
    pub(super) fn fits(&self, topic: &str, partition: i32) -> bool {
        self.rules.iter().any(|(pattern, partitions)| {
            let has_partition = match partitions {
                Partitions::All => true,
                Partitions::These(ids) => ids.contains(&partition),
                Partitions::Range(first, behind) => (*first..*behind).contains(&partition),
            };
            has_partition && pattern.as_ref().is_none_or(|pattern| pattern.is_match(topic))
        })
    }
}

#[cfg(test)]
mod tests;
