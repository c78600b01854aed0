//! `kafka-get-offsets`: the offsets of partitions at their start, at their end, or for a time.

mod choice;

use std::io::Write;

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::OffsetSpec;
use jackdaw_client::config::IsolationLevel;

use super::Tool;
use crate::connect::{self, words};
use crate::failure::Failure;
use crate::flags::{BOOTSTRAP_SERVER, COMMAND_CONFIG, Flag, FlagSet, Options, Parsed};
use crate::outcome::{Done, Outcome};
use crate::{out, runtime};

use choice::Choice;

/// The tool.
pub const TOOL: Tool = Tool {
    name: "kafka-get-offsets",
    classes: &["org.apache.kafka.tools.GetOffsetShell", "kafka.tools.GetOffsetShell"],
    run,
};

const FLAGS: FlagSet = FlagSet {
    about: "Prints offsets of partitions.",
    flags: &[
        BOOTSTRAP_SERVER,
        COMMAND_CONFIG,
        Flag::switch("exclude-internal-topics", "Without internal topics."),
        Flag::value("partitions", "ID,...", "Only these partitions."),
        Flag::value(
            "time",
            "TIME",
            "Milliseconds since 1970, or latest (-1), earliest (-2), max-timestamp (-3), earliest-local (-4), latest-tiered (-5), earliest-pending-upload (-6). Without it latest.",
        ),
        Flag::value("topic", "PATTERN", "Only these topics: a pattern, or several with commas."),
        Flag::value(
            "topic-partitions",
            "PATTERN:RANGE,...",
            "Topics with partitions: t, t:1, t:0-3 (without 3), t:5-, t:-3.",
        ),
    ],
};

/// The words for places, and the numbers that stand for them.
const PLACES: [(&str, i64, OffsetSpec); 6] = [
    ("latest", -1, OffsetSpec::Latest),
    ("earliest", -2, OffsetSpec::Earliest),
    ("max-timestamp", -3, OffsetSpec::MaxTimestamp),
    ("earliest-local", -4, OffsetSpec::EarliestLocal),
    ("latest-tiered", -5, OffsetSpec::LatestTiered),
    ("earliest-pending-upload", -6, OffsetSpec::EarliestPendingUpload),
];

fn run(arguments: Vec<String>) -> Outcome {
    let outcome = FLAGS.parse(arguments).and_then(|parsed| match parsed {
        Parsed::Run(options) => run_with(&options),
        Parsed::Answered(done) => Ok(done),
    });
    outcome.map_err(|failure| match failure.message.starts_with(FLAGS.about) || failure.hint.is_some() {
        true => failure,
        false => failure.prefixed("Error occurred: "),
    })
}

fn run_with(options: &Options) -> Outcome {
    options.required("bootstrap-server")?;
    if options.has("topic-partitions") && (options.has("topic") || options.has("partitions")) {
        return Err(Failure::message("--topic-partitions cannot be used with --topic or --partitions"));
    }
    let spec = place(options.value("time")?.unwrap_or("latest"))?;
    let choice = match options.value("topic-partitions")? {
        Some(text) => Choice::patterns(text)?,
        None => Choice::one(options.value("topic")?, options.value("partitions")?)?,
    };
    runtime::block_on(print(options, spec, &choice))
}

fn place(text: &str) -> Result<OffsetSpec, Failure> {
    let known = PLACES.iter().find(|(word, number, _)| *word == text || number.to_string() == text);
    match (known, text.parse()) {
        (Some((_, _, spec)), _) => Ok(*spec),
        (None, Ok(time)) => Ok(OffsetSpec::Timestamp(time)),
        (None, Err(_)) => Err(Failure::message(format!(
            "Malformed time argument {text}. Please use a time in milliseconds, or one of: {}",
            PLACES.map(|(word, number, _)| format!("{number} or {word}")).join(", ")
        ))),
    }
}

async fn print(options: &Options, spec: OffsetSpec, choice: &Choice) -> Outcome {
    let admin = connect::admin(options, "kafka-get-offsets").await?;
    let with_internal = !options.has("exclude-internal-topics");
    let listed = admin.list_topics().await?;
    let partitions: Vec<TopicPartition> = listed
        .iter()
        .filter(|topic| with_internal || !topic.is_internal)
        .flat_map(|topic| (0..topic.partition_count as i32).map(|index| (topic.name.as_str(), index)))
        .filter(|(topic, partition)| choice.fits(topic, *partition))
        .map(|(topic, partition)| TopicPartition::new(topic, partition))
        .collect();
    if partitions.is_empty() {
        return Err(Failure::message("Could not match any topic-partitions with the specified filters"));
    }
    let specs = partitions.into_iter().map(|partition| (partition, spec));
    let found = admin.list_offsets(specs, IsolationLevel::ReadUncommitted).await;
    let mut lines = Vec::new();
    for (partition, found) in found {
        match found {
            Ok(Some(found)) => lines.push((partition.to_string(), partition, found.offset)),
            Ok(None) => {}
            Err(error) => {
                eprintln!(
                    "Skip getting offsets for topic-partition {partition} due to error: {}",
                    words(&error)
                );
            }
        }
    }
    // In the order of their text, as Kafka's tool has them: a-10 before a-2.
    lines.sort();
    let mut out = out::out();
    for (_, partition, offset) in lines {
        writeln!(out, "{}:{}:{offset}", partition.topic, partition.partition)?;
    }
    out.flush()?;
    Ok(Done::Well)
}
