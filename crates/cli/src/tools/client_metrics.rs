//! `kafka-client-metrics`: which metrics clients are asked for (KIP-714).

use jackdaw_base::Uuid;
use jackdaw_client::admin::{
    Admin, Apply, ConfigAlteration, ConfigEntry, ConfigResource, ConfigResourceType, ConfigSource,
    DescribeConfigsOptions,
};

use super::Tool;
use crate::connect;
use crate::failure::Failure;
use crate::flags::{BOOTSTRAP_SERVER, COMMAND_CONFIG, Flag, FlagSet, Options, Parsed};
use crate::outcome::{Done, Outcome, told_on_stdout};
use crate::{out, runtime};

/// The tool.
pub const TOOL: Tool =
    Tool { name: "kafka-client-metrics", classes: &["org.apache.kafka.tools.ClientMetricsCommand"], run };

const FLAGS: FlagSet = FlagSet {
    about: "Shows and changes which metrics clients are asked for.",
    flags: &[
        Flag::switch("alter", "Make or change a subscription."),
        BOOTSTRAP_SERVER,
        COMMAND_CONFIG,
        Flag::switch("delete", "Delete a subscription."),
        Flag::switch("describe", "Show subscriptions."),
        Flag::switch("generate-name", "Alter: a new id is the name."),
        Flag::value("interval", "MS", "Alter: how often clients send; empty takes it away."),
        Flag::switch("list", "Print the names of subscriptions."),
        Flag::value(
            "match",
            "K1=V1,...",
            "Alter: which clients: client_id, client_instance_id, client_software_name, client_software_version, client_source_address, client_source_port; empty takes it away.",
        ),
        Flag::value(
            "metrics",
            "M1,...",
            "Alter: the beginnings of the names of metrics; empty takes it away.",
        ),
        Flag::value("name", "NAME", "Which subscription."),
    ],
};

const ACTIONS: [&str; 4] = ["alter", "delete", "describe", "list"];
/// Flags that are configurations.
const CONFIGS: [(&str, &str); 3] = [("interval", "interval.ms"), ("match", "match"), ("metrics", "metrics")];

fn run(arguments: Vec<String>) -> Outcome {
    let options = match FLAGS.parse(arguments)? {
        Parsed::Run(options) => options,
        Parsed::Answered(done) => return Ok(done),
    };
    let [action] = options.which(&ACTIONS)[..] else {
        return Err(Failure::usage(
            "Command must include exactly one action: --alter, --delete, --describe or --list.",
        ));
    };
    check(&options, action)?;
    let outcome = runtime::block_on(async {
        let admin = connect::admin(&options, "kafka-client-metrics").await?;
        match action {
            "alter" => alter(&admin, &options).await,
            "delete" => delete(&admin, &options).await,
            "describe" => describe(&admin, &options).await,
            _ => list(&admin).await,
        }
    });
    told_on_stdout(outcome, "Error while executing client metrics command : ")
}

fn check(options: &Options, action: &str) -> Result<(), Failure> {
    options.required("bootstrap-server")?;
    match (action, options.which(&["name", "generate-name"]).len()) {
        ("alter", 0) => {
            return Err(Failure::message("One of --name or --generate-name must be specified with --alter."));
        }
        ("alter", 2) => {
            return Err(Failure::message(
                "One of --name or --generate-name must be specified, not both, with --alter.",
            ));
        }
        ("delete", _) if !options.has("name") => {
            return Err(Failure::message("A client metrics resource name must be specified with --delete."));
        }
        _ => {}
    }
    if action != "alter" {
        for flag in ["generate-name", "interval", "match", "metrics"] {
            options.refuse_beside(flag, &[action])?;
        }
    }
    match options.value("interval")?.filter(|text| !text.is_empty()) {
        Some(text) if text.parse::<i32>().is_err() => Err(Failure::message(format!(
            "Invalid interval value. Enter an integer, or leave empty to reset: {text}"
        ))),
        _ => Ok(()),
    }
}

fn resource(name: &str) -> ConfigResource {
    ConfigResource::new(ConfigResourceType::ClientMetrics, name)
}

async fn alter(admin: &Admin, options: &Options) -> Outcome {
    let name = match options.value("name")? {
        Some(name) => name.to_owned(),
        None => random_name()?,
    };
    let mut alterations = Vec::new();
    for (flag, config) in CONFIGS {
        match options.value(flag)? {
            None if options.has(flag) => alterations.push(ConfigAlteration::delete(config)),
            None => {}
            Some("") => alterations.push(ConfigAlteration::delete(config)),
            Some(value) => alterations.push(ConfigAlteration::set(config, value)),
        }
    }
    apply(admin, &name, alterations).await?;
    out::print(&format!("Altered client metrics config for {name}.\n"))?;
    Ok(Done::Well)
}

/// A new id, as it would come from a broker.
fn random_name() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Failure::message(format!("no randomness: {error}")))?;
    Ok(Uuid::from_u128(u128::from_be_bytes(bytes)).to_string())
}

async fn apply(admin: &Admin, name: &str, alterations: Vec<ConfigAlteration>) -> Result<(), Failure> {
    for result in admin.alter_configs([(resource(name), alterations)], Apply::Change).await.into_values() {
        result?;
    }
    Ok(())
}

async fn own(admin: &Admin, name: &str) -> Result<Vec<ConfigEntry>, Failure> {
    let described = admin.describe_configs([resource(name)], DescribeConfigsOptions::default()).await;
    let mut entries = described.into_values().next().transpose()?.unwrap_or_default();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

async fn delete(admin: &Admin, options: &Options) -> Outcome {
    let name = options.required("name")?;
    let entries = own(admin, name).await?;
    let set = entries.iter().filter(|entry| entry.source == ConfigSource::ClientMetrics);
    apply(admin, name, set.map(|entry| ConfigAlteration::delete(&entry.name)).collect()).await?;
    out::print(&format!("Deleted client metrics config for {name}.\n"))?;
    Ok(Done::Well)
}

async fn names(admin: &Admin) -> Result<Vec<String>, Failure> {
    let resources = admin.list_config_resources([ConfigResourceType::ClientMetrics]).await?;
    Ok(resources.into_iter().map(|resource| resource.name).collect())
}

async fn describe(admin: &Admin, options: &Options) -> Outcome {
    let there = names(admin).await?;
    let wanted = match options.value("name")? {
        Some(name) if !there.iter().any(|known| known == name) => {
            out::print(&format!(
                "The client metric resource {name} doesn't exist and doesn't have dynamic config.\n"
            ))?;
            return Ok(Done::Well);
        }
        Some(name) => vec![name.to_owned()],
        None => there,
    };
    let mut text = String::new();
    for name in wanted {
        text.push_str(&format!("Client metrics configs for {name} are:\n"));
        for entry in own(admin, &name).await? {
            text.push_str(&format!("  {}={}\n", entry.name, entry.value.as_deref().unwrap_or_default()));
        }
    }
    out::print(&text)?;
    Ok(Done::Well)
}

async fn list(admin: &Admin) -> Outcome {
    let text: String = names(admin).await?.iter().map(|name| format!("{name}\n")).collect();
    out::print(&text)?;
    Ok(Done::Well)
}
