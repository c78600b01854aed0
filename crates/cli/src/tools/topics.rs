//! `kafka-topics`: topics are made, shown, widened and deleted.

mod change;
mod describe;

use jackdaw_client::admin::{Admin, TopicListing};

use super::Tool;
use crate::failure::Failure;
use crate::flags::{BOOTSTRAP_SERVER, COMMAND_CONFIG, Flag, FlagSet, Options, Parsed};
use crate::outcome::{Done, Outcome, told_on_stdout};
use crate::topic_filter::TopicFilter;
use crate::{connect, out, runtime};

/// The tool.
pub const TOOL: Tool = Tool {
    name: "kafka-topics",
    classes: &["org.apache.kafka.tools.TopicCommand", "kafka.admin.TopicCommand"],
    run,
};

const FLAGS: FlagSet = FlagSet {
    about: "Creates, shows, changes and deletes topics.",
    flags: &[
        Flag::switch("alter", "Give a topic more partitions."),
        Flag::switch(
            "at-min-isr-partitions",
            "Describe: only partitions with exactly min.insync.replicas in sync.",
        ),
        BOOTSTRAP_SERVER,
        COMMAND_CONFIG,
        Flag::value(
            "config",
            "NAME=VALUE",
            "Create: a configuration of the topic; may be given several times.",
        ),
        Flag::switch("create", "Create a topic."),
        Flag::switch("delete", "Delete topics."),
        Flag::value("delete-config", "NAME", "No longer supported; kafka-configs does that."),
        Flag::switch("describe", "Show topics and their partitions."),
        Flag::switch("exclude-internal", "List, describe: without internal topics."),
        Flag::switch("if-exists", "Alter, delete, describe: no failure if there is no such topic."),
        Flag::switch("if-not-exists", "Create: no failure if there is such a topic."),
        Flag::switch("list", "Print the names of topics."),
        Flag::value(
            "partition-size-limit-per-response",
            "COUNT",
            "Taken for compatibility; pages are chosen by themselves.",
        ),
        Flag::value(
            "partitions",
            "COUNT",
            "Create, alter: the number of partitions. Keys go to other partitions when it changes.",
        ),
        Flag::value("replica-assignment", "0:1,1:2", "Create, alter: the brokers of each partition."),
        Flag::value("replication-factor", "COUNT", "Create: how many brokers hold each partition."),
        Flag::value("topic", "NAME", "The topic; except for --create a pattern, or several with commas."),
        Flag::value("topic-id", "ID", "Describe: the topic with this id."),
        Flag::switch("topics-with-overrides", "Describe: only topics with configurations of their own."),
        Flag::switch("unavailable-partitions", "Describe: only partitions without a leader that lives."),
        Flag::switch(
            "under-min-isr-partitions",
            "Describe: only partitions with fewer than min.insync.replicas in sync.",
        ),
        Flag::switch("under-replicated-partitions", "Describe: only partitions with replicas out of sync."),
    ],
};

const ACTIONS: [&str; 5] = ["create", "list", "alter", "describe", "delete"];
/// Which partitions are shown; none of them goes with `--topics-with-overrides`.
const REPORTS: [&str; 4] = [
    "under-replicated-partitions",
    "under-min-isr-partitions",
    "at-min-isr-partitions",
    "unavailable-partitions",
];
/// Options, and the actions for which they mean something.
const MEANINGFUL: [(&str, &[&str]); 12] = [
    ("config", &["alter", "create"]),
    ("partitions", &["alter", "create"]),
    ("replication-factor", &["create"]),
    ("replica-assignment", &["alter", "create"]),
    ("under-replicated-partitions", &["describe"]),
    ("under-min-isr-partitions", &["describe"]),
    ("at-min-isr-partitions", &["describe"]),
    ("unavailable-partitions", &["describe"]),
    ("topics-with-overrides", &["describe"]),
    ("if-exists", &["alter", "delete", "describe"]),
    ("if-not-exists", &["create"]),
    ("exclude-internal", &["list", "describe"]),
];

fn run(arguments: Vec<String>) -> Outcome {
    let options = match FLAGS.parse(arguments)? {
        Parsed::Run(options) => options,
        Parsed::Answered(done) => return Ok(done),
    };
    let action = check(&options)?;
    let outcome = runtime::block_on(async {
        let admin = connect::admin(&options, "kafka-topics").await?;
        match action {
            "create" => change::create(&admin, &options).await,
            "alter" => change::alter(&admin, &options).await,
            "delete" => change::delete(&admin, &options).await,
            "describe" => describe::describe(&admin, &options).await,
            _ => list(&admin, &options).await,
        }
    });
    told_on_stdout(outcome, "Error while executing topic command : ")
}

/// The one action; what does not go with it is refused.
fn check(options: &Options) -> Result<&'static str, Failure> {
    let [action] = options.which(&ACTIONS)[..] else {
        return Err(Failure::usage(
            "Command must include exactly one action: --list, --describe, --create, --alter or --delete",
        ));
    };
    if options.has("delete-config") {
        eprintln!("--delete-config has no effect since Kafka 4.0; use kafka-configs.");
    }
    if !options.has("bootstrap-server") {
        return Err(Failure::usage("--bootstrap-server must be specified"));
    }
    match action {
        "describe" if options.has("if-exists") && !options.has("topic") && !options.has("topic-id") => {
            return Err(Failure::usage("--topic or --topic-id is required to describe a topic"));
        }
        "describe" | "list" => {}
        _ => drop(options.required("topic")?),
    }
    if action == "alter" {
        if options.has("config") {
            return Err(Failure::usage(
                "Option combination \"[bootstrap-server],[config]\" can't be used with option \"[alter]\" (To alter topic configurations, the kafka-configs tool can be used.)",
            ));
        }
        options.required("partitions")?;
    }
    for (name, actions) in MEANINGFUL {
        if !actions.contains(&action) {
            options.refuse_beside(name, &[action])?;
        }
    }
    if action == "create" {
        options.refuse_beside("replica-assignment", &["partitions", "replication-factor"])?;
    }
    options.refuse_beside("topics-with-overrides", &REPORTS)?;
    Ok(action)
}

async fn list(admin: &Admin, options: &Options) -> Outcome {
    let names: Vec<String> = chosen(admin, options).await?.into_iter().map(|topic| topic.name).collect();
    out::print(&format!("{}\n", names.join("\n")))?;
    Ok(Done::Well)
}

/// The topics that `--topic` names.
async fn chosen(admin: &Admin, options: &Options) -> Result<Vec<TopicListing>, Failure> {
    let filter = TopicFilter::new(options.value("topic")?, !options.has("exclude-internal"))?;
    let mut topics = admin.list_topics().await?;
    topics.retain(|topic| filter.fits(&topic.name, topic.is_internal));
    Ok(topics)
}

/// The same, and if there is none that is a failure, unless `--if-exists` stands there.
async fn chosen_that_exist(admin: &Admin, options: &Options) -> Result<Vec<TopicListing>, Failure> {
    let topics = chosen(admin, options).await?;
    match options.value("topic")?.filter(|name| !name.is_empty()) {
        Some(name) if topics.is_empty() && !options.has("if-exists") => {
            Err(Failure::message(format!("Topic '{name}' does not exist as expected")))
        }
        _ => Ok(topics),
    }
}
