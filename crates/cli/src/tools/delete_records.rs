//! `kafka-delete-records`: records before an offset are given up.

use std::path::Path;

use jackdaw_client::TopicPartition;
use serde_json::Value;

use super::Tool;
use crate::connect::{self, words};
use crate::failure::Failure;
use crate::flags::{BOOTSTRAP_SERVER, COMMAND_CONFIG, Flag, FlagSet, Options, Parsed};
use crate::offsets::Offsets;
use crate::outcome::{Done, Outcome};
use crate::{files, out, runtime};

/// The tool.
pub const TOOL: Tool = Tool {
    name: "kafka-delete-records",
    classes: &["org.apache.kafka.tools.DeleteRecordsCommand", "kafka.admin.DeleteRecordsCommand"],
    run,
};

const FLAGS: FlagSet = FlagSet {
    about: "Deletes the records of partitions before an offset.",
    flags: &[
        BOOTSTRAP_SERVER,
        COMMAND_CONFIG,
        Flag::value(
            "offset-json-file",
            "FILE",
            "{\"partitions\": [{\"topic\": \"t\", \"partition\": 0, \"offset\": 10}], \"version\": 1}; the offset -1 means everything. Required.",
        ),
    ],
};

fn run(arguments: Vec<String>) -> Outcome {
    let options = match FLAGS.parse(arguments)? {
        Parsed::Run(options) => options,
        Parsed::Answered(done) => return Ok(done),
    };
    options.required("bootstrap-server")?;
    let path = options.required("offset-json-file")?;
    let text =
        files::text(Path::new(path)).map_err(|_| Failure::message(format!("Unable to read file {path}")))?;
    let before = parse(&text).map_err(Failure::message)?;
    runtime::block_on(delete(&options, before))
}

/// The offsets of a file.
fn parse(text: &str) -> Result<Offsets, String> {
    let file: Value = serde_json::from_str(text)
        .map_err(|error| format!("The input string is not a valid JSON: {error}"))?;
    match file.get("version").map_or(Some(1), Value::as_i64) {
        Some(1) => {}
        version => return Err(format!("Not supported version field value {}", version.unwrap_or(-1))),
    }
    let partitions = file["partitions"].as_array().ok_or("Missing partitions field")?;
    let mut before = Offsets::new();
    for entry in partitions {
        let fields = (entry["topic"].as_str(), entry["partition"].as_i64(), entry["offset"].as_i64());
        let (Some(topic), Some(partition), Some(offset)) = fields else {
            return Err(format!("{entry} needs topic, partition and offset"));
        };
        let partition = i32::try_from(partition).map_err(|_| format!("the partition {partition} is none"))?;
        if before.insert(TopicPartition::new(topic, partition), offset).is_some() {
            return Err(format!("Offset json file contains duplicate topic partitions: {topic}-{partition}"));
        }
    }
    Ok(before)
}

async fn delete(options: &Options, before: Offsets) -> Outcome {
    let admin = connect::admin(options, "kafka-delete-records").await?;
    let mut text = "Executing records delete operation\nRecords delete operation completed:\n".to_owned();
    for (partition, result) in admin.delete_records(before).await {
        match result {
            Ok(low) => text.push_str(&format!("partition: {partition}\tlow_watermark: {low}\n")),
            Err(error) => text.push_str(&format!("partition: {partition}\terror: {}\n", words(&error))),
        }
    }
    out::print(&text)?;
    Ok(Done::Well)
}

#[cfg(test)]
mod tests;
