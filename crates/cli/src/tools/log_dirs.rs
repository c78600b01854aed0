//! `kafka-log-dirs`: how much each partition takes in each directory of each broker.

use std::collections::BTreeSet;

use jackdaw_client::admin::{Admin, LogDir, Results};
use serde_json::{Value, json};

use super::Tool;
use crate::connect;
use crate::failure::Failure;
use crate::flags::{BOOTSTRAP_SERVER, COMMAND_CONFIG, Flag, FlagSet, Options, Parsed};
use crate::outcome::{Done, Outcome};
use crate::{out, runtime};

/// The tool.
pub const TOOL: Tool = Tool {
    name: "kafka-log-dirs",
    classes: &["org.apache.kafka.tools.LogDirsCommand", "kafka.admin.LogDirsCommand"],
    run,
};

const FLAGS: FlagSet = FlagSet {
    about: "Shows the data directories of brokers and the size of what is in them, as JSON.",
    flags: &[
        BOOTSTRAP_SERVER,
        Flag::value("broker-list", "0,1,2", "Only these brokers."),
        COMMAND_CONFIG,
        Flag::switch("describe", "Show them. Required."),
        Flag::value("topic-list", "TOPIC,...", "Only these topics."),
    ],
};

fn run(arguments: Vec<String>) -> Outcome {
    let options = match FLAGS.parse(arguments)? {
        Parsed::Run(options) => options,
        Parsed::Answered(done) => return Ok(done),
    };
    options.required("bootstrap-server")?;
    if !options.has("describe") {
        return Err(Failure::usage("Missing required argument \"[describe]\""));
    }
    let wanted = brokers(&options)?;
    let topics = options.value("topic-list")?.unwrap_or_default();
    let topics: BTreeSet<&str> = topics.split(',').filter(|topic| !topic.is_empty()).collect();
    runtime::block_on(async {
        let admin = connect::admin(&options, "kafka-log-dirs").await?;
        describe(&admin, wanted, &topics).await
    })
}

fn brokers(options: &Options) -> Result<BTreeSet<i32>, Failure> {
    let list = options.value("broker-list")?.unwrap_or_default();
    let ids = list
        .split(',')
        .filter(|id| !id.is_empty())
        .map(|id| id.trim().parse().map_err(|_| Failure::message(format!("For input string: \"{id}\""))));
    ids.collect()
}

async fn describe(admin: &Admin, wanted: BTreeSet<i32>, topics: &BTreeSet<&str>) -> Outcome {
    let there: BTreeSet<i32> =
        admin.describe_cluster().await?.brokers.iter().map(|broker| broker.id).collect();
    let missing: Vec<i32> = wanted.difference(&there).copied().collect();
    if !missing.is_empty() {
        return Err(Failure::message(format!(
            "ERROR: The given brokers do not exist from --broker-list: {}. Current existent brokers: {}",
            ids(missing.iter()),
            ids(there.iter())
        )));
    }
    let wanted = if wanted.is_empty() { there } else { wanted };
    let asked: Vec<i32> = wanted.iter().copied().collect();
    out::print("Querying brokers for log directories information\n")?;
    let mut brokers = Vec::new();
    for (broker, directories) in admin.describe_log_dirs(&asked, None).await? {
        brokers.push(json!({"broker": broker, "logDirs": shown(directories?, topics)}));
    }
    let line = json!({"brokers": brokers, "version": 1});
    out::print(&format!("Received log directory information from brokers {}\n{line}\n", ids(wanted.iter())))?;
    Ok(Done::Well)
}

fn ids<'a>(ids: impl Iterator<Item = &'a i32>) -> String {
    ids.map(i32::to_string).collect::<Vec<_>>().join(",")
}

fn shown(directories: Results<String, LogDir>, topics: &BTreeSet<&str>) -> Vec<Value> {
    let shown = directories.into_iter().map(|(path, directory)| {
        let (partitions, error) = match &directory {
            Ok(directory) => (partitions(directory, topics), Value::Null),
            Err(error) => (Vec::new(), error.to_string().into()),
        };
        json!({"partitions": partitions, "error": error, "logDir": path})
    });
    shown.collect()
}

fn partitions(directory: &LogDir, topics: &BTreeSet<&str>) -> Vec<Value> {
    let wanted = directory
        .replicas
        .iter()
        .filter(|(partition, _)| topics.is_empty() || topics.contains(&*partition.topic));
    let shown = wanted.map(|(partition, replica)| {
        json!({
            "partition": partition.to_string(),
            "size": replica.size_bytes,
            "offsetLag": replica.offset_lag,
            "isFuture": replica.is_future,
        })
    });
    shown.collect()
}
