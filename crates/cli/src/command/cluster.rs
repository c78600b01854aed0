//! `jackdaw cluster describe`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::connection::Connection;
use super::failure;
use super::output::{Output, Table};
use crate::outcome::{Done, Outcome};

/// Show the cluster.
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
    /// The cluster's id, its brokers, its controller and its features
    Describe,
}

/// Runs the command.
pub async fn run(arguments: &Arguments) -> Outcome {
    let Action::Describe = arguments.action;
    let admin = arguments.connection.admin().await?;
    let cluster = admin.describe_cluster().await.map_err(|error| failure(&error))?;
    let features = admin.describe_features().await.map_err(|error| failure(&error))?;
    let finalized = |name: &str| features.finalized.get(name).map(|feature| feature.level);
    let json = || {
        let brokers: Vec<_> = cluster
            .brokers
            .iter()
            .map(|broker| json!({"id": broker.id, "host": broker.host, "port": broker.port, "rack": broker.rack}))
            .collect();
        let levels: serde_json::Map<_, _> =
            features.finalized.iter().map(|(name, feature)| (name.clone(), feature.level.into())).collect();
        json!({"id": cluster.cluster_id, "controller": cluster.controller, "brokers": brokers, "features": levels})
    };
    let table = || {
        let mut table = Table::new(&["#BROKER", "ADDRESS", "RACK", ""]);
        for broker in &cluster.brokers {
            let role = if cluster.controller == Some(broker.id) { "controller" } else { "" };
            table.row([
                broker.id.to_string(),
                format!("{}:{}", broker.host, broker.port),
                broker.rack.clone().unwrap_or_else(|| "-".to_owned()),
                role.to_owned(),
            ]);
        }
        let version = finalized(crate::features::METADATA_VERSION).and_then(crate::features::metadata_name);
        format!(
            "Cluster {}, metadata.version {}\n\n{}",
            cluster.cluster_id,
            version.unwrap_or("unknown"),
            table.text()
        )
    };
    arguments.output.print(json, table)?;
    Ok(Done::Well)
}
