//! `jackdaw group list|describe|reset|delete`.

mod describe;
mod reset;

use clap::{Args, Subcommand};
use jackdaw_client::admin::{Admin, GroupFilter};
use serde_json::json;

use super::connection::Connection;
use super::failure;
use super::output::{Output, Table};
use crate::out;
use crate::outcome::{Done, Outcome};

/// List, describe, reset and delete groups.
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
    /// The groups there are
    List,
    /// Members, offsets and lag
    Describe {
        /// Their names
        #[arg(required = true, value_name = "GROUP")]
        groups: Vec<String>,
    },
    /// Move a group without members to other offsets
    Reset(Reset),
    /// Delete groups with all their offsets
    Delete {
        /// Their names
        #[arg(required = true, value_name = "GROUP")]
        groups: Vec<String>,
    },
}

#[derive(Args, Debug)]
struct Reset {
    /// Its name
    group: String,
    /// Where to: earliest, latest, an offset, +N or -N records, a time (2026-11-21T14:00), or how long ago (90m)
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true)]
    to: String,
    /// Only this topic, or these partitions of it; without it everything the group has an offset for
    #[arg(short, long = "topic", value_name = "TOPIC[:0,1]")]
    topics: Vec<String>,
    /// Only show what would be
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub async fn run(arguments: &Arguments) -> Outcome {
    let admin = arguments.connection.admin().await?;
    let output = &arguments.output;
    match &arguments.action {
        Action::List => list(&admin, output).await,
        Action::Describe { groups } => describe::describe(&admin, groups, output).await,
        Action::Reset(reset) => reset::reset(&admin, reset, output).await,
        Action::Delete { groups } => delete(&admin, groups).await,
    }
}

async fn list(admin: &Admin, output: &Output) -> Outcome {
    let mut groups = admin.list_groups(&GroupFilter::default()).await.map_err(|error| failure(&error))?;
    groups.sort_by(|a, b| a.group_id.cmp(&b.group_id));
    let json = || {
        let groups = groups.iter().map(|group| {
            json!({
                "group": group.group_id,
                "type": group.group_type,
                "state": group.state,
                "protocol": group.protocol_type,
                "coordinator": group.coordinator,
            })
        });
        groups.collect()
    };
    let table = || {
        let mut table = Table::new(&["GROUP", "TYPE", "STATE", "#COORDINATOR"]);
        for group in &groups {
            let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
            table.row([
                group.group_id.clone(),
                text(&group.group_type).to_ascii_lowercase(),
                text(&group.state),
                group.coordinator.to_string(),
            ]);
        }
        table.text()
    };
    output.print(json, table)?;
    Ok(Done::Well)
}

async fn delete(admin: &Admin, groups: &[String]) -> Outcome {
    let mut failed = None;
    let mut text = String::new();
    for (group, result) in admin.delete_groups(groups).await {
        match result {
            Ok(()) => text.push_str(&format!("Deleted {group}\n")),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    out::print(&text)?;
    failed.map_or(Ok(Done::Well), |error| Err(failure(&error)))
}
