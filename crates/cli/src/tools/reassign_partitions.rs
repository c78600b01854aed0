//! `kafka-reassign-partitions`: which brokers, and which of their directories, hold the copies of partitions.

mod cancel;
mod execute;
mod generate;
mod moves;
mod placement;
mod plan;
mod throttles;
mod verify;

use std::collections::BTreeMap;
use std::path::Path;

use jackdaw_client::admin::Admin;
use jackdaw_client::{Error, TopicPartition};
use jackdaw_protocol::error_code::ErrorCode;

use super::Tool;
use crate::connect::Place;
use crate::failure::Failure;
use crate::flags::{BOOTSTRAP_CONTROLLER, BOOTSTRAP_SERVER, COMMAND_CONFIG, Flag, FlagSet, Options, Parsed};
use crate::outcome::{Done, Outcome, told_on_stdout};
use crate::{files, out, runtime};

/// The tool.
pub const TOOL: Tool = Tool {
    name: "kafka-reassign-partitions",
    classes: &[
        "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
        "kafka.admin.ReassignPartitionsCommand",
    ],
    run,
};

const FLAGS: FlagSet = FlagSet {
    about: "Moves copies of partitions between brokers and between their directories.",
    flags: &[
        Flag::switch("additional", "Execute: beside what is under way, or to change its throttle."),
        BOOTSTRAP_CONTROLLER,
        BOOTSTRAP_SERVER,
        Flag::value("broker-list", "ID,...", "Generate: the brokers that copies are spread over."),
        Flag::switch("cancel", "Stop what is under way."),
        COMMAND_CONFIG,
        Flag::switch("disable-rack-aware", "Generate: whatever racks brokers are in."),
        Flag::switch(
            "disallow-replication-factor-change",
            "Execute: refuse to change how many copies there are.",
        ),
        Flag::switch("execute", "Start what --reassignment-json-file says."),
        Flag::switch("generate", "Print what could be executed; nothing is changed."),
        Flag::switch("list", "What is under way."),
        Flag::switch("preserve-throttles", "Verify, cancel: leave throttles as they are."),
        Flag::value(
            "reassignment-json-file",
            "FILE",
            "{\"version\":1, \"partitions\": [{\"topic\": \"t\", \"partition\": 0, \"replicas\": [1,2], \"log_dirs\": [\"any\",\"/data\"]}]}; log_dirs may be left out.",
        ),
        Flag::value(
            "replica-alter-log-dirs-throttle",
            "BYTES",
            "Execute: the most bytes a second between directories of a broker.",
        ),
        Flag::value("throttle", "BYTES", "Execute: the most bytes a second between brokers."),
        Flag::value(
            "timeout",
            "MS",
            "Execute, cancel: how long moves between directories may take to begin. Without it 10000.",
        ),
        Flag::value(
            "topics-to-move-json-file",
            "FILE",
            "Generate: {\"version\":1, \"topics\": [{\"topic\": \"t\"}]}",
        ),
        Flag::switch("verify", "How far it is; where it is done, throttles are taken away."),
    ],
};

/// An action, what it needs and what else goes with it.
struct Action {
    name: &'static str,
    needs: &'static [&'static str],
    takes: &'static [&'static str],
}

const ACTIONS: [Action; 5] = [
    Action {
        name: "generate",
        needs: &["topics-to-move-json-file", "broker-list"],
        takes: &["bootstrap-server", "command-config", "disable-rack-aware"],
    },
    Action {
        name: "execute",
        needs: &["reassignment-json-file"],
        takes: &[
            "additional",
            "bootstrap-server",
            "command-config",
            "throttle",
            "replica-alter-log-dirs-throttle",
            "timeout",
            "disallow-replication-factor-change",
        ],
    },
    Action {
        name: "verify",
        needs: &["reassignment-json-file"],
        takes: &["bootstrap-server", "command-config", "preserve-throttles"],
    },
    Action {
        name: "cancel",
        needs: &["reassignment-json-file"],
        takes: &[
            "bootstrap-server",
            "bootstrap-controller",
            "command-config",
            "preserve-throttles",
            "timeout",
        ],
    },
    Action {
        name: "list",
        needs: &[],
        takes: &["bootstrap-server", "bootstrap-controller", "command-config"],
    },
];

