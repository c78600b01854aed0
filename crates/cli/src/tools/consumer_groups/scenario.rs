//! Where `--reset-offsets` leads, as the flags say it.

use std::collections::BTreeMap;
use std::path::Path;

use jackdaw_client::TopicPartition;

use crate::failure::Failure;
use crate::flags::Options;
use crate::{clock, files, time_text};

/// The flags of which one is needed.
const SCENARIOS: [&str; 8] = [
    "to-offset",
    "shift-by",
    "from-file",
    "to-datetime",
    "by-duration",
    "to-latest",
    "to-current",
    "to-earliest",
];

/// Where a group goes.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Plan {
    Earliest,
    Latest,
    Current,
    Offset(i64),
    Shift(i64),
    /// To what was written from this time on.
    Time(i64),
    /// By group, if the file names groups; else for the group that was named.
    File(BTreeMap<Option<String>, BTreeMap<TopicPartition, i64>>),
}

impl Plan {
    pub(super) fn read(options: &Options) -> Result<Self, Failure> {
        let given = options.which(&SCENARIOS);
        let [scenario] = given[..] else {
            return match given[..] {
                [one, other, ..] => {
                    Err(Failure::usage(format!("Option \"[{one}]\" can't be used with option \"[{other}]\"")))
                }
                _ => Err(Failure::usage(format!(
                    "Option '[reset-offsets]' requires one of the following scenarios: [{}]",
                    SCENARIOS.map(|name| format!("[{name}]")).join(", ")
                ))),
            };
        };
        if scenario != "from-file" && options.which(&["all-topics", "topic"]).is_empty() {
            return Err(Failure::usage("One of the reset scopes should be defined: --all-topics, --topic."));
        }
        let number = |name| options.parsed::<i64>(name).map(Option::unwrap_or_default);
        Ok(match scenario {
            "to-earliest" => Self::Earliest,
            "to-latest" => Self::Latest,
            "to-current" => Self::Current,
            "to-offset" => Self::Offset(number("to-offset")?),
            "shift-by" => Self::Shift(number("shift-by")?),
            "to-datetime" => {
                let text = options.required("to-datetime")?;
                let time = time_text::parse_time(text);
                Self::Time(time.ok_or_else(|| Failure::usage(format!("Error parsing timestamp: {text}")))?)
            }
            "by-duration" => {
                let text = options.required("by-duration")?;
                let ago = time_text::parse_iso_duration(text);
                let ago =
                    ago.ok_or_else(|| Failure::usage(format!("{text} is no duration such as P1DT2H")))?;
                Self::Time(clock::wall_ms().saturating_sub(ago))
            }
            _ => Self::File(parse_file(&files::text(Path::new(options.required("from-file")?))?)?),
        })
    }
}

/// Lines of `topic,partition,offset`, or of `group,topic,partition,offset`.
fn parse_file(text: &str) -> Result<BTreeMap<Option<String>, BTreeMap<TopicPartition, i64>>, Failure> {
    let mut plan: BTreeMap<Option<String>, BTreeMap<TopicPartition, i64>> = BTreeMap::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split(',').map(|cell| cell.trim().trim_matches('"')).collect();
        let (group, rest) = match cells[..] {
            [group, topic, partition, offset] => (Some(group.to_owned()), [topic, partition, offset]),
            [topic, partition, offset] => (None, [topic, partition, offset]),
            _ => (None, [""; 3]),
        };
        let [topic, partition, offset] = rest;
        let (Ok(partition), Ok(offset)) = (partition.parse(), offset.parse()) else {
            return Err(Failure::message(format!(
                "line {}: \"{line}\" is neither topic,partition,offset nor group,topic,partition,offset",
                index + 1
            )));
        };
        plan.entry(group).or_default().insert(TopicPartition::new(topic, partition), offset);
    }
    Ok(plan)
}

#[cfg(test)]
mod tests;
