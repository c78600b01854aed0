//! `kafka-metadata-quorum`: the voters and observers of the metadata log, how far each of them is, and who gets a vote.

mod joining;

use clap::{Args, Parser, Subcommand};
use jackdaw_base::Uuid;
use jackdaw_client::admin::{Admin, QuorumDescription, QuorumReplica};

use super::Tool;
use crate::connect::{Place, Settings};
use crate::failure::Failure;
use crate::outcome::{Done, Outcome};
use crate::{clock, out, runtime, subcommands};

use joining::Joining;

/// The tool.
pub const TOOL: Tool = Tool {
    name: "kafka-metadata-quorum",
    classes: &["org.apache.kafka.tools.MetadataQuorumCommand", "kafka.admin.MetadataQuorumCommand"],
    run,
};

/// Shows the quorum of the metadata log, and changes who votes in it.
#[derive(Parser)]
#[command(name = "kafka-metadata-quorum", disable_help_subcommand = true)]
struct Line {
    /// The brokers to ask first
    #[arg(long, required_unless_present = "bootstrap_controller")]
    bootstrap_server: Option<String>,
    /// The controllers to ask first
    #[arg(long, conflicts_with = "bootstrap_server")]
    bootstrap_controller: Option<String>,
    /// Properties of the client; for add-controller the file of that controller
    #[arg(long)]
    command_config: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The quorum as a whole, or each of its members
    Describe(Describe),
    /// Give a controller a vote, that which --command-config describes
    AddController {
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Take a voter out
    RemoveController {
        /// Its node id
        #[arg(long, short = 'i')]
        controller_id: i32,
        /// The id of its metadata directory
        #[arg(long, short = 'd')]
        controller_directory_id: String,
        /// Only check the arguments
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Args)]
struct Describe {
    /// The quorum as a whole
    #[arg(long)]
    status: bool,
    /// Each of its members
    #[arg(long)]
    replication: bool,
    /// Times as distances to now
    #[arg(long)]
    human_readable: bool,
}

fn run(arguments: Vec<String>) -> Outcome {
    let line: Line = match subcommands::parse("kafka-metadata-quorum", arguments)? {
        Ok(line) => line,
        Err(done) => return Ok(done),
    };
    check(&line.command)?;
    runtime::block_on(async {
        match &line.command {
            Command::Describe(describe) if describe.status => status(&line.admin().await?).await,
            Command::Describe(describe) => replication(&line.admin().await?, describe.human_readable).await,
            Command::AddController { dry_run } => add(&line, *dry_run).await,
            Command::RemoveController { controller_id, controller_directory_id, dry_run } => {
                let directory = directory_id(controller_directory_id)?;
                if !dry_run {
                    line.admin().await?.remove_voter(*controller_id, directory).await?;
                }
                let how = if *dry_run { "DRY RUN of removing " } else { "Removed" };
                out::print(&format!(
                    "{how} KRaft controller {controller_id} with directory id {directory}\n"
                ))?;
                Ok(Done::Well)
            }
        }
    })
}

impl Line {
    async fn admin(&self) -> Result<Admin, Failure> {
        Admin::connect(&self.settings()?.into_config()?).await.map_err(Failure::from)
    }

    fn settings(&self) -> Result<Settings, Failure> {
        let place = Place {
            servers: self.bootstrap_server.as_deref(),
            controllers: self.bootstrap_controller.as_deref(),
            file: self.command_config.as_deref(),
        };
        place.settings("kafka-metadata-quorum")
    }
}

async fn add(line: &Line, is_dry_run: bool) -> Outcome {
    let file = line.command_config.as_deref().ok_or_else(|| {
        Failure::message(
            "You must supply the configuration file of the controller you are adding when using add-controller.",
        )
    })?;
    let joining = Joining::read(file)?;
    if !is_dry_run {
        let mut settings = line.settings()?;
        // The file is that of a node: what it says of a node is none of the client's business.
        settings.keep_known();
        let admin = Admin::connect(&settings.into_config()?).await?;
        admin.add_voter(joining.id, joining.directory_id, &joining.endpoints).await?;
    }
    let how = if is_dry_run { "DRY RUN of adding" } else { "Added" };
    out::print(&format!("{how} {}\n", joining.described()))?;
    Ok(Done::Well)
}

fn check(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Describe(describe)
            if describe.status && (describe.replication || describe.human_readable) =>
        {
            Err(Failure::message(
                "Only one of --status or --replication should be specified with describe sub-command",
            ))
        }
        Command::Describe(describe) if !describe.status && !describe.replication => Err(Failure::message(
            "One of --status or --replication must be specified with describe sub-command",
        )),
        _ => Ok(()),
    }
}

