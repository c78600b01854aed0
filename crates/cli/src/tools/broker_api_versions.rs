//! `kafka-broker-api-versions`: what each broker speaks, and what of it this client would use.

use std::fmt::Write;

use jackdaw_client::admin::NodeApis;
use jackdaw_protocol::api_key::ApiKey;

use super::Tool;
use crate::connect::{self, words};
use crate::flags::{BOOTSTRAP_SERVER, COMMAND_CONFIG, FlagSet, Options, Parsed};
use crate::outcome::{Done, Outcome};
use crate::{out, runtime};

/// The tool.
pub const TOOL: Tool = Tool {
    name: "kafka-broker-api-versions",
    classes: &["org.apache.kafka.tools.BrokerApiVersionsCommand", "kafka.admin.BrokerApiVersionsCommand"],
    run,
};

const FLAGS: FlagSet = FlagSet {
    about: "Shows which APIs brokers speak, in which versions.",
    flags: &[BOOTSTRAP_SERVER, COMMAND_CONFIG],
};

fn run(arguments: Vec<String>) -> Outcome {
    let options = match FLAGS.parse(arguments)? {
        Parsed::Run(options) => options,
        Parsed::Answered(done) => return Ok(done),
    };
    options.required("bootstrap-server")?;
    runtime::block_on(print(&options))
}

async fn print(options: &Options) -> Outcome {
    let admin = connect::admin(options, "kafka-broker-api-versions").await?;
    let brokers = admin.describe_cluster().await?.brokers;
    let mut apis = admin.describe_apis().await?;
    let mut text = String::new();
    for broker in &brokers {
        let name = format!(
            "{}:{} (id: {} rack: {} isFenced: {})",
            broker.host,
            broker.port,
            broker.id,
            broker.rack.as_deref().unwrap_or("null"),
            broker.is_fenced
        );
        match apis.remove(&broker.id) {
            Some(Ok(apis)) => text.push_str(&shown(&name, &apis)),
            Some(Err(error)) => text.push_str(&format!("{name} -> ERROR: {}\n", words(&error))),
            None => {}
        }
    }
    out::print(&text)?;
    Ok(Done::Well)
}

fn shown(name: &str, apis: &NodeApis) -> String {
    let mut lines = Vec::new();
    // What a broker may lack is named, too, as Kafka's tool does.
    for key in ApiKey::ALL.iter().filter(|key| apis.of(**key).is_some() || key.is_served_by_brokers()) {
        let line = match apis.of(*key) {
            None => format!("\t{}({}): UNSUPPORTED", key.name(), key.key()),
            Some((low, high)) => {
                let ours = key.request_versions();
                let usable = high.min(*ours.end());
                let usable = if usable >= low.max(*ours.start()) {
                    usable.to_string()
                } else {
                    "UNSUPPORTED".to_owned()
                };
                format!("\t{}({}): {} [usable: {usable}]", key.name(), key.key(), range(low, high))
            }
        };
        lines.push(line);
    }
    let known = |key: &i16| ApiKey::from_i16(*key).is_some();
    for (key, (low, high)) in apis.versions.iter().filter(|(key, _)| !known(key)) {
        lines.push(format!("\tUNKNOWN({key}): {}", range(*low, *high)));
    }
    let mut text = String::new();
    let _infallible = writeln!(text, "{name} -> (\n{}\n)", lines.join(",\n"));
    text
}

fn range(low: i16, high: i16) -> String {
    if low == high { low.to_string() } else { format!("{low} to {high}") }
}