/// The brokers that hold each partition, the preferred leader first.
type Assignment = BTreeMap<TopicPartition, Vec<i32>>;

fn run(arguments: Vec<String>) -> Outcome {
    let options = match FLAGS.parse(arguments)? {
        Parsed::Run(options) => options,
        Parsed::Answered(done) => return Ok(done),
    };
    let action = check(&options)?;
    let outcome = runtime::block_on(async {
        let admin = Place::of(&options)?.admin("reassign-partitions-tool").await;
        let admin = admin.map_err(|failure| unexpected(failure.message))?;
        match action.name {
            "generate" => generate::generate(&admin, &options).await,
            "execute" => execute::execute(&admin, &options).await,
            "verify" => verify::verify(&admin, &options).await,
            "cancel" => cancel::cancel(&admin, &options).await,
            _ => list(&admin).await,
        }
    });
    told_on_stdout(outcome, "")
}

/// The one action; what does not go with it is refused.
fn check(options: &Options) -> Result<&'static Action, Failure> {
    let chosen: Vec<&Action> = ACTIONS.iter().filter(|action| options.has(action.name)).collect();
    let [action] = chosen[..] else {
        return Err(Failure::usage(
            "Command must include exactly one action: --generate, --execute, --verify, --cancel, --list",
        ));
    };
    match options.which(&["bootstrap-server", "bootstrap-controller"]).len() {
        1 => {}
        0 => {
            return Err(Failure::usage("Please specify either --bootstrap-server or --bootstrap-controller"));
        }
        _ => {
            return Err(Failure::usage(
                "Please don't specify both --bootstrap-server and --bootstrap-controller",
            ));
        }
    }
    action.needs.iter().try_for_each(|name| options.required(name).map(drop))?;
    let others = FLAGS.flags.iter().map(|flag| flag.name).filter(|name| options.has(name));
    for other in others {
        if other != action.name && !action.needs.contains(&other) && !action.takes.contains(&other) {
            return Err(Failure::usage(format!(
                "Option \"[{other}]\" can't be used with action \"[{}]\"",
                action.name
            )));
        }
    }
    Ok(action)
}

/// The file that an option names.
fn file(options: &Options, name: &str) -> Result<String, Failure> {
    let path = options.required(name)?;
    files::text(Path::new(path)).map_err(|_| unexpected(format!("Unable to read file {path}")))
}

/// What the tool says of something that it did not expect.
fn unexpected(message: impl std::fmt::Display) -> Failure {
    Failure::message(format!("Error: {message}"))
}

fn list_of(ids: &[i32]) -> String {
    ids.iter().map(i32::to_string).collect::<Vec<_>>().join(",")
}

fn names_of<'a>(partitions: impl IntoIterator<Item = &'a TopicPartition>) -> String {
    partitions.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

async fn list(admin: &Admin) -> Outcome {
    let reassignments = admin.list_reassignments(None).await?;
    if reassignments.is_empty() {
        out::print("No partition reassignments found.\n")?;
        return Ok(Done::Well);
    }
    let mut text = String::from("Current partition reassignments:\n");
    for (partition, found) in reassignments {
        text.push_str(&format!("{partition}: replicas: {}.", list_of(&found.replicas)));
        for (what, ids) in [("adding", &found.adding), ("removing", &found.removing)] {
            if !ids.is_empty() {
                text.push_str(&format!(" {what}: {}.", list_of(ids)));
            }
        }
        text.push('\n');
    }
    out::print(&text)?;
    Ok(Done::Well)
}

/// Where the copies of these topics are.
async fn assignment_of(admin: &Admin, topics: &[String]) -> Result<Assignment, Failure> {
    let mut assignment = Assignment::new();
    for (topic, described) in admin.describe_topics(topics).await {
        let described =
            described.map_err(|error: Error| match error.is(ErrorCode::UnknownTopicOrPartition) {
                true => unexpected(format!("Topic {topic} not found.")),
                false => unexpected(crate::connect::words(&error)),
            })?;
        for partition in described.partitions {
            assignment.insert(TopicPartition::new(&*topic, partition.partition), partition.replicas);
        }
    }
    Ok(assignment)
}

#[cfg(test)]
mod tests;
