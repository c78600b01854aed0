//! `kafka-cluster`: the cluster's id, its brokers, and taking one off the books.

use clap::{Args, Parser, Subcommand};
use jackdaw_client::admin::{Admin, Broker, ClusterDescription};
use jackdaw_client::config::Endpoints;

use super::Tool;
use crate::connect::Place;
use crate::failure::Failure;
use crate::outcome::{Done, Outcome};
use crate::{out, runtime, subcommands};

/// The tool.
pub const TOOL: Tool = Tool {
    name: "kafka-cluster",
    classes: &["org.apache.kafka.tools.ClusterTool", "kafka.tools.ClusterTool"],
    run,
};

/// Shows what a cluster is made of.
#[derive(Parser)]
#[command(name = "kafka-cluster", disable_help_subcommand = true, arg_required_else_help = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The id of the cluster
    ClusterId(Address),
    /// Forget a broker that will not come back
    Unregister {
        #[command(flatten)]
        address: Address,
        /// Its id
        #[arg(long, short)]
        id: i32,
    },
    /// The addresses of the brokers
    ListEndpoints {
        #[command(flatten)]
        address: Address,
        /// Brokers that are fenced, too
        #[arg(long)]
        include_fenced_brokers: bool,
    },
}

/// Where the cluster is.
#[derive(Args)]
struct Address {
    /// The brokers to ask first
    #[arg(long, short, required_unless_present = "bootstrap_controller")]
    bootstrap_server: Option<String>,
    /// The controllers to ask first
    #[arg(long, short = 'C', conflicts_with = "bootstrap_server")]
    bootstrap_controller: Option<String>,
    /// Properties of the client
    #[arg(long, short)]
    config: Option<String>,
    /// Properties of the client
    #[arg(long, conflicts_with = "config")]
    command_config: Option<String>,
}

impl Address {
    async fn admin(&self) -> Result<Admin, Failure> {
        let place = Place {
            servers: self.bootstrap_server.as_deref(),
            controllers: self.bootstrap_controller.as_deref(),
            file: self.config.as_deref().or(self.command_config.as_deref()),
        };
        place.admin("kafka-cluster").await
    }

    /// What listens there.
    fn endpoints(&self) -> Endpoints {
        if self.bootstrap_controller.is_some() { Endpoints::Controllers } else { Endpoints::Brokers }
    }
}

fn run(arguments: Vec<String>) -> Outcome {
    let line: Line = match subcommands::parse("kafka-cluster", arguments)? {
        Ok(line) => line,
        // Kafka's tool takes a question for help as a failure.
        Err(_) => return Ok(Done::InPart),
    };
    runtime::block_on(async {
        match line.command {
            Command::ClusterId(address) => {
                let cluster = address.admin().await?.describe_cluster().await?;
                out::print(&format!("Cluster ID: {}\n", cluster.cluster_id))?;
            }
            Command::Unregister { address, id } => {
                address.admin().await?.unregister_broker(id).await?;
                out::print(&format!("Broker {id} is no longer registered.\n"))?;
            }
            Command::ListEndpoints { address, include_fenced_brokers } => {
                let kind = address.endpoints();
                if kind == Endpoints::Controllers && include_fenced_brokers {
                    return Err(Failure::message(
                        "The option --include-fenced-brokers is only supported with --bootstrap-server option",
                    ));
                }
                let admin = address.admin().await?;
                let cluster = match include_fenced_brokers {
                    true => admin.describe_cluster_with_fenced().await?,
                    false => admin.describe_cluster().await?,
                };
                out::print(&listed(&cluster, kind))?;
            }
        }
        Ok(Done::Well)
    })
}

/// A row for each node; only brokers are fenced or not.
fn listed(cluster: &ClusterDescription, kind: Endpoints) -> String {
    let widest = |texts: &mut dyn Iterator<Item = &str>| texts.map(str::len).max().unwrap_or(0).max(4);
    let rack_of = |broker: &Broker| broker.rack.clone().unwrap_or_else(|| "null".to_owned());
    let host = widest(&mut cluster.brokers.iter().map(|broker| &*broker.host));
    let racks: Vec<String> = cluster.brokers.iter().map(rack_of).collect();
    // Controllers have no racks, and Kafka's tool a fixed column for them.
    let rack = match kind {
        Endpoints::Brokers => widest(&mut racks.iter().map(String::as_str)),
        Endpoints::Controllers => 10,
    };
    let line = |cells: [&str; 6]| {
        let state = match kind {
            Endpoints::Brokers => format!("{:<10} ", cells[4]),
            Endpoints::Controllers => String::new(),
        };
        let [id, name, port, zone, ..] = cells;
        format!("{id:<10} {name:<host$} {port:<10} {zone:<rack$} {state}{:<15}\n", cells[5])
    };
    let mut text = line(["ID", "HOST", "PORT", "RACK", "STATE", "ENDPOINT_TYPE"]);
    let type_name = if kind == Endpoints::Brokers { "broker" } else { "controller" };
    for (broker, rack) in cluster.brokers.iter().zip(&racks) {
        let state = if broker.is_fenced { "fenced" } else { "unfenced" };
        let (id, port) = (broker.id.to_string(), broker.port.to_string());
        text.push_str(&line([&id, &broker.host, &port, rack, state, type_name]));
    }
    text
}
