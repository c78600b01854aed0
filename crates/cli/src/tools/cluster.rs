//! `kafka-cluster`: the cluster's id, its brokers, and taking one off the books.

use clap::{Args, Parser, Subcommand};
use jackdaw_client::admin::Admin;

use super::Tool;
use crate::connect::Settings;
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
    ClusterId(Place),
    /// Forget a broker that will not come back
    Unregister {
        #[command(flatten)]
        place: Place,
        /// Its id
        #[arg(long, short)]
        id: i32,
    },
    /// The addresses of the brokers
    ListEndpoints {
        #[command(flatten)]
        place: Place,
        /// Brokers that are fenced, too
        #[arg(long)]
        include_fenced_brokers: bool,
    },
}

/// Where the cluster is.
#[derive(Args)]
struct Place {
    /// The brokers to ask first
    #[arg(long, short, required_unless_present = "bootstrap_controller")]
    bootstrap_server: Option<String>,
    /// Not there yet
    #[arg(long, short = 'C', conflicts_with = "bootstrap_server")]
    bootstrap_controller: Option<String>,
    /// Properties of the client
    #[arg(long, short)]
    config: Option<String>,
    /// Properties of the client
    #[arg(long, conflicts_with = "config")]
    command_config: Option<String>,
}

impl Place {
    async fn admin(&self) -> Result<Admin, Failure> {
        let file = self.config.as_deref().or(self.command_config.as_deref());
        admin(self.bootstrap_server.as_deref(), self.bootstrap_controller.as_deref(), file, "kafka-cluster")
            .await
    }
}

/// An administrator for tools that have commands of their own.
pub(super) async fn admin(
    servers: Option<&str>,
    controllers: Option<&str>,
    file: Option<&str>,
    client_id: &str,
) -> Result<Admin, Failure> {
    if controllers.is_some() {
        return Err(Failure::message(
            "--bootstrap-controller is not there yet; --bootstrap-server reaches the same information through a broker",
        ));
    }
    let mut settings = Settings::default();
    if let Some(path) = file {
        settings.add_file(path)?;
    }
    if let Some(servers) = servers {
        settings.set("bootstrap.servers", servers);
    }
    settings.set_default("client.id", client_id);
    Ok(Admin::connect(&settings.into_config()?).await?)
}

fn run(arguments: Vec<String>) -> Outcome {
    let line: Line = match subcommands::parse("kafka-cluster", arguments)? {
        Ok(line) => line,
        // Kafka's tool takes a question for help as a failure.
        Err(_) => return Ok(Done::InPart),
    };
    runtime::block_on(async {
        match line.command {
            Command::ClusterId(place) => {
                let cluster = place.admin().await?.describe_cluster().await?;
                out::print(&format!("Cluster ID: {}\n", cluster.cluster_id))?;
            }
            Command::Unregister { place, id } => {
                place.admin().await?.unregister_broker(id).await?;
                out::print(&format!("Broker {id} is no longer registered.\n"))?;
            }
            Command::ListEndpoints { place, include_fenced_brokers } => {
                out::print(&endpoints(&place.admin().await?, include_fenced_brokers).await?)?;
            }
        }
        Ok(Done::Well)
    })
}

async fn endpoints(admin: &Admin, with_fenced: bool) -> Result<String, Failure> {
    let cluster = match with_fenced {
        true => admin.describe_cluster_with_fenced().await?,
        false => admin.describe_cluster().await?,
    };
    let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let host = longest(&mut cluster.brokers.iter().map(|broker| broker.host.len())).max(4);
    let rack =
        longest(&mut cluster.brokers.iter().filter_map(|broker| broker.rack.as_ref()).map(String::len))
            .max(4);
    let mut text = format!(
        "{:<10} {:<host$} {:<10} {:<rack$} {:<10} {:<15}\n",
        "ID", "HOST", "PORT", "RACK", "STATE", "ENDPOINT_TYPE"
    );
    for broker in &cluster.brokers {
        text.push_str(&format!(
            "{:<10} {:<host$} {:<10} {:<rack$} {:<10} {:<15}\n",
            broker.id,
            broker.host,
            broker.port,
            broker.rack.as_deref().unwrap_or("null"),
            if broker.is_fenced { "fenced" } else { "unfenced" },
            "broker"
        ));
    }
    Ok(text)
}
