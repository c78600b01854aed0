//! `jackdaw topic list|create|describe|alter|delete`.

mod change;
mod describe;

use clap::{Args, Subcommand};
use jackdaw_client::admin::Admin;
use serde_json::json;

use super::connection::Connection;
use super::failure;
use super::output::{Output, Table};
use crate::failure::Failure;
use crate::outcome::{Done, Outcome};
use crate::topic_filter::TopicFilter;

/// List, create, describe, change and delete topics.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    output: Output,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// The topics there are
    #[command(alias = "ls")]
    List(List),
    /// Create topics
    Create(Create),
    /// Partitions, their leaders, replicas and offsets
    Describe(Describe),
    /// Give a topic more partitions, or other configurations
    Alter(Alter),
    /// Delete topics
    #[command(alias = "rm")]
    Delete(Delete),
}

#[derive(Args, Debug)]
struct List {
    /// Only topics that fit this pattern, as in 'orders.*'
    pattern: Option<String>,
    /// Internal topics, too
    #[arg(long)]
    internal: bool,
}

#[derive(Args, Debug)]
struct Create {
    /// Their names
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// How many partitions; without it the broker's num.partitions
    #[arg(short, long, value_name = "N")]
    partitions: Option<i32>,
    /// How many brokers hold each partition; without it the broker's default.replication.factor
    #[arg(short, long, value_name = "N")]
    replicas: Option<i16>,
    /// A configuration of the topic; may be given several times
    #[arg(short, long = "config", value_name = "NAME=VALUE")]
    configs: Vec<String>,
    /// A topic that is there already is no failure
    #[arg(long)]
    if_not_exists: bool,
    /// Only say whether it could be done
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args, Debug)]
struct Describe {
    /// Their names
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
}

#[derive(Args, Debug)]
struct Alter {
    /// Its name
    name: String,
    /// How many partitions it shall have; keys go to other partitions from then on
    #[arg(short, long, value_name = "N")]
    partitions: Option<i32>,
    /// A configuration to set; may be given several times
    #[arg(short, long = "config", value_name = "NAME=VALUE")]
    configs: Vec<String>,
    /// A configuration to take away; may be given several times
    #[arg(short, long = "unset", value_name = "NAME")]
    unset: Vec<String>,
}

#[derive(Args, Debug)]
struct Delete {
    /// Their names
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// A topic that is not there is no failure
    #[arg(long)]
    if_exists: bool,
}

/// Runs the command.
pub async fn run(arguments: &Arguments) -> Outcome {
    let admin = arguments.connection.admin().await?;
    let output = &arguments.output;
    match &arguments.action {
        Action::List(list) => self::list(&admin, list, output).await,
        Action::Create(create) => change::create(&admin, create, output).await,
        Action::Describe(describe) => describe::describe(&admin, &describe.names, output).await,
        Action::Alter(alter) => change::alter(&admin, alter).await,
        Action::Delete(delete) => change::delete(&admin, delete).await,
    }
}

async fn list(admin: &Admin, list: &List, output: &Output) -> Outcome {
    let filter = TopicFilter::new(list.pattern.as_deref(), list.internal)?;
    let mut topics = admin.list_topics().await.map_err(|error| failure(&error))?;
    topics.retain(|topic| filter.fits(&topic.name, topic.is_internal));
    let json = || {
        let topics = topics.iter().map(|topic| {
            json!({
                "name": topic.name,
                "id": topic.topic_id.to_string(),
                "partitions": topic.partition_count,
                "internal": topic.is_internal,
            })
        });
        topics.collect()
    };
    let table = || {
        let mut table = Table::new(&["NAME", "#PARTITIONS", "ID"]);
        for topic in &topics {
            table.row([topic.name.clone(), topic.partition_count.to_string(), topic.topic_id.to_string()]);
        }
        table.text()
    };
    output.print(json, table)?;
    Ok(Done::Well)
}

/// `NAME=VALUE`.
pub(super) fn name_and_value(text: &str) -> Result<(String, String), Failure> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.trim().is_empty())
        .ok_or_else(|| Failure::message(format!("{text}: write it as NAME=VALUE")).code(2))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}
