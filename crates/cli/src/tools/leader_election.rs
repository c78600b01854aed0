//! `kafka-leader-election`: partitions get the leader they prefer, or any that lives.

use std::path::Path;

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::ElectionType;
use jackdaw_protocol::error_code::ErrorCode;
use serde_json::Value;

use super::Tool;
use crate::connect::{Settings, words};
use crate::failure::Failure;
use crate::flags::{BOOTSTRAP_SERVER, COMMAND_CONFIG, Flag, FlagSet, Options, Parsed};
use crate::outcome::{Done, Outcome};
use crate::{files, out, runtime};

/// The tool.
pub const TOOL: Tool = Tool {
    name: "kafka-leader-election",
    classes: &["org.apache.kafka.tools.LeaderElectionCommand", "kafka.admin.LeaderElectionCommand"],
    run,
};

const FLAGS: FlagSet = FlagSet {
    about: "Elects leaders of partitions.",
    flags: &[
        Flag::value("admin.config", "FILE", "The old name of --command-config."),
        Flag::switch("all-topic-partitions", "All partitions that need it."),
        BOOTSTRAP_SERVER,
        COMMAND_CONFIG,
        Flag::value(
            "election-type",
            "TYPE",
            "preferred: the first replica; unclean: any that lives, even if records are lost. Required.",
        ),
        Flag::value("partition", "ID", "With --topic: the partition."),
        Flag::value("path-to-json-file", "FILE", "{\"partitions\": [{\"topic\": \"t\", \"partition\": 1}]}"),
        Flag::value("topic", "TOPIC", "With --partition: the topic."),
    ],
};

const SCOPES: [&str; 3] = ["topic", "all-topic-partitions", "path-to-json-file"];

fn run(arguments: Vec<String>) -> Outcome {
    let options = match FLAGS.parse(arguments)? {
        Parsed::Run(options) => options,
        Parsed::Answered(done) => return Ok(done),
    };
    let mut missing = Vec::new();
    missing.extend(["bootstrap-server", "election-type"].into_iter().filter(|name| !options.has(name)));
    if !missing.is_empty() {
        return Err(Failure::message(format!("Missing required option(s): {}", missing.join(", "))));
    }
    let election = match options.required("election-type")?.to_ascii_lowercase().as_str() {
        "preferred" => ElectionType::Preferred,
        "unclean" => ElectionType::Unclean,
        other => {
            return Err(Failure::message(format!("Cannot parse argument '{other}' of option election-type")));
        }
    };
    let partitions = partitions(&options)?;
    runtime::block_on(elect(&options, election, partitions))
}

/// The partitions that are meant; `None` is all of them.
fn partitions(options: &Options) -> Result<Option<Vec<TopicPartition>>, Failure> {
    if options.which(&SCOPES).len() != 1 {
        return Err(Failure::message(format!(
            "One and only one of the following options is required: {}",
            SCOPES.join(", ")
        )));
    }
    match (options.value("topic")?, options.parsed("partition")?) {
        (Some(topic), Some(partition)) => return Ok(Some(vec![TopicPartition::new(topic, partition)])),
        (Some(_), None) => return Err(Failure::message("Missing required option(s): partition")),
        (None, Some(_)) => return Err(Failure::message("Option partition is only allowed if topic is used")),
        (None, None) => {}
    }
    let Some(path) = options.value("path-to-json-file")? else { return Ok(None) };
    parse(&files::text(Path::new(path))?).map(Some).map_err(Failure::message)
}

/// The partitions of a file.
pub(super) fn parse(text: &str) -> Result<Vec<TopicPartition>, String> {
    let file: Value =
        serde_json::from_str(text).map_err(|error| format!("Replica election data is no JSON: {error}"))?;
    let listed =
        file["partitions"].as_array().ok_or("Replica election data is missing \"partitions\" field")?;
    let mut partitions = Vec::new();
    for entry in listed {
        let partition = entry["partition"].as_i64().and_then(|id| i32::try_from(id).ok());
        let (Some(topic), Some(partition)) = (entry["topic"].as_str(), partition) else {
            return Err(format!("{entry} needs topic and partition"));
        };
        let partition = TopicPartition::new(topic, partition);
        if partitions.contains(&partition) {
            return Err(format!("Replica election data contains duplicate partitions: {partition}"));
        }
        partitions.push(partition);
    }
    Ok(partitions)
}

async fn elect(
    options: &Options,
    election: ElectionType,
    partitions: Option<Vec<TopicPartition>>,
) -> Outcome {
    let mut settings = Settings::default();
    for name in ["admin.config", "command-config"] {
        if let Some(path) = options.value(name)? {
            settings.add_file(path)?;
        }
    }
    settings.set("bootstrap.servers", options.required("bootstrap-server")?);
    settings.set_default("client.id", "kafka-leader-election");
    let admin = jackdaw_client::admin::Admin::connect(&settings.into_config()?).await?;
    let (mut elected, mut needless, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (partition, result) in admin.elect_leaders(election, partitions.as_deref()).await? {
        match result {
            Ok(()) => elected.push(partition.to_string()),
            Err(error) if error.is(ErrorCode::ElectionNotNeeded) => needless.push(partition.to_string()),
            Err(error) => failed.push((partition, error)),
        }
    }
    let name = match election {
        ElectionType::Preferred => "PREFERRED",
        ElectionType::Unclean => "UNCLEAN",
    };
    let mut text = String::new();
    if !elected.is_empty() {
        text.push_str(&format!(
            "Successfully completed leader election ({name}) for partitions {}\n",
            elected.join(", ")
        ));
    }
    if !needless.is_empty() {
        text.push_str(&format!("Valid replica already elected for partitions {}\n", needless.join(", ")));
    }
    for (partition, error) in &failed {
        text.push_str(&format!(
            "Error completing leader election ({name}) for partition: {partition}: {}\n",
            words(error)
        ));
    }
    out::print(&text)?;
    match failed.len() {
        0 => Ok(Done::Well),
        count => Err(Failure::message(format!("{count} replica(s) could not be elected"))),
    }
}

#[cfg(test)]
mod tests;