fn directory_id(text: &str) -> Result<Uuid, Failure> {
    text.parse().map_err(|_| Failure::message(format!("Failed to parse --controller-directory-id: {text}")))
}

/// Voters first: the leader, whose end the lag of the others is measured from.
fn leader(quorum: &QuorumDescription) -> Result<&QuorumReplica, Failure> {
    let leader = quorum.voters.iter().find(|voter| voter.id == quorum.leader);
    leader.ok_or_else(|| Failure::message("the quorum has no leader now"))
}

async fn status(admin: &Admin) -> Outcome {
    let cluster = admin.describe_cluster().await?.cluster_id;
    let quorum = admin.describe_quorum().await?;
    let leader = leader(&quorum)?;
    let slowest = quorum.voters.iter().min_by_key(|voter| voter.log_end_offset).unwrap_or(leader);
    let lag = leader.log_end_offset.unwrap_or(0) - slowest.log_end_offset.unwrap_or(0);
    let lag_ms = match (leader.last_caught_up_ms, slowest.last_caught_up_ms) {
        _ if leader.id == slowest.id => 0,
        (Some(leader), Some(slowest)) => leader - slowest,
        _ => -1,
    };
    out::print(&format!(
        "ClusterId:              {cluster}\n\
         LeaderId:               {}\n\
         LeaderEpoch:            {}\n\
         HighWatermark:          {}\n\
         MaxFollowerLag:         {lag}\n\
         MaxFollowerLagTimeMs:   {lag_ms}\n\
         CurrentVoters:          [{}]\n\
         CurrentObservers:       [{}]\n",
        quorum.leader,
        quorum.leader_epoch,
        quorum.high_watermark,
        shown(&quorum, &quorum.voters),
        shown(&quorum, &quorum.observers)
    ))?;
    Ok(Done::Well)
}

fn shown(quorum: &QuorumDescription, replicas: &[QuorumReplica]) -> String {
    let shown = replicas.iter().map(|replica| {
        let directory = match replica.directory_id {
            Uuid::ZERO => String::new(),
            id => format!(", \"directoryId\": \"{id}\""),
        };
        let endpoints: Vec<String> = quorum
            .endpoints
            .get(&replica.id)
            .into_iter()
            .flatten()
            .map(|endpoint| format!("\"{}://{}:{}\"", endpoint.listener, endpoint.host, endpoint.port))
            .collect();
        let endpoints = match endpoints.is_empty() {
            true => String::new(),
            false => format!(", \"endpoints\": [{}]", endpoints.join(", ")),
        };
        format!("{{\"id\": {}{directory}{endpoints}}}", replica.id)
    });
    shown.collect::<Vec<_>>().join(", ")
}

async fn replication(admin: &Admin, is_human: bool) -> Outcome {
    let quorum = admin.describe_quorum().await?;
    let leader = leader(&quorum)?;
    let now = clock::wall_ms();
    let time = |time: Option<i64>| match time {
        None => "-1".to_owned(),
        Some(time) if is_human => format!("{} ms ago", (now - time).max(0)),
        Some(time) => time.to_string(),
    };
    let row = |replica: &QuorumReplica, status: &str| {
        vec![
            replica.id.to_string(),
            replica.directory_id.to_string(),
            replica.log_end_offset.unwrap_or(-1).to_string(),
            (leader.log_end_offset.unwrap_or(0) - replica.log_end_offset.unwrap_or(0)).to_string(),
            time(replica.last_fetch_ms),
            time(replica.last_caught_up_ms),
            status.to_owned(),
        ]
    };
    let headings = [
        "NodeId",
        "DirectoryId",
        "LogEndOffset",
        "Lag",
        "LastFetchTimestamp",
        "LastCaughtUpTimestamp",
        "Status",
    ];
    let followers = quorum.voters.iter().filter(|voter| voter.id != quorum.leader);
    let mut rows = vec![headings.map(str::to_owned).to_vec(), row(leader, "Leader")];
    rows.extend(followers.map(|replica| row(replica, "Follower")));
    rows.extend(quorum.observers.iter().map(|replica| row(replica, "Observer")));
    out::print(&out::tabbed(&rows))?;
    Ok(Done::Well)
}
